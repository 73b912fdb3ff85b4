/**
 * What control and a gateway say to each other over one connection:
 *
 *     frame = length(4) kind(1) count(4) body        length is that of what follows it
 *
 * `count` begins at 0 on each side and grows by one: what is repeated, left out or reordered
 * between two ends that both prove who they are is not listened to. Numbers are big-endian.
 */
import type { Duplex } from "node:stream";

/** JSON; as in `messages.ts`. */
const MESSAGE = 1;
/** session(4) channel(4) bytes: one whole write of a client's side. */
const BYTES = 2;
/** number(4) flags(1) segment(4) offset(4) n(1) session(n) bytes: a chunk of a tape. */
const RECORDS = 3;

const HEAD = 9;
const BYTES_HEAD = 8;
const RECORDS_HEAD = 14;
/** A permit with an endpoint of thousands of tags. */
export const MESSAGE_MAX = 8 * 1024 * 1024;
/** The longest chunk is what a write-ahead gathers at most, and one record. */
const FRAME_MAX = 12 * 1024 * 1024;
/** Before it has proved who it is a peer says little. */
export const STRANGER_MAX = 16_384;
/** Heard without a break: what the other end floods this one with leaves others their turn. */
const SLICE_MS = 4;
/** Counts begin anew with each connection: none lives so long. */
const COUNT_MAX = 0xffff_ffff;

export interface TapeChunk {
  readonly session: string;
  readonly flags: number;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Nobody writes into these arrays again; who keeps one for long copies it, since more lies around
 * it. What throws ends the connection, and is its reason.
 */
export interface LinkListener {
  message(message: unknown): void;
  bytes(session: number, channel: number, bytes: Uint8Array): void;
  records(number: number, chunk: TapeChunk): void;
  /** Called once; nothing follows. */
  closed(reason: string): void;
}

export class Link {
  private readonly socket: Duplex;
  private listener: LinkListener | undefined;
  private held: Buffer[] = [];
  private heldBytes = 0;
  private sent = 0;
  private received = 0;
  private readonly frameMax: number;
  private corked = false;
  /** What came is more than one slice. */
  private isBehind = false;
  private closedBecause: string | undefined;
  private over = false;

  /** @param frameMax bytes of the longest frame that is listened to */
  constructor(socket: Duplex, frameMax = FRAME_MAX) {
    this.socket = socket;
    this.frameMax = frameMax;
    socket.on("error", (error) => this.finish(error.message));
    socket.on("close", () => this.wasClosed("the connection was closed"));
  }

  /** Nothing is heard before. */
  start(listener: LinkListener): void {
    this.listener = listener;
    this.socket.on("data", (bytes: Buffer) => this.take(bytes));
  }

  /** Bytes that the system has not taken yet. */
  get queued(): number {
    return this.socket.writableLength;
  }

  get isOver(): boolean {
    return this.over;
  }

  send(message: object): void {
    const body = Buffer.from(JSON.stringify(message));
    if (body.length > MESSAGE_MAX) throw new RangeError("a message that is too long for the link");
    this.write(MESSAGE, body.length, (frame) => body.copy(frame, HEAD));
  }

  sendBytes(session: number, channel: number, bytes: Uint8Array): void {
    this.write(BYTES, BYTES_HEAD + bytes.length, (frame) => {
      frame.writeUInt32BE(session, HEAD);
      frame.writeUInt32BE(channel, HEAD + 4);
      frame.set(bytes, HEAD + BYTES_HEAD);
    });
  }

  sendRecords(number: number, { session, flags, segment, offset, bytes }: TapeChunk): void {
    const name = Buffer.from(session, "latin1");
    const length = RECORDS_HEAD + name.length + bytes.length;
    this.write(RECORDS, length, (frame) => {
      frame.writeUInt32BE(number, HEAD);
      frame.writeUInt8(flags, HEAD + 4);
      frame.writeUInt32BE(segment, HEAD + 5);
      frame.writeUInt32BE(offset, HEAD + 9);
      frame.writeUInt8(name.length, HEAD + 13);
      frame.set(name, HEAD + RECORDS_HEAD);
      frame.set(bytes, HEAD + RECORDS_HEAD + name.length);
    });
  }

  /** Drops what is queued. `closed` is not called for one's own close. */
  close(): void {
    this.listener = undefined;
    this.over = true;
    this.socket.destroy();
  }

  /** Lets what was said leave first. */
  finishAndClose(): void {
    this.listener = undefined;
    this.over = true;
    this.socket.end(() => this.socket.destroy());
  }

  private write(kind: number, length: number, fill: (frame: Buffer) => void): void {
    if (this.over) return;
    if (this.sent > COUNT_MAX) {
      this.finish("it said all it could on one connection");
      return;
    }
    const frame = Buffer.allocUnsafe(HEAD + length);
    frame.writeUInt32BE(HEAD - 4 + length, 0);
    frame.writeUInt8(kind, 4);
    frame.writeUInt32BE(this.sent++, 5);
    fill(frame);
    this.cork();
    this.socket.write(frame);
  }

  /** All of one turn leaves at once. */
  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.socket.cork();
    setImmediate(() => {
      this.corked = false;
      this.socket.uncork();
    });
  }

  private take(bytes: Buffer): void {
    if (this.over) return;
    this.held.push(bytes);
    this.heldBytes += bytes.length;
    if (!this.isBehind) this.takeSlice();
  }

  private takeSlice(): void {
    const untilMs = performance.now() + SLICE_MS;
    try {
      while (this.takeFrame()) {
        if (performance.now() < untilMs) continue;
        this.isBehind = true;
        this.socket.pause();
        setImmediate(() => this.takeSlice());
        return;
      }
    } catch (error) {
      this.finish(error instanceof Error ? error.message : String(error));
      return;
    }
    this.caughtUp();
  }

  private caughtUp(): void {
    if (this.closedBecause !== undefined) this.finish(this.closedBecause);
    else if (this.isBehind) this.socket.resume();
    this.isBehind = false;
  }

  /** What was said before is heard first. */
  private wasClosed(reason: string): void {
    if (this.isBehind) this.closedBecause = reason;
    else this.finish(reason);
  }

  private takeFrame(): boolean {
    if (this.over || this.heldBytes < HEAD) return false;
    const first = this.first(HEAD);
    const length = first.readUInt32BE(0) + 4;
    if (length < HEAD || length > this.frameMax) throw new Error("it sent a frame of no length");
    if (this.heldBytes < length) return false;
    const all = this.first(length);
    const frame = all.subarray(0, length);
    const rest = all.subarray(length);
    this.held[0] = rest;
    if (rest.length === 0) this.held.shift();
    this.heldBytes -= length;
    this.hear(frame);
    return true;
  }

  /** The first piece, with at least so many bytes. */
  private first(count: number): Buffer {
    const [first] = this.held;
    if (first && first.length >= count) return first;
    const whole = Buffer.concat(this.held);
    this.held = [whole];
    return whole;
  }

  private hear(frame: Buffer): void {
    if (frame.readUInt32BE(5) !== this.received++) {
      throw new Error("it repeated, left out or reordered what it said");
    }
    const { listener } = this;
    const body = frame.subarray(HEAD);
    switch (frame.readUInt8(4)) {
      case MESSAGE:
        if (body.length > MESSAGE_MAX) throw new Error("it sent a message that is too long");
        listener?.message(JSON.parse(body.toString()));
        break;
      case BYTES:
        if (body.length < BYTES_HEAD) throw new Error("it sent half a frame");
        listener?.bytes(body.readUInt32BE(0), body.readUInt32BE(4), body.subarray(BYTES_HEAD));
        break;
      case RECORDS:
        listener?.records(body.readUInt32BE(0), chunkOf(body));
        break;
      default:
        throw new Error("it sent a frame of an unknown kind");
    }
  }

  private finish(reason: string): void {
    if (this.over) return;
    const { listener } = this;
    this.close();
    listener?.closed(reason);
  }
}

function chunkOf(body: Buffer): TapeChunk {
  if (body.length < RECORDS_HEAD) throw new Error("it sent half a frame");
  const nameEnd = RECORDS_HEAD + body.readUInt8(13);
  if (body.length < nameEnd) throw new Error("it sent half a frame");
  return {
    flags: body.readUInt8(4),
    segment: body.readUInt32BE(5),
    offset: body.readUInt32BE(9),
    session: body.toString("latin1", RECORDS_HEAD, nameEnd),
    bytes: body.subarray(nameEnd),
  };
}
