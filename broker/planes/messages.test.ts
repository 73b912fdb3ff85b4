import { expect, test } from "vitest";
import { FROM_GATEWAY } from "./messages.ts";

function asked(letters: number) {
  const point = "x".repeat(letters);
  return {
    ...{ kind: "asked", session: 1 },
    hold: {
      ...{ id: "h", state: "waiting", rule: "r", reason: "", operations: [], current: [] },
      ...{ changes: [{ point, now: "", asked: "" }], untilMs: 1, why: "" },
    },
  };
}

test("a gateway puts no more before a person than anybody reads, and none fills control with it", () => {
  expect(FROM_GATEWAY.safeParse(asked(14_000)).success).toBe(true);
  expect(FROM_GATEWAY.safeParse(asked(65_500)).success).toBe(false);
  const { hold } = asked(14_000);
  const state = { counts: { observed: 0, changed: 0, refused: 0 }, lastActivityMs: 0 };
  const told = (count: number) => ({
    ...{ kind: "state", session: 1 },
    state: { ...state, holds: Array.from({ length: count }, () => hold) },
  });
  expect(FROM_GATEWAY.safeParse(told(16)).success).toBe(true);
  expect(FROM_GATEWAY.safeParse(told(201)).success).toBe(false);
});
