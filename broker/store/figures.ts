/** What the store knows of a span of time, counted: the ground of the figures for a steering group. */
import type { Queries } from "./schema.ts";

export interface TimeSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How often each kind of event was noticed. */
export async function countEvents(
  queries: Queries,
  { fromMs, untilMs }: TimeSpan,
): Promise<ReadonlyMap<string, number>> {
  const rows = await queries
    .selectFrom("site_events")
    .select(({ fn }) => ["kind", fn.countAll<number>().as("count")])
    .where("at_ms", ">=", fromMs)
    .where("at_ms", "<", untilMs)
    .groupBy("kind")
    .execute();
  return new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
}

export interface SessionEvent {
  readonly atMs: number;
  readonly about: Readonly<Record<string, string>>;
}

/** More sessions than this in a month are counted by what they were in a part of it. */
export const SESSION_EVENTS_MAX = 100_000;

export async function sessionEvents(
  queries: Queries,
  kind: "session:opened" | "session:ended",
  { fromMs, untilMs }: TimeSpan,
): Promise<readonly SessionEvent[]> {
  const rows = await queries
    .selectFrom("site_events")
    .select(["at_ms", "about"])
    .where("kind", "=", kind)
    .where("at_ms", ">=", fromMs)
    .where("at_ms", "<", untilMs)
    .orderBy("id")
    .limit(SESSION_EVENTS_MAX)
    .execute();
  return rows.map(({ at_ms, about }) => ({
    atMs: Number(at_ms),
    about: about === null ? {} : JSON.parse(about),
  }));
}

export interface RequestFigures {
  readonly state: string;
  readonly createdMs: number;
  readonly stateMs: number;
  readonly expiresMs: number;
  /** Of those that were agreed to. */
  readonly grants: readonly string[];
}

/** Those that were made in the span. */
export async function requestsMade(
  queries: Queries,
  { fromMs, untilMs }: TimeSpan,
): Promise<readonly RequestFigures[]> {
  const rows = await queries
    .selectFrom("requests")
    .leftJoin("grants", "grants.request_id", "requests.id")
    .select(["requests.id", "requests.state", "requests.created_ms", "requests.state_ms"])
    .select(["requests.expires_ms", "grants.id as grant"])
    .where("requests.created_ms", ">=", fromMs)
    .where("requests.created_ms", "<", untilMs)
    .execute();
  return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    return [
      {
        state: first.state,
        createdMs: Number(first.created_ms),
        stateMs: Number(first.state_ms),
        expiresMs: Number(first.expires_ms),
        grants: own.flatMap(({ grant }) => grant ?? []),
      },
    ];
  });
}

/** Recordings that somebody has looked into: who, as ids of persons; a link counts as nobody's own. */
export async function lookedInto(
  queries: Queries,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await queries
    .selectFrom("recording_views")
    .select(["recording", "person_id"])
    .where("how", "!=", "live")
    .distinct()
    .execute();
  const found = new Map<string, Set<string>>();
  for (const { recording, person_id } of rows) {
    const known = found.get(recording) ?? new Set<string>();
    known.add(person_id ?? "");
    found.set(recording, known);
  }
  return found;
}
