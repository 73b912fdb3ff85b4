/** The commands that show what one may reach, and what became of it. */
import { z } from "zod";
import type { PlantView } from "../../api/shapes/plant.ts";
import { plantSchema } from "../../api/shapes/plant.ts";
import { heldGrantSchema, requestSchema } from "../../api/shapes/requests.ts";
import { liveSessionSchema, recordingSchema } from "../../api/shapes/sessions.ts";
import type { BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { type Flags, jsonLine, leftText, type Output, show, timeText } from "./output.ts";

export async function showAssets(client: BrokerClient, flags: Flags, out: Output): Promise<void> {
  const plant = await client.ask(plantSchema, "GET", "/api/plant");
  show(out, flags, plant.assets.flatMap(endpointsOf), {
    titles: ["ENDPOINT", "NAME", "PROTOCOL", "STATE", "YOU MAY"],
    row: (each) => [each.endpoint, each.name, each.protocol, each.state, each.may],
    none: "There is nothing that you may see. `sallyport request` asks for access.",
  });
}

function endpointsOf({ name, state, zone, endpoints }: PlantView["assets"][number]) {
  return endpoints.map(({ id: endpoint, protocol, grants }) => {
    const live = grants.find((grant) => grant.live);
    const profiles = grants.filter((grant) => grant.live).map((grant) => grant.profile);
    const may = live ? live.classes.join(", ") : "ask for access";
    return { ...{ endpoint, name, zone, protocol, state, may, profiles } };
  });
}

export async function showGrants(client: BrokerClient, flags: Flags, out: Output): Promise<void> {
  const grants = await client.ask(z.array(heldGrantSchema), "GET", "/api/me/grants");
  show(out, flags, grants, {
    titles: ["GRANT", "ENDPOINT", "PROFILE", "STATE", "UNTIL", "CLASSES"],
    row: (grant) => [
      ...[grant.id, grant.endpoint, grant.profile, grant.state],
      ...[timeText(grant.untilMs), grant.classes.join(", ")],
    ],
    none: "You hold no grant now. `sallyport request` asks for one.",
  });
}

export async function showSessions(client: BrokerClient, flags: Flags, out: Output): Promise<void> {
  const sessions = await client.ask(z.array(liveSessionSchema), "GET", "/api/sessions");
  show(out, flags, sessions, {
    titles: ["SESSION", "ENDPOINT", "WHO", "SINCE", "LEFT", "WRITES", "REFUSED"],
    row: (each) => [
      ...[each.id, each.endpoint, each.mine ? "you" : each.subject.name],
      ...[timeText(each.startedMs), leftText(each.untilMs - Date.now())],
      ...[String(each.counts.changed), String(each.counts.refused)],
    ],
    none: "There is no session now.",
  });
}

export async function endSession(
  client: BrokerClient,
  id: string,
  { reason, ...flags }: Flags & { readonly reason: string },
  out: Output,
): Promise<void> {
  const answer = z.object({ cutMicroseconds: z.number(), droppedOperations: z.number() });
  const path = `/api/sessions/${encodeURIComponent(id)}/end`;
  const cut = await client.ask(answer, "POST", path, { reason });
  if (flags.json) out.write(jsonLine(cut));
  else out.write(`Ended. ${cut.droppedOperations} operations that waited were dropped.\n`);
}

export interface RecordingFilter {
  readonly asset?: string;
  readonly limit: number;
}

export async function showRecordings(
  client: BrokerClient,
  { asset, limit, ...flags }: Flags & RecordingFilter,
  out: Output,
): Promise<void> {
  const query = new URLSearchParams({ limit: String(limit), probes: "without" });
  if (asset !== undefined) query.set("asset", asset);
  const found = await client.ask(z.array(recordingSchema), "GET", `/api/recordings?${query}`);
  show(out, flags, found, {
    titles: ["RECORDING", "BEGAN", "WHO", "ENDPOINT", "STATE", "WRITES", "REFUSED"],
    row: (each) => [
      ...[each.id, timeText(each.startedMs), each.subject.name, each.endpoint, each.state],
      ...[String(each.counts.changed), String(each.counts.refused)],
    ],
    none: "There is no recording that you may see.",
  });
}

export interface Wanted {
  readonly profile: string;
  readonly for: number;
  readonly reason: string;
  readonly ticket?: string;
}

export async function makeRequest(
  client: BrokerClient,
  endpoints: readonly string[],
  { profile, for: durationMs, reason, ticket, ...flags }: Flags & Wanted,
  out: Output,
): Promise<void> {
  const made = await client.ask(requestSchema, "POST", "/api/requests", {
    ...{ endpoints, profile, durationMs, reason },
    ...(ticket !== undefined && { ticket }),
  });
  if (flags.json) out.write(jsonLine(made));
  else {
    const asked = made.approvals.flatMap(({ by }) => by);
    const whom = asked.length > 0 ? ` It waits for ${[...new Set(asked)].join(", ")}.` : "";
    out.write(`Asked for, as ${made.id}: ${made.state}.${whom}\n`);
  }
}

/** `30m`, `4h`, `2d`. @throws CommandFailed usage */
export function durationOf(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (ms === undefined || count === "") {
    throw new CommandFailed(EXIT.usage, `${text} is no time: say 30m, 4h or 2d`);
  }
  return Number(count) * ms;
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
