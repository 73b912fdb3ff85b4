/** When each grant was first known and last used, for the review of standing rights. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function grantUseTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("grant_uses")
    .addColumn("grant_id", "text", (column) => column.primaryKey())
    .addColumn("first_ms", "bigint", (column) => column.notNull())
    .addColumn("last_ms", "bigint")
    .addColumn("last_by", "text")
    .execute();
}
