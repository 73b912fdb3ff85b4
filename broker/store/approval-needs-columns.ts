/** Columns for what approvers ask of each session under a grant. JSON; null where they ask for nothing. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function approvalNeedsColumns<S extends Schema>(db: Kysely<S>): Promise<void> {
  for (const table of ["grants", "request_decisions"]) {
    await db.schema.alterTable(table).addColumn("needs", "text").execute();
  }
}
