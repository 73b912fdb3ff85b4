/** Which past recordings a command is about, as its flags say. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import type { Header } from "../../protocols/tape/record.ts";
import type { Config } from "../config.ts";
import { openEvidenceKeys } from "../evidence/keys.ts";
import { type PastRecording, pastRecordings } from "../evidence/past/past-recordings.ts";
import type { Plant } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { readPlantText } from "../plant/plant-file.ts";
import { describeProblem } from "../plant/plant-problem.ts";
import { StoredCopies } from "./stored-copies.ts";

export interface PastAsked {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** `ASSET` or `ASSET/ENDPOINT`. */
  readonly asset?: string | undefined;
  /** Id or name. */
  readonly person?: string | undefined;
  readonly profile?: string | undefined;
  readonly grant?: string | undefined;
  readonly session?: readonly string[] | undefined;
}

export class PastAskedWrongly extends Error {
  override readonly name = "PastAskedWrongly";
}

export function addPastFlags(command: Command): Command {
  return command
    .option("--since <time>", "sessions that began at this time or later, for example 2026-01-05")
    .option("--until <time>", "sessions that began before this time")
    .option("--asset <id>", "sessions on this asset, or ASSET/ENDPOINT")
    .option("--person <name>", "sessions of this person, by name or id")
    .option("--of-profile <id>", "sessions under this profile")
    .option("--grant <id>", "sessions under this grant");
}

/** Those that have ended, the oldest first. @throws PastAskedWrongly; EvidenceKeyRefused */
export async function pastAsked(
  config: Config,
  asked: PastAsked,
): Promise<readonly PastRecording[]> {
  const { dataFolder, evidenceFolder } = config;
  const file = path.join(dataFolder, "evidence.key");
  // Never made here: a key that is not there opens nothing.
  if (!existsSync(file)) throw new PastAskedWrongly(`there is no key of recordings, ${file}`);
  const { identities } = await openEvidenceKeys({ file, evidenceFolder, auditors: [] });
  const recordings = path.join(evidenceFolder, "recordings");
  const volume = new StoredCopies(config).volume();
  return pastRecordings({ recordings, identities, volume }, wantedBy(asked));
}

function wantedBy(asked: PastAsked): (header: Header) => boolean {
  const sinceMs = timeOf(asked.since, "--since") ?? Number.NEGATIVE_INFINITY;
  const untilMs = timeOf(asked.until, "--until") ?? Number.POSITIVE_INFINITY;
  const [asset, endpoint] = asked.asset?.split("/") ?? [];
  const fits = (wanted: string | undefined, ...given: readonly string[]) =>
    wanted === undefined || given.includes(wanted);
  return (header) =>
    header.startedMs >= sinceMs &&
    header.startedMs < untilMs &&
    fits(asset, header.asset.id) &&
    fits(endpoint, header.endpoint.id) &&
    fits(asked.person, header.subject.id, header.subject.name) &&
    fits(asked.profile, header.grant.profile) &&
    fits(asked.grant, header.grant.id) &&
    (asked.session === undefined || asked.session.includes(header.session));
}

export function sessionsOf(past: readonly PastRecording[]): readonly string[] {
  return past.map(({ header }) => header.session);
}

/** The plant file that the broker here uses. */
export function plantFileOf({ plantFile, dataFolder }: Config): string {
  return plantFile || path.join(dataFolder, "plant.yaml");
}

/** @throws PastAskedWrongly with all that is wrong with it */
export async function plantIn(
  file: string,
): Promise<{ readonly text: string; readonly plant: Plant }> {
  const read = await readPlantText(file);
  if (read.kind !== "text") throw new PastAskedWrongly(`${file} cannot be read`);
  const parsed = parsePlant(read.text, file);
  if (parsed.kind === "plant") return { text: read.text, plant: parsed.plant };
  const problems = parsed.problems.map((problem) => describeProblem(file, problem));
  throw new PastAskedWrongly(problems.join("\n"));
}

function timeOf(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new PastAskedWrongly(`${flag} must be a time such as 2026-01-05 or 2026-01-05T08:00Z`);
}
