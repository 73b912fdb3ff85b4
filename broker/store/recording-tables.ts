/** Tables of what people say about recordings, who looked into them, and links for people without an account. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function recordingTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("recording_comments")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("recording", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("wall_ms", "bigint", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("withdrawn_ms", "bigint")
    .addColumn("withdrawn_why", "text")
    .execute();
  await index(db, "recording_comments", "recording");
  await shares(db);
  await db.schema
    .createTable("recording_views")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("recording", "text", (column) => column.notNull())
    .addColumn("how", "text", (column) => column.notNull())
    .addColumn("person_id", "text", (column) => column.references("people.id"))
    .addColumn("share_id", "text", (column) => column.references("recording_shares.id"))
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("from_ms", "bigint", (column) => column.notNull())
    .addColumn("until_ms", "bigint", (column) => column.notNull())
    .addColumn("seen_from_ms", "bigint")
    .addColumn("seen_until_ms", "bigint")
    .execute();
  await index(db, "recording_views", "recording");
  await index(db, "recording_views", "share_id");
}

async function shares<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("recording_shares")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("recording", "text", (column) => column.notNull())
    .addColumn("from_ms", "bigint")
    .addColumn("until_ms", "bigint")
    .addColumn("recipient", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("made_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("made_ms", "bigint", (column) => column.notNull())
    .addColumn("ends_ms", "bigint", (column) => column.notNull())
    .addColumn("revoked_ms", "bigint")
    .addColumn("revoked_by", "text", (column) => column.references("people.id"))
    .execute();
  await index(db, "recording_shares", "recording");
}

async function index<S extends Schema>(
  db: Kysely<S>,
  table: string,
  column: string,
): Promise<void> {
  await db.schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute();
}
