/** The table of accounts at identity providers, and through which one a sign-in was made. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function providerTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("provider_accounts")
    .addColumn("issuer", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("linked_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("linked_ms", "bigint", (column) => column.notNull())
    // Each issuer is a name space of its own: the same subject elsewhere is somebody else.
    .addPrimaryKeyConstraint("provider_accounts_once", ["issuer", "subject"])
    .execute();
  for (const [column, type] of COLUMNS) {
    await db.schema.alterTable("sign_ins").addColumn(column, type).execute();
  }
}

const COLUMNS = [
  ["provider_issuer", "text"],
  ["provider_subject", "text"],
  ["provider_sid", "text"],
  ["provider_issued_s", "bigint"],
] as const;

export interface ProviderSchema {
  readonly provider_accounts: ProviderAccountsTable;
}

export interface ProviderAccountsTable {
  issuer: string;
  subject: string;
  person_id: string;
  linked_by: string;
  linked_ms: number;
}
