import type { AlarmsTable } from "./alarm-tables.ts";
import type { EventAbout } from "./model.ts";
import type { Queries } from "./schema.ts";

/** Somebody's word on an alarm. */
export interface AlarmAct {
  readonly by: string;
  readonly name: string;
  readonly atMs: number;
  readonly reason: string;
}

/** From when it was raised until it had returned to normal and somebody had acknowledged it. */
export interface Alarm {
  readonly id: string;
  readonly kind: string;
  /** What it is about where a kind can be raised several times: a session, a person, a part. */
  readonly source: string;
  readonly text: string;
  readonly subject: string | null;
  readonly session: string | null;
  /** At which it was; null where it is about none, or nobody knows. */
  readonly asset: string | null;
  /**
   * Where the asset, or what else it is about, is by the plant file in force: empty where that is
   * the whole, null where nobody knows.
   */
  readonly site: string | null;
  readonly sinceMs: number;
  /** Last time that its condition was found. */
  readonly lastMs: number;
  /** How often. */
  readonly count: number;
  /** Its condition is gone since then; null while it holds. */
  readonly returnedMs: number | null;
  readonly acknowledged: AlarmAct | null;
  readonly shelved: (AlarmAct & { readonly untilMs: number }) | null;
  readonly endedMs: number | null;
}

export async function keepAlarm(queries: Queries, alarm: Alarm): Promise<void> {
  const { id, ...rest } = rowOf(alarm);
  await queries
    .insertInto("alarms")
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(rest))
    .execute();
}

/** Those that are not over, oldest first. */
export async function listOpenAlarms(queries: Queries): Promise<readonly Alarm[]> {
  const rows = await queries
    .selectFrom("alarms")
    .selectAll()
    .where("ended_ms", "is", null)
    .orderBy("id")
    .execute();
  return rows.map(alarmOf);
}

export interface PastPage {
  /** Id of the last one seen. */
  readonly before?: string;
  readonly limit: number;
  /** Of these alone. */
  readonly sites?: readonly string[];
}

/** Those that are over, newest first. */
export async function listPastAlarms(queries: Queries, page: PastPage): Promise<readonly Alarm[]> {
  // Not every database has an empty list.
  if (page.sites?.length === 0) return [];
  const rows = await queries
    .selectFrom("alarms")
    .selectAll()
    .where("ended_ms", "is not", null)
    .$if(page.before !== undefined, (query) => query.where("id", "<", page.before ?? ""))
    .$if(page.sites !== undefined, (query) => query.where("site", "in", page.sites ?? []))
    .orderBy("id", "desc")
    .limit(page.limit)
    .execute();
  return rows.map(alarmOf);
}

/** Whether one of this kind, about one of these, was found at that time or later, over or not. */
export async function wasFoundSince(
  queries: Queries,
  kind: string,
  sources: readonly string[],
  sinceMs: number,
): Promise<boolean> {
  const row = await queries
    .selectFrom("alarms")
    .select("id")
    .where("kind", "=", kind)
    .where("source", "in", [...sources])
    .where("last_ms", ">=", sinceMs)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Sessions whose asset is looked for at once: the alarms of years are a few hundred. */
const SESSIONS_MAX = 500;

/**
 * Alarms go with their assets. Those of a session alone, and of releases that knew no sites, are at
 * the asset that the session was opened on.
 */
export async function placeAlarms(
  queries: Queries,
  siteOf: (asset: string) => string | null,
): Promise<void> {
  for (const [session, asset] of await assetsOfSessions(queries)) {
    const set = { asset, site: siteOf(asset) };
    await queries.updateTable("alarms").set(set).where("session", "=", session).execute();
  }
  const known = await queries
    .selectFrom("alarms")
    .select(["asset", "site"])
    .distinct()
    .where("asset", "is not", null)
    .execute();
  for (const { asset, site } of known) {
    const now = asset === null ? site : siteOf(asset);
    if (now === site) continue;
    await queries.updateTable("alarms").set({ site: now }).where("asset", "=", asset).execute();
  }
}

/** Of alarms that name a session and no asset. */
async function assetsOfSessions(queries: Queries): Promise<ReadonlyMap<string, string>> {
  const alarms = await queries
    .selectFrom("alarms")
    .select("session")
    .distinct()
    .where("asset", "is", null)
    .where("session", "is not", null)
    .limit(SESSIONS_MAX)
    .execute();
  if (alarms.length === 0) return new Map();
  const opened = await queries
    .selectFrom("site_events")
    .select(["session", "about"])
    .where("kind", "=", "session:opened")
    .where(
      "session",
      "in",
      alarms.map(({ session }) => session ?? ""),
    )
    .execute();
  const assets = new Map<string, string>();
  for (const { session, about } of opened) {
    const { asset }: EventAbout = about === null ? {} : JSON.parse(about);
    if (session !== null && asset !== undefined) assets.set(session, asset);
  }
  return assets;
}

/** Id of the newest alarm, so that ids go on in their order. */
export async function lastAlarmId(queries: Queries): Promise<string | undefined> {
  const row = await queries
    .selectFrom("alarms")
    .select("id")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

function rowOf(alarm: Alarm): AlarmsTable {
  const { acknowledged: ack, shelved } = alarm;
  return {
    id: alarm.id,
    kind: alarm.kind,
    source: alarm.source,
    text: alarm.text,
    subject: alarm.subject,
    session: alarm.session,
    asset: alarm.asset,
    site: alarm.site,
    since_ms: alarm.sinceMs,
    last_ms: alarm.lastMs,
    count: alarm.count,
    returned_ms: alarm.returnedMs,
    acknowledged_by: ack?.by ?? null,
    acknowledged_name: ack?.name ?? null,
    acknowledged_ms: ack?.atMs ?? null,
    acknowledged_reason: ack?.reason ?? null,
    shelved_by: shelved?.by ?? null,
    shelved_name: shelved?.name ?? null,
    shelved_ms: shelved?.atMs ?? null,
    shelved_reason: shelved?.reason ?? null,
    shelved_until_ms: shelved?.untilMs ?? null,
    ended_ms: alarm.endedMs,
  };
}

function alarmOf(row: AlarmsTable): Alarm {
  const acknowledged = actOf(
    row.acknowledged_by,
    row.acknowledged_name,
    row.acknowledged_ms,
    row.acknowledged_reason,
  );
  const shelf = actOf(row.shelved_by, row.shelved_name, row.shelved_ms, row.shelved_reason);
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    text: row.text,
    subject: row.subject,
    session: row.session,
    asset: row.asset,
    site: row.site,
    sinceMs: Number(row.since_ms),
    lastMs: Number(row.last_ms),
    count: Number(row.count),
    returnedMs: row.returned_ms === null ? null : Number(row.returned_ms),
    acknowledged,
    shelved: shelf && { ...shelf, untilMs: Number(row.shelved_until_ms) },
    endedMs: row.ended_ms === null ? null : Number(row.ended_ms),
  };
}

function actOf(
  by: string | null,
  name: string | null,
  atMs: number | null,
  reason: string | null,
): AlarmAct | null {
  if (by === null || name === null || atMs === null) return null;
  return { by, name, atMs: Number(atMs), reason: reason ?? "" };
}
