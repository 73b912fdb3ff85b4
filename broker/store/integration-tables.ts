/**
 * What goes out to other systems. Every event of the site takes its place in the feed in the very
 * transaction that keeps it, so the feed has the order of the commits and nothing can be between
 * an event and its place. Each integration remembers how far it has come.
 */
import type { Kysely } from "kysely";
import { insertTrigger } from "./insert-trigger.ts";
import type { Schema } from "./schema.ts";

export async function integrationTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema.alterTable("site_events").addColumn("about", "text").execute();
  await db.schema
    .createTable("integration_feed")
    .addColumn("position", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("event_id", "text", (column) => column.references("site_events.id"))
    .addColumn("subject", "text")
    .addColumn("body", "text")
    .execute();
  await insertTrigger(db, {
    name: "site_events_into_feed",
    table: "site_events",
    statement: "insert into integration_feed (event_id) values (new.id)",
  });
  await db.schema
    .createTable("integration_cursors")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("position", "bigint", (column) => column.notNull())
    .addColumn("served", "text", (column) => column.notNull())
    .addColumn("dropped", "bigint", (column) => column.notNull())
    .addColumn("dropped_from_ms", "bigint")
    .addColumn("dropped_until_ms", "bigint")
    .addColumn("succeeded_ms", "bigint")
    .execute();
  await db.schema
    .createTable("integration_dead_letters")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("integration", "text", (column) => column.notNull())
    .addColumn("event_id", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("integration_dead_letters_by_integration")
    .on("integration_dead_letters")
    .column("integration")
    .execute();
}
