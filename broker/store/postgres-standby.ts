/**
 * Brokers that wait for the active one's place, as the database server itself sees them: each has a
 * connection under a name of its own and says something over it again and again. Nothing is written
 * for it, and one that was stopped or whose machine is gone falls silent by the server's own clock.
 */
import { CompiledQuery } from "kysely";
import type { SqlStatement } from "./engine.ts";
import type { Queries } from "./schema.ts";

/** A broker that waits. */
export interface WaitingBroker {
  /** As its machine is called. */
  readonly name: string;
  /** Since it last said something, milliseconds of the server's clock. */
  readonly silentMs: number;
}

/** How often one that waits says something. */
export const STANDBY_BEAT_MS = 5_000;
/** Three beats lost, and time for a busy machine: one that says nothing for longer waits no more. */
export const STANDBY_SILENT_MAX_MS = 20_000;

const PREFIX = "sallyport standby ";
/** Of a name, so that it fits the 63 bytes that the server keeps. */
const NAME_MAX = 40;
/** There is one, or a few. */
const LISTED_MAX = 16;

/** Calls a connection that of a broker that waits. */
export function standbyName(hostname: string): SqlStatement {
  return {
    sql: "select set_config('application_name', $1, false)",
    parameters: [`${PREFIX}${hostname.slice(0, NAME_MAX)}`],
  };
}

/** Where the server does not track it (`track_activities` off), a connection is all that is known. */
export const WAITING_BROKERS = `
  select substr(application_name, ${PREFIX.length + 1}) as name,
    (extract(epoch from clock_timestamp() - coalesce(state_change, clock_timestamp())) * 1000)::bigint
      as silent
  from pg_stat_activity
  where datname = current_database() and usename = session_user
    and application_name like '${PREFIX}%'
  order by silent limit ${LISTED_MAX}`;

/** @param rows of `WAITING_BROKERS` @returns those that still say something, the last heard first */
export function waitingIn(rows: readonly Record<string, unknown>[]): readonly WaitingBroker[] {
  return rows
    .map(({ name, silent }) => ({ name: String(name), silentMs: Number(silent) }))
    .filter(({ silentMs }) => silentMs <= STANDBY_SILENT_MAX_MS);
}

/** @throws StoreAway, StoreFailed */
export async function waitingBrokers(queries: Queries): Promise<readonly WaitingBroker[]> {
  const { rows } = await queries.executeQuery<Record<string, unknown>>(
    CompiledQuery.raw(WAITING_BROKERS),
  );
  return waitingIn(rows);
}
