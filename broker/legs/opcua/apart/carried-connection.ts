/**
 * In the broker: one connection over which OPC UA is spoken. Until a secure channel is handed over,
 * all that comes and goes is the OPC UA process's: of an asset's chunks the length alone is looked
 * at, of what a client sends nothing. From then on messages are sealed and opened here, and only
 * what opens and renews the channel crosses to that process and back.
 */
import type { Duplex } from "node:stream";
import type { HandedToken } from "../symmetric/channel-keys.ts";
import { ChunkStream } from "../symmetric/chunk-stream.ts";
import { errorChunk, errorIn } from "../symmetric/error-chunk.ts";
import { CHUNK_MAX, WRITE_QUEUE_MAX } from "../transport-limits.ts";
import type { CarriedWord } from "./carried-socket.ts";
import { wordsOf } from "./said-words.ts";
import type { SecuredChannel } from "./secured-channel.ts";
import { KIND, type Wire } from "./wire.ts";

export interface CarriedParts {
  readonly id: number;
  readonly wire: Wire;
  /** Paused; nothing read. */
  readonly socket: Duplex;
  readonly peer: "asset" | "client";
  /** What it was dialled for. */
  readonly target?: number;
  /** Called once. */
  closed(): void;
}

/** What becomes of a connection whose channel is handed over. */
export interface CarriedEvents {
  /** Called once. */
  ended(why: string): void;
  /** What waited for the peer has left, or some of it. */
  drained?(): void;
}

/** What the process has not understood yet: then the peer is not read. */
const UNTAKEN_MAX = 1_048_576;
/** The same of somebody who has not signed in: there may be hundreds, and they say little. */
const STRANGER_UNTAKEN_MAX = 131_072;
/** A last answer that is on its way when it ends. */
const FAREWELL_MS = 500;
/** A client's renewal takes the process milliseconds: RSA, twice. */
const RENEWED_WITHIN_MS = 10_000;
/** Renewals that came before the channel did; the process knows of no more than these. */
const EARLY_MAX = 3;
/** Pieces that a stream had on their way when it was paused; a socket has none. */
const AHEAD_MAX = 64;
/** Of a chunk: type and length. */
const HEADER = 8;
/** Before a message of its own: the number of the request. */
const NUMBER = 4;
/** Status and words (OPC 10000-6, 7.1.2.5). */
const ERROR_MAX = 4_096;
const TCP_INTERNAL_ERROR = 0x8082_0000;

export class CarriedConnection {
  private readonly parts: CarriedParts;
  private readonly stream = new ChunkStream(CHUNK_MAX);
  private readonly securing = Promise.withResolvers<SecuredChannel>();
  private secured: SecuredChannel | undefined;
  private events: CarriedEvents | undefined;
  private early: HandedToken[] = [];
  private untaken = 0;
  /** The process reads a chunk: nothing behind it is looked at before. */
  private waits = false;
  /** The channel is about to be handed over. */
  private isStopped = false;
  /** What came all the same. */
  private ahead: Buffer[] = [];
  private late: NodeJS.Timeout | undefined;
  private isAsked = false;
  private isHeld = false;
  private isCorked = false;
  private isLeaving = false;
  private over = false;
  private readonly uncork = () => {
    this.isCorked = false;
    this.parts.socket.uncork();
  };
  private readonly whole = (type: string, chunk: Buffer) => this.chunk(type, chunk);

  constructor(parts: CarriedParts) {
    this.parts = parts;
    const { socket, peer } = parts;
    this.securing.promise.catch(() => undefined);
    socket.on("data", (bytes: Buffer) => this.data(bytes));
    socket.on("error", () => undefined);
    socket.on("drain", () => this.events?.drained?.());
    socket.once("close", () => this.end(`the ${peer} closed the connection`));
  }

  get queued(): number {
    if (this.over) return 0;
    return this.parts.socket.writableLength + (this.secured?.waiting ?? 0);
  }

  get isOver(): boolean {
    return this.over;
  }

  get target(): number | undefined {
    return this.parts.target;
  }

  /** Whether a session at this target may be had over it: it leads there, and is nobody's yet. */
  isFor(target: number): boolean {
    return this.parts.target === target && !this.secured && !this.over;
  }

  /** Its messages are this channel's from now on. */
  secure(channel: SecuredChannel, events: CarriedEvents): void {
    this.secured = channel;
    this.events = events;
    for (const token of this.early.splice(0)) this.renewed(token);
    this.securing.resolve(channel);
    this.go();
  }

  /** Nothing more is read until the channel is handed over, or the process is to go on. */
  stop(): void {
    this.isStopped = true;
    this.flow();
  }

  go(): void {
    this.isStopped = false;
    this.flow();
    this.goOn();
  }

  write(bytes: Uint8Array): void {
    if (this.over || this.isLeaving) return;
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
    const type = isWhole ? bytes.toString("latin1", 0, 4) : "";
    if (type === "ERRF" && bytes.length <= ERROR_MAX && this.parts.peer === "client") {
      return void this.end("the client broke the protocol: its renewal was refused", bytes);
    }
    if (!this.secured.isLending || type !== "OPNF") {
      return void this.end("the OPC UA process wrote what it was not asked for");
    }
    this.write(bytes);
    this.secured.returned();
    if (this.parts.peer === "client") this.understood();
    if (!this.over) this.events?.drained?.();
  }

  /** The process has understood so much. */
  taken(bytes: number): void {
    this.untaken = Math.max(0, this.untaken - bytes);
    // A client's renewal is understood once it is answered.
    if (this.waits && this.untaken === 0 && this.parts.peer === "asset") this.understood();
    this.flow();
  }

  told({ to, because, renewed }: CarriedWord): void {
    if (this.over) return;
    if (renewed) this.renewed(renewed);
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

  /** Resolves once the channel is handed over: the process may ask in the same breath. */
  async lend(): Promise<number> {
    const secured = await this.securing.promise;
    return secured.lend();
  }

  /** A request that the process answers, in a message of its own. */
  ask(requestId: number, message: Uint8Array): void {
    const { id, wire } = this.parts;
    this.untaken += NUMBER + message.length;
    wire.numbered(id, requestId, message);
    this.flow();
  }

  /** What is written already leaves, or soon it is over all the same. */
  farewell(): void {
    if (this.over || this.isLeaving) return;
    this.isLeaving = true;
    this.parts.socket.end();
    this.flow();
    setTimeout(() => this.end("it was closed"), FAREWELL_MS).unref();
  }

  /**
   * Nothing comes or goes any more once this returns.
   * @param lastWord which the peer may still hear
   */
  end(why: string, lastWord?: Uint8Array): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.late);
    const { id, wire, socket, closed } = this.parts;
    if (lastWord && !this.isLeaving) leaveWith(socket, lastWord);
    else socket.destroy();
    this.secured?.close();
    this.ahead = [];
    this.securing.reject(new Error(why));
    wire.word(id, { carried: { closed: true, because: why } satisfies CarriedWord });
    closed();
    this.events?.ended(why);
  }

  /** @param reason a sentence's end */
  broke(reason: string, status = TCP_INTERNAL_ERROR): void {
    const { peer } = this.parts;
    const isTold = peer === "client" && this.secured !== undefined;
    const lastWord = isTold ? errorChunk(status, reason) : undefined;
    this.end(`the ${peer} broke the protocol: ${reason}`, lastWord);
  }

  private data(bytes: Buffer): void {
    if (this.over || this.isLeaving || bytes.length === 0) return;
    if (this.waits || this.isStopped) {
      if (this.ahead.push(bytes) > AHEAD_MAX) this.broke("it goes on where it is not read");
      return;
    }
    if (!this.secured && this.parts.peer === "client") return void this.raw(bytes);
    const fault = this.stream.push(bytes, this.whole);
    if (fault) this.broke(fault.reason, fault.status);
  }

  /** Of somebody who is nobody yet. */
  private raw(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; at += CHUNK_MAX) {
      this.pass(bytes.subarray(at, at + CHUNK_MAX));
    }
  }

  private chunk(type: string, bytes: Buffer): void {
    if (this.over) return void this.stream.stop();
    if (!this.secured) return void this.pass(bytes);
    if (type === "MSG" || type === "CLO") {
      this.secured.receive(bytes);
    } else if (type === "OPN") {
      this.stream.stop();
      this.opening(bytes, this.secured);
    } else if (type === "ERR" && this.parts.peer === "asset") {
      this.end(`the asset ended the secure channel: ${errorIn(bytes).reason}`);
    } else {
      this.broke("a chunk of an unknown type");
    }
    if (this.over || this.isLeaving) this.stream.stop();
  }

  /**
   * A renewal, which the process reads. A client's is answered: the number of that answer goes
   * along, and until it is there nothing is read or sent.
   */
  private opening(bytes: Buffer, secured: SecuredChannel): void {
    this.waits = true;
    const expects = secured.expected;
    if (!secured.passOver()) return void this.broke("too many chunks");
    if (this.parts.peer === "asset") {
      this.say({ expects });
    } else {
      if (bytes.readUInt8(3) !== FINAL) return void this.broke("a renewal in pieces");
      this.say({ expects, lends: secured.lend() });
      const late = () => this.broke("a renewal that cannot be answered");
      this.late = setTimeout(late, RENEWED_WITHIN_MS).unref();
    }
    this.pass(bytes);
  }

  /** Of what the process was given: what came behind it is looked at now. */
  private understood(): void {
    clearTimeout(this.late);
    this.waits = false;
    this.flow();
    this.goOn();
  }

  private goOn(): void {
    if (this.over || this.waits || this.isStopped) return;
    this.data(Buffer.concat([this.stream.takeRest(), ...this.ahead.splice(0)]));
  }

  private renewed(token: HandedToken): void {
    if (!this.secured) {
      if (this.early.length >= EARLY_MAX) return void this.end("a token came too often");
      return void this.early.push(token);
    }
    const fault = this.secured.renewed(token);
    if (fault !== undefined) this.end(fault);
  }

  private pass(bytes: Buffer): void {
    this.untaken += bytes.length;
    this.parts.wire.send(KIND.chunk, this.parts.id, bytes);
    this.flow();
  }

  private flow(): void {
    if (this.over) return;
    const { socket, peer } = this.parts;
    const untakenMax = peer === "asset" || this.secured ? UNTAKEN_MAX : STRANGER_UNTAKEN_MAX;
    const isFull = this.waits || this.isStopped || this.untaken > untakenMax;
    if (this.isLeaving || (this.isAsked && !this.isHeld && !isFull)) socket.resume();
    else socket.pause();
  }

  private say(word: CarriedWord): void {
    this.parts.wire.word(this.parts.id, { carried: word });
  }
}

/** `F`: the only or last chunk of a message. */
const FINAL = 0x46;

/** What comes meanwhile is let pass: a peer that is cut off while it writes might not hear it. */
function leaveWith(socket: Duplex, lastWord: Uint8Array): void {
  socket.end(lastWord);
  socket.resume();
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}
