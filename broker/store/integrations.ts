/** How far each integration has come, and what it could not deliver. */
import { newId } from "./ids.ts";
import { aboutOf } from "./integration-feed.ts";
import type { Queries } from "./schema.ts";

export interface IntegrationCursor {
  readonly name: string;
  /** Everything up to here was taken, dropped or is of no interest. */
  readonly position: number;
  /** Receivers who have the item behind it already. */
  readonly served: readonly string[];
  /** Items that were dropped and of which the receiver has not heard; null for none. */
  readonly dropped: Dropped | null;
  readonly succeededMs: number | null;
}

export interface Dropped {
  readonly count: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Something that no receiver will take. */
export interface DeadLetter {
  readonly id: string;
  readonly integration: string;
  readonly eventId: string;
  readonly kind: string;
  readonly receiver: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Kept of one integration: enough to see a pattern. */
export const DEAD_LETTERS_MAX = 200;

export async function listCursors(queries: Queries): Promise<readonly IntegrationCursor[]> {
  const rows = await queries.selectFrom("integration_cursors").selectAll().execute();
  return rows.map((row) => ({
    name: row.name,
    position: Number(row.position),
    served: JSON.parse(row.served),
    dropped:
      Number(row.dropped) === 0
        ? null
        : {
            count: Number(row.dropped),
            fromMs: Number(row.dropped_from_ms),
            untilMs: Number(row.dropped_until_ms),
          },
    succeededMs: row.succeeded_ms === null ? null : Number(row.succeeded_ms),
  }));
}

export async function writeCursor(queries: Queries, cursor: IntegrationCursor): Promise<void> {
  const { name, position, served, dropped, succeededMs } = cursor;
  const values = {
    position,
    served: JSON.stringify(served),
    dropped: dropped?.count ?? 0,
    dropped_from_ms: dropped?.fromMs ?? null,
    dropped_until_ms: dropped?.untilMs ?? null,
    succeeded_ms: succeededMs,
  };
  await queries
    .insertInto("integration_cursors")
    .values({ name, ...values })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(values))
    .execute();
}

export async function deleteCursor(queries: Queries, name: string): Promise<void> {
  await queries.deleteFrom("integration_cursors").where("name", "=", name).execute();
}

export async function insertDeadLetter(
  queries: Queries,
  letter: Omit<DeadLetter, "id">,
): Promise<void> {
  const { eventId: event_id, atMs: at_ms, ...rest } = letter;
  await queries
    .insertInto("integration_dead_letters")
    .values({ id: newId(), ...rest, event_id, at_ms })
    .execute();
  const old = queries
    .selectFrom("integration_dead_letters")
    .select("id")
    .where("integration", "=", letter.integration)
    .orderBy("at_ms", "desc")
    .orderBy("id")
    .limit(1_000_000)
    .offset(DEAD_LETTERS_MAX);
  await queries.deleteFrom("integration_dead_letters").where("id", "in", old).execute();
}

/** Those of which the last that people heard is that they are not reached. */
export async function failingIntegrations(queries: Queries): Promise<ReadonlySet<string>> {
  const rows = await queries
    .selectFrom("site_events")
    .select(["kind", "about"])
    .where("kind", "in", ["integration:failing", "integration:recovered", "integration:forgotten"])
    .orderBy("id", "asc")
    .execute();
  const failing = new Set<string>();
  for (const { kind, about } of rows) {
    const { integration } = aboutOf(about);
    if (integration === undefined) continue;
    if (kind === "integration:failing") failing.add(integration);
    else failing.delete(integration);
  }
  return failing;
}

/** Newest first. */
export async function listDeadLetters(
  queries: Queries,
  integration: string,
): Promise<readonly DeadLetter[]> {
  const rows = await queries
    .selectFrom("integration_dead_letters")
    .selectAll()
    .where("integration", "=", integration)
    .orderBy("at_ms", "desc")
    .limit(DEAD_LETTERS_MAX)
    .execute();
  return rows.map(({ event_id: eventId, at_ms, ...rest }) => ({
    ...{ ...rest, eventId, atMs: Number(at_ms) },
  }));
}
