/** Columns of sign-ins that a command on a person's machine holds; null for those of browsers. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function machineColumns<S extends Schema>(db: Kysely<S>): Promise<void> {
  for (const column of ["machine", "key_thumbprint"]) {
    await db.schema.alterTable("sign_ins").addColumn(column, "text").execute();
  }
}
