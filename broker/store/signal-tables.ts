/** The tables of signals from other systems, and of what is asked of people because of them. */
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

export async function signalTables<S extends Schema>(db: Kysely<S>): Promise<void> {
  await db.schema
    .createTable("signals")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("transmitter", "text", (column) => column.notNull())
    // SHA-256 of what the transmitter calls it, so that it is as long whoever sends.
    .addColumn("jti_hash", "text", (column) => column.notNull())
    .addColumn("received_ms", "bigint", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("person_id", "text", (column) => column.references("people.id"))
    .addColumn("about", "text", (column) => column.notNull())
    .addColumn("decision", "text", (column) => column.notNull())
    // JSON list of what it did.
    .addColumn("effects", "text", (column) => column.notNull())
    .addColumn("took_ms", "real", (column) => column.notNull())
    .addUniqueConstraint("signals_once", ["transmitter", "jti_hash"])
    .execute();
  await db.schema
    .createIndex("signals_by_received_ms")
    .on("signals")
    .columns(["transmitter", "received_ms"])
    .execute();
  await db.schema
    .createTable("demands")
    // Source, person, asset and what is asked: the newer takes the place of the older.
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("until_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("signal_streams")
    .addColumn("transmitter", "text", (column) => column.primaryKey())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
}

export interface SignalSchema {
  readonly signals: SignalsTable;
  readonly demands: DemandsTable;
  readonly signal_streams: SignalStreamsTable;
}

interface SignalsTable {
  id: string;
  transmitter: string;
  jti_hash: string;
  received_ms: number;
  type: string;
  person_id: string | null;
  about: string;
  decision: string;
  effects: string;
  took_ms: number;
}

interface DemandsTable {
  key: string;
  body: string;
  until_ms: number;
}

interface SignalStreamsTable {
  transmitter: string;
  body: string;
}
