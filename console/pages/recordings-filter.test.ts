import { expect, test } from "vitest";
import type { RecordingView } from "../../broker/api/shapes/sessions.ts";
import { toLocalInput } from "../components/time-words.ts";
import { choicesOf, filterFrom, filterToSearch, isNarrowed, narrow } from "./recordings-filter.ts";

const HOUR = 3_600_000;
const NOON = new Date(2026, 10, 22, 12).getTime();

function recording(id: string, part: Partial<RecordingView> = {}): RecordingView {
  return {
    id,
    state: "sealed",
    cause: "owner-ended",
    subject: { id: "p1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "Treatment PLC", zone: "cell" },
    endpoint: "plc/modbus",
    protocol: "modbus",
    profile: "tuning",
    startedMs: NOON,
    endedMs: NOON + HOUR,
    bytes: 1,
    records: 1,
    counts: { observed: 0, changed: 0, refused: 0, held: 0 },
    hold: null,
    deletedMs: null,
    ...part,
  };
}

const filter = (query: string) => filterFrom(new URLSearchParams(query));
const idsOf = (query: string, ...all: RecordingView[]) =>
  narrow(all, filter(query)).map((each) => each.id);

test("nothing asked narrows nothing", () => {
  expect(isNarrowed(filter(""))).toBe(false);
  expect(idsOf("", recording("a"))).toEqual(["a"]);
});

test("a session that began before the time asked for but reached into it is shown", () => {
  const from = toLocalInput(NOON + HOUR / 2);
  const until = toLocalInput(NOON - HOUR);
  expect(idsOf(`from=${from}`, recording("a"))).toEqual(["a"]);
  expect(idsOf(`until=${until}`, recording("a"))).toEqual([]);
});

test("person, asset and state must all be as asked", () => {
  const other = recording("b", { asset: { id: "rtu", name: "RTU", zone: "cell" } });
  const aborted = recording("c", { state: "aborted" });
  expect(idsOf("asset=plc&state=sealed&person=p1", recording("a"), other, aborted)).toEqual(["a"]);
});

test("a filter survives the way through the address", () => {
  const asked = filter("asset=plc&text=ada&unknown=1");
  expect(filterToSearch(asked)).toEqual({ asset: "plc", text: "ada" });
});

test("each person is offered once, by name", () => {
  const people = [
    { id: "2", name: "Zoe" },
    { id: "1", name: "Ada" },
    { id: "2", name: "Zoe" },
  ];
  expect(choicesOf(people).map((choice) => choice.label)).toEqual(["Ada", "Zoe"]);
});
