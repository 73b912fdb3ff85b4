/** The table of people's devices, and which of them a sign-in was made on. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function deviceTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("devices")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("key_thumbprint", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("enrolled_ms", "bigint", (column) => column.notNull())
    .addColumn("used_ms", "bigint", (column) => column.notNull())
    .addColumn("revoked_ms", "bigint")
    .addColumn("revoked_by", "text")
    .addColumn("machine_id", "text")
    .addColumn("inventory", "text", (column) => column.notNull())
    .addColumn("report", "text")
    // A browser that two people share has one key, and is a device of each of them.
    .addUniqueConstraint("devices_key_of_person", ["person_id", "key_thumbprint"])
    .execute();
  await db.schema.alterTable("sign_ins").addColumn("device_id", "text").execute();
}
