/**
 * `sallyport profile learn`: from chosen recordings the narrowest readable profile that would
 * have permitted what was done in them, proved by judging all of it again.
 */
import { writeFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { foresee } from "../evidence/past/foresee.ts";
import type { PastRecording } from "../evidence/past/past-recordings.ts";
import { seenIn } from "../evidence/past/seen.ts";
import type { Endpoint, Plant } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { describeProblem } from "../plant/plant-problem.ts";
import { type ProfileToWrite, profileText, withProfile } from "../plant/profile-text.ts";
import { learnProfile } from "../policy/learn/learn-profile.ts";
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

export interface LearnAsked extends PastAsked {
  /** Of the profile that is made. */
  readonly name?: string | undefined;
  /** `10%` */
  readonly margin?: string | undefined;
  /** The plant file with the profile in it is written there. */
  readonly out?: string | undefined;
}

/** @throws PastAskedWrongly, PastUnreadable */
export async function runLearn(config: Config, asked: LearnAsked, out: TextOutput): Promise<void> {
  const margin = marginOf(asked.margin);
  const { text, plant } = await plantIn(plantFileOf(config));
  const past = await pastAsked(config, asked);
  const endpoint = endpointOf(plant, past);
  await noteReading(config, "profile learn", sessionsOf(past));
  const { seen, rules: used } = await seenIn(past);
  if (seen.length === 0) throw new PastAskedWrongly("nothing was done and permitted in them");
  const { rules, notes } = learnProfile(endpoint.endpoint, seen, { margin });
  const profile: ProfileToWrite = {
    id: asked.name ?? "learned",
    description: describe(past, seen.length),
    rules,
  };
  const made = withProfile(text, profile);
  const { refused, operations } = await proved(made, profile.id, past);
  if (asked.out !== undefined) writeFileSync(asked.out, made, { mode: 0o600 });
  out.write(profileText(profile));
  out.write(remarks([...notes, ...unused(plant, past, used)]));
  out.write(
    refused === 0
      ? `# ${operations} operations were judged again: what was permitted would be permitted again.\n`
      : `# ${refused} of ${operations} operations would be refused or wait for a person: change it by hand.\n`,
  );
}

/** All recordings must be of one endpoint: a profile's rules are about its registers and files. */
function endpointOf(plant: Plant, past: readonly PastRecording[]): { readonly endpoint: Endpoint } {
  const places = new Set(past.map(({ header }) => `${header.asset.id}/${header.endpoint.id}`));
  if (places.size === 0) throw new PastAskedWrongly("no recording that has ended is meant by this");
  if (places.size > 1) {
    throw new PastAskedWrongly(`these are of several endpoints; choose: ${[...places].join(", ")}`);
  }
  const [place = ""] = places;
  const [assetId, id] = place.split("/");
  const asset = plant.assets.find((each) => each.id === assetId);
  const endpoint = asset?.endpoints.find((each) => each.id === id);
  if (!endpoint) throw new PastAskedWrongly(`${place} is not in the plant file`);
  return { endpoint };
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
    .map(({ name }) => `nothing needed the rule "${name}": it is not in here`);
}

function remarks(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join("");
}

const PERCENT_MAX = 1_000;

function marginOf(text = "0%"): number {
  const percent = /^(\d{1,4})%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= PERCENT_MAX) return Number(percent) / 100;
  throw new PastAskedWrongly("--margin must be a percentage such as 10%");
}
