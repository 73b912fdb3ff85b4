/** Tables of requests, what was decided about them, and who sponsors whom. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function requestTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  for (const column of ["request_id", "weekly"]) {
    await db.schema.alterTable("grants").addColumn(column, "text").execute();
  }
  await db.schema.alterTable("grants").addColumn("sessions_max", "integer").execute();
  await signedActions(db);
  await requests(db);
  await db.schema
    .createTable("sponsors")
    .addColumn("vendor_id", "text", (column) => column.primaryKey().references("people.id"))
    .addColumn("sponsor_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .execute();
}

async function signedActions<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("signed_actions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("passkey_id", "text", (column) => column.notNull())
    .addColumn("rp_id", "text", (column) => column.notNull())
    .addColumn("public_key", "text", (column) => column.notNull())
    .addColumn("algorithm", "integer", (column) => column.notNull())
    .addColumn("client_data", "text", (column) => column.notNull())
    .addColumn("authenticator_data", "text", (column) => column.notNull())
    .addColumn("signature", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
}

async function requests<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("requests")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("requested_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("endpoints", "text", (column) => column.notNull())
    .addColumn("profile", "text", (column) => column.notNull())
    .addColumn("from_ms", "bigint")
    .addColumn("until_ms", "bigint")
    .addColumn("duration_ms", "bigint")
    .addColumn("weekly", "text")
    .addColumn("sessions_max", "integer")
    .addColumn("grant_id", "text")
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("ticket", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("state_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("request_decisions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("request_id", "text", (column) => column.notNull().references("requests.id"))
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("decision", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("action_id", "text", (column) => column.notNull().references("signed_actions.id"))
    .addUniqueConstraint("one_decision_each", ["request_id", "person_id"])
    .execute();
  for (const column of ["person_id", "state"]) {
    await db.schema.createIndex(`requests_by_${column}`).on("requests").column(column).execute();
  }
}
