/** A tape as the session loop would write it, for tests of what reads tapes. */
import type { Answer, Effect, GuardEvent, Side } from "../../protocols/guard.ts";
import { ModbusGuard, type ModbusGuardOptions } from "../../protocols/modbus/guard.ts";
import type { Judged, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import { type Decide, GuardDriver, type Judge } from "./guard-driver.ts";
import { fromHex } from "./hex.ts";
import { honestReply } from "./modbus-samples.ts";

const STARTED_MS = Date.UTC(2026, 0, 5, 8);

export class ModbusTape {
  readonly records: TapeRecord[] = [];
  readonly driver: GuardDriver;
  private readonly channel: number;
  private nowMs = 0;

  constructor(judge: Judge, options: ModbusGuardOptions = {}, channel = 1) {
    this.channel = channel;
    this.driver = new GuardDriver(
      new ModbusGuard(options),
      (decide) => this.judged(decide, judge(decide)),
      (effect) => this.watch(effect),
    );
    this.add({ kind: "channel", channel, protocol: "modbus", by: "subject", peer: "test" });
  }

  /** What follows happens this much later. */
  later(byMs: number): void {
    this.nowMs += byMs;
  }

  bytes(from: Side, bytes: Uint8Array | string): void {
    const raw = typeof bytes === "string" ? fromHex(bytes) : bytes;
    this.add({ kind: "bytes", channel: this.channel, from, bytes: raw });
    this.driver.bytes(from, raw);
  }

  event(event: GuardEvent): void {
    this.add({ kind: "event", channel: this.channel, event, cause: "test" });
    this.driver.feed({ kind: "event", event });
  }

  settle(id: number, answer: Answer): void {
    const decide = this.driver.held.get(id);
    if (decide) {
      this.judged(
        decide,
        decide.items.map(() => answer),
      );
    }
    this.driver.settle(id, answer);
  }

  private judged(decide: Decide, answers: readonly Answer[]): readonly Answer[] {
    const items = decide.items.map(
      (operation, i): Judged => ({
        operation,
        answer: answers[i] ?? { kind: "deny", refusal: "operation" },
        rule: "test#1",
        reason: "",
      }),
    );
    this.add({ kind: "verdict", channel: this.channel, decision: decide.id, items });
    return answers;
  }

  private watch(effect: Effect): void {
    if (effect.kind !== "violation") return;
    this.add({ kind: "event", channel: this.channel, event: { kind: "end" }, cause: "violation" });
  }

  private add(body: TapeBody): void {
    const sequence = this.records.length;
    const wallMs = STARTED_MS + this.nowMs;
    this.records.push({ sequence, wallMs, monotonicMs: this.nowMs, ...body });
  }
}

/**
 * What clients sent, each with a number that says what comes of it: how many requests are answered,
 * given up, held, settled or refused.
 */
export function playTape(steps: readonly (readonly [Uint8Array, number])[]): ModbusTape {
  const tape = new ModbusTape(({ id, items }) =>
    items.map(() =>
      id % 5 === 0
        ? { kind: "hold" }
        : id % 7 === 0
          ? { kind: "deny", refusal: "value" }
          : { kind: "permit" },
    ),
  );
  let answered = 0;
  for (const [bytes, seed] of steps) {
    if (tape.driver.violations.length > 0) break;
    tape.bytes("client", bytes);
    const sent = tape.driver.sent("asset");
    for (; answered < sent.length - (seed % 3); answered++) {
      const send = sent[answered];
      if (!send || tape.driver.violations.length > 0) break;
      const request = (send.bytes[0] ?? 0) * 256 + (send.bytes[1] ?? 0);
      if (seed % 11 === 0) tape.event({ kind: "timeout", request });
      else tape.bytes("asset", honestReply(send.bytes, seed));
    }
    const [held] = tape.driver.held.keys();
    if (held !== undefined && seed % 2 === 0) tape.settle(held, { kind: "permit" });
  }
  return tape;
}
