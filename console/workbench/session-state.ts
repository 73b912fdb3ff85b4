/**
 * What the session page knows, as a function of what the broker said. Pure, so that every way a
 * session can lose rights or end is a test.
 */

import type { FromBroker } from "../../broker/api/shapes/live.ts";
import type { CauseView, LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import type { OperationClass } from "../../protocols/guard.ts";

export type SessionEvent = Parameters<FromBroker["event"]>[1];

export type Attachment =
  | { readonly kind: "attaching" }
  | { readonly kind: "attached" }
  /** Another page of the same person works in it now. */
  | { readonly kind: "taken-over"; readonly cause: CauseView }
  /** The channel is away; the session waits for it until the lease runs out. */
  | { readonly kind: "away"; readonly sinceMs: number }
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly message: string;
      /** It is tried again without being asked. */
      readonly again: boolean;
    };

export interface Loss {
  readonly lost: readonly OperationClass[];
  readonly left: readonly OperationClass[];
  readonly cause: CauseView;
  readonly atMs: number;
}

export type AnswerTold = Extract<SessionEvent, { readonly kind: "answered" }>;

/** More than these nobody reads at once. */
const ANSWERS_MAX = 5;

export interface SessionState {
  readonly attachment: Attachment;
  readonly classes: readonly OperationClass[];
  /** The latest loss of a right that the person has not dismissed. */
  readonly loss: Loss | undefined;
  readonly recorder: { readonly state: "ready" | "frozen"; readonly cause: string };
  /** Who froze the session and why; undefined while nobody has. */
  readonly frozen: CauseView | undefined;
  /** What must hold besides the rights, and why it does not now. */
  readonly conditions: Readonly<LiveSessionView["conditions"]>;
  /** What a supervisor answered about writes asked for beforehand; not dismissed, newest first. */
  readonly answers: readonly AnswerTold[];
  readonly watchers: readonly string[];
  readonly lastActivityMs: number;
  readonly idleMs: number;
  /** Latest possible end: of the grant or of the session, whichever is first. */
  readonly untilMs: number;
  readonly ended: { readonly cause: CauseView; readonly atMs: number } | undefined;
}

export type SessionChange =
  | { readonly kind: "view"; readonly view: LiveSessionView }
  | { readonly kind: "event"; readonly event: SessionEvent; readonly atMs: number }
  | { readonly kind: "attachment"; readonly attachment: Attachment }
  | { readonly kind: "activity"; readonly atMs: number }
  /** The broker knows no such session any more, and this page was not there when it ended. */
  | { readonly kind: "gone"; readonly cause: CauseView; readonly atMs: number }
  | { readonly kind: "dismiss-loss" }
  | { readonly kind: "dismiss-answer"; readonly hold: string };

export function beginSession(view: LiveSessionView): SessionState {
  return {
    attachment: { kind: "attaching" },
    classes: view.capabilities,
    loss: lossIn(view),
    recorder: { state: view.recorder === "frozen" ? "frozen" : "ready", cause: "" },
    frozen: view.frozen ?? undefined,
    conditions: view.conditions,
    answers: [],
    watchers: view.watchers,
    lastActivityMs: view.lastActivityMs,
    idleMs: view.idleMs,
    untilMs: view.untilMs,
    ended: undefined,
  };
}

/** Nothing changes an ended session any more. */
export function changeSession(state: SessionState, change: SessionChange): SessionState {
  if (state.ended) return state;
  switch (change.kind) {
    case "view":
      return withView(state, change.view);
    case "event":
      return withEvent(state, change.event, change.atMs);
    case "attachment":
      return { ...state, attachment: change.attachment };
    case "activity":
      return { ...state, lastActivityMs: Math.max(state.lastActivityMs, change.atMs) };
    case "gone":
      return { ...state, classes: [], ended: { cause: change.cause, atMs: change.atMs } };
    case "dismiss-loss":
      return { ...state, loss: undefined };
    case "dismiss-answer":
      return { ...state, answers: state.answers.filter(({ hold }) => hold !== change.hold) };
  }
}

/** What ends the session next, if nobody does anything. */
export interface Deadline {
  readonly rule: "idle" | "until";
  readonly atMs: number;
}

export function nextDeadline(state: SessionState): Deadline {
  const idleAtMs = state.lastActivityMs + state.idleMs;
  return idleAtMs < state.untilMs
    ? { rule: "idle", atMs: idleAtMs }
    : { rule: "until", atMs: state.untilMs };
}

/** Long enough to finish a thought, or to touch a key. */
export const IDLE_WARNING_MS = 2 * 60_000;
/** Long enough to bring the plant to a state that one may leave it in. */
export const UNTIL_WARNING_MS = 5 * 60_000;

/** The deadline, once it is near enough to say so. */
export function warningOf(state: SessionState, nowMs: number): Deadline | undefined {
  if (state.ended) return undefined;
  const deadline = nextDeadline(state);
  const aheadMs = deadline.rule === "idle" ? IDLE_WARNING_MS : UNTIL_WARNING_MS;
  return deadline.atMs - nowMs <= aheadMs ? deadline : undefined;
}

function withView(state: SessionState, view: LiveSessionView): SessionState {
  const recorder = view.recorder === "frozen" ? "frozen" : "ready";
  return {
    ...state,
    classes: view.capabilities,
    loss: isLess(state, view) ? lossIn(view) : state.loss,
    recorder: recorder === state.recorder.state ? state.recorder : { state: recorder, cause: "" },
    frozen: view.frozen ?? undefined,
    conditions: view.conditions,
    watchers: view.watchers,
    lastActivityMs: Math.max(state.lastActivityMs, view.lastActivityMs),
    idleMs: view.idleMs,
    untilMs: view.untilMs,
  };
}

/** What happened while this page was not there to be told. */
function lossIn({ loss, capabilities: left, startedMs: atMs }: LiveSessionView): Loss | undefined {
  return loss ? { ...loss, left, atMs } : undefined;
}

function isLess({ classes }: SessionState, { capabilities }: LiveSessionView): boolean {
  return classes.some((held) => !capabilities.includes(held));
}

function withEvent(state: SessionState, event: SessionEvent, atMs: number): SessionState {
  switch (event.kind) {
    case "decision":
      return state;
    case "capabilities":
      return withClasses(state, event.classes, event.cause, atMs);
    case "freeze":
      return {
        ...state,
        classes: event.classes,
        frozen: event.frozen ? event.cause : undefined,
      };
    case "conditions":
      return { ...state, classes: event.classes, conditions: [...event.conditions] };
    case "recorder":
      return { ...state, recorder: { state: event.state, cause: event.cause } };
    case "answered":
      return { ...state, answers: [event, ...state.answers].slice(0, ANSWERS_MAX) };
    case "watchers":
      return { ...state, watchers: event.subjects };
    case "deadline":
      return event.rule === "idle" ? state : { ...state, untilMs: event.atMs };
    case "end":
      return { ...state, classes: [], ended: { cause: event.cause, atMs } };
  }
}

function withClasses(
  state: SessionState,
  classes: readonly OperationClass[],
  cause: CauseView,
  atMs: number,
): SessionState {
  const lost = state.classes.filter((held) => !classes.includes(held));
  if (lost.length > 0) return { ...state, classes, loss: { lost, left: classes, cause, atMs } };
  return { ...state, classes, loss: isBack(state.loss, classes) ? undefined : state.loss };
}

function isBack(loss: Loss | undefined, classes: readonly OperationClass[]): boolean {
  if (!loss) return false;
  if (loss.lost.length > 0) return loss.lost.every((once) => classes.includes(once));
  return classes.some((held) => !loss.left.includes(held));
}
