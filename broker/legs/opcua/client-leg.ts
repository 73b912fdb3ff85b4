/**
 * A native client's end of one OPC UA session. It outlives the secure channel for a moment: a
 * client whose connection broke comes back and finds its subscriptions.
 */
import { cutFrame, encodeFrame, LEG } from "../../../protocols/opcua/frame.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import type { AnswerTo, ClientChannel } from "./client-channel.ts";
import { fault } from "./fault.ts";
import { RawAnswer, type ReceivedRequest } from "./raw-message.ts";
import { NULL_NODE_ID } from "./request-header.ts";
import { SERVICE, STATUS } from "./services.ts";

/** Requests of one session that nobody has answered; clients keep some dozens, Publish included. */
const OPEN_MAX = 1_024;
/** Where the client names no time; Publish waits as long as there is nothing to tell. */
const EXPIRES_MS = 60_000;
const EXPIRES_MAX_MS = 3_600_000;

interface Open {
  readonly channel: ClientChannel;
  readonly to: AnswerTo;
  readonly timer: NodeJS.Timeout | undefined;
}

export class OpcuaClientLeg implements Leg {
  private readonly ended: (because: string | undefined) => void;
  private sink: LegSink | undefined;
  private channel: ClientChannel;
  private readonly open = new Map<number, Open>();
  private last = 0;
  private paused = false;
  private full = false;
  private over = false;

  /** @param ended called once when the broker closes it */
  constructor(channel: ClientChannel, ended: (because: string | undefined) => void) {
    this.channel = channel;
    this.ended = ended;
  }

  get queued(): number {
    return this.channel.queued;
  }

  get isOver(): boolean {
    return this.over;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  /** The session is active on this channel from now on. */
  moveTo(channel: ClientChannel): void {
    this.channel = channel;
    if (this.paused) channel.pause();
  }

  request(channel: ClientChannel, request: ReceivedRequest, to: AnswerTo): void {
    const { header, typeId, body } = request;
    if (!header || !this.sink) return void channel.answer(to, fault(STATUS.badSessionClosed));
    if (this.open.size >= OPEN_MAX)
      return void channel.answer(to, fault(STATUS.badTooManyOperations));
    const requestId = this.nextId();
    this.open.set(requestId, {
      ...{ channel, to },
      timer: this.expiry(requestId, typeId, header.timeoutHint),
    });
    const untokened = Buffer.concat([NULL_NODE_ID, body.subarray(header.tokenEnd)]);
    this.sink.bytes(encodeFrame({ requestId, typeId, body: untokened }));
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
    open.channel.answer(open.to, new RawAnswer(typeId, body));
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  drained(): void {
    if (!this.full) return;
    this.full = false;
    this.sink?.drained();
  }

  pause(): void {
    this.paused = true;
    this.channel.pause();
  }

  resume(): void {
    this.paused = false;
    this.channel.resume();
  }

  close(because?: string): void {
    if (this.over) return;
    this.finish(because);
    this.ended(because);
  }

  /** The client closed its session, or did not come back. */
  gone(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.finish(undefined);
    sink?.closed(reason);
  }

  private finish(because: string | undefined): void {
    this.over = true;
    this.sink = undefined;
    for (const { channel, to, timer } of this.open.values()) {
      clearTimeout(timer);
      channel.answer(to, fault(STATUS.badSessionClosed, because));
    }
    this.open.clear();
  }

  private expiry(requestId: number, typeId: number, hintMs: number): NodeJS.Timeout | undefined {
    if (typeId === SERVICE.publish && hintMs === 0) return undefined;
    const afterMs = Math.min(hintMs === 0 ? EXPIRES_MS : hintMs, EXPIRES_MAX_MS);
    return setTimeout(() => {
      if (!this.open.has(requestId)) return;
      const body = new Uint8Array(0);
      this.sink?.bytes(encodeFrame({ requestId, typeId: LEG.expired, body }));
    }, afterMs);
  }

  private nextId(): number {
    do this.last = (this.last + 1) >>> 0;
    while (this.last === 0 || this.open.has(this.last));
    return this.last;
  }
}

/** An answer that the guard made has no time yet: a ResponseHeader begins with it. */
function stamp(body: Uint8Array): void {
  if (body.length < 8) return;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getBigInt64(0, true) === 0n) view.setBigInt64(0, opcuaTime(Date.now()), true);
}

/** Steps of 100 ns since 1601 (OPC 10000-6, 5.2.2.5). */
export function opcuaTime(wallMs: number): bigint {
  return BigInt(Math.trunc(wallMs)) * 10_000n + 116_444_736_000_000_000n;
}
