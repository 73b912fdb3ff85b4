/**
 * A recording as a workbench leaves it that polls every tag of the example's treatment PLC once a
 * second, made by the real recorder on a clock that runs as fast as it can be written: hours in
 * seconds. Every few minutes somebody writes a setpoint, and now and then a write is refused.
 */

import { openEvidence } from "../../broker/evidence/evidence.ts";
import type { EvidenceKeys } from "../../broker/evidence/keys.ts";
import type { TapeWriter } from "../../broker/evidence/recorder.ts";
import type { ModbusEndpoint } from "../../broker/plant/model.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import type { ModbusOperation, Table } from "../../protocols/modbus/operation.ts";
import { registerCount } from "../../protocols/modbus/values.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TestClock } from "./test-clock.ts";

export interface PolledRecording {
  /** The evidence folder to write into; nobody else may use it meanwhile. */
  readonly directory: string;
  readonly keys: EvidenceKeys;
  readonly header: Header;
  readonly endpoint: ModbusEndpoint;
  readonly seconds: number;
}

const WRITE_EVERY_S = 300;
const REFUSED_EVERY = 6;
/** Between two waits for the disk: the recorder takes so much without a pause. */
const SECONDS_AT_ONCE = 60;

/** Answers after how many milliseconds of the recording everything has been read once. */
export async function writePolledRecording(options: PolledRecording): Promise<number> {
  const { directory, keys, header, seconds } = options;
  const clock = new TestClock(header.startedMs);
  const evidence = await openEvidence({ directory, keys, build: header.build, clock });
  const tape = await atOnce(clock, evidence.recorder.open(header));
  const poller = new Poller(tape, options.endpoint);
  poller.begin();
  // To open it took as long as the disk did: the clock ran on meanwhile.
  const readMs = clock.wallMs() - header.startedMs;
  for (let second = 0; second < seconds; second += 1) {
    poller.poll(second);
    if (second % WRITE_EVERY_S === WRITE_EVERY_S - 1) poller.write(second);
    clock.advance(1000);
    if (second % SECONDS_AT_ONCE === 0) await atOnce(clock, durable(tape));
  }
  tape.append({ kind: "end", rule: "owner-ended", reason: "ended by its owner" });
  await atOnce(clock, tape.close());
  await evidence.close();
  return readMs;
}

/** The recorder's own timers run on this clock: it goes on, as fast as a real one, until then. */
export async function atOnce<T>(clock: TestClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  while (!settled) {
    clock.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return done;
}

/** One for each table, from its first tag to its last, as a workbench asks. */
export function readsOf(
  endpoint: ModbusEndpoint,
): readonly Extract<ModbusOperation, { action: "modbus:read" }>[] {
  const tables: Table[] = ["coils", "discrete-inputs", "holding-registers", "input-registers"];
  return tables.flatMap((table) => {
    const tags = endpoint.tags.filter((tag) => tag.table === table);
    if (tags.length === 0) return [];
    const first = Math.min(...tags.map((tag) => tag.address));
    const last = Math.max(...tags.map((tag) => tag.address + registerCount(tag.type)));
    return [readPoints(endpoint.units[0] ?? 1, table, first, last - first)];
  });
}

function durable(tape: TapeWriter): Promise<void> {
  return new Promise((resolve, reject) =>
    tape.whenDurable((error) => (error === undefined ? resolve() : reject(error))),
  );
}

class Poller {
  private readonly tape: TapeWriter;
  private readonly reads: readonly Extract<ModbusOperation, { action: "modbus:read" }>[];
  private readonly setpoint: number;
  private readonly unit: number;
  private decisions = 0;
  private writes = 0;

  constructor(tape: TapeWriter, endpoint: ModbusEndpoint) {
    this.tape = tape;
    this.unit = endpoint.units[0] ?? 1;
    const speed = endpoint.tags.find((tag) => tag.name === "P101.SpeedSetpoint");
    this.setpoint = speed?.address ?? 0;
    this.reads = readsOf(endpoint);
  }

  begin(): void {
    this.tape.append({ kind: "channel", channel: 1, protocol: "modbus", by: "subject", peer: "" });
    const classes = ["observe", "operate"] as const;
    this.tape.append({ kind: "capabilities", classes, cause: "the session began" });
  }

  poll(second: number): void {
    for (const read of this.reads) {
      this.permit(read);
      this.reply(read.unit, read.function, this.answerOf(read, second));
    }
  }

  write(second: number): void {
    this.writes += 1;
    const value = 250 + (second % 150);
    const operation = writePoints(this.unit, "holding-registers", this.setpoint, [value]);
    if (this.writes % REFUSED_EVERY === 0) {
      this.judge(operation, "outside 20 to 45 Hz");
      return;
    }
    this.permit(operation);
    const echo = encodeRequest([operation], 0);
    this.reply(this.unit, operation.function, [...echo.subarray(8)]);
  }

  /** Slow waves, so that the trends have something to show. */
  private answerOf(
    { table, count }: Extract<ModbusOperation, { action: "modbus:read" }>,
    second: number,
  ): number[] {
    const isBits = table === "coils" || table === "discrete-inputs";
    if (isBits) {
      const length = Math.ceil(count / 8);
      return [length, ...new Array<number>(length).fill(0x55)];
    }
    const values = Array.from({ length: count }, (_, n) =>
      Math.round(300 + 200 * Math.sin((second + n * 97) / 600)),
    );
    return [count * 2, ...values.flatMap((value) => [value >> 8, value & 0xff])];
  }

  private permit(operation: ModbusOperation): void {
    this.judge(operation, "");
  }

  private judge(operation: ModbusOperation, refusedBecause: string): void {
    this.decisions += 1;
    const bytes = encodeRequest([operation], this.decisions % 65_536);
    this.tape.append({ kind: "bytes", channel: 1, from: "client", bytes });
    const permitted = refusedBecause === "";
    this.tape.append({
      kind: "verdict",
      channel: 1,
      decision: this.decisions,
      items: [
        {
          operation,
          answer: permitted ? { kind: "permit" } : { kind: "deny", refusal: "value" },
          rule: operation.class === "observe" ? "pump-tuning/read all" : "pump-tuning/pump speed",
          reason: refusedBecause,
        },
      ],
    });
  }

  private reply(unit: number, code: number, pdu: readonly number[]): void {
    const number = this.decisions % 65_536;
    const length = 2 + pdu.length;
    const head = [number >> 8, number & 0xff, 0, 0, length >> 8, length & 0xff, unit, code];
    const bytes = Uint8Array.from([...head, ...pdu]);
    this.tape.append({ kind: "bytes", channel: 1, from: "asset", bytes });
  }
}
