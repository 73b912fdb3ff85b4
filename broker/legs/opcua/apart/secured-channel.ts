/**
 * In the broker: the messages of one secure channel, sealed and opened here with the keys that the
 * OPC UA process has handed over. Renewals stay in that process; while one of its chunks is under
 * way nothing else is sent, so that the numbers stay in order.
 *
 * What a peer sends is judged by `symmetric/` alone: a fault of it is a value, and ends this
 * channel and nothing else.
 */
import type { ChannelSecurity } from "../security.ts";
import {
  type ChannelKeys,
  channelKeysOf,
  type Role,
  tokenKeysOf,
} from "../symmetric/channel-keys.ts";
import { ChunkReader } from "../symmetric/chunk-reader.ts";
import { ChunkWriter, type Written } from "../symmetric/chunk-writer.ts";
import { TokenWindow } from "../symmetric/token-window.ts";

export interface SecuredSink {
  /** @param body from the type id on; a view that stays as it is */
  message(requestId: number, body: Buffer): void;
  /** The peer gave this one up. */
  aborted(requestId: number, reason: string): void;
  /** It did not leave, and will not. */
  unsent(requestId: number, reason: string, parts: readonly Uint8Array[]): void;
}

interface Held {
  readonly requestId: number;
  readonly parts: readonly Uint8Array[];
  readonly heldMs: number;
}

/**
 * A request that waited longer than this for the process to send its own chunk does not leave any
 * more: that process stood still. An answer does: it changes nothing.
 */
const STALE_MS = 2_000;
const STALE = "it waited too long before it could leave";
/** Messages that wait meanwhile; a session has some dozens under way. */
const HELD_MAX = 4_096;

export class SecuredChannel {
  private readonly keys: ChannelKeys;
  private readonly role: Role;
  private readonly tokens: TokenWindow;
  private readonly reader: ChunkReader;
  private readonly writer: ChunkWriter;
  private readonly sink: SecuredSink;
  private readonly parts: SecuredParts;
  private held: Held[] = [];
  private heldBytes = 0;
  private isLent = false;
  private over = false;

  private constructor(keys: ChannelKeys, role: Role, parts: SecuredParts) {
    this.keys = keys;
    this.role = role;
    this.tokens = new TokenWindow(keys, role);
    this.reader = new ChunkReader(keys, this.tokens);
    this.writer = new ChunkWriter(keys, this.tokens);
    this.sink = parts.sink;
    this.parts = parts;
  }

  /** A sentence where what was handed over cannot be. */
  static of(handed: unknown, security: ChannelSecurity, role: Role, parts: SecuredParts) {
    const keys = channelKeysOf(handed, security, performance.now());
    return keys.kind === "fault" ? keys.reason : new SecuredChannel(keys, role, parts);
  }

  /** The number that the peer's next chunk has, whoever reads it. */
  get expected(): number {
    return this.reader.expected;
  }

  /** Bytes that wait for the process. */
  get waiting(): number {
    return this.heldBytes;
  }

  /** The parts must stay as they are: they may have to wait. */
  send(requestId: number, parts: readonly Uint8Array[]): void {
    if (this.over) return;
    if (!this.isLent) return void this.write(requestId, parts);
    if (this.held.length >= HELD_MAX) return void this.sink.unsent(requestId, STALE, parts);
    for (const part of parts) this.heldBytes += part.length;
    this.held.push({ requestId, parts, heldMs: performance.now() });
  }

  /** The last one: the channel is closed by it. */
  farewell(requestId: number, parts: readonly Uint8Array[]): void {
    if (this.over || this.isLent) return;
    const written = this.writer.close(requestId, parts, performance.now());
    if (written.kind === "chunks") this.parts.out(written.bytes);
  }

  /** One whole chunk that is none of the process's. */
  receive(chunk: Buffer): void {
    if (this.over) return;
    const read = this.reader.read(chunk, performance.now());
    switch (read.kind) {
      case "part":
        return;
      case "message":
        return void this.sink.message(read.requestId, read.body);
      case "aborted":
        return void this.sink.aborted(read.requestId, read.reason);
      case "closed":
        return void this.parts.over("it closed the secure channel");
      case "fault":
        return void this.parts.broke(read.reason, read.status);
    }
  }

  /** The peer's next chunk is one that the process reads. False if there can be none. */
  passOver(): boolean {
    return this.reader.passOver();
  }

  /** The number of the process's next chunk; until it is there nothing else leaves. */
  lend(): number {
    if (this.isLent || this.over) throw new Error("the channel sends nothing now");
    this.isLent = true;
    return this.writer.takeNumber();
  }

  /** That chunk is written: what waited leaves behind it. */
  returned(): void {
    this.isLent = false;
    const nowMs = performance.now();
    const held = this.held;
    this.drop();
    for (const { requestId, parts, heldMs } of held) {
      const isStale = this.role === "client" && nowMs - heldMs > STALE_MS;
      if (isStale) this.sink.unsent(requestId, STALE, parts);
      else this.write(requestId, parts);
    }
  }

  get isLending(): boolean {
    return this.isLent;
  }

  /** A sentence where the token cannot be. */
  renewed(handed: unknown): string | undefined {
    if (this.over) return undefined;
    const token = tokenKeysOf(handed, this.keys, performance.now());
    if (token.kind === "fault") return token.reason;
    return this.tokens.add(token) ? undefined : "a token came twice";
  }

  /** What waits will not leave any more. */
  drop(): void {
    this.held = [];
    this.heldBytes = 0;
  }

  close(): void {
    this.over = true;
    this.drop();
    this.tokens.close();
  }

  private write(requestId: number, parts: readonly Uint8Array[]): void {
    if (this.over) return;
    const written: Written = this.writer.write(requestId, parts, performance.now());
    if (written.kind === "chunks") this.parts.out(written.bytes);
    else if (written.kind === "tooLarge") this.sink.unsent(requestId, written.reason, parts);
    else this.parts.over(written.reason);
  }
}

export interface SecuredParts {
  readonly sink: SecuredSink;
  out(chunks: Buffer): void;
  /** The peer sent what cannot be. `status`: what a client is told. */
  broke(reason: string, status: number): void;
  /** The channel cannot go on, and nobody did wrong. */
  over(reason: string): void;
}
