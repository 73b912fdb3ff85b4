/**
 * Forward only. Each step runs in a transaction of its own together with the note that it ran, so
 * a crash between steps leaves a database that the next start continues from. A step that was
 * released is never edited: add another.
 */
import { type Kysely, sql } from "kysely";
import type { Clock } from "../clock.ts";
import { alarmPlaceColumns } from "./alarm-place-columns.ts";
import { alarmTables } from "./alarm-tables.ts";
import { apiTokenTable } from "./api-token-table.ts";
import { approvalNeedsColumns } from "./approval-needs-columns.ts";
import { assetIdentityTable } from "./asset-identity-table.ts";
import { breakGlassTables } from "./break-glass-tables.ts";
import { changeTables } from "./change-tables.ts";
import { credentialTables } from "./credential-tables.ts";
import { deviceTable } from "./device-table.ts";
import { gatewayTable } from "./gateway-table.ts";
import { grantUseTable } from "./grant-use-table.ts";
import { integrationTables } from "./integration-tables.ts";
import { lockTables } from "./lock-tables.ts";
import { logOutboxTables } from "./log-outbox-tables.ts";
import { machineColumns } from "./machine-columns.ts";
import { providerTables } from "./provider-tables.ts";
import { provisioningTables } from "./provisioning-tables.ts";
import { recordingTables } from "./recording-tables.ts";
import { requestTables } from "./request-tables.ts";
import type { Schema } from "./schema.ts";
import { signalTables } from "./signal-tables.ts";
import { sshKeyTable } from "./ssh-key-table.ts";
import { StoreFailed } from "./store-failed.ts";

interface VersionTable {
  version: number;
  name: string;
  applied_ms: number;
}

type Versioned = Kysely<Schema & { schema_version: VersionTable }>;

interface Migration {
  readonly name: string;
  readonly up: (db: Versioned) => Promise<void>;
}

const MIGRATIONS: readonly Migration[] = [
  { name: "people and how they sign in", up: peopleAndSignIns },
  { name: "grants, events, settings", up: grantsAndEvents },
  { name: "requests, decisions, sponsors", up: requestTables },
  { name: "lockdown", up: lockTables },
  { name: "last use of grants", up: grantUseTable },
  { name: "break-glass", up: breakGlassTables },
  { name: "integrations", up: integrationTables },
  { name: "alarms", up: alarmTables },
  { name: "credentials of assets", up: credentialTables },
  { name: "comments on recordings, who looked, links", up: recordingTables },
  { name: "changes that wait for another administrator", up: changeTables },
  { name: "what approvers ask of sessions", up: approvalNeedsColumns },
  { name: "what the site log has yet to hold", up: logOutboxTables },
  { name: "identities of assets", up: assetIdentityTable },
  { name: "sign-ins of commands", up: machineColumns },
  { name: "keys of people's SSH clients", up: sshKeyTable },
  { name: "devices of people", up: deviceTable },
  { name: "gateways", up: gatewayTable },
  { name: "tokens of programs", up: apiTokenTable },
  { name: "signals of other systems, and what they ask of people", up: signalTables },
  { name: "people that an identity provider tells of", up: provisioningTables },
  { name: "accounts at identity providers", up: providerTables },
  { name: "where what alarms are about is", up: alarmPlaceColumns },
];

/** @throws StoreFailed if the database was written by a newer Sallyport */
export async function migrate(store: Kysely<Schema>, clock: Clock): Promise<void> {
  const db = store as unknown as Versioned;
  await db.schema
    .createTable("schema_version")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("applied_ms", "bigint", (column) => column.notNull())
    .execute();
  const { at } = await db
    .selectFrom("schema_version")
    .select((select) => select.fn.coalesce(select.fn.max("version"), sql<number>`0`).as("at"))
    .executeTakeFirstOrThrow();
  if (Number(at) > MIGRATIONS.length) {
    throw new StoreFailed(
      `the database has schema version ${at}, this Sallyport knows ${MIGRATIONS.length}: start the newer one`,
    );
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < Number(at)) continue;
    await db.transaction().execute(async (step) => {
      await migration.up(step);
      await step
        .insertInto("schema_version")
        .values({ version: index + 1, name: migration.name, applied_ms: clock.wallMs() })
        .execute();
    });
  }
}

async function peopleAndSignIns(db: Versioned): Promise<void> {
  await db.schema
    .createTable("people")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("email", "text", (column) => column.notNull().unique())
    .addColumn("employer", "text", (column) => column.notNull())
    .addColumn("roles", "text", (column) => column.notNull())
    .addColumn("user_handle", "text", (column) => column.notNull().unique())
    .addColumn("enrolled_ms", "bigint")
    .addColumn("disabled_ms", "bigint")
    .addColumn("last_sign_in_ms", "bigint")
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .execute();
  await passkeys(db);
  await signIns(db);
  await db.schema
    .createTable("challenges")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("binding", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .execute();
  await index(db, "challenges", "address");
  await index(db, "challenges", "expires_ms");
  await db.schema
    .createTable("enrolment_links")
    .addColumn("token_hash", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .execute();
  await index(db, "enrolment_links", "person_id");
  await recoveries(db);
}

async function passkeys(db: Versioned): Promise<void> {
  await db.schema
    .createTable("passkeys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("label", "text", (column) => column.notNull())
    .addColumn("rp_id", "text", (column) => column.notNull())
    .addColumn("public_key", "text", (column) => column.notNull())
    .addColumn("algorithm", "integer", (column) => column.notNull())
    .addColumn("counter", "bigint", (column) => column.notNull())
    .addColumn("transports", "text", (column) => column.notNull())
    .addColumn("aaguid", "text", (column) => column.notNull())
    .addColumn("user_verified", "integer", (column) => column.notNull())
    .addColumn("backup_eligible", "integer", (column) => column.notNull())
    .addColumn("backed_up", "integer", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("last_used_ms", "bigint")
    .execute();
  await index(db, "passkeys", "person_id");
}

async function signIns(db: Versioned): Promise<void> {
  await db.schema
    .createTable("sign_ins")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("passkey_id", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("user_agent", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("last_seen_ms", "bigint", (column) => column.notNull())
    .addColumn("asserted_ms", "bigint", (column) => column.notNull())
    .addColumn("absolute_ends_ms", "bigint", (column) => column.notNull())
    .execute();
  await index(db, "sign_ins", "person_id");
}

async function recoveries(db: Versioned): Promise<void> {
  await db.schema
    .createTable("recoveries")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("requested_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("requested_ms", "bigint", (column) => column.notNull())
    .addColumn("expires_ms", "bigint", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("approved_by", "text", (column) => column.references("people.id"))
    .addColumn("approved_ms", "bigint")
    .execute();
  await index(db, "recoveries", "expires_ms");
}

async function grantsAndEvents(db: Versioned): Promise<void> {
  await db.schema
    .createTable("grants")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("person_id", "text", (column) => column.notNull().references("people.id"))
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("profile", "text", (column) => column.notNull())
    .addColumn("from_ms", "bigint", (column) => column.notNull())
    .addColumn("until_ms", "bigint", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("created_by", "text", (column) => column.notNull().references("people.id"))
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("revoked_ms", "bigint")
    .addColumn("revoked_by", "text", (column) => column.references("people.id"))
    .execute();
  await index(db, "grants", "person_id");
  await db.schema
    .createTable("site_events")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("priority", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("subject", "text")
    .addColumn("session", "text")
    .execute();
  await db.schema
    .createTable("settings")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

function index(db: Versioned, table: string, column: string): Promise<void> {
  return db.schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute();
}
