/** The table of what assets showed as their identity, and which of it an administrator accepted. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function assetIdentityTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("asset_identities")
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("shown", "text", (column) => column.notNull())
    .addColumn("first_ms", "bigint", (column) => column.notNull())
    .addColumn("last_ms", "bigint", (column) => column.notNull())
    .addColumn("trusted", "text")
    .addColumn("proposed", "text")
    .addPrimaryKeyConstraint("asset_identities_key", ["endpoint", "kind", "fingerprint"])
    .execute();
}
