/**
 * In the broker: one connection over which OPC UA is spoken. Until a secure channel is handed over,
 * all that comes and goes is the OPC UA process's, and is not looked into beyond the length of
 * each chunk. From then on messages are sealed and opened here, and only what opens and renews the
 * channel crosses to that process and back.
 */
import type { Socket } from "node:net";
import { ChunkStream } from "../symmetric/chunk-stream.ts";
import { errorIn } from "../symmetric/error-chunk.ts";
import { CHUNK_MAX, WRITE_QUEUE_MAX } from "../transport-limits.ts";
import type { CarriedWord } from "./carried-socket.ts";
import type { SecuredChannel } from "./secured-channel.ts";
import { KIND, type Wire } from "./wire.ts";

export interface CarriedParts {
  readonly id: number;
  readonly wire: Wire;
  /** Paused; nothing read. */
  readonly socket: Socket;
  /** What it was dialled for. */
  readonly target: number;
  /** Of the peer, for sentences: `asset` or `client`. */
  readonly peer: string;
  /** Called once. */
  closed(): void;
}

/** Chunks that the process has not understood yet: then the peer is not read. */
const UNTAKEN_MAX = 1_048_576;
/** A last answer that is on its way when it ends. */
const FAREWELL_MS = 500;
/** Characters of a sentence that the process gives; it goes onto the tape. */
const WORDS_MAX = 300;
/** Of a chunk: type and length. */
const HEADER = 8;

export class CarriedConnection {
  private readonly parts: CarriedParts;
  private readonly stream = new ChunkStream(CHUNK_MAX);
  private secured: SecuredChannel | undefined;
  private ended: ((why: string, status: number | undefined) => void) | undefined;
  private untaken = 0;
  /** The process reads a chunk: nothing behind it is looked at before. */
  private waits = false;
  private isAsked = false;
  private isHeld = false;
  private isCorked = false;
  private over = false;
  private readonly uncork = () => {
    this.isCorked = false;
    this.parts.socket.uncork();
  };
  private readonly whole = (type: string, chunk: Buffer) => this.chunk(type, chunk);

  constructor(parts: CarriedParts) {
    this.parts = parts;
    const { socket, peer } = parts;
    socket.on("data", (bytes: Buffer) => this.data(bytes));
    socket.on("error", () => undefined);
    socket.once("close", () => this.end(`the ${peer} closed the connection`));
  }

  get queued(): number {
    return this.parts.socket.writableLength;
  }

  get isOver(): boolean {
    return this.over;
  }

  get target(): number {
    return this.parts.target;
  }

  /** Whether a session at this target may be had over it: it leads there, and is nobody's yet. */
  isFor(target: number): boolean {
    return this.parts.target === target && !this.secured && !this.over;
  }

  /** Its messages are this channel's from now on. */
  secure(channel: SecuredChannel, ended: (why: string, status: number | undefined) => void): void {
    this.secured = channel;
    this.ended = ended;
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    const { socket, peer } = this.parts;
    if (socket.writableLength > WRITE_QUEUE_MAX) {
      return void this.end(`the ${peer} does not read what it is sent`);
    }
    // What is sent in one turn leaves in one system call.
    if (!this.isCorked) {
      this.isCorked = true;
      socket.cork();
      process.nextTick(this.uncork);
    }
    socket.write(bytes);
  }

  pause(): void {
    this.isHeld = true;
    this.flow();
  }

  resume(): void {
    this.isHeld = false;
    this.flow();
  }

  /** What the process writes: all of it before the channel is handed over, then what it was lent. */
  fromProcess(bytes: Buffer): void {
    if (this.over) return;
    if (!this.secured) return void this.write(bytes);
    const isWhole = bytes.length > HEADER && bytes.readUInt32LE(4) === bytes.length;
    if (!this.secured.isLending || !isWhole || bytes.toString("latin1", 0, 4) !== "OPNF") {
      return void this.end("the OPC UA process wrote what it was not asked for");
    }
    this.write(bytes);
    this.secured.returned();
  }

  /** The process has understood so much. */
  taken(bytes: number): void {
    this.untaken = Math.max(0, this.untaken - bytes);
    if (this.waits && this.untaken === 0) {
      this.waits = false;
      // What came behind that chunk.
      this.data(this.stream.takeRest());
    }
    this.flow();
  }

  told({ to, because, renewed }: CarriedWord): void {
    if (this.over) return;
    const fault = renewed && this.secured?.renewed(renewed);
    if (fault !== undefined) return void this.end(fault);
    if (to === "resume") this.isAsked = true;
    else if (to === "pause") this.isAsked = false;
    else if (to === "end") return void this.farewell();
    else if (to === "destroy") {
      return void this.end(
        because ? wordsOf(because) : `the ${this.parts.peer} closed the connection`,
      );
    }
    this.flow();
  }

  lend(): number {
    if (!this.secured) throw new Error("the channel is not handed over");
    return this.secured.lend();
  }

  /** What is written already leaves, or soon it is over all the same. */
  farewell(): void {
    this.parts.socket.end();
    setTimeout(() => this.end("it was closed"), FAREWELL_MS).unref();
  }

  /** Nothing comes or goes any more once this returns. */
  end(why: string, status?: number): void {
    if (this.over) return;
    this.over = true;
    const { id, wire, socket, closed } = this.parts;
    socket.destroy();
    this.secured?.close();
    wire.word(id, { carried: { closed: true } });
    closed();
    this.ended?.(why, status);
  }

  private data(bytes: Buffer): void {
    if (this.over || bytes.length === 0) return;
    const fault = this.stream.push(bytes, this.whole);
    if (fault) this.broke(fault.reason, fault.status);
  }

  private chunk(type: string, bytes: Buffer): void {
    if (this.over) return void this.stream.stop();
    if (!this.secured) return void this.pass(bytes);
    if (type === "MSG" || type === "CLO") {
      this.secured.receive(bytes);
    } else if (type === "OPN") {
      this.waits = true;
      this.stream.stop();
      this.say({ expects: this.secured.expected });
      if (!this.secured.passOver()) return void this.broke("too many chunks");
      this.pass(bytes);
    } else if (type === "ERR") {
      this.end(`the ${this.parts.peer} ended the secure channel: ${errorIn(bytes).reason}`);
    } else {
      this.broke("a chunk of an unknown type");
    }
    if (this.over) this.stream.stop();
  }

  private pass(bytes: Buffer): void {
    this.untaken += bytes.length;
    this.parts.wire.send(KIND.chunk, this.parts.id, bytes);
    this.flow();
  }

  /** @param reason a sentence's end */
  broke(reason: string, status?: number): void {
    this.end(`the ${this.parts.peer} broke the protocol: ${reason}`, status);
  }

  private flow(): void {
    if (this.over) return;
    const { socket } = this.parts;
    const isFull = this.waits || this.untaken > UNTAKEN_MAX;
    if (this.isAsked && !this.isHeld && !isFull) socket.resume();
    else socket.pause();
  }

  private say(word: CarriedWord): void {
    this.parts.wire.word(this.parts.id, { carried: word });
  }
}

/** What the process says may be anything. */
function wordsOf(said: unknown): string {
  return String(said).slice(0, WORDS_MAX).replaceAll(/\p{C}/gu, " ");
}
