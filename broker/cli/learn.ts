/**
 * `sallyport profile learn`: from chosen recordings the narrowest readable profile that would
 * have permitted what was done in them, proved by judging all of it again.
 */
import { writeFileSync } from "node:fs";
import type { Config } from "../config.ts";
import { learnFrom } from "../evidence/past/learn-from.ts";
import type { PastRecording } from "../evidence/past/past-recordings.ts";
import type { Endpoint, Plant } from "../plant/model.ts";
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
  const id = asked.name ?? "learned";
  const made = await learnFrom(past, { plant, text, id, margin, endpoint: endpoint.endpoint });
  if (!made) throw new PastAskedWrongly("nothing was done and permitted in them");
  const { refused, operations, notes, unneeded } = made;
  if (asked.out !== undefined) writeFileSync(asked.out, made.plantText, { mode: 0o600 });
  out.write(made.text);
  const left = unneeded.map((name) => `nothing needed the rule "${name}": it is not in here`);
  out.write(remarks([...notes, ...left]));
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

function remarks(lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join("");
}

const PERCENT_MAX = 1_000;

function marginOf(text = "0%"): number {
  const percent = /^(\d{1,4})%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= PERCENT_MAX) return Number(percent) / 100;
  throw new PastAskedWrongly("--margin must be a percentage such as 10%");
}
