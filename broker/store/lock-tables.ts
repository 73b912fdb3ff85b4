/** The table of lockdown. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function lockTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("locks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("target", "text", (column) => column.notNull())
    .addColumn("target_name", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("locked_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("locked_ms", "bigint", (column) => column.notNull())
    .addColumn("lift_by", "text", (column) => column.references("people.id"))
    .addColumn("lift_ms", "bigint")
    .addColumn("lift_action_id", "text", (column) => column.references("signed_actions.id"))
    .addColumn("lifted_by", "text", (column) => column.references("people.id"))
    .addColumn("lifted_ms", "bigint")
    .addColumn("lifted_action_id", "text", (column) => column.references("signed_actions.id"))
    .execute();
  await db.schema.createIndex("locks_by_lifted_ms").on("locks").column("lifted_ms").execute();
}
