/**
 * One TCP connection to a Modbus device, for all sessions on it or for one channel.
 *
 * Every request gets a transaction id of this connection, unique among those in flight, leaves
 * whole and in one write with the others of its turn. Until the socket has room and the endpoint's
 * limits allow it, a request waits in its session's own queue, so a cut session's requests die
 * there. A reply that nobody waits for, or that cannot be one, means the stream can no longer be
 * trusted: the connection is reset and what was in flight is lost. Where the device itself closed,
 * what only reads is asked once more on the next connection; a change is never sent twice.
 */
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import { assetWords } from "./asset-words.ts";
import { BackOff } from "./back-off.ts";
import { ClosingHabit } from "./closing-habit.ts";
import type { EndpointLimiter, Waiting } from "./endpoint-limiter.ts";
import { FairQueue } from "./fair-queue.ts";
import { InFlight } from "./in-flight.ts";
import { ModbusLeg, type ModbusWay } from "./modbus-leg.ts";
import { ModbusReplies, mismatch, replyBytes, type TakesReplies } from "./modbus-replies.ts";
import type { ModbusRequest } from "./modbus-request.ts";
import { connectShared } from "./shared-read.ts";
import { SocketOutput } from "./socket-output.ts";
import { type Flushable, flushAtTurnEnd, flushMany } from "./turn.ts";

/** Devices have few connections: one that nobody uses is given back. */
const IDLE_CLOSE_MS = 60_000;
/** Above this the socket is not given more; a device that does not read gets no queue from us. */
const SOCKET_QUEUE_MAX = 4_096;

const CROWDED = "too many requests are waiting for the asset";

export interface ModbusConnectionOptions {
  /** Resolved and checked before. */
  readonly address: string;
  readonly port: number;
  readonly limiter: EndpointLimiter;
  readonly clock: Clock;
  /** It is one channel's own: opened with it, kept while idle, its end if it cannot be opened. */
  readonly dedicated: boolean;
  /** No leg is left on it. */
  onUnused?(): void;
}

export class ModbusConnection implements ModbusWay, Flushable, Waiting, TakesReplies {
  private readonly options: ModbusConnectionOptions;
  private readonly legs = new Set<ModbusLeg>();
  private readonly legsOf = new Map<string, number>();
  private readonly queue = new FairQueue<ModbusRequest>();
  private readonly inFlight = new InFlight();
  private readonly replies = new ModbusReplies();
  private readonly habit: ClosingHabit;
  private refused: { request: ModbusRequest; cause: string; full: boolean }[] = [];
  private socket: Socket | undefined;
  private output: SocketOutput | undefined;
  private connected = false;
  /** The asset has accepted one, now or before. */
  private wasOpen = false;
  private scheduled = false;
  /** It stands in the limiter's line. */
  private lined = false;
  private readonly backOff = new BackOff();
  private usedMs = 0;
  /** A reply has come on this socket; until then it proves nothing about the device. */
  private heardMs = -1;
  private stopConnectTimer: (() => void) | undefined;
  private stopSweep: (() => void) | undefined;

  constructor(options: ModbusConnectionOptions) {
    this.options = options;
    this.habit = new ClosingHabit(options.clock, () => this.schedule());
  }

  get isUnused(): boolean {
    return this.legs.size === 0;
  }

  leg(session: string): ModbusLeg {
    const leg = new ModbusLeg(session, this, this.queue.lane(session));
    this.legs.add(leg);
    this.legsOf.set(session, (this.legsOf.get(session) ?? 0) + 1);
    if (this.options.dedicated) this.connect();
    return leg;
  }

  enqueue(request: ModbusRequest): void {
    const away = this.backOff.obstacle(this.nowMs);
    if (away !== undefined) this.refuse(request, away, false);
    else if (this.hasRoomFor(request)) this.line(request);
    else this.refuse(request, CROWDED, true);
    this.schedule();
  }

  withdraw(leg: ModbusLeg, takes: (request: ModbusRequest) => boolean): readonly ModbusRequest[] {
    if (leg.waiting === 0) return [];
    const gone = this.queue.remove(leg.session, (other) => other.leg === leg && takes(other));
    for (const request of gone) this.unline(request);
    return gone;
  }

  /** A reply that does not fit its request: the two sides may be out of step. */
  distrust(reason: string): void {
    this.reset(`the asset sent what cannot be a reply: ${reason}`);
  }

  leave(leg: ModbusLeg): void {
    if (!this.legs.delete(leg)) return;
    const left = (this.legsOf.get(leg.session) ?? 1) - 1;
    if (left > 0) this.legsOf.set(leg.session, left);
    else {
      this.legsOf.delete(leg.session);
      this.queue.forget(leg.session);
    }
    if (this.legs.size > 0) return;
    if (this.options.dedicated) this.close("the session ended");
    this.options.onUnused?.();
  }

  mayTake(): boolean {
    this.lined = false;
    if (!this.connected || this.queue.length === 0) return false;
    if (!this.habit.mayLeave(this.inFlight.size)) return false;
    this.schedule();
    return true;
  }

  flush(): void {
    this.scheduled = false;
    this.tellRefused();
    if (this.queue.length === 0) return;
    if (!this.socket) this.connect();
    else if (this.connected) this.send();
  }

  /** Ends the socket at once; what was in flight is lost, what was waiting too. */
  close(reason: string): void {
    this.drop(reason);
    for (const request of this.queue.clear()) {
      this.unline(request);
      request.leg.lost(request, reason);
    }
    this.stopSweep?.();
    this.stopSweep = undefined;
  }

  private send(): void {
    const { output } = this;
    if (!output) return;
    const nowMs = this.nowMs();
    while (this.queue.length > 0 && output.queued < SOCKET_QUEUE_MAX && !this.lined) {
      if (!this.habit.mayLeave(this.inFlight.size)) break;
      if (!this.options.limiter.take(this)) {
        this.lined = true;
        break;
      }
      const request = this.queue.shift();
      if (!request) break;
      this.unline(request);
      if (this.keptBack(request)) continue;
      request.sentMs = nowMs;
      this.inFlight.add(request);
      request.frame[0] = request.wire >> 8;
      request.frame[1] = request.wire & 0xff;
      output.gather(request.frame);
    }
    // Looking at a change may have ended its session, and with it a connection of its own.
    if (this.output !== output) return;
    this.usedMs = nowMs;
    output.flush();
    if (!this.stopSweep) this.sweepAfter(this.options.limiter.limits.responseTimeoutMs);
  }

  /** It waited for its turn: what permitted it may not hold any more. */
  private keptBack(request: ModbusRequest): boolean {
    const obstacle = request.leg.obstacle(request);
    if (obstacle === undefined) return false;
    this.options.limiter.give();
    request.leg.givenBack(request, obstacle);
    return true;
  }

  private received(socket: Socket, bytes: Uint8Array): void {
    if (socket !== this.socket) return;
    const flaw = this.replies.push(bytes, this);
    if (flaw) this.reset(flaw);
    else if (this.queue.length > 0) this.schedule();
  }

  /** A reply; false if nothing of this socket counts any more. */
  take(buffer: Uint8Array, start: number, length: number): boolean {
    const { socket } = this;
    const flaw = this.answer(buffer, start, length);
    if (flaw === undefined) {
      flushMany();
      return socket === this.socket;
    }
    this.reset(flaw);
    return false;
  }

  /** Answers why it is no reply to anything in flight. */
  private answer(buffer: Uint8Array, start: number, length: number): string | undefined {
    const wire = ((buffer[start] ?? 0) << 8) | (buffer[start + 1] ?? 0);
    const request = this.inFlight.get(wire);
    if (!request) return "the asset sent a reply that nobody waits for";
    const { frame, number } = request;
    const flaw = mismatch(frame, buffer[start + 6] ?? 0, buffer[start + 7] ?? 0);
    if (flaw !== undefined) return flaw;
    this.inFlight.remove(request);
    this.options.limiter.give();
    this.heardMs = this.usedMs;
    this.backOff.succeeded();
    this.habit.answered();
    buffer[start] = number >> 8;
    buffer[start + 1] = number & 0xff;
    request.leg.deliver(replyBytes(buffer, start, length));
    request.rest();
    return undefined;
  }

  private connect(): void {
    if (this.socket || this.legs.size === 0) return;
    const { address, port, limiter, clock } = this.options;
    const socket = connectShared(address, port, (from) => ({
      received: (bytes) => this.received(from, bytes),
    }));
    this.socket = socket;
    this.output = new SocketOutput(socket);
    this.heardMs = -1;
    this.usedMs = this.nowMs();
    socket.on("connect", () => this.opened(socket));
    socket.on("drain", () => this.schedule());
    socket.on("error", (error) => this.gone(socket, assetWords(error)));
    socket.on("end", () => this.gone(socket, "the asset closed the connection"));
    socket.on("close", () => this.gone(socket, "the connection to the asset was closed"));
    const waitMs = limiter.limits.connectTimeoutMs;
    this.stopConnectTimer = clock.after(waitMs, () =>
      this.gone(socket, `the asset did not accept a connection within ${waitMs} ms`),
    );
  }

  private opened(socket: Socket): void {
    if (socket !== this.socket) return;
    this.stopConnectTimer?.();
    this.connected = this.wasOpen = true;
    this.schedule();
  }

  private gone(socket: Socket, reason: string): void {
    if (socket !== this.socket) return;
    this.habit.closed(this.inFlight.size);
    this.reset(reason, true);
  }

  /** The stream is over or cannot be trusted. What never left may go out on the next connection. */
  private reset(reason: string, isByAsset = false): void {
    const proved = this.heardMs >= 0;
    // What accepts and closes at once may only dislike one request: the others have one try more.
    const goesOn = proved || (isByAsset && this.connected && !this.backOff.hasFailed);
    this.drop(reason, isByAsset && goesOn);
    if (this.options.dedicated && !this.wasOpen) this.endLegs(reason);
    else if (goesOn) this.goOn(proved);
    else {
      this.backOff.failed(reason, this.nowMs());
      this.close(reason);
    }
  }

  private goOn(proved: boolean): void {
    if (!proved) this.backOff.doubted();
    this.schedule();
  }

  private endLegs(reason: string): void {
    for (const leg of [...this.legs]) leg.ended(reason);
    this.close(reason);
  }

  private drop(reason: string, readsAgain = false): void {
    const { socket } = this;
    this.stopConnectTimer?.();
    this.socket = undefined;
    this.output = undefined;
    this.connected = false;
    this.replies.clear();
    this.habit.over();
    socket?.resetAndDestroy();
    const lost = this.inFlight.list();
    const again = readsAgain ? lost.filter(isWorthAskingAgain) : [];
    this.inFlight.clear();
    for (const request of lost) {
      this.options.limiter.give();
      if (!again.includes(request)) request.leg.lost(request, reason);
    }
    for (const request of again.reverse()) this.lineAgain(request);
  }

  /** Before what its session has waiting, unless that has ended meanwhile. */
  private lineAgain(request: ModbusRequest): void {
    if (!this.legs.has(request.leg)) return;
    request.isAgain = true;
    this.queue.pushFirst(request.leg.lane, request);
    this.waits(request);
  }

  /** One timer a connection instead of one a request. */
  private sweepAfter(delayMs: number): void {
    this.stopSweep = this.options.clock.after(Math.max(1, Math.ceil(delayMs)), () => {
      this.stopSweep = undefined;
      this.sweep();
    });
  }

  private sweep(): void {
    const timeoutMs = this.options.limiter.limits.responseTimeoutMs;
    const nowMs = this.nowMs();
    let nextMs = timeoutMs;
    for (const request of this.inFlight.list()) {
      const leftMs = request.sentMs + timeoutMs - nowMs;
      nextMs = Math.min(timeoutMs, leftMs);
      if (leftMs > 0) break;
      nextMs = timeoutMs;
      this.expire(request, `the asset did not answer within ${timeoutMs} ms`);
    }
    if (this.queue.length > 0) this.schedule();
    if (this.socket && this.isIdle(nowMs)) this.drop("nobody used the connection");
    if (this.socket) this.sweepAfter(nextMs);
  }

  private isIdle(nowMs: number): boolean {
    if (this.inFlight.size > 0 || this.queue.length > 0) return false;
    return (
      this.legs.size === 0 || (!this.options.dedicated && nowMs - this.usedMs >= IDLE_CLOSE_MS)
    );
  }

  /** A late reply will reset the connection; a connection that said nothing since is dead already. */
  private expire(request: ModbusRequest, reason: string): void {
    if (this.inFlight.get(request.wire) !== request) return;
    this.inFlight.remove(request);
    this.options.limiter.give();
    request.leg.lost(request, reason);
    if (this.heardMs < request.sentMs && this.socket) this.reset(reason);
  }

  private hasRoomFor(request: ModbusRequest): boolean {
    const { limiter } = this.options;
    if (limiter.queued < limiter.limits.queueMax) return true;
    if (this.queue.longest() <= this.queue.lengthOf(request.leg.session)) return false;
    const other = this.queue.dropFromLongest();
    if (!other) return false;
    this.unline(other);
    this.refuse(other, CROWDED, true);
    return true;
  }

  private line(request: ModbusRequest): void {
    this.queue.push(request.leg.lane, request);
    this.waits(request);
  }

  private waits(request: ModbusRequest): void {
    this.options.limiter.queued += 1;
    request.leg.waiting += 1;
    request.leg.queued += request.frame.length;
  }

  private unline(request: ModbusRequest): void {
    this.options.limiter.queued -= 1;
    request.leg.waiting -= 1;
    request.leg.queued -= request.frame.length;
  }

  private refuse(request: ModbusRequest, cause: string, full: boolean): void {
    this.refused.push({ request, cause, full });
  }

  private tellRefused(): void {
    const { refused } = this;
    if (refused.length === 0) return;
    this.refused = [];
    for (const { request, cause, full } of refused) {
      if (full) request.leg.givenBack(request, cause);
      else request.leg.lost(request, cause);
    }
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    flushAtTurnEnd(this);
  }

  private readonly nowMs = (): number => this.options.clock.monotonicMs();
}

function isWorthAskingAgain({ change, isAgain }: ModbusRequest): boolean {
  return change === undefined && !isAgain;
}
