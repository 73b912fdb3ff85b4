/**
 * Columns for where what an alarm is about is. What is of the broker itself is of the whole; the
 * place of others that are there already is found when the plant file is read (`placeAlarms`), or
 * nobody knows it.
 */
import { type Kysely, sql } from "kysely";
import type { Schema } from "./schema.ts";

export async function alarmPlaceColumns<S extends Schema>(db: Kysely<S>): Promise<void> {
  for (const column of ["asset", "site"]) {
    await db.schema.alterTable("alarms").addColumn(column, "text").execute();
  }
  await db.schema.createIndex("alarms_by_asset").on("alarms").column("asset").execute();
  await sql`update alarms set site = '' where session is null and source = 'site'`.execute(db);
}
