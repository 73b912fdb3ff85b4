/** The table of break-glass: a use has the id of the grant that it opened. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function breakGlassTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("break_glass_uses")
    .addColumn("id", "text", (column) => column.primaryKey().references("grants.id"))
    .addColumn("opened_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("holder_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("opened_ms", "bigint", (column) => column.notNull())
    .addColumn("action_id", "text", (column) => column.notNull().references("signed_actions.id"))
    .addColumn("reviewed_by", "text", (column) => column.references("people.id"))
    .addColumn("reviewed_ms", "bigint")
    .addColumn("verdict", "text")
    .addColumn("comment", "text")
    .addColumn("review_action_id", "text", (column) => column.references("signed_actions.id"))
    .execute();
  await db.schema
    .createIndex("break_glass_uses_by_opened_ms")
    .on("break_glass_uses")
    .column("opened_ms")
    .execute();
}
