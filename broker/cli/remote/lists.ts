/** The commands that show what one may reach, and what became of it. */
import type { Answer, BrokerClient } from "./broker-client.ts";
import { CommandFailed, EXIT } from "./exit-codes.ts";
import { type Flags, harmless, jsonLine, leftText, type Output, show, timeText } from "./output.ts";

/** Lists of what is at one site, where a broker serves several. */
export interface SiteFlags extends Flags {
  readonly site?: string;
}

/** Of a list. @throws CommandFailed usage where there is no such site */
async function atSite(client: BrokerClient, site: string | undefined) {
  if (site === undefined) return () => true;
  const { sites } = await client.ask("GET /api/me");
  if (!sites.some(({ id }) => id === site)) {
    const ids = sites.map(({ id }) => harmless(id)).join(", ");
    const known = ids === "" ? "this broker serves one site alone" : `the sites here are ${ids}`;
    throw new CommandFailed(EXIT.usage, `there is no site ${harmless(site)}: ${known}`);
  }
  return (each: { readonly site: string }) => each.site === site;
}

export async function showAssets(
  client: BrokerClient,
  { site, ...flags }: SiteFlags,
  out: Output,
): Promise<void> {
  const isThere = await atSite(client, site);
  const { assets, zones } = await client.ask("GET /api/plant");
  const there = new Set(zones.filter(isThere).map(({ id }) => id));
  const rows = assets.filter(({ zone }) => there.has(zone)).flatMap(endpointsOf);
  show(out, flags, rows, {
    titles: ["ENDPOINT", "NAME", "PROTOCOL", "STATE", "YOU MAY"],
    row: (each) => [each.endpoint, each.name, each.protocol, each.state, each.may],
    none: "There is nothing that you may see. `sallyport request` asks for access.",
  });
}

function endpointsOf({ name, state, zone, endpoints }: Answer<"GET /api/plant">["assets"][number]) {
  return endpoints.map(({ id: endpoint, protocol, grants }) => {
    const live = grants.find((grant) => grant.live);
    const profiles = grants.filter((grant) => grant.live).map((grant) => grant.profile);
    const may = live ? live.classes.join(", ") : "ask for access";
    return { ...{ endpoint, name, zone, protocol, state, may, profiles } };
  });
}

export async function showGrants(
  client: BrokerClient,
  { site, ...flags }: SiteFlags,
  out: Output,
): Promise<void> {
  const isThere = await atSite(client, site);
  const grants = await client.ask("GET /api/me/grants");
  show(out, flags, grants.filter(isThere), {
    titles: ["GRANT", "ENDPOINT", "PROFILE", "STATE", "UNTIL", "CLASSES"],
    row: (grant) => [
      ...[grant.id, grant.endpoint, grant.profile, grant.state],
      ...[timeText(grant.untilMs), grant.classes.join(", ")],
    ],
    none: "You hold no grant now. `sallyport request` asks for one.",
  });
}

export async function showSessions(
  client: BrokerClient,
  { site, ...flags }: SiteFlags,
  out: Output,
): Promise<void> {
  const isThere = await atSite(client, site);
  const sessions = await client.ask("GET /api/sessions");
  show(out, flags, sessions.filter(isThere), {
    titles: ["SESSION", "ENDPOINT", "WHO", "SINCE", "LEFT", "WRITES", "REFUSED"],
    row: (each) => [
      ...[each.id, each.endpoint, each.mine ? "you" : each.subject.name],
      ...[timeText(each.startedMs), leftText(each.untilMs - Date.now())],
      ...[String(each.counts.changed), String(each.counts.refused)],
    ],
    none: "There is no session now.",
  });
}

/** What needs a person, where one's role includes it. */
export async function showAlarms(
  client: BrokerClient,
  { site, ...flags }: SiteFlags,
  out: Output,
): Promise<void> {
  await atSite(client, site);
  const alarms = await client.ask("GET /api/alarms", {
    query: { ...(site !== undefined && { site }) },
  });
  show(out, flags, alarms, {
    titles: ["PRIORITY", "STATE", "SINCE", "TIMES", "SITE", "ALARM", "WHAT HAPPENED"],
    row: (each) => [
      ...[each.priority, each.state, timeText(each.sinceMs), String(each.count)],
      ...[each.site ?? "not known", each.title, each.text],
    ],
    none: "Nothing needs a person.",
  });
}

/** Services that may work here; which of them nobody uses, and which end soon. */
export async function showWorkloads(
  client: BrokerClient,
  flags: Flags,
  out: Output,
): Promise<void> {
  const { workloads, problem } = await client.ask("GET /api/workloads");
  if (problem !== null && !flags.json) out.write(`${harmless(problem)}\n\n`);
  show(out, flags, workloads, {
    titles: ["WORKLOAD", "OWNER", "STATE", "UNTIL", "PROOF ENDS", "LAST PROVED", "LOOK AT IT"],
    row: (each) => [
      ...[each.handle, each.owner, each.state, timeText(each.untilMs)],
      ...[timeText(each.proofEndsMs), timeText(each.lastUsedMs), each.marks.join(", ")],
    ],
    none: "No service may work here: SALLYPORT_WORKLOADS names the file that says which.",
  });
}

export async function endSession(
  client: BrokerClient,
  id: string,
  { reason, ...flags }: Flags & { readonly reason: string },
  out: Output,
): Promise<void> {
  const cut = await client.ask("POST /api/sessions/{id}/end", { params: { id }, body: { reason } });
  if (flags.json) out.write(jsonLine(cut));
  else out.write(`Ended. ${cut.droppedOperations} operations that waited were dropped.\n`);
}

export interface RecordingFilter {
  readonly asset?: string;
  readonly site?: string;
  readonly limit: number;
}

export async function showRecordings(
  client: BrokerClient,
  { asset, site, limit, ...flags }: Flags & RecordingFilter,
  out: Output,
): Promise<void> {
  await atSite(client, site);
  const narrowed = { ...(asset !== undefined && { asset }), ...(site !== undefined && { site }) };
  const found = await client.ask("GET /api/recordings", {
    query: { limit, probes: "without", ...narrowed },
  });
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
  const wanted = { endpoints: [...endpoints], profile, durationMs, reason };
  const made = await client.ask("POST /api/requests", {
    body: { ...wanted, ...(ticket !== undefined && { ticket }) },
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
