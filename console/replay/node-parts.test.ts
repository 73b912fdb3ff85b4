/** Parts of a recording of an OPC UA session: from a key frame, over one without, in the middle. */
import { expect, test } from "vitest";
import { OpcUaHistory } from "../../protocols/opcua/history.ts";
import { encodeHistoryFrame } from "../../protocols/opcua/history-frame.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import { nodeHeader, nodesOf, WATCHED } from "../../test/kit/node-tape.ts";
import { Story } from "./story.ts";
import { ToldStory, tellSegment } from "./told-story.ts";

/** Three parts of one tape. */
function parts(): Uint8Array<ArrayBuffer>[] {
  const bodies = [...nodesOf(60)];
  const size = Math.ceil(bodies.length / 3);
  const cut = [bodies.slice(0, size), bodies.slice(size, 2 * size), bodies.slice(2 * size)];
  let sequence = 0;
  return cut.map((some) => {
    const out = new ByteWriter(1024);
    const encoder = new TapeEncoder(out);
    encoder.begin(nodeHeader("s-1"));
    for (const body of some) {
      encoder.append(sequence, 1_000 + sequence, sequence, body);
      sequence += 1;
    }
    return Uint8Array.from(out.take());
  });
}

/** At the end of these parts, as the broker makes it. */
function frameAfter(some: readonly Uint8Array[]): Uint8Array {
  const history = new OpcUaHistory();
  for (const record of some.flatMap((part) => readSegment(part).records)) history.push(record);
  return encodeHistoryFrame(history.state);
}

const [first = new Uint8Array(0), second = new Uint8Array(0), third = new Uint8Array(0)] = parts();
const END = Number.MAX_SAFE_INTEGER;

function valuesOf({ points = [], tracks }: Pick<ToldStory | Story, "points" | "tracks">) {
  return Object.fromEntries(points.map((point) => [point.name, tracks.at(point, END)?.value]));
}

test("a part from its key frame, or over parts without one, ends with the values of the whole", () => {
  const header = readSegment(first).header ?? nodeHeader("s-1");
  const whole = new Story(header);
  for (const part of [first, second, third]) whole.push(readSegment(part).records);
  const expected = valuesOf(whole);
  expect(Object.keys(expected)).toEqual([...WATCHED, "Setpoint"]);
  const alone = new ToldStory(tellSegment(third, frameAfter([first, second])));
  const over = new ToldStory(tellSegment(third, frameAfter([first]), [second]));
  const fromNothing = new ToldStory(tellSegment(third, new Uint8Array(0), [first, second]));
  for (const each of [alone, over, fromNothing]) expect(valuesOf(each)).toEqual(expected);
  // What never changed since the beginning is known by the frame alone.
  expect(expected.Still).toBe(12);
  expect(valuesOf(new ToldStory(tellSegment(third, new Uint8Array(0)))).Still).toBeUndefined();
});

test("a watcher who joins in the middle sees what is delivered by names", () => {
  const header = readSegment(first).header ?? nodeHeader("s-1");
  const state = new OpcUaHistory();
  for (const record of readSegment(first).records) state.push(record);
  const joined = new Story(header, { nodes: state.state });
  joined.push(readSegment(second).records);
  expect(joined.firstSequence).toBeGreaterThan(0);
  expect(Object.keys(valuesOf(joined)).sort()).toEqual([...WATCHED, "Setpoint"].sort());
  expect(joined.entries.map(({ kind }) => kind)).toContain("node");
});
