/**
 * Bytes of a connection in, whole chunks out: views of what came where a chunk lies whole in it.
 * Of a chunk that has begun at most its own length is kept, however small the pieces are in which
 * it comes.
 */
import { type ChunkFault, chunkFault } from "./chunk-fault.ts";

/** Type, final and size (OPC 10000-6, 7.1.2.2). */
const HEAD = 8;
const EMPTY = Buffer.alloc(0);

export type ChunkType = "MSG" | "OPN" | "CLO" | "ERR" | "HEL" | "ACK" | "RHE";

export class ChunkStream {
  private readonly chunkMax: number;
  /** A chunk that has begun: of its head's length until that is there, then of its own. */
  private begun: Buffer = EMPTY;
  private filled = 0;
  /** What came behind a chunk after which it was stopped. */
  private rest: Buffer = EMPTY;
  private isStopped = false;
  private fault: ChunkFault | undefined;

  constructor(chunkMax: number) {
    this.chunkMax = chunkMax;
  }

  /**
   * @param chunk called for each whole chunk, in order
   * @returns a fault if what comes can be no chunk; nothing follows it
   */
  push(came: Buffer, chunk: (type: ChunkType, bytes: Buffer) => void): ChunkFault | undefined {
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, came]) : came;
    this.rest = EMPTY;
    this.isStopped = false;
    let at = 0;
    while (at < bytes.length && !this.fault) {
      if (this.isStopped) {
        this.rest = bytes.subarray(at);
        break;
      }
      at = this.begun.length > 0 ? this.go(bytes, at, chunk) : this.begin(bytes, at, chunk);
    }
    return this.fault;
  }

  /** From within `chunk`: what follows stays here until the next bytes come, or none. */
  stop(): void {
    this.isStopped = true;
  }

  /**
   * What came and was given to nobody; it is not kept any more. Not from within `chunk`. Whatever
   * is pushed next begins a chunk.
   */
  takeRest(): Buffer {
    const rest = Buffer.concat([this.begun.subarray(0, this.filled), this.rest]);
    this.begun = EMPTY;
    this.filled = 0;
    this.rest = EMPTY;
    return rest;
  }

  /** @returns where the bytes are that were not taken */
  private begin(bytes: Buffer, at: number, chunk: Told): number {
    const there = bytes.length - at;
    if (there < HEAD) {
      this.begun = Buffer.allocUnsafe(HEAD);
      return this.fill(bytes, at, HEAD);
    }
    const size = this.sizeOf(bytes, at);
    if (size === undefined) return at;
    if (there < size) {
      this.begun = Buffer.allocUnsafe(size);
      return this.fill(bytes, at, size);
    }
    this.tell(bytes.subarray(at, at + size), chunk);
    return at + size;
  }

  private go(bytes: Buffer, at: number, chunk: Told): number {
    const end = this.fill(bytes, at, this.begun.length);
    if (this.filled < this.begun.length) return end;
    const whole = this.begun;
    const size = this.sizeOf(whole, 0);
    if (size === undefined) return end;
    if (size > whole.length) {
      this.begun = Buffer.allocUnsafe(size);
      this.begun.set(whole);
      return end;
    }
    this.begun = EMPTY;
    this.filled = 0;
    this.tell(whole, chunk);
    return end;
  }

  private fill(bytes: Buffer, at: number, size: number): number {
    const end = Math.min(bytes.length, at + size - this.filled);
    this.begun.set(bytes.subarray(at, end), this.filled);
    this.filled += end - at;
    return end;
  }

  private sizeOf(bytes: Buffer, at: number): number | undefined {
    const size = bytes.readUInt32LE(at + 4);
    if (size < HEAD || size > this.chunkMax) {
      this.fault = chunkFault("size", `a chunk of ${size} bytes`);
    } else if (!TYPES.has(bytes.readUIntLE(at, 3))) {
      this.fault = chunkFault("type", "a chunk of unknown type");
    }
    return this.fault ? undefined : size;
  }

  private tell(bytes: Buffer, chunk: Told): void {
    const type = TYPES.get(bytes.readUIntLE(0, 3));
    if (type) chunk(type, bytes);
  }
}

type Told = (type: ChunkType, bytes: Buffer) => void;

const TYPES: ReadonlyMap<number, ChunkType> = new Map(
  (["MSG", "OPN", "CLO", "ERR", "HEL", "ACK", "RHE"] as const).map((type) => [
    Buffer.from(type, "latin1").readUIntLE(0, 3),
    type,
  ]),
);
