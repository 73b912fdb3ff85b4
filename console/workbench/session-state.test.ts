import { expect, test } from "vitest";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import {
  beginSession,
  changeSession,
  nextDeadline,
  type SessionChange,
  type SessionState,
  warningOf,
} from "./session-state.ts";

const VIEW: LiveSessionView = {
  id: "s1",
  subject: { id: "p1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "Treatment PLC", zone: "treatment" },
  site: "works",
  endpoint: "plc/modbus",
  protocol: "modbus",
  grant: "g1",
  profile: "pump-tuning",
  capabilities: ["observe", "operate"],
  loss: null,
  startedMs: 0,
  lastActivityMs: 0,
  untilMs: 3_600_000,
  idleMs: 900_000,
  recorder: "recording",
  frozen: null,
  conditions: [],
  watchers: [],
  counts: { observed: 0, changed: 0, refused: 0 },
  mine: true,
};

const CAUSE = { rule: "recorder", reason: "the recorder cannot write" };

function after(...changes: SessionChange[]): SessionState {
  return changes.reduce(changeSession, beginSession(VIEW));
}

test("losing operate is told with what is left and why", () => {
  const state = after({
    kind: "event",
    event: { kind: "capabilities", classes: ["observe"], cause: CAUSE },
    atMs: 5,
  });
  expect(state.classes).toEqual(["observe"]);
  expect(state.loss).toEqual({ lost: ["operate"], left: ["observe"], cause: CAUSE, atMs: 5 });
});

test("the notice of a loss goes when the right comes back", () => {
  const state = after(
    {
      kind: "event",
      event: { kind: "capabilities", classes: ["observe"], cause: CAUSE },
      atMs: 5,
    },
    {
      kind: "event",
      event: { kind: "capabilities", classes: ["observe", "operate"], cause: CAUSE },
      atMs: 9,
    },
  );
  expect(state.loss).toBeUndefined();
});

test("nothing changes a session that has ended", () => {
  const cause = { rule: "cut", reason: "cut by the supervisor", by: "Grace" };
  const state = after(
    { kind: "event", event: { kind: "end", cause }, atMs: 7 },
    { kind: "attachment", attachment: { kind: "attached" } },
    {
      kind: "event",
      event: { kind: "capabilities", classes: ["observe", "operate"], cause: CAUSE },
      atMs: 9,
    },
  );
  expect(state.ended).toEqual({ cause, atMs: 7 });
  expect(state.classes).toEqual([]);
});

test("idle is counted from what the person did, and activity never goes back", () => {
  const state = after({ kind: "activity", atMs: 60_000 }, { kind: "activity", atMs: 30_000 });
  expect(nextDeadline(state)).toEqual({ rule: "idle", atMs: 960_000 });
});

test("the end of the grant is the deadline once it comes before idling", () => {
  const state = after({ kind: "activity", atMs: 3_000_000 });
  expect(nextDeadline(state)).toEqual({ rule: "until", atMs: 3_600_000 });
  expect(warningOf(state, 3_200_000)).toBeUndefined();
  expect(warningOf(state, 3_400_000)).toEqual({ rule: "until", atMs: 3_600_000 });
});

test("a grant made shorter moves the deadline at once", () => {
  const state = after({
    kind: "event",
    event: { kind: "deadline", rule: "grant-end", atMs: 100_000 },
    atMs: 1,
  });
  expect(nextDeadline(state)).toEqual({ rule: "until", atMs: 100_000 });
});

test("a frozen recorder is shown with its cause", () => {
  const state = after({
    kind: "event",
    event: { kind: "recorder", state: "frozen", cause: "no space left" },
    atMs: 1,
  });
  expect(state.recorder).toEqual({ state: "frozen", cause: "no space left" });
});

test("an answer about what was asked beforehand is told until it is dismissed, newest first", () => {
  const answered = (hold: string, permitted: boolean): SessionChange => ({
    kind: "event",
    event: { kind: "answered", hold, permitted, by: "Sam", changes: [] },
    atMs: 5,
  });
  const state = after(answered("h1", true), answered("h2", false));
  expect(state.answers.map(({ hold }) => hold)).toEqual(["h2", "h1"]);
  const dismissed = changeSession(state, { kind: "dismiss-answer", hold: "h2" });
  expect(dismissed.answers.map(({ hold }) => hold)).toEqual(["h1"]);
});

test("what was taken before the page was there is told when it comes, until it is back", () => {
  const loss = { lost: ["operate" as const], cause: CAUSE };
  const view = { ...VIEW, capabilities: ["observe" as const], loss };
  const late = changeSession(beginSession(VIEW), { kind: "view", view });
  expect([beginSession(view).loss?.cause, late.loss?.cause]).toEqual([CAUSE, CAUSE]);
  const dismissed = changeSession(late, { kind: "dismiss-loss" });
  expect(changeSession(dismissed, { kind: "view", view }).loss).toBeUndefined();
  const back = { kind: "capabilities", classes: ["observe", "operate"], cause: CAUSE } as const;
  expect(changeSession(late, { kind: "event", event: back, atMs: 5 }).loss).toBeUndefined();
});

test("what was kept back from the beginning is told until something of it is given", () => {
  const view = { ...VIEW, capabilities: ["observe" as const], loss: { lost: [], cause: CAUSE } };
  const told = (classes: readonly ("observe" | "operate")[]) =>
    changeSession(beginSession(view), {
      kind: "event",
      event: { kind: "capabilities", classes: [...classes], cause: CAUSE },
      atMs: 5,
    });
  expect(told(["observe"]).loss?.cause).toEqual(CAUSE);
  expect(told(["observe", "operate"]).loss).toBeUndefined();
});
