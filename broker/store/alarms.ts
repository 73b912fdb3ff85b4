import type { AlarmsTable } from "./alarm-tables.ts";
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

/** Those that are over, newest first. @param page.before id of the last one seen */
export async function listPastAlarms(
  queries: Queries,
  page: { readonly before?: string; readonly limit: number },
): Promise<readonly Alarm[]> {
  const rows = await queries
    .selectFrom("alarms")
    .selectAll()
    .where("ended_ms", "is not", null)
    .$if(page.before !== undefined, (query) => query.where("id", "<", page.before ?? ""))
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
