/**
 * Transcripts that a person can read, run against a guard:
 *
 *     client > 0001 0000 0006 03 06 0064 07d0      the client sends
 *     decide   operate modbus:write unit 3 ...     expected; several items joined by " + "
 *     verdict  permit                              the answer; also `deny address`, `hold`
 *     asset  < 0001 0000 0006 03 06 0064 07d0      expected: sent to the asset
 *     asset  > 0001 0000 0006 03 06 0064 07d0      the asset sends
 *     outcome  1 done                              expected; also `refused 2`, `unknown`
 *     client < 0001 0000 0006 03 06 0064 07d0      expected: sent to the client
 *     settle   1 permit                            a hold is answered
 *     event    timeout 1                           also `withheld 1`, `end`, `capabilities observe`
 *     violation asset a reply that ...             expected
 *     refused  1 the quantity ...                  expected: the guard refused request 1 itself
 *
 * Lines that start with # and empty lines are left out. Each transcript runs twice: as it
 * stands, and one byte at a time.
 */
import { expect } from "vitest";
import type {
  Answer,
  Effect,
  Guard,
  GuardEvent,
  Operation,
  OperationClass,
  RefusalKind,
  Side,
} from "../../protocols/guard.ts";
import { type Decide, GuardDriver } from "./guard-driver.ts";
import { fromHex, toHex } from "./hex.ts";

export interface TranscriptSubject {
  readonly create: () => Guard;
  readonly describe: (operation: Operation) => string;
}

export function expectTranscript(subject: TranscriptSubject, text: string): void {
  const expected = linesOf(text);
  expect(run(subject, expected, "whole"), "as it stands").toEqual(expected);
  expect(run(subject, expected, "bytes"), "one byte at a time").toEqual(expected);
}

function run(
  { create, describe }: TranscriptSubject,
  expected: readonly string[],
  how: "whole" | "bytes",
): string[] {
  const actual: string[] = [];
  const verdicts = expected.filter((line) => line.startsWith("verdict "));
  const judge = (decide: Decide): readonly Answer[] => {
    const verdict = verdicts.shift();
    actual.push(`decide ${decide.items.map(describe).join(" + ")}`);
    if (verdict === undefined) throw new Error(`no verdict for: ${actual.at(-1)}`);
    actual.push(verdict);
    return answersOf(verdict.slice("verdict ".length), decide.items.length);
  };
  const driver = new GuardDriver(create(), judge, (effect) => {
    if (effect.kind !== "decide") actual.push(effectLine(effect));
  });
  for (const line of expected) {
    if (!isInput(line)) continue;
    actual.push(line);
    perform(driver, line, how);
  }
  return actual;
}

function effectLine(effect: Exclude<Effect, { kind: "decide" }>): string {
  switch (effect.kind) {
    case "send":
      return `${effect.to} < ${toHex(effect.bytes)}${effect.release ? " release" : ""}`;
    case "outcome": {
      const { kind } = effect.outcome;
      const code = effect.outcome.kind === "refused" ? ` ${effect.outcome.code}` : "";
      return `outcome ${effect.decision} ${kind}${code}`;
    }
    case "violation":
      return `violation ${effect.from} ${effect.reason}`;
    case "refused":
      return `refused ${effect.request} ${effect.reason}`;
  }
}

function isInput(line: string): boolean {
  return /^(client|asset) >|^settle |^event /.test(line);
}

function perform(driver: GuardDriver, line: string, how: "whole" | "bytes"): void {
  const [word = "", first = "", ...rest] = line.split(" ");
  if (word === "settle") {
    const [answer] = answersOf(rest.join(" "), 1);
    if (answer) driver.settle(Number(first), answer);
  } else if (word === "event") {
    driver.feed({ kind: "event", event: eventOf(first, rest) });
  } else {
    const bytes = fromHex(rest.join(""));
    const pieces = how === "whole" ? [bytes] : Array.from(bytes, (byte) => Uint8Array.of(byte));
    for (const piece of pieces) driver.bytes(word as Side, piece);
  }
}

function eventOf(kind: string, words: readonly string[]): GuardEvent {
  const number = Number(words[0]);
  if (kind === "timeout") return { kind, request: number };
  if (kind === "withheld") return { kind, decision: number };
  if (kind === "end") return { kind };
  return { kind: "capabilities", capabilities: new Set(words as OperationClass[]) };
}

/** `permit`, `deny address`, or one for each item: `permit, deny value`. */
function answersOf(text: string, count: number): Answer[] {
  const answers = text.split(",").map((part): Answer => {
    const [kind, refusal] = part.trim().split(" ");
    if (kind === "permit" || kind === "hold") return { kind };
    return { kind: "deny", refusal: (refusal ?? "operation") as RefusalKind };
  });
  const [only] = answers;
  return answers.length === 1 && only ? Array.from({ length: count }, () => only) : answers;
}

function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim().replace(/\s+/g, " "))
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/^((?:client|asset) [<>]) ([0-9a-fA-F ]+?)( release)?$/, compact));
}

function compact(_line: string, who: string, hex: string, release = ""): string {
  return `${who} ${hex.replaceAll(" ", "").toLowerCase()}${release}`;
}
