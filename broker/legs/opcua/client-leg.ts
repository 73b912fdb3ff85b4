/**
 * A native client's end of one OPC UA session. It outlives the secure channel for a moment: a
 * client whose connection broke comes back and finds its subscriptions.
 */
import { cutFrame, encodeFrame, LEG, writeFrame } from "../../../protocols/opcua/frame.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { faultBody } from "./own-answers.ts";
import { isPolling } from "./polling.ts";
import { NULL_NODE_ID, type RequestHeaderPlaces } from "./request-header.ts";
import { SERVICE, STATUS } from "./services.ts";

/** What answers leave over: one secure channel of a client. */
export interface AnsweringChannel {
  readonly queued: number;
  /** Under the number of the request on that channel. */
  answer(requestId: number, typeId: number, body: Uint8Array): void;
  pause(leg: OpcuaClientLeg): void;
  resume(leg: OpcuaClientLeg): void;
}

export interface ClientRequest {
  readonly requestId: number;
  readonly typeId: number;
  /** From after the type id. */
  readonly body: Buffer;
  readonly header: RequestHeaderPlaces;
}

export interface ClientLegParts {
  /** Somebody did something that no tool does by itself. */
  input(): void;
  /** The broker closed it. Called once at most. */
  ended(because: string | undefined): void;
}

/** Requests of one session that nobody has answered; clients keep some dozens, Publish included. */
const OPEN_MAX = 1_024;
/** Where the client names no time; Publish waits as long as there is nothing to tell. */
const EXPIRES_MS = 60_000;
const EXPIRES_MAX_MS = 3_600_000;

interface Open {
  readonly channel: AnsweringChannel;
  /** Of the request on that channel, and as the client numbers it. */
  readonly to: number;
  readonly handle: number;
  readonly timer: NodeJS.Timeout | undefined;
}

interface Held {
  readonly frame: Uint8Array;
  readonly isInput: boolean;
}

export class OpcuaClientLeg implements Leg {
  private readonly parts: ClientLegParts;
  private sink: LegSink | undefined;
  /** None before it is used. */
  private channel: AnsweringChannel | undefined;
  private readonly open = new Map<number, Open>();
  /** What came while it is paused, or was not started. */
  private held: Held[] = [];
  private last = 0;
  private heardMs = performance.now();
  private paused = false;
  private full = false;
  private over = false;
  /** It was gone before anybody could be told. */
  private untold: string | undefined;

  constructor(parts: ClientLegParts) {
    this.parts = parts;
  }

  get queued(): number {
    return this.channel?.queued ?? 0;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Since the client has said something in this session. */
  get silentMs(): number {
    return performance.now() - this.heardMs;
  }

  start(sink: LegSink): void {
    if (this.over) return void queueMicrotask(() => this.tellGone(sink));
    this.sink = sink;
    queueMicrotask(() => this.deliver());
  }

  /** The session is active on this channel from now on. */
  moveTo(channel: AnsweringChannel): void {
    this.channel?.resume(this);
    this.channel = channel;
    this.heardMs = performance.now();
    if (this.paused) channel.pause(this);
    // What waited for the channel before waits no more.
    this.drained();
  }

  request(channel: AnsweringChannel, request: ClientRequest): void {
    const { requestId: to, typeId, body, header } = request;
    const handle = header.requestHandle;
    if (this.over) return void refuse({ channel, to, handle }, STATUS.badSessionClosed);
    if (this.open.size >= OPEN_MAX) {
      return void refuse({ channel, to, handle }, STATUS.badTooManyOperations);
    }
    this.heardMs = performance.now();
    const requestId = this.nextId();
    const timer = this.expiry(requestId, typeId, header.timeoutHint);
    this.open.set(requestId, { channel, to, handle, timer });
    const rest = { bytes: body, start: header.tokenEnd };
    this.arrived({
      frame: writeFrame(requestId, typeId, [{ bytes: NULL_NODE_ID }, rest]),
      isInput: !isPolling(typeId),
    });
  }

  /** An answer of the guard. */
  write(bytes: Uint8Array): void {
    const cut = cutFrame(bytes);
    if (this.over || cut.kind !== "frame") return;
    const { requestId, typeId, body } = cut.frame;
    const open = this.open.get(requestId);
    if (!open) return;
    this.open.delete(requestId);
    clearTimeout(open.timer);
    stamp(body);
    // Its channel may be gone: what it was told is lost, as the protocol says (Republish).
    open.channel.answer(open.to, typeId, body);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  drained(): void {
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  }

  pause(): void {
    this.paused = true;
    this.channel?.pause(this);
  }

  resume(): void {
    this.paused = false;
    this.channel?.resume(this);
    // Not now: whoever resumes is not told anything meanwhile.
    if (this.held.length > 0) queueMicrotask(() => this.deliver());
  }

  close(because?: string): void {
    this.untold = undefined;
    if (this.over) return;
    this.finish(because);
    this.parts.ended(because);
  }

  /** The client closed its session, or did not come back. */
  gone(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.finish(undefined);
    if (sink) sink.closed(reason);
    else this.untold = reason;
  }

  private tellGone(sink: LegSink): void {
    if (this.untold !== undefined) sink.closed(this.untold);
    this.untold = undefined;
  }

  private arrived(held: Held): void {
    if (this.held.length > 0 || this.paused || !this.sink) this.held.push(held);
    else this.tell(held);
  }

  private deliver(): void {
    while (this.sink && !this.paused) {
      const next = this.held.shift();
      if (!next) return;
      this.tell(next);
    }
  }

  private tell({ frame, isInput }: Held): void {
    if (isInput) this.parts.input();
    this.sink?.bytes(frame);
  }

  private finish(because: string | undefined): void {
    this.over = true;
    this.sink = undefined;
    this.held = [];
    for (const open of this.open.values()) {
      clearTimeout(open.timer);
      refuse(open, STATUS.badSessionClosed, because);
    }
    this.open.clear();
    if (this.paused) this.channel?.resume(this);
  }

  private expiry(requestId: number, typeId: number, hintMs: number): NodeJS.Timeout | undefined {
    if (typeId === SERVICE.publish && hintMs === 0) return undefined;
    const afterMs = Math.min(hintMs === 0 ? EXPIRES_MS : hintMs, EXPIRES_MAX_MS);
    return setTimeout(() => {
      if (!this.open.has(requestId)) return;
      const body = new Uint8Array(0);
      const frame = encodeFrame({ requestId, typeId: LEG.expired, body });
      this.arrived({ frame, isInput: false });
    }, afterMs);
  }

  private nextId(): number {
    do this.last = (this.last + 1) >>> 0;
    while (this.last === 0 || this.open.has(this.last));
    return this.last;
  }
}

function refuse(
  { channel, to, handle }: Pick<Open, "channel" | "to" | "handle">,
  status: number,
  because?: string,
): void {
  const body = faultBody(handle, status, because);
  stamp(body);
  channel.answer(to, SERVICE.serviceFault, body);
}

/** An answer that was made here has no time yet: a ResponseHeader begins with it. */
function stamp(body: Uint8Array): void {
  if (body.length < 8) return;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getBigInt64(0, true) === 0n) view.setBigInt64(0, opcuaTime(Date.now()), true);
}

/** Steps of 100 ns since 1601 (OPC 10000-6, 5.2.2.5). */
export function opcuaTime(wallMs: number): bigint {
  return BigInt(Math.trunc(wallMs)) * 10_000n + 116_444_736_000_000_000n;
}
