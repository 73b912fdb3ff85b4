/** What is kept and not yet known to be in the site log, in the order of the commits. */
import type { SignedAction, SiteEvent } from "./model.ts";
import type { Queries } from "./schema.ts";
import { toSignedAction } from "./signed-actions.ts";

export type OutboxKind = "event" | "action";

export interface Pending<T> {
  readonly position: number;
  readonly item: T;
}

export async function pendingEvents(
  queries: Queries,
  after: number,
  limit: number,
): Promise<readonly Pending<SiteEvent>[]> {
  const rows = await queries
    .selectFrom("log_outbox")
    .innerJoin("site_events", "site_events.id", "log_outbox.id")
    .selectAll("site_events")
    .select("log_outbox.position")
    .where("log_outbox.kind", "=", "event")
    .where("position", ">", after)
    .orderBy("position")
    .limit(limit)
    .execute();
  return rows.map(({ position, at_ms, about, kind, ...rest }) => ({
    position: Number(position),
    item: { ...rest, kind, atMs: Number(at_ms), ...(about && { about: JSON.parse(about) }) },
  }));
}

export async function pendingActions(
  queries: Queries,
  after: number,
  limit: number,
): Promise<readonly Pending<SignedAction>[]> {
  const rows = await queries
    .selectFrom("log_outbox")
    .innerJoin("signed_actions", "signed_actions.id", "log_outbox.id")
    .selectAll("signed_actions")
    .select("log_outbox.position")
    .where("log_outbox.kind", "=", "action")
    .where("position", ">", after)
    .orderBy("position")
    .limit(limit)
    .execute();
  return rows.map(({ position, ...row }) => ({
    position: Number(position),
    item: toSignedAction(row),
  }));
}

/** They are in the site log. */
export async function leaveOutbox(
  queries: Queries,
  kind: OutboxKind,
  ids: readonly string[],
): Promise<void> {
  await queries
    .deleteFrom("log_outbox")
    .where("kind", "=", kind)
    .where("id", "in", [...ids])
    .execute();
}
