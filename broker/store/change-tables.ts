/** Tables of changes that wait for another administrator. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function changeTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("change_proposals")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("files", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("based_on", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("proposed_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("proposed_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("state_ms", "bigint", (column) => column.notNull())
    .addColumn("decided_by", "text", (column) => column.references("people.id"))
    .addColumn("action_id", "text", (column) => column.references("signed_actions.id"))
    .execute();
  await db.schema
    .createIndex("change_proposals_by_proposed_ms")
    .on("change_proposals")
    .column("proposed_ms")
    .execute();
}
