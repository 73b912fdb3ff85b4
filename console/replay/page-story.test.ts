import { expect, test } from "vitest";
import type { RequestOperation } from "../../protocols/http/operation.ts";
import type { TapeRecord } from "../../protocols/tape/record.ts";
import { entryWords } from "./entry-words.ts";
import { pageEntries } from "./page-story.ts";

const request: RequestOperation = {
  ...{ action: "web:request", class: "operate", method: "POST", path: "/set\u202e.cgi" },
  query: [["page", "1"]],
  form: [
    ["speed", "30"],
    ["password", "waterworks"],
  ],
  ...{ files: [], contentType: "application/x-www-form-urlencoded", size: 20 },
};

function verdict(operation: RequestOperation): TapeRecord {
  return {
    ...{ kind: "verdict", sequence: 7, wallMs: 1, monotonicMs: 1, channel: 2, decision: 3 },
    items: [{ operation, answer: { kind: "permit" }, rule: "web#1", reason: "" }],
  } as TapeRecord;
}

test("a form says what was submitted, but no password, and turns no line about", () => {
  const [entry] = pageEntries(verdict(request));
  expect(entry && entryWords(entry, [])).toMatchObject({
    act: "Submitted",
    what: "POST /set␦.cgi?page=1 · speed=30, password=…",
    rule: "web#1",
    tone: "normal",
  });
});

test("what was only looked at is a page", () => {
  const [entry] = pageEntries(verdict({ ...request, class: "observe", form: [] }));
  expect(entry && entryWords(entry, []).act).toBe("Page");
});
