import { expect, test } from "vitest";
import { openedSessionOf } from "./opened-session.ts";

const GIVEN = {
  connection: 3,
  timeoutMs: 60_000,
  namespaces: ["urn:a"],
  token: "AQID",
  channel: 1,
};

test("a session that is handed over is taken as it is", () => {
  expect(openedSessionOf(GIVEN)).toEqual({ ...GIVEN, token: Buffer.of(1, 2, 3) });
  expect(openedSessionOf({ ...GIVEN, timeoutMs: null })?.timeoutMs).toBe(10_000);
});

test.each([
  [null],
  ["open"],
  [{ ...GIVEN, connection: "3" }],
  [{ ...GIVEN, connection: 1.5 }],
  [{ ...GIVEN, token: undefined }],
  [{ ...GIVEN, token: "A".repeat(8_193) }],
  [{ ...GIVEN, namespaces: "urn:a" }],
  [{ ...GIVEN, namespaces: ["urn:a", 7] }],
  [{ ...GIVEN, namespaces: ["a".repeat(4_097)] }],
  [{ ...GIVEN, namespaces: new Array(10_001).fill("") }],
])("what is no session is not taken for one: %#", (given) => {
  expect(openedSessionOf(given)).toBeUndefined();
});
