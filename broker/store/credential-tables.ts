/** The table of what assets are signed in to with. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function credentialTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("credentials")
    .addColumn("endpoint", "text", (column) => column.primaryKey())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("user_name", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("set_by", "text", (column) => column.notNull())
    .addColumn("set_ms", "bigint", (column) => column.notNull())
    .execute();
}
