import { expect, test } from "vitest";
import { toLocalInput } from "../components/time-words.ts";
import {
  askedFor,
  choicesOf,
  filterFrom,
  filterToSearch,
  isNarrowed,
  isSearch,
} from "./recordings-filter.ts";

const NOON = new Date(2026, 10, 22, 12).getTime();

const filter = (query: string) => filterFrom(new URLSearchParams(query));
const asked = (query: string) => askedFor(filter(query));

test("nothing asked hides nothing but what the broker recorded of itself", () => {
  expect(isNarrowed(filter(""))).toBe(false);
  expect(asked("")).toEqual({ probes: "without" });
  expect(asked("probes=with")).toEqual({});
});

test("the broker is asked for the time as the viewer's clock has it", () => {
  const from = toLocalInput(NOON);
  expect(asked(`from=${from}&until=nonsense&probes=with`)).toEqual({ fromMs: String(NOON) });
  expect(asked("from=1900-01-01T00:00&probes=with")).toEqual({ fromMs: "0" });
});

test("person, asset, state and words are asked for as they were chosen", () => {
  expect(asked("asset=plc&state=sealed&person=p1&text=%20pump%20&probes=with")).toEqual({
    ...{ asset: "plc", state: "sealed", person: "p1", contains: "pump" },
  });
});

test("a filter survives the way through the address", () => {
  const kept = filter("asset=plc&text=ada&unknown=1");
  expect(filterToSearch(kept)).toEqual({ asset: "plc", text: "ada" });
});

test("what is written like a search is known as one, and names with colons are not", () => {
  for (const text of ["tag:P101*", "pump value:>40", "-verdict:deny", "Typed:reload"]) {
    expect([text, isSearch(text)]).toEqual([text, true]);
  }
  for (const text of ["pump", "10:30", "note:", "https://x", "untagged:x", ""]) {
    expect([text, isSearch(text)]).toEqual([text, false]);
  }
});

test("each person is offered once, by name", () => {
  const people = [
    { id: "2", name: "Zoe" },
    { id: "1", name: "Ada" },
    { id: "2", name: "Zoe" },
  ];
  expect(choicesOf(people).map((choice) => choice.label)).toEqual(["Ada", "Zoe"]);
});
