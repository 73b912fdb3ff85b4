/**
 * Stands between a socket and the library's transport, on both legs: hands it exactly one whole
 * chunk an event, and nothing that it has not looked at.
 *
 * Why: the library takes its listeners off between HEL and the first chunk; bytes that follow in
 * the same segment then raise an error that nobody hears, and the process ends (some 70 bytes,
 * before any sign-in). Here no event of the library's runs unguarded, no chunk is longer than was
 * agreed, a peer that sends much before it has signed in is dropped, and what the first
 * OpenSecureChannel said of policy and certificate is what each later one must say.
 */
import { EventEmitter } from "node:events";
import { inLibrary, type LibraryScope } from "./library-scope.ts";
import { policyOfUri } from "./security.ts";

/** What is looked at of a socket: one of the system's, or one that the broker holds. */
export interface ByteSocket extends Pick<EventEmitter, "on"> {
  readonly destroyed: boolean;
  readonly writableLength: number;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  write(bytes: Uint8Array | string, done: (error?: Error | null) => void): boolean;
  end(): unknown;
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  setKeepAlive(enable?: boolean, delay?: number): unknown;
  setNoDelay(noDelay?: boolean): unknown;
}

export interface FramedLimits {
  /** Of one chunk after the first message. */
  readonly chunkMax: number;
  /** All that may come until `signedIn`; a certificate with its chain is some thousand bytes. */
  readonly strangerBytesMax: number;
  /** Bytes that wait for a peer that does not read. */
  readonly writeQueueMax: number;
  /** From the beginning to a whole OpenSecureChannel; a slow peer is no reason to wait longer. */
  readonly openWithinMs: number;
  /** The peer broke the rules; the socket is gone already. */
  rejected?(why: string): void;
}

/** HEL and ACK are 32 bytes and a URL of at most 4,096 (OPC 10000-6, 7.1.2.3). */
const FIRST_MAX = 4_096;
const HEADER = 8;
/** `C`: more chunks of the message follow. */
const MORE = 0x43;
/** Asymmetric work costs milliseconds: one renewal a second is plenty where the least lifetime is 2.5 s. */
const OPEN_EVERY_MS = 1_000;
const OPENS_AT_ONCE = 3;

/** What the library sees of a socket. */
export class FramedSocket extends EventEmitter implements LibraryScope {
  readonly parts: object;
  private readonly socket: ByteSocket;
  private readonly limits: FramedLimits;
  private readonly pieces: Buffer[] = [];
  private length = 0;
  private isFirst = true;
  private isStranger = true;
  private strangerBytes = 0;
  private opened: Buffer | undefined;
  private opens = 0;
  private openedMs = 0;
  private isMidway = false;
  private readonly late: NodeJS.Timeout;

  /** @param parts what a scope of the same connection has, where there is another one */
  constructor(socket: ByteSocket, limits: FramedLimits, parts: object = {}) {
    super();
    this.parts = parts;
    this.socket = socket;
    this.limits = limits;
    this.late = setTimeout(() => this.reject("no secure channel in time"), limits.openWithinMs);
    socket.on("data", (bytes: Buffer) => this.data(bytes));
    for (const name of ["connect", "end", "timeout"] as const) {
      socket.on(name, (...all: unknown[]) => this.tell(name, ...all));
    }
    socket.on("close", (...all: unknown[]) => {
      clearTimeout(this.late);
      this.tell("close", ...all);
    });
    // Always heard: after the library let go of it nobody else might.
    socket.on("error", (error) => {
      if (this.listenerCount("error") > 0) this.tell("error", error);
    });
  }

  /** Whatever the library throws ends this connection and nothing else. */
  failed(why: string): void {
    this.reject(why);
  }

  /** The peer has proved who it is: only the limits of single chunks still hold. */
  signedIn(): void {
    this.isStranger = false;
  }

  /** Neither a chunk nor a message of several is here in part. */
  get isBetween(): boolean {
    return this.length === 0 && !this.isMidway;
  }

  get queued(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array | string, done?: (error?: Error | null) => void): boolean {
    if (this.socket.destroyed) return false;
    if (this.socket.writableLength > this.limits.writeQueueMax) {
      this.reject("it does not read what it is sent");
      return false;
    }
    return this.socket.write(bytes, (error) => this.guarded(() => done?.(error)));
  }

  end(): void {
    this.socket.end();
  }

  destroy(_error?: Error): void {
    this.socket.destroy();
  }

  get destroyed(): boolean {
    return this.socket.destroyed;
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort;
  }

  setKeepAlive(enable?: boolean, delay?: number): this {
    this.socket.setKeepAlive(enable, delay);
    return this;
  }

  setNoDelay(noDelay?: boolean): this {
    this.socket.setNoDelay(noDelay);
    return this;
  }

  /** The library would take silence for death: we have timers of our own. */
  setTimeout(): this {
    return this;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private data(bytes: Buffer): void {
    if (this.isStranger) this.strangerBytes += bytes.length;
    if (this.strangerBytes > this.limits.strangerBytesMax && this.isStranger) {
      return void this.reject("it sends much before it has signed in");
    }
    this.pieces.push(bytes);
    this.length += bytes.length;
    while (!this.socket.destroyed) {
      const chunk = this.nextChunk();
      if (!chunk) return;
      this.chunk(chunk);
    }
  }

  /** The next whole chunk, if it is there. */
  private nextChunk(): Buffer | undefined {
    if (this.length < HEADER) return undefined;
    const need = this.joined(HEADER).readUInt32LE(4);
    if (need < HEADER || need > this.chunkMax()) {
      this.reject(`a chunk of ${need} bytes`);
      return undefined;
    }
    if (this.length < need) return undefined;
    const all = this.joined(this.length);
    this.pieces.length = 0;
    this.length -= need;
    if (this.length > 0) this.pieces.push(all.subarray(need));
    return all.subarray(0, need);
  }

  /** The first part with at least so many bytes; parts are joined only where they must be. */
  private joined(need: number): Buffer {
    const [first] = this.pieces;
    if (first && first.length >= need) return first;
    const all = Buffer.concat(this.pieces);
    this.pieces.splice(0, this.pieces.length, all);
    return all;
  }

  private chunkMax(): number {
    return this.isFirst ? FIRST_MAX : this.limits.chunkMax;
  }

  private chunk(bytes: Buffer): void {
    this.isFirst = false;
    this.isMidway = bytes.readUInt8(3) === MORE;
    if (bytes.toString("latin1", 0, 3) === "OPN") {
      const fault = this.openFault(bytes);
      if (fault !== undefined) return void this.reject(fault);
    }
    this.tell("data", bytes);
  }

  /** Policy, certificate and thumbprint stand in the clear before what is encrypted. */
  private openFault(bytes: Buffer): string | undefined {
    const header = securityHeader(bytes);
    if (!header) return "a malformed OpenSecureChannel";
    const { policy, identity } = header;
    if (policyOfUri(policy) === undefined) return "a security policy that is not spoken here";
    if (this.opened && !this.opened.equals(identity)) {
      return "another policy or certificate than the channel was opened with";
    }
    const nowMs = performance.now();
    if (nowMs - this.openedMs > OPEN_EVERY_MS) {
      this.opens = 0;
      this.openedMs = nowMs;
    }
    this.opens += 1;
    if (this.opens > OPENS_AT_ONCE) return "it renews the secure channel too often";
    this.opened ??= Buffer.from(identity);
    clearTimeout(this.late);
    return undefined;
  }

  private tell(name: string, ...all: unknown[]): void {
    this.guarded(() => this.emit(name, ...all));
  }

  /** What it throws at once ends here; what it throws later, by its scope. */
  private guarded(work: () => unknown): void {
    try {
      inLibrary(this, work);
    } catch (error) {
      this.reject(error instanceof Error ? error.message : String(error));
    }
  }

  private reject(why: string): void {
    clearTimeout(this.late);
    if (this.socket.destroyed) return;
    this.socket.destroy();
    this.limits.rejected?.(why);
  }
}

/**
 * The header of an OPN chunk: type and size (8), secure channel (4), then policy, certificate and
 * thumbprint, each with its length. `identity` is policy and certificate as they stand.
 */
function securityHeader(
  bytes: Buffer,
): { readonly policy: string; readonly identity: Buffer } | undefined {
  const start = 12;
  const policyEnd = endOfField(bytes, start);
  const certificateEnd = policyEnd === undefined ? undefined : endOfField(bytes, policyEnd);
  if (policyEnd === undefined || certificateEnd === undefined) return undefined;
  const policy = bytes.toString("latin1", start + 4, policyEnd);
  return { policy, identity: bytes.subarray(start, certificateEnd) };
}

/** Past a length-prefixed field; -1 is an absent one. */
function endOfField(bytes: Buffer, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const length = Math.max(0, bytes.readInt32LE(at));
  const end = at + 4 + length;
  return end <= bytes.length ? end : undefined;
}
