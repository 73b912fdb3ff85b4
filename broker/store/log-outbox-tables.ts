/**
 * What the site log has yet to hold. An event or a signed act takes its place here in the very
 * transaction that keeps it and loses it once its leaf is durable, so that whatever a crash comes
 * between, nothing that was kept is forgotten.
 */
import { type Kysely, sql } from "kysely";
import { insertTrigger } from "./insert-trigger.ts";
import type { Schema } from "./schema.ts";

export async function logOutboxTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("log_outbox")
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addUniqueConstraint("log_outbox_once", ["kind", "id"])
    .execute();
  // From where the site log was remembered to be, in the order of before.
  await sql`
    insert into log_outbox (kind, id)
    select 'event', id from site_events
    where id > coalesce((select value from settings where name = 'site-log-event'), '')
    order by id`.execute(db);
  await sql`
    insert into log_outbox (kind, id)
    select 'action', id from signed_actions
    where at_ms >= coalesce(
      (select cast(value as integer) from settings where name = 'site-log-action-ms'), 0)
    order by at_ms, id`.execute(db);
  await insertTrigger(db, {
    name: "site_events_into_log_outbox",
    table: "site_events",
    statement: "insert into log_outbox (kind, id) values ('event', new.id)",
  });
  await insertTrigger(db, {
    name: "signed_actions_into_log_outbox",
    table: "signed_actions",
    statement: "insert into log_outbox (kind, id) values ('action', new.id)",
  });
}
