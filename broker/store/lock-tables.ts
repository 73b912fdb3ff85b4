/** Tables of lockdown and of broken glass. */
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
  await db.schema
    .createTable("glass_breaks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("grant_id", "text", (column) => column.notNull().references("grants.id"))
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("opened_ms", "bigint", (column) => column.notNull())
    .addColumn("action_id", "text", (column) => column.notNull().references("signed_actions.id"))
    .addColumn("reviewed_by", "text", (column) => column.references("people.id"))
    .addColumn("reviewed_ms", "bigint")
    .addColumn("review", "text")
    .addColumn("review_action_id", "text", (column) => column.references("signed_actions.id"))
    .execute();
}
