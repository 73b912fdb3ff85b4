/** The table of gateways that may reach assets for this site. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function gatewayTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("gateways")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("created_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("token_hash", "text", (column) => column.unique())
    .addColumn("token_until_ms", "bigint")
    .addColumn("certificate", "text")
    .addColumn("certificate_next", "text")
    .addColumn("seen_ms", "bigint")
    .addColumn("revoked_ms", "bigint")
    .execute();
}
