/** Both ends of SFTP in memory: a client that asks for all of a file at once, and a device. */
import { copyBytes } from "../../protocols/copy-bytes.ts";
import { Inbox } from "../../protocols/inbox.ts";
import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import {
  encodeNamed,
  encodeOpen,
  encodeRead,
  encodeReply,
  encodeWrite,
} from "../../protocols/ssh/sftp/encode.ts";
import {
  cutReply,
  cutRequest,
  PACKET,
  type SftpReply,
  type SftpRequest,
  STATUS,
} from "../../protocols/ssh/sftp/packet.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";

const INBOX_MAX = 4_000_000;
/** As OpenSSH's client cuts a file. */
const PIECE = 32_768;
const READ = 1;
const WRITE_NEW = 2 | 8 | 16;

/** What is asked for waits for the handle; all of a file is on its way at once, read from its end on. */
export class FileClient {
  got = new Uint8Array(0);
  private readonly packets = new Inbox(INBOX_MAX);
  private readonly reads = new Map<number, number>();
  private readonly left = new Set<number>();
  private id = 0;
  private begin: (handle: Uint8Array) => Uint8Array[] = () => [];
  private end: () => Uint8Array[] = () => [];

  greets(): readonly Uint8Array[] {
    return [new FieldWriter().uint8(PACKET.init).uint32(3).framed()];
  }

  puts(path: string, content: Uint8Array): readonly Uint8Array[] {
    this.begin = (handle) => {
      const all = offsetsIn(content.length).map((offset) =>
        encodeWrite(this.next(), handle, offset, content.subarray(offset, offset + PIECE)),
      );
      return [...all, encodeNamed(PACKET.close, this.next(), handle)];
    };
    return [encodeOpen(this.next(), encodeUtf8(path), WRITE_NEW, {})];
  }

  gets(path: string, length: number): readonly Uint8Array[] {
    this.got = new Uint8Array(length);
    this.begin = (handle) => {
      this.end = () => [encodeNamed(PACKET.close, this.next(), handle)];
      const [first = 0, ...others] = offsetsIn(length);
      const asked = [first, ...others.reverse(), length];
      return asked.map((offset) => this.asksFor(handle, offset));
    };
    return [encodeOpen(this.next(), encodeUtf8(path), READ, {})];
  }

  heard(data: Uint8Array): readonly Uint8Array[] {
    this.packets.push(data);
    const says: Uint8Array[] = [];
    for (let cut = this.packets.take(cutReply); cut.kind === "frame"; ) {
      says.push(...this.replied(cut.frame));
      cut = this.packets.take(cutReply);
    }
    return says;
  }

  private replied(reply: SftpReply): readonly Uint8Array[] {
    if (reply.kind === "handle") return this.begin(reply.handle);
    if (reply.kind === "data") this.got.set(reply.data, this.reads.get(reply.id) ?? 0);
    if (!("id" in reply) || !this.left.delete(reply.id)) return [];
    return this.left.size === 0 ? this.end() : [];
  }

  private asksFor(handle: Uint8Array, offset: number): Uint8Array {
    const id = this.next();
    this.reads.set(id, offset);
    this.left.add(id);
    return encodeRead(id, handle, offset, PIECE);
  }

  private next(): number {
    this.id += 1;
    return this.id;
  }
}

/** Its files, as they were written. */
export class FileAsset {
  readonly files = new Map<string, Uint8Array>();
  private readonly packets = new Inbox(INBOX_MAX);
  private readonly open = new Map<string, string>();

  heard(data: Uint8Array): readonly Uint8Array[] {
    this.packets.push(data);
    const says: Uint8Array[] = [];
    for (let cut = this.packets.take(cutRequest); cut.kind === "frame"; ) {
      const { frame } = cut;
      says.push(encodeReply(this.answerTo(frame), frame.kind === "init" ? 0 : frame.id));
      cut = this.packets.take(cutRequest);
    }
    return says;
  }

  private answerTo(request: SftpRequest): SftpReply {
    const status = (code: number): SftpReply => ({ kind: "status", id: 0, code, text: "" });
    switch (request.kind) {
      case "init":
        return { kind: "version", version: 3 };
      case "realpath": {
        const name = request.path;
        return { kind: "name", id: 0, entries: [{ name, long: name, attributes: {} }] };
      }
      case "open":
        return { kind: "handle", id: 0, handle: this.opens(text(request.path), request.flags) };
      case "write":
        this.writes(this.open.get(text(request.handle)) ?? "", request);
        return status(STATUS.ok);
      case "read": {
        const content = this.files.get(this.open.get(text(request.handle)) ?? "");
        const { offset, length } = request;
        const data = content ? copyBytes(content.subarray(offset, offset + length)) : NOTHING;
        return data.length === 0 ? status(STATUS.eof) : { kind: "data", id: 0, data };
      }
      case "lstat":
      case "fstat":
        return { kind: "attrs", id: 0, attributes: {} };
      default:
        return status(STATUS.ok);
    }
  }

  private opens(path: string, flags: number): Uint8Array {
    const handle = `handle ${this.open.size}`;
    this.open.set(handle, path);
    if (flags === WRITE_NEW) this.files.set(path, NOTHING);
    return encodeUtf8(handle);
  }

  private writes(path: string, { offset, data }: { offset: number; data: Uint8Array }): void {
    const before = this.files.get(path) ?? NOTHING;
    const content = new Uint8Array(Math.max(before.length, offset + data.length));
    content.set(before);
    content.set(data, offset);
    this.files.set(path, content);
  }
}

const NOTHING = new Uint8Array(0);

function offsetsIn(length: number): readonly number[] {
  return Array.from({ length: Math.ceil(length / PIECE) }, (_, n) => n * PIECE);
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
