/** Open files and folders. The client knows them by numbers of ours, never by the asset's handles. */

import type { Attributes } from "./attributes.ts";
import { encodeNamed, encodeRead, encodeWithAttributes, encodeWrite } from "./encode.ts";
import {
  type FilesParts,
  fileOperation,
  MODE_BITS,
  NOT_PERMITTED,
  outcomeOf,
} from "./files-parts.ts";
import { type OnHandle, PACKET, type SftpReply, type SftpRequest, STATUS } from "./packet.ts";
import { Spooled, type SpooledFile } from "./spooled.ts";

/** Files and folders open on one channel: more than tools use, and what is kept for each is bounded. */
export const HANDLES_MAX = 256;

type HandleRequest = Extract<SftpRequest, { readonly handle: Uint8Array }>;

interface Opened {
  readonly path: string;
  /** Of the opening, or of the last growth. */
  decision: number;
  readonly writes: boolean;
  readonly appends: boolean;
  readonly asset: Uint8Array;
  /** Bytes that were permitted to be written so far. */
  size: number;
}

export interface NewHandle {
  readonly path: string;
  readonly decision: number;
  readonly writes?: boolean;
  readonly appends?: boolean;
}

const PLAIN: Readonly<
  Record<OnHandle, { readonly type: number; readonly allows: readonly SftpReply["kind"][] }>
> = {
  close: { type: PACKET.close, allows: ["status"] },
  fstat: { type: PACKET.fstat, allows: ["attrs", "status"] },
  readdir: { type: PACKET.readdir, allows: ["name", "status"] },
};

export class Handles {
  private readonly parts: FilesParts;
  private readonly open = new Map<number, Opened>();
  /** Those of which the asset knows nothing yet. */
  private readonly kept = new Map<number, SpooledFile>();
  private readonly spooled: Spooled;
  private last = 0;
  /** Openings that the asset has not answered. */
  private opening = 0;

  constructor(parts: FilesParts) {
    this.parts = parts;
    this.spooled = new Spooled(parts);
  }

  /** What is open goes on and can be closed; nothing more is opened until then. */
  get full(): boolean {
    return this.open.size + this.kept.size + this.opening >= HANDLES_MAX;
  }

  /** The asset is asked to open something: `opened` follows, whatever it answers. */
  begin(): void {
    this.opening += 1;
  }

  /** A file that is scanned before the asset has any of it. */
  keep(id: number, path: string, fresh: boolean, attributes: Attributes): void {
    const number = ++this.last;
    this.kept.set(number, this.spooled.open(path, fresh, attributes));
    this.answer(id, { kind: "handle", id: 0, handle: bytesOf(number) });
  }

  /** The reply to an opening, with a handle of ours in the place of the asset's. */
  opened(reply: SftpReply, handle: NewHandle): SftpReply {
    this.opening -= 1;
    if (reply.kind !== "handle") return reply;
    const number = ++this.last;
    const { writes = false, appends = false } = handle;
    this.open.set(number, { ...handle, writes, appends, asset: reply.handle, size: 0 });
    return { ...reply, handle: bytesOf(number) };
  }

  requested(request: HandleRequest) {
    const number = numberOf(request.handle);
    const kept = this.kept.get(number);
    if (kept) return this.onKept(request, number, kept);
    const opened = this.open.get(number);
    if (!opened) return this.answer(request.id, NO_HANDLE);
    switch (request.kind) {
      case "read":
        return this.read(request, opened);
      case "write":
        return this.write(request, opened);
      case "fsetstat":
        return this.setAttributes(request, opened);
      default:
        if (request.kind === "close") this.open.delete(number);
        return this.plain(request, opened);
    }
  }

  private onKept(request: HandleRequest, number: number, file: SpooledFile) {
    const { id } = request;
    switch (request.kind) {
      case "write":
        return this.spooled.write(id, file, request.offset, request.data);
      case "fsetstat":
        return this.spooled.setAttributes(id, file, request.attributes);
      case "fstat":
        return this.spooled.stat(id, file);
      case "close":
        this.kept.delete(number);
        return this.spooled.close(id, file);
      default:
        return this.answer(id, NOT_PERMITTED);
    }
  }

  private plain({ kind, id }: HandleRequest & { readonly kind: OnHandle }, opened: Opened) {
    const { type, allows } = PLAIN[kind];
    this.send(id, opened.decision, allows, (own) => encodeNamed(type, own, opened.asset));
  }

  private read(request: Extract<HandleRequest, { kind: "read" }>, opened: Opened) {
    const { id, offset, length } = request;
    const { send, outcome, answer } = this.parts;
    send((own) => encodeRead(own, opened.asset, offset, length), opened.decision, {
      allows: ["data", "status"],
      replied: (reply) => {
        outcome(opened.decision, outcomeOf(reply));
        const tooMuch = reply.kind === "data" && reply.data.length > length;
        answer(id, tooMuch ? TOO_MUCH : reply);
      },
    });
  }

  /** Each growth is decided with the size that the file then has. */
  private write(request: Extract<HandleRequest, { kind: "write" }>, opened: Opened) {
    const { id, offset, data } = request;
    if (!opened.writes) return this.answer(id, NOT_PERMITTED);
    const size = opened.appends ? opened.size + data.length : offset + data.length;
    const pass = () =>
      this.send(id, opened.decision, ["status"], (own) =>
        encodeWrite(own, opened.asset, offset, data),
      );
    if (size <= opened.size) return pass();
    this.parts.ask([fileOperation("file:write", opened.path, { size })], {
      permitted: (decision) => {
        opened.size = size;
        opened.decision = decision;
        pass();
      },
      denied: () => this.answer(id, NOT_PERMITTED),
    });
  }

  /** Of a file that is being written: times and plain permissions; a size is a write. */
  private setAttributes(request: Extract<HandleRequest, { kind: "fsetstat" }>, opened: Opened) {
    const { id, attributes } = request;
    if (!opened.writes || attributes.owner) return this.answer(id, NOT_PERMITTED);
    const { permissions, size } = attributes;
    const kept = {
      ...attributes,
      ...(permissions !== undefined && { permissions: permissions & MODE_BITS }),
    };
    const pass = (decision: number) =>
      this.send(id, decision, ["status"], (own) =>
        encodeWithAttributes(PACKET.fsetstat, own, opened.asset, kept),
      );
    if (size === undefined || size <= opened.size) return pass(opened.decision);
    this.parts.ask([fileOperation("file:write", opened.path, { size })], {
      permitted: (decision) => {
        opened.size = size;
        pass(decision);
      },
      denied: () => this.answer(id, NOT_PERMITTED),
    });
  }

  private send(
    id: number,
    decision: number,
    allows: readonly SftpReply["kind"][],
    encode: (own: number) => Uint8Array,
  ) {
    const { send, outcome, answer } = this.parts;
    send(encode, decision, {
      allows,
      replied: (reply) => {
        outcome(decision, outcomeOf(reply));
        answer(id, reply);
      },
    });
  }

  private answer(id: number, reply: SftpReply) {
    this.parts.answer(id, reply);
  }
}

const NO_HANDLE: SftpReply = {
  ...{ kind: "status", id: 0, code: STATUS.failure, text: "no such handle" },
};
const TOO_MUCH: SftpReply = {
  ...{ kind: "status", id: 0, code: STATUS.failure, text: "the asset answered too much" },
};

function bytesOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function numberOf(handle: Uint8Array): number {
  if (handle.length !== 4) return 0;
  return new DataView(handle.buffer, handle.byteOffset, 4).getUint32(0);
}
