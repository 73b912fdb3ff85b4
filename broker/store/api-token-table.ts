/** The table of tokens by which programs use the API for a person. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function apiTokenTable<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("api_tokens")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("name", "text", (column) => column.notNull())
    // Names with a space between them.
    .addColumn("rights", "text", (column) => column.notNull())
    // JSON list of ids; null for all.
    .addColumn("assets", "text")
    .addColumn("key_thumbprint", "text")
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addColumn("used_ms", "bigint")
    .execute();
  const index = db.schema.createIndex("api_tokens_by_person_id").on("api_tokens");
  await index.column("person_id").execute();
}

export interface ApiTokensTable {
  id: string;
  token_hash: string;
  person_id: string;
  name: string;
  rights: string;
  assets: string | null;
  key_thumbprint: string | null;
  created_ms: number;
  expires_ms: number;
  used_ms: number | null;
}
