import { expect, test } from "vitest";
import type { HitView } from "../../../broker/api/shapes/search.ts";
import { parseQuery } from "../../../protocols/search/parse-query.ts";
import { complete, completionAt } from "./completion.ts";
import { hitAct, hitVerdict, hitWhat } from "./hit-words.ts";
import { searchAddress, viewersMoment, viewersTimes } from "./query-address.ts";
import { fieldValue, withField } from "./query-fields.ts";

const known = (field: string) => (field === "tag" ? ["P101.Speed", "V7 main"] : []);

function proposedFor(text: string, caret = text.length): string[] {
  return completionAt(text, caret, known).proposals.map((proposal) => proposal.text);
}

test("names of fields are proposed, then their values", () => {
  expect(proposedFor("")).toContain("verdict:");
  expect(proposedFor("ver")).toEqual(["verdict:"]);
  expect(proposedFor("asset:x -ver")).toEqual(["verdict:"]);
  expect(proposedFor("verdict:")).toEqual(["deny", "hold", "permit"]);
  expect(proposedFor("verdict:deny,h")).toEqual(["hold"]);
  expect(proposedFor("tag:p")).toEqual(["P101.Speed"]);
  expect(proposedFor("tag:ma")).toEqual(['"V7 main"']);
  expect(proposedFor("tag:P101.Speed")).toEqual([]);
  expect(proposedFor('text:"open')).toEqual([]);
});

test("a proposal takes the place of what was begun, also in the middle", () => {
  const text = "ver tag:x";
  const completion = completionAt(text, 3, known);
  const [proposal] = completion.proposals;
  if (proposal === undefined) throw new Error("nothing proposed");
  expect(complete(text, completion, proposal)).toEqual({ text: "verdict: tag:x", caret: 8 });
});

test("a field shows its term of the box and changes nothing else", () => {
  const query = 'pump -tag:A verdict:deny by:"Ana Weber"';
  expect(fieldValue(query, "verdict")).toBe("deny");
  expect(fieldValue(query, "by")).toBe("Ana Weber");
  expect(fieldValue(query, "tag")).toBe("");
  const changed = withField(query, "verdict", "hold", true);
  expect(changed).toBe('pump -tag:A verdict:hold by:"Ana Weber"');
  expect(withField(changed, "by", "", true)).toBe("pump -tag:A verdict:hold");
  expect(withField("", "value", ">40,3", false)).toBe("value:>40,3");
  expect(withField("", "text", 'a "b", c', true)).toBe('text:"a \\"b\\", c"');
});

test("a moment is printed as short as it reads back", () => {
  for (const at of ["2026-11-22T00:00", "2026-11-22T03:47", "2026-11-22T03:47:12.5"]) {
    const atMs = new Date(at).getTime();
    const parsed = parseQuery(`after:${viewersMoment(atMs)}`, viewersTimes(0));
    expect(parsed).toEqual({ kind: "terms", terms: [{ field: "after", atMs }] });
  }
});

test("an address holds its search", () => {
  expect(searchAddress("request", "r 1")).toBe("/recordings?q=request%3A%22r%201%22");
});

const HIT: HitView = {
  ...{ recording: "s-1", at: 4, sequence: 4, item: 0, atMs: 0, untilMs: 0, count: 1 },
  ...{ class: "operate", verdict: "permit", outcome: "answered", wasHeld: false, byBroker: false },
  ...{ action: "modbus:write", rule: "r", reason: "", text: "", file: "" },
  points: [
    { tag: "P101.Speed", unit: 1, table: "holding-registers", address: 11, min: 28, max: 28 },
    { tag: "", unit: 1, table: "input-registers", address: 4, min: 1, max: 9 },
  ],
};

test("a hit says what was done, with units and in the notation of the plant file", () => {
  const unitOf = (tag: string) => (tag === "P101.Speed" ? "Hz" : "");
  expect(hitWhat(HIT, unitOf)).toBe("P101.Speed = 28 Hz, 30005 = 1 … 9");
  expect(hitAct({ ...HIT, action: "modbus:read", count: 12 })).toBe("Read × 12");
  expect(hitVerdict({ ...HIT, wasHeld: true })).toEqual({ tone: "normal", word: "Held, allowed" });
  expect(hitVerdict({ ...HIT, verdict: null })).toBeNull();
});
