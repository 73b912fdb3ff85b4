/** Stories from tapes that a real guard and the real codec made. */
import { expect, test } from "vitest";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { encodeRequest } from "../../protocols/modbus/encode.ts";
import type { ModbusOperation } from "../../protocols/modbus/operation.ts";
import type { Header, HeaderTag, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import { entryWords } from "./entry-words.ts";
import { entryAt, Story } from "./story.ts";

const SPEED: HeaderTag = {
  name: "P101.SpeedSetpoint",
  unitId: 1,
  table: "holding-registers",
  address: 11,
  type: "uint16",
  wordOrder: "big",
  scale: 0.1,
  offset: 0,
  unit: "Hz",
};

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s1",
  site: "nordwasser",
  subject: { id: "p1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g", profile: "pump-tuning", until: 0 },
  digests: { profile: "", plant: "" },
  tags: [SPEED],
  startedMs: 0,
};

class Tape {
  readonly records: TapeRecord[] = [];
  private decisions = 0;

  add(atMs: number, body: TapeBody): this {
    const sequence = this.records.length;
    this.records.push({ sequence, wallMs: atMs, monotonicMs: atMs, ...body } as TapeRecord);
    return this;
  }

  open(): this {
    return this.add(0, {
      kind: "channel",
      channel: 1,
      protocol: "modbus",
      by: "subject",
      peer: "browser",
    });
  }

  /** A permitted operation, and 5 ms later its reply; without one, a denial. */
  operation(atMs: number, operation: ModbusOperation, reply?: readonly number[]): this {
    this.decisions += 1;
    const answer =
      reply === undefined
        ? ({ kind: "deny", refusal: "value" } as const)
        : ({ kind: "permit" } as const);
    const rule = reply === undefined ? "pump-tuning/pump speed" : "pump-tuning#1";
    this.add(atMs, {
      kind: "verdict",
      channel: 1,
      decision: this.decisions,
      items: [{ operation, answer, rule, reason: reply === undefined ? "60 is above 45" : "" }],
    });
    if (reply === undefined) return this;
    const frame = [this.decisions >> 8, this.decisions & 0xff, 0, 0, 0, 1 + reply.length, 1];
    const bytes = new Uint8Array([...frame, ...reply]);
    return this.add(atMs + 5, { kind: "bytes", channel: 1, from: "asset", bytes });
  }
}

const read = readPoints(1, "holding-registers", 11, 1);
const write = (value: number) => writePoints(1, "holding-registers", 11, [value]);
const echo = (value: number) => [...encodeRequest([write(value)], 0).slice(7)];

function tell(tape: Tape): Story {
  const story = new Story(HEADER);
  story.push(tape.records);
  return story;
}

test("a write tells what the tag held before and what it became", () => {
  const tape = new Tape().open();
  tape.operation(1000, read, [3, 2, 1, 94]).operation(2000, write(400), echo(400));
  const story = tell(tape);
  const entry = story.entries.at(-1);
  expect(entry && entryWords(entry, HEADER.tags)).toMatchObject({
    act: "Write",
    what: "P101.SpeedSetpoint 35.0 → 40.0 Hz",
    result: "",
    tone: "normal",
  });
});

test("a refused write names rule and reason, and changes no value", () => {
  const tape = new Tape().open();
  tape.operation(1000, read, [3, 2, 1, 94]).operation(2000, write(600));
  const story = tell(tape);
  const entry = story.entries.at(-1);
  expect(entry && entryWords(entry, HEADER.tags)).toMatchObject({
    act: "Write refused",
    what: "P101.SpeedSetpoint 35.0 → 60.0 Hz",
    result: "illegal data value (03)",
    rule: "pump-tuning/pump speed",
    reason: "60 is above 45",
    tone: "alarm",
  });
  expect(story.tracks.at(SPEED, 9000)?.value).toBe(35);
});

test("the plant as it was then: each tag has the value last told before the moment", () => {
  const tape = new Tape().open();
  tape.operation(1000, read, [3, 2, 1, 94]).operation(2000, write(400), echo(400));
  const { tracks } = tell(tape);
  expect(tracks.at(SPEED, 999)).toBeUndefined();
  expect(tracks.at(SPEED, 1500)).toEqual({ registers: [350], value: 35, atMs: 1005 });
  expect(tracks.at(SPEED, 2005)?.value).toBe(40);
  expect(tracks.course(SPEED, 0, 9000)).toEqual([
    { atMs: 1005, value: 35 },
    { atMs: 2005, value: 40 },
  ]);
});

test("a part that goes on from another knows its last values", () => {
  const first = tell(new Tape().open().operation(1000, read, [3, 2, 1, 94]));
  const second = new Story(HEADER, { values: first.lastValues });
  second.push(new Tape().operation(5000, write(600)).records);
  const entry = second.entries[0];
  expect(entry && entryWords(entry, HEADER.tags).what).toBe("P101.SpeedSetpoint 35.0 → 60.0 Hz");
  expect(second.tracks.at(SPEED, 4000)).toMatchObject({ value: 35, atMs: 1005 });
});

test("moments are those of the index: changes, refusals, rights, gaps and the end", () => {
  const tape = new Tape().open();
  tape
    .operation(1000, read, [3, 2, 1, 94])
    .operation(2000, write(400), echo(400))
    .operation(3000, write(600))
    .add(4000, { kind: "capabilities", classes: ["observe"], cause: "the recorder failed" })
    .add(5000, { kind: "gap", fromMs: 4100, untilMs: 4900, cause: "disk full" })
    .add(6000, { kind: "end", rule: "owner-ended", reason: "ended by its owner" });
  const story = tell(tape);
  expect(story.moments.map((moment) => moment.kind)).toEqual([
    "write",
    "refusal",
    "capabilities",
    "gap",
    "end",
  ]);
  expect(story.gaps).toEqual([{ fromMs: 4100, untilMs: 4900 }]);
  expect(story.ended).toBe(true);
});

test("a write whose answer never came is told as unknown, not as done", () => {
  const tape = new Tape().open();
  tape.add(1000, {
    kind: "verdict",
    channel: 1,
    decision: 1,
    items: [{ operation: write(400), answer: { kind: "permit" }, rule: "r", reason: "" }],
  });
  tape.add(3000, {
    kind: "event",
    channel: 1,
    event: { kind: "timeout", request: 1 },
    cause: "asset did not answer",
  });
  const entry = tell(tape).entries.at(-1);
  expect(entry && entryWords(entry, HEADER.tags)).toMatchObject({
    result: "no answer: it may or may not have been carried out",
    tone: "attention",
  });
});

test("the entry under the head is the last one before it", () => {
  const story = tell(
    new Tape().open().operation(1000, read, [3, 2, 1, 94]).operation(2000, write(600)),
  );
  expect(entryAt(story.entries, -1)).toBe(-1);
  expect(entryAt(story.entries, 1500)).toBe(1);
  expect(entryAt(story.entries, 1e9)).toBe(2);
});

test("the tail of a session that lasts for days is bounded, and values before it stay known", () => {
  const tape = new Tape().open().operation(500, read, [3, 2, 1, 94]);
  for (let n = 1; n <= 400; n += 1) tape.operation(n * 1000, write(600));
  const story = tell(tape);
  story.trim(100);
  expect(story.entries).toHaveLength(100);
  expect(story.dropped).toBe(302);
  expect(story.tracks.at(SPEED, 400_000)?.value).toBe(35);
});
