/** The table of public keys that people registered for their own SSH clients. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function sshKeyTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("ssh_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("public_key", "text", (column) => column.notNull())
    // One key is one person: two could not be told apart.
    .addColumn("fingerprint", "text", (column) => column.notNull().unique())
    .addColumn("action_id", "text", (column) => column.notNull())
    .addColumn("added_ms", "bigint", (column) => column.notNull())
    .addColumn("used_ms", "bigint")
    .execute();
}
