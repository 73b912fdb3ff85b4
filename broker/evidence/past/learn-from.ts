/**
 * The narrowest profile that would have permitted what past sessions did, proved by judging all of
 * it again by the plant with that profile in it.
 */
import type { Endpoint, Plant } from "../../plant/model.ts";
import { parsePlant } from "../../plant/parse-plant.ts";
import { describeProblem } from "../../plant/plant-problem.ts";
import { type ProfileToWrite, profileText, withProfile } from "../../plant/profile-text.ts";
import { learnProfile } from "../../policy/learn/learn-profile.ts";
import { foresee } from "./foresee.ts";
import type { PastRecording } from "./past-recordings.ts";
import { seenIn } from "./seen.ts";

export interface LearnGround {
  readonly plant: Plant;
  /** Its file. */
  readonly text: string;
  readonly endpoint: Endpoint;
  /** Of the profile that is made. */
  readonly id: string;
  /** Of each span that was seen; 0.1 is a tenth of it. */
  readonly margin: number;
}

export interface LearnedProfile {
  /** As it would stand in the plant file. */
  readonly text: string;
  /** The plant file with it. */
  readonly plantText: string;
  readonly notes: readonly string[];
  /** Rules that permit something now and that nothing needed. */
  readonly unneeded: readonly string[];
  readonly seen: number;
  /** How many of them it would not let pass as they did, of how many judged again. */
  readonly refused: number;
  readonly operations: number;
}

/** Undefined where nothing was done and permitted. @throws TooMuchSeen, PastUnreadable */
export async function learnFrom(
  past: readonly PastRecording[],
  { plant, text, endpoint, id, margin }: LearnGround,
): Promise<LearnedProfile | undefined> {
  const { seen, rules: used } = await seenIn(past);
  if (seen.length === 0) return undefined;
  const { rules, notes } = learnProfile(endpoint, seen, { margin });
  const profile: ProfileToWrite = { id, description: describe(past, seen.length), rules };
  const plantText = withProfile(text, profile);
  const proof = await proved(plantText, id, past);
  const unneeded = unused(plant, past, used);
  return {
    ...{ text: profileText(profile), plantText, notes, unneeded, seen: seen.length },
    ...proof,
  };
}

/** @returns how many operations the profile would not have let pass as they did, of how many */
async function proved(text: string, id: string, past: readonly PastRecording[]) {
  const parsed = parsePlant(text, "learned");
  if (parsed.kind !== "plant") {
    const [problem] = parsed.problems;
    throw new Error(`the profile is not valid: ${problem && describeProblem("learned", problem)}`);
  }
  const asIf = past.map((recording) => ({
    ...recording,
    header: { ...recording.header, grant: { ...recording.header.grant, profile: id } },
  }));
  const { differences, operations } = await foresee(asIf, {
    plant: parsed.plant,
    policies: undefined,
  });
  const lost = differences.filter(({ before, after }) => {
    return before.verdict !== "deny" && after.verdict !== "permit";
  });
  return { refused: lost.reduce((sum, { count }) => sum + count, 0), operations };
}

function describe(past: readonly PastRecording[], operations: number): string {
  const days = past.map(({ header }) => new Date(header.startedMs).toISOString().slice(0, 10));
  const [first = "", last = ""] = [days[0], days.at(-1)];
  const when = first === last ? first : `${first} to ${last}`;
  const sessions = past.length === 1 ? "1 session" : `${past.length} sessions`;
  return `Learned from ${operations} operations of ${sessions}, ${when}. Read it before it counts.`;
}

/** Rules of the profiles that were used which nothing in these recordings needed. */
function unused(
  { profiles }: Plant,
  past: readonly PastRecording[],
  used: ReadonlySet<string>,
): readonly string[] {
  const ids = new Set(past.map(({ header }) => header.grant.profile));
  return profiles
    .filter(({ id }) => ids.has(id))
    .flatMap(({ rules }) => rules)
    .filter(({ name, verdict }) => verdict !== "deny" && !used.has(name))
    .map(({ name }) => name);
}
