/** Open files and folders. The client knows them by numbers of ours, never by the asset's handles. */

import type { PassedOperation } from "../operation.ts";
import { EarlyRoom } from "../passage.ts";
import type { Attributes } from "./attributes.ts";
import { encodeNamed, encodeRead, encodeWithAttributes, encodeWrite } from "./encode.ts";
import {
  type FilesParts,
  fileOperation,
  MODE_BITS,
  NOT_PERMITTED,
  outcomeOf,
} from "./files-parts.ts";
import { type FileSize, OpenFile } from "./open-file.ts";
import { type OnHandle, PACKET, type SftpReply, type SftpRequest, STATUS } from "./packet.ts";
import { Spooled, type SpooledFile } from "./spooled.ts";

/** Files and folders open on one channel: more than tools use, and what is kept for each is bounded. */
export const HANDLES_MAX = 256;

type HandleRequest = Extract<SftpRequest, { readonly handle: Uint8Array }>;

interface Opened extends Required<NewHandle> {
  /** Of the opening, or of the last growth. */
  decision: number;
  readonly asset: Uint8Array;
  /** Bytes that were permitted to be written so far. */
  size: number;
  readonly file: OpenFile;
}

export interface NewHandle {
  readonly path: string;
  readonly decision: number;
  readonly writes?: boolean;
  readonly appends?: boolean;
  /** Of what was in the file before, nothing is left. */
  readonly fresh?: boolean;
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
  private readonly room = new EarlyRoom();
  /** Tools look at a file right before they read it. */
  private lastSeen: FileSize | undefined;

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
    const { writes = false, appends = false, fresh = false } = handle;
    const known = { ...handle, writes, appends, fresh };
    const { newHash } = this.parts;
    const file = new OpenFile({ ...known, newHash, room: this.room, seen: this.lastSeen });
    this.open.set(number, { ...known, asset: reply.handle, size: 0, file });
    return { ...reply, handle: bytesOf(number) };
  }

  /** The asset said how large a file is. */
  seen(path: string, reply: SftpReply): SftpReply {
    const size = reply.kind === "attrs" ? reply.attributes.size : undefined;
    if (size !== undefined) this.lastSeen = { path, size };
    for (const opened of this.open.values()) if (opened.path === path) opened.file.looked(reply);
    return reply;
  }

  /** Of what is open; the channel ends. */
  left(): readonly PassedOperation[] {
    const left = [...this.open.values()].flatMap(({ file }) => this.toldOf(file));
    this.open.clear();
    return left;
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
        if (request.kind === "close") return this.close(request, number, opened);
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

  /** What passed is told before the asset knows, whatever it answers. */
  private close(request: HandleRequest & { readonly kind: OnHandle }, number: number, at: Opened) {
    this.open.delete(number);
    const close = () => this.plain(request, at);
    const told = this.toldOf(at.file);
    if (told.length === 0) return close();
    this.parts.ask(told, { permitted: close, denied: close });
  }

  private toldOf(file: OpenFile): readonly PassedOperation[] {
    return this.parts.passedUntold ? [] : file.told();
  }

  private plain({ kind, id }: HandleRequest & { readonly kind: OnHandle }, opened: Opened) {
    const { type, allows } = PLAIN[kind];
    const encode = (own: number) => encodeNamed(type, own, opened.asset);
    this.send(id, opened.decision, allows, encode, (reply) => opened.file.looked(reply));
  }

  private read(request: Extract<HandleRequest, { kind: "read" }>, opened: Opened) {
    const { id, offset, length } = request;
    const { send, outcome, answer } = this.parts;
    send((own) => encodeRead(own, opened.asset, offset, length), opened.decision, {
      allows: ["data", "status"],
      replied: (reply) => {
        outcome(opened.decision, outcomeOf(reply));
        const tooMuch = reply.kind === "data" && reply.data.length > length;
        if (!tooMuch) opened.file.read(offset, reply);
        answer(id, tooMuch ? TOO_MUCH : reply);
      },
    });
  }

  /** Each growth is decided with the size that the file then has. */
  private write(request: Extract<HandleRequest, { kind: "write" }>, opened: Opened) {
    const { id, offset, data } = request;
    if (!opened.writes) return this.answer(id, NOT_PERMITTED);
    const size = opened.appends ? opened.size + data.length : offset + data.length;
    const pass = () => {
      opened.file.written(offset, data);
      const encode = (own: number) => encodeWrite(own, opened.asset, offset, data);
      this.send(id, opened.decision, ["status"], encode, (reply) => opened.file.stored(reply));
    };
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
    const pass = (decision: number) => {
      if (size !== undefined) opened.file.cutAt(size);
      this.send(id, decision, ["status"], (own) =>
        encodeWithAttributes(PACKET.fsetstat, own, opened.asset, kept),
      );
    };
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
    heard?: (reply: SftpReply) => void,
  ) {
    const { send, outcome, answer } = this.parts;
    send(encode, decision, {
      allows,
      replied: (reply) => {
        outcome(decision, outcomeOf(reply));
        heard?.(reply);
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
