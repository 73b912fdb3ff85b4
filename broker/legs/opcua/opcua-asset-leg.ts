/**
 * The asset's end of one channel: what the guard sends goes over the session's connection, under
 * the limits of the endpoint; what the asset answers comes back under the guard's numbers.
 */
import { cutFrame, encodeFrame, LEG, type OpcUaFrame } from "../../../protocols/opcua/frame.ts";
import type { EndpointLimiter } from "../endpoint-limiter.ts";
import type { Leg, LegSink } from "../leg.ts";
import type { AssetSession, ConnectedLeg, OpcuaConnection } from "./opcua-connection.ts";
import { requestHeaderOf } from "./request-header.ts";
import { SERVICE } from "./services.ts";

interface Waiting {
  readonly frame: OpcUaFrame;
  readonly change: number | undefined;
}

interface Sent {
  readonly timer: NodeJS.Timeout | undefined;
  readonly counts: boolean;
}

/** The library has least times of its own; ours end a request first. */
const LIBRARY_EXTRA_MS = 5_000;
const NEVER_MS = 0x7fff_ffff;
/** The longest that a client may let a request take, as the plant file could not say. */
const HINT_MAX_MS = 3_600_000;

export class OpcuaAssetLeg implements Leg, ConnectedLeg {
  private readonly connection: OpcuaConnection;
  private readonly limiter: EndpointLimiter;
  private sink: LegSink | undefined;
  private readonly queue: Waiting[] = [];
  private readonly sent = new Map<number, Sent>();
  private over = false;

  constructor(connection: OpcuaConnection, limiter: EndpointLimiter) {
    this.connection = connection;
    this.limiter = limiter;
    connection.keep(this);
  }

  get queued(): number {
    return this.connection.current?.queued ?? 0;
  }

  get waiting(): number {
    return this.queue.length;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    this.connection.enter(this);
  }

  write(bytes: Uint8Array, change?: number): void {
    const cut = cutFrame(bytes);
    if (this.over || cut.kind !== "frame") return;
    const waiting: Waiting = { frame: cut.frame, change };
    if (this.limiter.queued >= this.limiter.limits.queueMax) {
      queueMicrotask(() => this.givenBack(waiting, "too many requests wait for the asset"));
      return;
    }
    this.limiter.queued += 1;
    this.queue.push(waiting);
    // Not now: whoever writes is not told anything meanwhile.
    queueMicrotask(() => this.mayTake());
  }

  /** Sends what may leave. False if there was nothing to send. */
  mayTake(): boolean {
    let took = false;
    for (let first = this.queue[0]; first && !this.over; first = this.queue[0]) {
      const session = this.connection.current;
      const isPublish = first.frame.typeId === SERVICE.publish;
      if (session && !isPublish && !this.limiter.take(this)) return took;
      this.queue.shift();
      this.limiter.queued -= 1;
      took = true;
      this.leave(first, !isPublish && session !== undefined);
    }
    return took;
  }

  withdraw(cause: string): void {
    for (const waiting of this.queue.filter(({ change }) => change !== undefined)) {
      this.queue.splice(this.queue.indexOf(waiting), 1);
      this.limiter.queued -= 1;
      this.givenBack(waiting, cause);
    }
  }

  distrust(reason: string): void {
    this.connection.close(reason);
  }

  /** What can arrive is bounded by what was asked; Publish is asked for in advance, so it waits. */
  pause(): void {
    this.connection.current?.pause();
  }

  resume(): void {
    this.connection.current?.resume();
  }

  close(): void {
    if (this.over) return;
    this.finish();
    this.connection.leave(this);
  }

  ready(namespaces: readonly string[]): void {
    const body = encodeStrings(namespaces);
    this.sink?.bytes(encodeFrame({ requestId: 1, typeId: LEG.namespaces, body }));
    this.mayTake();
  }

  aged(): void {
    this.sink?.bytes(encodeFrame({ requestId: 1, typeId: LEG.aged, body: new Uint8Array(0) }));
  }

  broken(why: string): void {
    for (const requestId of [...this.sent.keys()]) this.lost(requestId, why);
    for (const waiting of this.queue.splice(0)) {
      this.limiter.queued -= 1;
      this.givenBack(waiting, why);
    }
  }

  gone(reason: string): void {
    if (this.over) return;
    this.broken(reason);
    const { sink } = this;
    this.finish();
    sink?.closed(reason);
  }

  private leave(waiting: Waiting, counts: boolean): void {
    const session = this.connection.current;
    const { change, frame } = waiting;
    const obstacle =
      session === undefined
        ? "there is no connection to the asset now"
        : change === undefined
          ? undefined
          : this.sink?.obstacle?.(change);
    if (obstacle === undefined && session) return void this.send(frame, session, counts);
    if (counts) this.limiter.give();
    this.givenBack(waiting, obstacle ?? "");
  }

  private send(
    { requestId, typeId, body }: OpcUaFrame,
    session: AssetSession,
    counts: boolean,
  ): void {
    const withinMs = this.patience(typeId, body);
    const late = () => this.lost(requestId, "the asset did not answer in time");
    const timer = withinMs === undefined ? undefined : setTimeout(late, withinMs);
    this.sent.set(requestId, { timer, counts });
    const libraryMs = withinMs === undefined ? NEVER_MS : withinMs + LIBRARY_EXTRA_MS;
    session.ask(typeId, body, libraryMs).then(
      (answer) => {
        if (!this.settle(requestId)) return;
        this.sink?.bytes(encodeFrame({ requestId, typeId: answer.typeId, body: answer.body }));
      },
      (error: Error) => this.lost(requestId, error.message),
    );
  }

  /** How long the asset has; undefined for Publish, which waits for news. */
  private patience(typeId: number, body: Uint8Array): number | undefined {
    const view = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const hint = requestHeaderOf(view)?.timeoutHint ?? 0;
    if (hint === 0) {
      return typeId === SERVICE.publish ? undefined : this.limiter.limits.responseTimeoutMs;
    }
    return Math.min(Math.max(hint, this.limiter.limits.responseTimeoutMs), HINT_MAX_MS);
  }

  private settle(requestId: number): boolean {
    const sent = this.sent.get(requestId);
    if (!sent) return false;
    this.sent.delete(requestId);
    clearTimeout(sent.timer);
    if (sent.counts) this.limiter.give();
    return true;
  }

  private lost(requestId: number, cause: string): void {
    if (this.settle(requestId)) this.sink?.lost(requestId, cause);
  }

  /** It never left: a change is withheld, anything else lost. */
  private givenBack({ frame, change }: Waiting, cause: string): void {
    if (change === undefined) this.sink?.lost(frame.requestId, cause);
    else this.sink?.withheld(change, cause);
  }

  private finish(): void {
    this.over = true;
    this.sink = undefined;
    this.limiter.queued -= this.queue.length;
    this.queue.length = 0;
    for (const requestId of [...this.sent.keys()]) this.settle(requestId);
  }
}

/** Strings as OPC UA writes an array of them: count, then each length and UTF-8. */
function encodeStrings(strings: readonly string[]): Uint8Array {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  };
  const each = strings.flatMap((text) => {
    const bytes = Buffer.from(text, "utf8");
    return [number(bytes.length), bytes];
  });
  return Buffer.concat([number(strings.length), ...each]);
}
