/** Records of a Modbus session, written as a guard and its legs leave them on a tape. */
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { Judged, TapeBody } from "../../protocols/tape/record.ts";

interface Sink {
  append(body: TapeBody): number;
}

export interface Verdict {
  readonly kind: "permit" | "deny" | "hold";
  readonly rule?: string;
  readonly reason?: string;
}

export class OperationsTape {
  private readonly sink: Sink;
  private readonly channel: number;
  private decisions = 0;

  constructor(sink: Sink, channel = 1, by: "subject" | "broker" = "subject") {
    this.sink = sink;
    this.channel = channel;
    sink.append({ kind: "channel", channel, protocol: "modbus", by, peer: "" });
  }

  /** Answers the number of the decision, and the sequence of its record. */
  judge(operation: ModbusOperation, verdict: Verdict): { decision: number; sequence: number } {
    this.decisions += 1;
    const bytes = encodeRequest([operation], this.decisions % 65_536);
    this.sink.append({ kind: "bytes", channel: this.channel, from: "client", bytes });
    return { decision: this.decisions, sequence: this.settle(operation, verdict) };
  }

  /** A second word on what was held. */
  settle(operation: ModbusOperation, verdict: Verdict, decision = this.decisions): number {
    const { kind, rule = "tuning/all", reason = "" } = verdict;
    const answer: Judged["answer"] = kind === "deny" ? { kind, refusal: "value" } : { kind };
    const items = [{ operation, answer, rule, reason }];
    return this.sink.append({ kind: "verdict", channel: this.channel, decision, items });
  }

  /** The asset's answer: values of a read, or the echo of a write. */
  answer(operation: ModbusOperation, values: readonly number[] = [], decision = this.decisions) {
    if (operation.action === "modbus:read") {
      const isBits = operation.table === "coils" || operation.table === "discrete-inputs";
      const data = isBits ? bits(values) : values.flatMap((value) => [value >> 8, value & 0xff]);
      this.reply(operation, decision, [data.length, ...data]);
    } else this.reply(operation, decision, [...encodeRequest([operation], 0).subarray(8, 12)]);
  }

  private reply(operation: ModbusOperation, decision: number, pdu: readonly number[]): void {
    const number = decision % 65_536;
    const length = 2 + pdu.length;
    const head = [number >> 8, number & 0xff, 0, 0, length >> 8, length & 0xff];
    const bytes = Uint8Array.from([...head, operation.unit, operation.function, ...pdu]);
    this.sink.append({ kind: "bytes", channel: this.channel, from: "asset", bytes });
  }
}

function bits(values: readonly number[]): number[] {
  const bytes = new Array<number>(Math.ceil(values.length / 8)).fill(0);
  values.forEach((value, at) => {
    if (value !== 0) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
  });
  return bytes;
}
