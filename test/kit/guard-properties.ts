/**
 * What holds for every guard, whatever its protocol. A protocol gives a way to make its guard,
 * streams that clients and assets may send, and how an asset would answer; this registers the
 * tests. The driver checks besides, on every step, that nothing reaches the asset unpermitted.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Answer,
  BACKLOG_MAX,
  type Guard,
  type GuardEvent,
  type Input,
} from "../../protocols/guard.ts";
import { type Decide, GuardDriver, type Judge, type Send, stepAsLegsDo } from "./guard-driver.ts";
import { retainedBytes } from "./retained-bytes.ts";

export interface GuardSubject {
  /** For example `Modbus`. */
  readonly name: string;
  readonly create: () => Guard;
  /** What a client may send at once: mostly well formed, sometimes not. */
  readonly client: fc.Arbitrary<Uint8Array>;
  /** One well-formed request. */
  readonly request: fc.Arbitrary<Uint8Array>;
  /** What an honest asset says to what it was sent; `seed` varies it. Undefined: says nothing. */
  readonly reply: (sent: Uint8Array, seed: number) => Uint8Array | undefined;
  /** The number of a request in what was sent to the asset, as a `timeout` names it. */
  readonly requestOf: (sent: Uint8Array) => number;
  /** What a guard may keep in memory, whatever its peers do. */
  readonly retainedMax: number;
  /** Scenarios per property; 100 where not given. */
  readonly runs?: number;
}

/** What becomes of something sent to the asset. */
interface Happening {
  readonly kind: "replies" | "timeout" | "withheld";
  readonly pick: number;
  readonly seed: number;
}

type Step =
  | { readonly kind: "client" | "asset"; readonly bytes: Uint8Array }
  | Happening
  | { readonly kind: "settle"; readonly pick: number; readonly permit: boolean }
  | { readonly kind: "capabilities" }
  | { readonly kind: "end" };

interface Scenario {
  readonly steps: readonly Step[];
  readonly salt: number;
  /** Sizes of the pieces that bytes are cut into, in turn. */
  readonly cuts: readonly number[];
}

export function guardProperties(subject: GuardSubject): void {
  anyBytes(subject);
  cutAnywhere(subject);
  replays(subject);
  nothingUnpermitted(subject, "denied", [{ kind: "deny", refusal: "operation" }]);
  nothingUnpermitted(subject, "held and never settled", [{ kind: "hold" }]);
  silentAfterEnd(subject);
  for (const verdict of ["permit", "deny", "hold"] as const) bounded(subject, verdict);
}

function scenarioTest(subject: GuardSubject, what: string, check: (run: Scenario) => void): void {
  test(`${subject.name}: ${what}`, () => {
    fc.assert(fc.property(scenarios(subject), check), { numRuns: subject.runs ?? 100 });
  });
}

function anyBytes(subject: GuardSubject): void {
  const what = "no bytes of any peer make the guard throw or send something unpermitted";
  scenarioTest(subject, what, ({ steps, salt }) => {
    play(subject, steps, mixed(salt));
  });
}

function cutAnywhere(subject: GuardSubject): void {
  const what = "one byte at a time, or cut anywhere, gives the same effects";
  scenarioTest(subject, what, ({ steps, salt, cuts }) => {
    const whole = play(subject, steps, mixed(salt));
    const bytewise = replayCut(subject, whole, mixed(salt), [1]);
    const anywhere = replayCut(subject, whole, mixed(salt), cuts);
    expect(bytewise.effects).toEqual(whole.effects);
    expect(anywhere.effects).toEqual(whole.effects);
  });
}

function replays(subject: GuardSubject): void {
  scenarioTest(subject, "the tape replays to the same effects", ({ steps, salt }) => {
    const first = play(subject, steps, mixed(salt));
    const guard = subject.create();
    const again = first.inputs.flatMap((input) => stepAsLegsDo(guard, input));
    expect(again).toEqual(first.effects);
  });
}

function nothingUnpermitted(subject: GuardSubject, how: string, [answer]: [Answer]): void {
  const judge: Judge = ({ items }) => items.map(() => answer);
  scenarioTest(subject, `what is ${how} never reaches the asset`, ({ steps }) => {
    const unsettled = steps.filter(({ kind }) => kind !== "settle");
    const sent = play(subject, unsettled, judge).sent("asset");
    expect(sent.filter(({ release }) => release !== true)).toEqual([]);
  });
}

function silentAfterEnd(subject: GuardSubject): void {
  scenarioTest(subject, "after its end the guard is silent", ({ steps, salt }) => {
    const driver = play(subject, [...steps, { kind: "end" }], mixed(salt));
    const before = driver.effects.length;
    for (const step of steps) perform(subject, driver, step, new Set());
    expect(driver.effects.length).toBe(before);
    expect(driver.guard.backlog("client") + driver.guard.backlog("asset")).toBe(0);
  });
}

function bounded(subject: GuardSubject, verdict: "permit" | "deny" | "hold"): void {
  const chunks = fc.array(subject.request, { minLength: 1, maxLength: 20, size: "max" });
  test(`${subject.name}: memory stays bounded under a flood that is answered with ${verdict}`, () => {
    fc.assert(
      fc.property(chunks, (requests) => {
        const driver = flood(subject, requests, verdict);
        expect(retainedBytes(driver.guard)).toBeLessThanOrEqual(subject.retainedMax);
      }),
      { numRuns: 10 },
    );
  });
}

function scenarios({ client }: GuardSubject): fc.Arbitrary<Scenario> {
  const nat = fc.nat(1000);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 10, arbitrary: client.map((bytes) => ({ kind: "client" as const, bytes })) },
    {
      weight: 10,
      arbitrary: fc.record({ kind: fc.constant("replies" as const), pick: nat, seed: nat }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom("timeout" as const, "withheld" as const),
        pick: nat,
        seed: nat,
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("settle" as const),
        pick: nat,
        permit: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "capabilities" as const }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom("client" as const, "asset" as const),
        bytes: fc.uint8Array({ maxLength: 40 }),
      }),
    },
  );
  return fc.record({
    steps: fc.array(step, { minLength: 5, maxLength: 40, size: "max" }),
    salt: nat,
    cuts: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
  });
}

function play(subject: GuardSubject, steps: readonly Step[], judge: Judge): GuardDriver {
  const driver = new GuardDriver(subject.create(), judge);
  const answered = new Set<Send>();
  for (const step of steps) perform(subject, driver, step, answered);
  return driver;
}

/** @param answered sends to the asset that have had their reply or event */
function perform(
  subject: GuardSubject,
  driver: GuardDriver,
  step: Step,
  answered: Set<Send>,
): void {
  switch (step.kind) {
    case "client":
    case "asset":
      driver.bytes(step.kind, step.bytes);
      break;
    case "capabilities":
      event(driver, { kind: "capabilities", capabilities: new Set(["observe"]) });
      break;
    case "end":
      event(driver, { kind: "end" });
      break;
    case "settle":
      settleOne(driver, step.pick, step.permit);
      break;
    default:
      afterSend(subject, driver, step, answered);
  }
}

function settleOne(driver: GuardDriver, pick: number, permit: boolean): void {
  const held = [...driver.held.keys()];
  const id = held[pick % held.length];
  if (id !== undefined) {
    driver.settle(id, permit ? { kind: "permit" } : { kind: "deny", refusal: "busy" });
  }
}

function afterSend(
  subject: GuardSubject,
  driver: GuardDriver,
  { kind, pick, seed }: Happening,
  answered: Set<Send>,
): void {
  const open = driver.sent("asset").filter((send) => !answered.has(send));
  const first = pick % Math.max(1, open.length);
  // Several replies may arrive as one piece, in the order of the requests or not.
  const sends = open.slice(first, first + (kind === "replies" ? 1 + (seed % 4) : 1));
  if (seed % 3 === 0) sends.reverse();
  for (const send of sends) answered.add(send);
  const [send] = sends;
  if (!send) return;
  if (kind === "timeout") {
    event(driver, { kind, request: subject.requestOf(send.bytes) });
  } else if (kind === "withheld") {
    event(driver, { kind, decision: send.decision ?? 0 });
  } else {
    const replies = sends.flatMap(({ bytes }) => [...(subject.reply(bytes, seed) ?? [])]);
    driver.bytes("asset", Uint8Array.from(replies));
  }
}

function event(driver: GuardDriver, event: GuardEvent): void {
  driver.feed({ kind: "event", event });
}

/** Feeds what a test fed to another guard, the bytes cut into pieces of these sizes, in turn. */
function replayCut(
  subject: GuardSubject,
  { script }: GuardDriver,
  judge: Judge,
  sizes: readonly number[],
): GuardDriver {
  const driver = new GuardDriver(subject.create(), judge);
  for (const input of script) {
    if (input.kind === "answers") settleAgain(driver, input);
    else if (input.kind === "event") driver.feed(input);
    else feedCut(driver, input, sizes);
  }
  return driver;
}

function settleAgain(driver: GuardDriver, { id, answers }: Extract<Input, { kind: "answers" }>) {
  const [answer] = answers;
  if (answer) driver.settle(id, answer);
}

function feedCut(
  driver: GuardDriver,
  { from, bytes }: Extract<Input, { kind: "bytes" }>,
  sizes: readonly number[],
): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    driver.bytes(from, bytes.subarray(at, at + size));
    at += size;
  }
}

/** Permits, denies and holds in a mixture that depends on nothing but the decision's id and item. */
function mixed(salt: number): Judge {
  return ({ id, items }: Decide) =>
    items.map((_, i): Answer => {
      const draw = ((id * 31 + i * 17 + salt * 101) * 2_654_435_761) >>> 29;
      if (draw < 4) return { kind: "permit" };
      if (draw < 6) return { kind: "hold" };
      return { kind: "deny", refusal: draw === 6 ? "address" : "value" };
    });
}

/** A client that sends without end while the asset never answers, under a loop that keeps to the backlog. */
function flood(
  subject: GuardSubject,
  chunks: readonly Uint8Array[],
  verdict: "permit" | "deny" | "hold",
): GuardDriver {
  const answer: Answer = verdict === "deny" ? { kind: "deny", refusal: "busy" } : { kind: verdict };
  const driver = new GuardDriver(subject.create(), ({ items }) => items.map(() => answer));
  const bytesMax = 4 * BACKLOG_MAX;
  for (let fed = 0, i = 0; fed < bytesMax && i < 5_000; i++) {
    if (driver.guard.backlog("client") > BACKLOG_MAX) break;
    const chunk = chunks[i % chunks.length] ?? new Uint8Array(1);
    driver.bytes("client", chunk);
    fed += chunk.length + 1;
  }
  return driver;
}
