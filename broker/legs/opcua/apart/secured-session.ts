/**
 * The broker's session at an asset. The OPC UA process has opened and proved it; what is asked and
 * answered in it is sealed and opened here.
 */

import type { AssetAnswer, AssetSession } from "../opcua-connection.ts";
import { CLOSE_CHANNEL, CLOSE_SESSION, READ_STATE, typeHead } from "../own-requests.ts";
import { NULL_NODE_ID, typeIdOf } from "../request-header.ts";
import type { ChannelSecurity } from "../security.ts";
import { SERVICE } from "../services.ts";
import type { CarriedConnection } from "./carried-connection.ts";
import { SecuredChannel } from "./secured-channel.ts";

export interface SecuredSessionParts {
  readonly connection: CarriedConnection;
  readonly security: ChannelSecurity;
  readonly timeoutMs: number;
  readonly namespaces: readonly string[];
  /** As requests begin with it. */
  readonly token: Buffer;
  /** What the process handed over: not looked at before. */
  readonly channel: unknown;
  /** It says goodbye: told so that it may. */
  closing(closing: Promise<void>): void;
}

interface Asked extends PromiseWithResolvers<AssetAnswer> {
  readonly untilMs: number;
}

/** The library's own requests, which are answered before, have small numbers. */
const FIRST_REQUEST = 0x4000_0000;
/** Of answers that nobody waits for any more; their requests are counted until then. */
const SWEEP_MS = 5_000;
/** An asset that does not answer a goodbye gets none. */
const CLOSE_WITHIN_MS = 3_000;

export class SecuredSession implements AssetSession {
  readonly timeoutMs: number;
  private readonly parts: SecuredSessionParts;
  private readonly channel: SecuredChannel;
  private readonly asked = new Map<number, Asked>();
  private last = FIRST_REQUEST;
  private sweeping: NodeJS.Timeout | undefined;
  private why: string | undefined;
  private tell: ((why: string) => void) | undefined;

  /** Throws, with the connection gone, where it cannot be. */
  constructor(parts: SecuredSessionParts) {
    this.parts = parts;
    this.timeoutMs = parts.timeoutMs;
    const { connection, security } = parts;
    const channel = SecuredChannel.of(parts.channel, security, "client", {
      out: (chunks) => connection.write(chunks),
      broke: (reason, status) => connection.broke(reason, status),
      over: (reason) => connection.end(`the secure channel ended: ${reason}`),
      sink: {
        message: (requestId, body) => this.answered(requestId, body),
        aborted: (requestId, reason) => this.lost(requestId, `the asset gave it up: ${reason}`),
        unsent: (requestId, reason) => this.lost(requestId, reason),
      },
    });
    if (typeof channel === "string") {
      connection.end(channel);
      throw new Error(channel);
    }
    this.channel = channel;
    connection.secure(channel, { ended: (why) => this.broken(why) });
    if (connection.isOver) this.why = "the asset closed the connection";
  }

  get queued(): number {
    return this.parts.connection.queued;
  }

  get isOver(): boolean {
    return this.why !== undefined;
  }

  onBroken(listener: (why: string) => void): void {
    this.tell = listener;
  }

  ask(typeId: number, body: Uint8Array, withinMs: number): Promise<AssetAnswer> {
    const settling = Promise.withResolvers<AssetAnswer>();
    if (this.why !== undefined) {
      settling.reject(new Error(this.why));
      return settling.promise;
    }
    const requestId = this.nextId();
    this.asked.set(requestId, { ...settling, untilMs: performance.now() + withinMs });
    this.sweeping ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    const parts = [typeHead(typeId), this.parts.token, body.subarray(NULL_NODE_ID.length)];
    this.channel.send(requestId, parts);
    return settling.promise;
  }

  /** As they were when the session was opened or resumed. */
  async readNamespaces(): Promise<readonly string[]> {
    if (this.why !== undefined) throw new Error(this.why);
    return this.parts.namespaces;
  }

  async readState(): Promise<void> {
    await this.ask(SERVICE.read, READ_STATE, this.timeoutMs);
  }

  pause(): void {
    this.parts.connection.pause();
  }

  resume(): void {
    this.parts.connection.resume();
  }

  abandon(): void {
    this.end("the connection is closed");
    this.parts.connection.end("the session was left");
  }

  /** What was asked before is nobody's any more; what waited does not leave. */
  close(): Promise<void> {
    if (this.why !== undefined) return Promise.resolve();
    const closing = this.sayGoodbye();
    this.parts.closing(closing);
    return closing;
  }

  private async sayGoodbye(): Promise<void> {
    const { connection } = this.parts;
    this.channel.drop();
    this.forget("the connection is closed");
    connection.resume();
    const late = setTimeout(() => this.abandon(), CLOSE_WITHIN_MS);
    await this.ask(SERVICE.closeSession, CLOSE_SESSION, CLOSE_WITHIN_MS).catch(() => undefined);
    clearTimeout(late);
    if (this.isOver) return;
    this.end("the connection is closed");
    this.channel.farewell(this.nextId(), [typeHead(SERVICE.closeSecureChannel), CLOSE_CHANNEL]);
    connection.farewell();
  }

  private answered(requestId: number, message: Buffer): void {
    const type = typeIdOf(message);
    if (!type) {
      this.parts.connection.broke("an answer of no service");
      return;
    }
    const asked = this.asked.get(requestId);
    // What nobody waits for any more is let pass.
    this.asked.delete(requestId);
    asked?.resolve({ typeId: type.typeId, body: message.subarray(type.end) });
  }

  private lost(requestId: number, why: string): void {
    const asked = this.asked.get(requestId);
    this.asked.delete(requestId);
    asked?.reject(new Error(why));
  }

  /** Whoever asks has timers of its own; here only what was forgotten is let go. */
  private sweep(): void {
    const nowMs = performance.now();
    for (const [requestId, { untilMs }] of this.asked) {
      if (untilMs < nowMs) this.lost(requestId, "the asset did not answer in time");
    }
  }

  private broken(why: string): void {
    if (this.why !== undefined) return;
    this.end(why);
    this.tell?.(why);
  }

  private end(why: string): void {
    this.why ??= why;
    clearInterval(this.sweeping);
    this.forget(why);
  }

  private forget(why: string): void {
    for (const { reject } of this.asked.values()) reject(new Error(why));
    this.asked.clear();
  }

  private nextId(): number {
    do this.last = this.last === 0xffff_ffff ? FIRST_REQUEST : this.last + 1;
    while (this.asked.has(this.last));
    return this.last;
  }
}
