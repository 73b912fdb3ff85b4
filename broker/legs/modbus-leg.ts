/** One channel's end of a Modbus connection. Holds nothing itself: its requests wait in the connection. */
import type { Lane } from "./fair-queue.ts";
import type { Leg, LegSink } from "./leg.ts";
import { ModbusRequest } from "./modbus-request.ts";

/** What a leg asks of the connection behind it. */
export interface ModbusWay {
  enqueue(request: ModbusRequest): void;
  withdraw(leg: ModbusLeg, takes: (request: ModbusRequest) => boolean): readonly ModbusRequest[];
  leave(leg: ModbusLeg): void;
  distrust(reason: string): void;
}

export class ModbusLeg implements Leg {
  readonly session: string;
  /** Where its requests wait, beside those of the session's other legs. */
  readonly lane: Lane<ModbusRequest>;
  private readonly way: ModbusWay;
  private sink: LegSink | undefined;
  private over = false;
  /** Kept by the connection: what of this leg waits there. */
  queued = 0;
  waiting = 0;

  constructor(session: string, way: ModbusWay, lane: Lane<ModbusRequest>) {
    this.session = session;
    this.lane = lane;
    this.way = way;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  write(frame: Uint8Array, change?: number): void {
    if (this.over) return;
    this.way.enqueue(ModbusRequest.of(this, frame, change));
  }

  withdraw(cause: string): void {
    if (this.over) return;
    for (const request of this.way.withdraw(this, ({ change }) => change !== undefined)) {
      this.givenBack(request, cause);
    }
  }

  distrust(reason: string): void {
    this.way.distrust(reason);
  }

  /** A shared connection is never paused for one: what can arrive is bounded by what was asked. */
  pause(): void {}

  resume(): void {}

  close(): void {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    this.way.withdraw(this, () => true);
    this.way.leave(this);
  }

  /** A reply, its transaction number already the guard's. */
  deliver(reply: Uint8Array): void {
    this.sink?.bytes(reply);
  }

  /** Its frame has left and was answered: whoever made it may use it again. */
  spent(frame: Uint8Array): void {
    this.sink?.spent?.(frame);
  }

  lost(request: ModbusRequest, cause: string): void {
    this.sink?.lost(request.number, cause);
  }

  /** Why it may not leave any more, after it waited. */
  obstacle({ change }: ModbusRequest): string | undefined {
    return change === undefined ? undefined : this.sink?.obstacle?.(change);
  }

  /** It never left, though the asset may be well: a change is then not lost, but withheld. */
  givenBack(request: ModbusRequest, cause: string): void {
    if (request.change === undefined) this.lost(request, cause);
    else this.sink?.withheld(request.change, cause);
  }

  /** The connection of its own is gone. */
  ended(reason: string): void {
    if (this.over) return;
    const sink = this.sink;
    this.over = true;
    this.sink = undefined;
    this.way.leave(this);
    sink?.closed(reason);
  }
}
