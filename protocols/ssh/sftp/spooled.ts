/**
 * Files that a profile wants looked into before the asset has them. The client writes to a handle
 * of ours; when it closes, the whole file is asked about with its digest, and only what is
 * permitted then is written to the asset: opened, written, closed, by this broker alone.
 *
 *     open (permitted, to be scanned) -> write … -> close -> ask with content -> asset -> answer
 */
import { encodeUtf8 } from "../../tape/utf8.ts";
import type { PassedOperation } from "../operation.ts";
import type { Attributes } from "./attributes.ts";
import { encodeNamed, encodeOpen, encodeWithAttributes, encodeWrite } from "./encode.ts";
import {
  type FilesParts,
  fileOperation,
  MODE_BITS,
  outcomeOf,
  refusal,
  saidOf,
  unscanned,
} from "./files-parts.ts";
import { PACKET, type SftpReply, STATUS } from "./packet.ts";
import { confirmOpened } from "./second-look.ts";
import { SPOOL_MAX, Spool } from "./spool.ts";

/** Written to the asset at once: what OpenSSH's client keeps under way, by half. */
const WRITES_MAX = 32;
const WRITE_LENGTH = 32_768;
/** write, create, truncate: the file becomes what was scanned, whatever it was before. */
const OPEN_FRESH = 2 | 8 | 16;

export interface SpooledFile {
  readonly path: string;
  readonly spool: Spool;
  /** Permissions and times, for the asset's file. */
  attributes: Attributes;
}

const OK: SftpReply = { kind: "status", id: 0, code: STATUS.ok, text: "" };

export class Spooled {
  private readonly parts: FilesParts;
  private readonly files = new Set<SpooledFile>();

  constructor(parts: FilesParts) {
    this.parts = parts;
  }

  open(path: string, fresh: boolean, attributes: Attributes): SpooledFile {
    const file = { path, spool: new Spool(fresh), attributes };
    this.files.add(file);
    return file;
  }

  write(id: number, file: SpooledFile, offset: number, data: Uint8Array) {
    const { spool, path } = file;
    const size = Math.max(spool.size, offset + data.length);
    const others = [...this.files].reduce((sum, each) => sum + each.spool.size, 0) - spool.size;
    if (others + size > SPOOL_MAX) return this.refuse(id, TOO_LARGE);
    const keep = () => (spool.write(offset, data) ? this.answer(id, OK) : this.refuse(id, HOLE));
    if (size <= spool.size) return keep();
    this.parts.ask([fileOperation("file:write", path, { size })], {
      permitted: (decision) => {
        this.parts.outcome(decision, { kind: "done" });
        keep();
      },
      denied: (because) => this.answer(id, refusal(because)),
    });
  }

  setAttributes(id: number, file: SpooledFile, attributes: Attributes) {
    const { size, permissions, times } = attributes;
    if (attributes.owner) return this.answer(id, refusal());
    if (size !== undefined && !file.spool.resize(size)) return this.refuse(id, HOLE);
    file.attributes = {
      ...file.attributes,
      ...(permissions !== undefined && { permissions: permissions & MODE_BITS }),
      ...(times && { times }),
    };
    this.answer(id, OK);
  }

  stat(id: number, { spool, attributes }: SpooledFile) {
    this.answer(id, { kind: "attrs", id: 0, attributes: { ...attributes, size: spool.size } });
  }

  /** The client's word that it is whole. */
  close(id: number, file: SpooledFile) {
    const { spool, path } = file;
    this.files.delete(file);
    if (!spool.isWhole) return this.refuse(id, PART);
    const content = spool.content();
    const hash = this.parts.newHash();
    hash.add(content);
    const digest = hash.digest();
    const operation = fileOperation("file:write", path, { size: content.length, digest });
    this.parts.ask(
      [operation],
      {
        permitted: (decision) =>
          new Delivery(this.parts, id, file, { content, digest }, decision).begin(),
        denied: (because) => {
          if (because) this.parts.say(`${path}: ${saidOf(because)}`);
          this.answer(id, refusal(because));
        },
      },
      { content },
    );
  }

  private refuse(id: number, text: string) {
    this.parts.say(text);
    this.answer(id, unscanned(text));
  }

  private answer(id: number, reply: SftpReply): void {
    this.parts.answer(id, reply);
  }
}

/** One whole file on its way to the asset. */
class Delivery {
  private readonly parts: FilesParts;
  private readonly id: number;
  private readonly file: SpooledFile;
  private readonly content: Uint8Array;
  private readonly digest: string;
  private readonly decision: number;
  private handle = new Uint8Array(0);
  private sent = 0;
  private underWay = 0;
  /** The first thing that went wrong. */
  private failure: SftpReply | undefined;

  constructor(
    parts: FilesParts,
    id: number,
    file: SpooledFile,
    { content, digest }: { readonly content: Uint8Array; readonly digest: string },
    decision: number,
  ) {
    this.parts = parts;
    this.id = id;
    this.file = file;
    this.content = content;
    this.digest = digest;
    this.decision = decision;
  }

  begin(): void {
    const { permissions } = this.file.attributes;
    const mode = permissions === undefined ? {} : { permissions };
    const path = encodeUtf8(this.file.path);
    this.ask(
      (own) => encodeOpen(own, path, OPEN_FRESH, mode),
      "handle",
      (reply) => {
        if (reply.kind !== "handle") return this.answer(reply);
        this.handle = Uint8Array.from(reply.handle);
        const { handle, decision, parts } = this;
        const opened = { path: this.file.path, handle, isFolder: false, decision };
        confirmOpened(parts, opened, (failure) => (failure ? this.answer(failure) : this.goOn()));
      },
    );
  }

  private goOn() {
    while (!this.failure && this.sent < this.content.length && this.underWay < WRITES_MAX) {
      this.writeNext();
    }
    if (this.underWay === 0) this.finish();
  }

  private writeNext(): void {
    const offset = this.sent;
    const data = this.content.subarray(offset, offset + WRITE_LENGTH);
    this.sent += data.length;
    this.underWay += 1;
    this.ask(
      (own) => encodeWrite(own, this.handle, offset, data),
      "status",
      (reply) => {
        this.underWay -= 1;
        this.note(reply);
        this.goOn();
      },
    );
  }

  private finish() {
    const { permissions, times } = this.file.attributes;
    const kept = { ...(permissions !== undefined && { permissions }), ...(times && { times }) };
    if (this.failure || Object.keys(kept).length === 0) return this.tell();
    const encode = (own: number) => encodeWithAttributes(PACKET.fsetstat, own, this.handle, kept);
    // Many devices keep no times; the file is there all the same.
    this.ask(encode, "status", () => this.tell());
  }

  /** What passed is told before the asset closes it, like that of any file. */
  private tell() {
    if (this.failure || this.parts.openedUnlooked) return this.close();
    const { length: size } = this.content;
    const { digest, file } = this;
    const what = {
      via: "sftp",
      way: "up",
      path: file.path,
      extent: "whole",
      size,
      digest,
    } as const;
    const passed: PassedOperation = { action: "file:passed", class: "observe", ...what };
    const close = () => this.close();
    return this.parts.ask([passed], { permitted: close, denied: close });
  }

  private close() {
    this.ask(
      (own) => encodeNamed(PACKET.close, own, this.handle),
      "status",
      (reply) => {
        this.note(reply);
        this.answer(this.failure ?? reply);
      },
    );
  }

  private note(reply: SftpReply): void {
    if (reply.kind === "status" && reply.code === STATUS.ok) return;
    this.failure ??= reply;
  }

  private ask(
    encode: (own: number) => Uint8Array,
    allows: "handle" | "status",
    replied: (reply: SftpReply) => void,
  ): void {
    this.parts.send(encode, this.decision, {
      allows: allows === "handle" ? ["handle", "status"] : ["status"],
      replied: (reply) => {
        this.parts.outcome(this.decision, outcomeOf(reply));
        replied(reply);
      },
    });
  }

  private answer(reply: SftpReply): void {
    this.parts.answer(this.id, reply);
  }
}

const TOO_LARGE = `more than ${SPOOL_MAX} bytes cannot be scanned before they are sent`;
const HOLE = "a file that is scanned is written from its beginning on, without holes";
const PART = "a part of a file cannot be scanned: send it whole";
