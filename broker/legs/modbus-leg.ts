/** One channel's end of a Modbus connection. Holds nothing itself: its requests wait in the connection. */
import type { Lane } from "./fair-queue.ts";
import type { Leg, LegSink } from "./leg.ts";

/** One request from a channel, from the guard's `send` to its answer. */
export interface ModbusRequest {
  readonly leg: ModbusLeg;
  /** One whole ADU; its first two bytes become the connection's transaction id when it leaves. */
  readonly frame: Uint8Array;
  /** The guard's own transaction number. */
  readonly number: number;
  /** The decision it carries out, where that can change the asset. */
  readonly change: number | undefined;
  sentMs: number;
}

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
    const number = ((frame[0] ?? 0) << 8) | (frame[1] ?? 0);
    this.way.enqueue({ leg: this, frame, number, change, sentMs: 0 });
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
