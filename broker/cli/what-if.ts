/**
 * `sallyport policy what-if`: what would have been otherwise in past sessions under another plant
 * file or other policies. It reads the recordings and changes nothing.
 */
import { setOf } from "../access/policies/check-policies.ts";
import { readPolicyFolder } from "../access/policies/policy-folder.ts";
import type { Config } from "../config.ts";
import { type Difference, type Foreseen, foresee, MOMENTS_MAX } from "../evidence/past/foresee.ts";
import { noteReading } from "./note-on-host.ts";
import {
  type PastAsked,
  PastAskedWrongly,
  pastAsked,
  plantFileOf,
  plantIn,
  sessionsOf,
} from "./past-asked.ts";
import type { TextOutput } from "./plant-check.ts";

/** Nothing would have been otherwise. */
export const SAME = 0;
export const DIFFERS = 3;

export interface WhatIfAsked extends PastAsked {
  readonly plant?: string | undefined;
  readonly policies?: string | undefined;
  readonly json?: boolean | undefined;
}

/** @returns the exit code. @throws PastAskedWrongly, PastUnreadable */
export async function runWhatIf(
  config: Config,
  asked: WhatIfAsked,
  out: TextOutput,
): Promise<number> {
  if (asked.plant === undefined && asked.policies === undefined) {
    throw new PastAskedWrongly("say what is to be tried: --plant FILE, --policies DIR, or both");
  }
  const { plant } = await plantIn(asked.plant ?? plantFileOf(config));
  const policies =
    asked.policies === undefined ? undefined : setOf(readPolicyFolder(asked.policies));
  const past = await pastAsked(config, asked);
  await noteReading(config, "policy what-if", sessionsOf(past));
  const foreseen = await foresee(past, { plant, policies });
  out.write(asked.json === true ? `${JSON.stringify(foreseen)}\n` : whatIfText(foreseen));
  return foreseen.differences.length > 0 ? DIFFERS : SAME;
}

function whatIfText({ sessions, operations, differences, more }: Foreseen): string {
  const looked = `${counted(operations, "operation")} of ${counted(sessions, "session")}`;
  if (differences.length === 0) return `Nothing of ${looked} would have been otherwise.\n`;
  const told = [...differences].sort((a, b) => b.count - a.count).map(differenceText);
  const rest = more > 0 ? `\nand ${counted(more, "other difference")} more\n` : "";
  return `${told.join("\n")}${rest}\n${looked} were judged again; recordings: /recordings/SESSION?at=NUMBER\n`;
}

const MOMENTS_SHOWN = 3;

function differenceText(difference: Difference): string {
  const { endpoint, profile, what, before, after, count, moments } = difference;
  const places = moments.slice(0, MOMENTS_SHOWN).map(({ session, sequence, wallMs, person }) => {
    return `    ${new Date(wallMs).toISOString()} ${person} /recordings/${session}?at=${sequence}`;
  });
  const [head, why] = [AFTER[after.verdict] ?? after.verdict, after.reason && `: ${after.reason}`];
  const listed = Math.min(count, MOMENTS_SHOWN, MOMENTS_MAX);
  const others = count > listed ? `\n    and ${count - listed} more` : "";
  return (
    `${count} × ${what} on ${endpoint} (${profile})\n` +
    `    ${BEFORE[before.verdict] ?? before.verdict} by ${before.rule}; ${head} by ${after.rule}${why}\n` +
    `${places.join("\n")}${others}\n`
  );
}

const BEFORE: Readonly<Record<string, string>> = {
  permit: "was permitted",
  deny: "was refused",
  hold: "waited for a person",
};
const AFTER: Readonly<Record<string, string>> = {
  permit: "would be permitted",
  deny: "would be refused",
  hold: "would wait for a person",
  unknown: "cannot be said",
};

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
