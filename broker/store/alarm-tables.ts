/** The table of alarms: one row from when an alarm is raised until it is over, then its history. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function alarmTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("alarms")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("subject", "text")
    .addColumn("session", "text")
    .addColumn("since_ms", "bigint", (column) => column.notNull())
    .addColumn("last_ms", "bigint", (column) => column.notNull())
    .addColumn("count", "integer", (column) => column.notNull())
    .addColumn("returned_ms", "bigint")
    .addColumn("acknowledged_by", "text")
    .addColumn("acknowledged_name", "text")
    .addColumn("acknowledged_ms", "bigint")
    .addColumn("acknowledged_reason", "text")
    .addColumn("shelved_by", "text")
    .addColumn("shelved_name", "text")
    .addColumn("shelved_ms", "bigint")
    .addColumn("shelved_reason", "text")
    .addColumn("shelved_until_ms", "bigint")
    .addColumn("ended_ms", "bigint")
    .execute();
  await db.schema.createIndex("alarms_by_ended_ms").on("alarms").column("ended_ms").execute();
}

export interface AlarmsTable {
  id: string;
  kind: string;
  source: string;
  text: string;
  subject: string | null;
  session: string | null;
  since_ms: number;
  last_ms: number;
  count: number;
  returned_ms: number | null;
  acknowledged_by: string | null;
  acknowledged_name: string | null;
  acknowledged_ms: number | null;
  acknowledged_reason: string | null;
  shelved_by: string | null;
  shelved_name: string | null;
  shelved_ms: number | null;
  shelved_reason: string | null;
  shelved_until_ms: number | null;
  /** Set once it is over: returned to normal and acknowledged. */
  ended_ms: number | null;
  asset: string | null;
  /** Empty: of the whole; null: nobody knows. */
  site: string | null;
}
