/**
 * A version line (RFC 4253, 4.2) may come in any number of pieces. ssh2 keeps the first of them and
 * loses the third, so it is given all that is said up to that line at once.
 */
import type { Duplex } from "node:stream";
import type { Side } from "../../../protocols/guard.ts";
import { Inbox } from "../../../protocols/inbox.ts";

/** ssh2 refuses who says more, be it in one line or in many. */
const LINE_MAX = 8_192;
const LINES_MAX = 1_024;
/** Of all lines of an asset before its version: legal notices have a few kilobytes. */
const GREETING_MAX = 65_536;
/** One read at its longest: a message of a tool's WebSocket. */
const READ_MAX = 1_048_576;
const NEWLINE = 10;
const VERSION = Buffer.from("SSH-");

type Emit = (name: string | symbol, ...rest: readonly unknown[]) => boolean;

/** Before anything of the socket is read. */
export function gatherVersion(socket: Duplex, from: Side): void {
  const opening = new Opening(from);
  const emit: Emit = socket.emit.bind(socket);
  const gathering: Emit = (name, ...rest) => {
    if (name !== "data") return emit(name, ...rest);
    const said = opening.take(rest[0] as Buffer);
    if (!said) return true;
    Reflect.deleteProperty(socket, "emit");
    return emit("data", said);
  };
  socket.emit = gathering as Duplex["emit"];
}

class Opening {
  private readonly from: Side;
  private readonly inbox = new Inbox(GREETING_MAX + READ_MAX);
  private lineAt = 0;
  private at = 0;
  private lines = 0;

  constructor(from: Side) {
    this.from = from;
  }

  /** Undefined while there must be more. */
  take(bytes: Buffer): Buffer | undefined {
    if (!this.inbox.push(bytes)) return bytes;
    if (!this.isEnough()) return undefined;
    const { bytes: all, start, end } = this.inbox.view;
    return Buffer.from(all.buffer, all.byteOffset + start, end - start);
  }

  /** What is no version line is judged by ssh2. Only an asset may greet first. */
  private isEnough(): boolean {
    const { bytes, end } = this.inbox.view;
    for (; this.at < end; this.at++) {
      if (bytes[this.at] !== NEWLINE) continue;
      const line = bytes.subarray(this.lineAt, this.at);
      this.lines += 1;
      const isLast = VERSION.every((letter, n) => line[n] === letter);
      if (isLast || this.from === "client" || this.lines > LINES_MAX) return true;
      this.lineAt = this.at + 1;
    }
    return end - this.lineAt >= LINE_MAX || end >= GREETING_MAX;
  }
}
