/** Each protocol's own tape: opened where there is something to see, and nothing is passed over. */
import { expect, test } from "vitest";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import type { Header, HeaderTag, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { nodeHeader, nodesOf } from "../../test/kit/node-tape.ts";
import { drawn, from, helloOf, screenHeader } from "../../test/kit/screen-tape.ts";
import { output, shellOn, terminalHeader } from "../../test/kit/terminal-tape.ts";
import { firstShown } from "./first-shown.ts";
import { ToldStory, tellSegment } from "./told-story.ts";

const SPEED: HeaderTag = {
  ...{ name: "P101.SpeedSetpoint", unitId: 1, table: "holding-registers", address: 11 },
  ...{ type: "uint16", wordOrder: "big", scale: 0.1, offset: 0, unit: "Hz" },
};
const LEVEL: HeaderTag = { ...SPEED, name: "T101.Level", address: 20, type: "uint32" };
const PLC: Header = {
  ...screenHeader("s1"),
  endpoint: { id: "modbus", protocol: "modbus" },
  tags: [SPEED, LEVEL],
};

type Taped = Pick<TapeRecord, "wallMs"> & TapeBody;

function told(header: Header, records: readonly Taped[]): ToldStory {
  const out = new ByteWriter(65_536);
  const encoder = new TapeEncoder(out);
  encoder.begin(header);
  for (const [n, { wallMs, ...body }] of records.entries()) {
    encoder.append(n, wallMs, wallMs, body as TapeBody);
  }
  return new ToldStory(tellSegment(out.take(), []));
}

/** Each so many milliseconds after the one before. */
function every(stepMs: number, bodies: Iterable<TapeBody>): Taped[] {
  return [...bodies].map((body, n) => ({ ...body, wallMs: 1_000 + n * stepMs }));
}

function at(tape: ModbusTape): number {
  return tape.records.at(-1)?.wallMs ?? 0;
}

/** Speed and, half a second later, level; then a write. */
function plc() {
  const tape = new ModbusTape(() => [{ kind: "permit" }]);
  tape.later(20_000);
  tape.bytes("client", "0001 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0001 0000 0005 01 03 02 015e");
  const speedMs = at(tape);
  tape.later(500);
  tape.bytes("client", "0002 0000 0006 01 03 0014 0002");
  tape.bytes("asset", "0002 0000 0007 01 03 04 0000 0001");
  const levelMs = at(tape);
  tape.later(20_000);
  tape.bytes("client", "0003 0000 0006 01 06 000b 0190");
  tape.bytes("asset", "0003 0000 0006 01 06 000b 0190");
  return { story: told(PLC, tape.records), speedMs, levelMs };
}

test("values: once those that come together are there", () => {
  const { story, levelMs } = plc();
  const ms = firstShown(story, [levelMs + 20_000]);
  expect(ms).toBe(levelMs);
  expect(story.tracks.at(SPEED, ms ?? 0)?.value).toBe(35);
  expect(story.tracks.at(LEVEL, ms ?? 0)).toBeDefined();
});

test("what is worth seeing and comes in between is still ahead", () => {
  const { story, speedMs } = plc();
  expect(firstShown(story, [speedMs - 5, speedMs + 100])).toBe(speedMs + 99);
  expect(firstShown(story, [speedMs + 1])).toBe(speedMs);
});

test("nodes: with the first values that a server told", () => {
  const story = told(nodeHeader("s1"), every(400, nodesOf(3)));
  const ms = firstShown(story, []) ?? 0;
  expect(ms).toBeGreaterThan(1_000);
  expect(story.points?.some((point) => story.tracks.at(point, ms))).toBe(true);
  expect(story.points?.some((point) => story.tracks.at(point, 1_000))).toBe(false);
});

test("a terminal: with its greeting and the prompt behind it", () => {
  const bodies = [...shellOn(1), output("Welcome\r\n"), output("sw# "), output("later")];
  const story = told(terminalHeader("s1"), every(600, bodies));
  expect(firstShown(story, [])).toBe(1_000 + 7 * 600);
});

test("a screen: with its first picture", () => {
  const hello = [...helloOf(64, 48)];
  const bodies = [...hello, from("asset", drawn(0, 0, 16, 1)), from("asset", drawn(0, 0, 16, 2))];
  const story = told(screenHeader("s1"), every(2_000, bodies));
  expect(firstShown(story, [])).toBe(1_000 + hello.length * 2_000);
});

test("where nothing is ever shown the player stays at the start", () => {
  const tape = new ModbusTape(() => [{ kind: "permit" }]);
  tape.later(1_000);
  tape.bytes("client", "0001 0000 0006 01 03 000b 0001");
  expect(firstShown(told(PLC, tape.records), [])).toBeUndefined();
});
