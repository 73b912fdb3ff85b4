/** The tables of people that an identity provider told of, and of its groups. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function provisioningTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("provisioned_people")
    .addColumn("person_id", "text", (column) => column.primaryKey().references("people.id"))
    .addColumn("user_name", "text", (column) => column.notNull().unique())
    .addColumn("external_id", "text")
    // JSON of the attributes that are kept as they were sent.
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("changed_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("provisioned_groups")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("external_id", "text")
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("changed_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("provisioned_members")
    .addColumn("group_id", "text", (column) => column.notNull().references("provisioned_groups.id"))
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addPrimaryKeyConstraint("provisioned_members_once", ["group_id", "person_id"])
    .execute();
}

export interface ProvisioningSchema {
  readonly provisioned_people: ProvisionedPeopleTable;
  readonly provisioned_groups: ProvisionedGroupsTable;
  readonly provisioned_members: ProvisionedMembersTable;
}

interface ProvisionedPeopleTable {
  person_id: string;
  user_name: string;
  external_id: string | null;
  body: string;
  version: number;
  created_ms: number;
  changed_ms: number;
}

interface ProvisionedGroupsTable {
  id: string;
  name: string;
  external_id: string | null;
  version: number;
  created_ms: number;
  changed_ms: number;
}

interface ProvisionedMembersTable {
  group_id: string;
  person_id: string;
}
