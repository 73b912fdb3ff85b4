/** The desk against a real guard: what it asks is decoded, decided and answered as in a session. */
import { expect, test } from "vitest";
import type { TagView } from "../../../broker/api/shapes/plant.ts";
import type { Effect } from "../../../protocols/guard.ts";
import { exceptionFrame } from "../../../protocols/modbus/frame.ts";
import { ModbusGuard } from "../../../protocols/modbus/guard.ts";
import type { ModbusOperation } from "../../../protocols/modbus/operation.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { ModbusDesk } from "./desk.ts";

function tag(name: string, address: number, change: Partial<TagView> = {}): TagView {
  return {
    name,
    description: "",
    unitId: 1,
    table: "holding-registers",
    address,
    type: "uint16",
    wordOrder: "big",
    scale: 1,
    offset: 0,
    unit: "",
    min: null,
    max: null,
    states: [],
    writable: true,
    allowed: null,
    ...change,
  };
}

const TAGS = [tag("speed", 11, { scale: 0.1, unit: "Hz" }), tag("mode", 12), tag("secret", 13)];

/** Registers behind a guard. `forbidden` is denied by the broker, `missing` is not in the asset. */
class Session {
  readonly registers = new Map([
    [11, 350],
    [12, 1],
    [13, 99],
  ]);
  readonly asked: string[] = [];
  forbidden: number | undefined;
  missing: number | undefined;
  silent = false;
  readonly clock = new TestClock();
  readonly frames: (() => void)[] = [];
  readonly desk: ModbusDesk;
  private guard = new ModbusGuard({ inFlightMax: 16, parkedMax: 16 });

  constructor(tags: readonly TagView[] = TAGS) {
    this.desk = new ModbusDesk({
      clock: this.clock,
      tags,
      pollMinMs: 100,
      frame: (call) => this.frames.push(call),
    });
    this.desk.connect({
      send: (bytes) => this.run(this.guard.step({ kind: "bytes", from: "client", bytes })),
      holding: () => undefined,
      detach: () => {},
      openSide: () => {
        throw new Error("Modbus has one channel");
      },
      renew: () => this.asked.push("broken"),
    });
    this.desk.want(tags.map(({ name }) => name));
  }

  async settle(): Promise<void> {
    for (let n = 0; n < 60; n += 1) await Promise.resolve();
    for (const frame of this.frames.splice(0)) frame();
  }

  private run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "decide") this.decide(effect);
      else if (effect.kind === "send" && effect.to === "client") {
        this.desk.bytes(effect.bytes, () => {});
      } else if (effect.kind === "send") this.asset(effect.bytes);
    }
  }

  private decide(effect: Extract<Effect, { kind: "decide" }>): void {
    const [operation] = effect.items as readonly ModbusOperation[];
    if (operation?.action !== "modbus:read" && operation?.action !== "modbus:write") return;
    const count = operation.action === "modbus:read" ? operation.count : operation.values.length;
    this.asked.push(`${operation.action} ${operation.address}+${count}`);
    const { forbidden } = this;
    const denied =
      forbidden !== undefined &&
      operation.address <= forbidden &&
      forbidden < operation.address + count;
    this.desk.decision({
      kind: "decision",
      channel: 1,
      request: effect.request,
      action: operation.action,
      verdict: denied ? "deny" : "permit",
      rule: denied ? "tuning/no secrets" : "tuning#1",
      reason: denied ? "this register is not yours" : "",
      sequence: 1,
    });
    const answer = denied
      ? ({ kind: "deny", refusal: "address" } as const)
      : ({ kind: "permit" } as const);
    this.run(this.guard.step({ kind: "answers", id: effect.id, answers: [answer] }));
  }

  private asset(bytes: Uint8Array): void {
    if (this.silent) return;
    const reply = this.reply(bytes);
    this.run(this.guard.step({ kind: "bytes", from: "asset", bytes: reply }));
  }

  private reply(bytes: Uint8Array): Uint8Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const [transaction, code] = [view.getUint16(0), bytes[7] ?? 0];
    const [address, count] = [view.getUint16(8), view.getUint16(10)];
    if (code === 6) {
      this.registers.set(address, count);
      return bytes.slice();
    }
    const list = Array.from({ length: count }, (_, n) => address + n);
    if (list.includes(this.missing ?? -1)) return exceptionFrame(transaction, 1, code, 2);
    const out = new Uint8Array(9 + 2 * count);
    out.set(bytes.subarray(0, 8));
    out[5] = 3 + 2 * count;
    out[8] = 2 * count;
    const values = new DataView(out.buffer);
    list.forEach((at, n) => {
      values.setUint16(9 + 2 * n, this.registers.get(at) ?? 0);
    });
    return out;
  }
}

test("attaching reads what is seen, neighbours in one request", async () => {
  const session = new Session();
  session.desk.attached();
  await session.settle();
  expect(session.asked).toEqual(["modbus:read 11+3"]);
  expect(session.desk.board.get("speed")).toMatchObject({ quality: "good", value: 35 });
  expect(session.desk.board.get("secret")).toMatchObject({ value: 99 });
});

test("a forbidden neighbour does not blind the others, and is not asked for again and again", async () => {
  const session = new Session();
  session.forbidden = 13;
  session.desk.attached();
  await session.settle();
  expect(session.desk.board.get("speed")).toMatchObject({ quality: "good", value: 35 });
  expect(session.desk.board.get("secret")).toMatchObject({ quality: "refused" });
  expect(session.desk.log.all[0]).toMatchObject({
    verdict: "deny",
    rule: "tuning/no secrets",
    reason: "this register is not yours",
  });
  session.asked.length = 0;
  session.desk.poller.start();
  await session.settle();
  session.clock.advance(1000);
  await session.settle();
  expect(session.asked.every((asked) => !asked.includes("13"))).toBe(true);
  session.desk.poller.stop();
});

test("a register that the asset does not have is told from one that is forbidden", async () => {
  const session = new Session();
  session.missing = 12;
  session.desk.attached();
  await session.settle();
  expect(session.desk.board.get("mode").why).toContain("The asset refused");
  expect(session.desk.board.get("speed").quality).toBe("good");
});

test("a write is read back, and both are in the log", async () => {
  const session = new Session();
  session.desk.attached();
  await session.settle();
  const report = await session.desk.writeTag(TAGS[0] as TagView, [400]);
  expect(report.answer.kind).toBe("done");
  expect(session.desk.board.get("speed")).toMatchObject({ value: 40, registers: [400] });
  expect(session.desk.log.all.map((entry) => entry.kind)).toEqual(["read", "write"]);
  expect(session.desk.log.all[1]).toMatchObject({ verdict: "permit", rule: "tuning#1" });
});

test("a refused write stays at its tag with rule and reason, and the asset keeps its value", async () => {
  const session = new Session();
  session.desk.attached();
  await session.settle();
  session.forbidden = 11;
  const { answer } = await session.desk.writeTag(TAGS[0] as TagView, [400]);
  expect(answer).toMatchObject({
    kind: "denied",
    exception: 2,
    decision: { rule: "tuning/no secrets" },
  });
  expect(session.registers.get(11)).toBe(350);
  expect(session.desk.refusals.all.get("speed")?.answer.kind).toBe("denied");
  session.forbidden = undefined;
  await session.desk.writeTag(TAGS[0] as TagView, [400]);
  expect(session.desk.refusals.all.size).toBe(0);
});

test("what was asked when the channel was lost is told as lost, never as refused", async () => {
  const session = new Session();
  session.desk.attached();
  await session.settle();
  session.silent = true;
  const write = session.desk.writeTag(TAGS[0] as TagView, [400]);
  session.desk.away();
  expect((await write).answer).toEqual({ kind: "lost", reason: "away" });
  expect(session.desk.board.get("speed").value).toBe(35);
});

test("a broker that does not answer is given up after a while, and a late answer harms nothing", async () => {
  const session = new Session();
  session.silent = true;
  session.desk.attached();
  await session.settle();
  session.clock.advance(30_000);
  await session.settle();
  expect(session.desk.board.get("speed")).toMatchObject({ quality: "lost" });
  expect(session.asked).not.toContain("broken");
});
