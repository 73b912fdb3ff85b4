/**
 * Reads current values as the subject `broker`: the client's end of a channel of its own, so that
 * a probe passes the same guard, limits and tape as everything else.
 */
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import { frameTransaction, HEADER_LENGTH } from "../../protocols/modbus/frame.ts";
import type { ReadOperation, Table } from "../../protocols/modbus/operation.ts";
import { decodeReply } from "../../protocols/modbus/reply-values.ts";
import type { Leg, LegSink } from "../legs/leg.ts";
import type { PointRange } from "../policy/decision.ts";

type Done = (values: readonly (readonly number[])[] | undefined, why: string) => void;

const FUNCTIONS: Readonly<Record<Table, number>> = {
  coils: 1,
  "discrete-inputs": 2,
  "holding-registers": 3,
  "input-registers": 4,
};

/** One reading of several ranges; each range is a request. */
interface Reading {
  readonly values: (readonly number[] | undefined)[];
  missing: number;
  readonly done: Done;
}

interface Asked {
  readonly reading: Reading;
  readonly at: number;
  readonly operation: ReadOperation;
}

export class ModbusProber implements Leg {
  readonly queued = 0;
  private sink: LegSink | undefined;
  private readonly asked = new Map<number, Asked>();
  private transaction = 0;

  start(sink: LegSink): void {
    this.sink = sink;
  }

  /** Calls back once, never synchronously; without values it says why. */
  read(ranges: readonly PointRange[], done: Done): void {
    const reading: Reading = { values: [], missing: ranges.length, done };
    ranges.forEach((range, at) => {
      const operation = readOperation(range);
      const transaction = this.nextTransaction();
      this.asked.set(transaction, { reading, at, operation });
      this.sink?.bytes(encodeRequest([operation], transaction));
    });
    if (!this.sink) this.fail(reading, "the channel of probes is closed");
  }

  /** A reply, from the guard. */
  write(frame: Uint8Array): void {
    const transaction = frameTransaction(frame, 0);
    const asked = this.asked.get(transaction);
    if (!asked) return;
    this.asked.delete(transaction);
    const { reading, at, operation } = asked;
    const reply = decodeReply([operation], frame, HEADER_LENGTH, frame.length);
    if (reply.kind === "answer") {
      reading.values[at] = reply.values[0];
      reading.missing -= 1;
      if (reading.missing === 0) this.succeed(reading);
    } else if (reply.kind === "exception") {
      this.fail(reading, `the asset answered with exception ${reply.code}`);
    } else {
      this.fail(reading, reply.reason);
    }
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.sink = undefined;
    for (const { reading } of this.asked.values()) this.fail(reading, "the channel was closed");
    this.asked.clear();
  }

  private succeed(reading: Reading): void {
    const values = reading.values.map((each) => each ?? []);
    queueMicrotask(() => reading.done(values, ""));
  }

  /** Once: later answers of the same reading find nothing missing. */
  private fail(reading: Reading, why: string): void {
    if (reading.missing <= 0) return;
    reading.missing = 0;
    queueMicrotask(() => reading.done(undefined, why));
  }

  private nextTransaction(): number {
    do this.transaction = (this.transaction + 1) & 0xffff;
    while (this.asked.has(this.transaction));
    return this.transaction;
  }
}

function readOperation(range: PointRange): ReadOperation {
  if ("node" in range) throw new Error("Modbus has no nodes");
  const { unit, table, address, count } = range;
  return {
    ...{ action: "modbus:read", class: "observe", function: FUNCTIONS[table] },
    ...{ unit, table, address, count },
  };
}
