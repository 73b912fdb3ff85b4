import { expect, test } from "vitest";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import type { Header, HeaderTag } from "../../protocols/tape/record.ts";
import { ModbusTape } from "../../test/kit/modbus-tape.ts";
import { buffersOf, ToldStory, tellSegment } from "./told-story.ts";

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
const DOSE: HeaderTag = { ...SPEED, name: "D201.DoseSetpoint", address: 20 };

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
  tags: [SPEED, DOSE],
  startedMs: 0,
};

/** One segment: the speed is read as 35.0 Hz, then written to 40.0 Hz. */
function segment(): Uint8Array {
  const tape = new ModbusTape(() => [{ kind: "permit" }]);
  tape.later(1000);
  tape.bytes("client", "0001 0000 0006 01 03 000b 0001");
  tape.bytes("asset", "0001 0000 0005 01 03 02 015e");
  tape.later(1000);
  tape.bytes("client", "0002 0000 0006 01 06 000b 0190");
  tape.bytes("asset", "0002 0000 0006 01 06 000b 0190");
  const out = new ByteWriter(1024);
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  for (const record of tape.records) {
    encoder.append(record.sequence, record.wallMs, record.monotonicMs, record);
  }
  return out.take();
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** As a worker hands it to its page. */
function across(bytes: Uint8Array, known: Uint8Array): ToldStory {
  const told = tellSegment(bytes, known);
  return new ToldStory(structuredClone(told, { transfer: buffersOf(told) }));
}

test("a segment told in a worker has the same values and entries on the page", () => {
  const story = across(segment(), new Uint8Array(0));
  expect(story.tracks.at(SPEED, story.firstMs + 1500)?.value).toBe(35);
  expect(story.tracks.at(SPEED, story.firstMs + 2500)?.value).toBe(40);
  const write = story.entries.find(
    (entry) => entry.kind === "operation" && entry.row.operation.class === "operate",
  );
  expect(write).toMatchObject({ before: [350] });
});

test("a key frame gives what the registers held before the segment began", () => {
  const frame = { version: 1, points: [[1, "holding-registers", 20, 7, 500, 3]] };
  const story = across(segment(), text(frame));
  expect(story.tracks.at(DOSE, story.firstMs)).toMatchObject({ value: 0.7, atMs: 500 });
});

test.each(["", "nothing", "{}", '{"version":2,"points":[]}', '{"version":1}'])(
  "a frame that cannot be read tells nothing and does no harm: %j",
  (frame) => {
    const story = across(segment(), new TextEncoder().encode(frame));
    expect(story.tracks.at(DOSE, story.firstMs)).toBeUndefined();
    expect(story.entries.length).toBeGreaterThan(1);
  },
);

test("a segment without a header is an error that says so", () => {
  expect(() => tellSegment(new Uint8Array([1, 2, 3]), [])).toThrow();
});
