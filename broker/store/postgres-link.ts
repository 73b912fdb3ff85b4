/**
 * One connection to PostgreSQL, with the right to be the only one. The server keeps that right (an
 * advisory lock) for exactly as long as the connection lives, so a broker that was killed leaves
 * nothing behind, and two never work on one database.
 *
 * Its timers are the network's, not the site's clock: a test that runs a day in a second must not
 * cut a connection by it.
 */
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { SqlAnswer, SqlStatement } from "./engine.ts";
import { type DatabaseDialer, type PostgresPlace, placeText } from "./postgres-place.ts";
import {
  StoreAway,
  StoreFailed,
  StoreInUse,
  StoreRefused,
  UniqueViolation,
} from "./store-failed.ts";

/** Over connecting, TLS and signing in. */
const CONNECT_WITHIN_MS = 10_000;
/** The server ends a statement then; none of the broker's takes a second. */
const STATEMENT_MAX_MS = 15_000;
/** The server's own end comes first; without any answer the way to it is gone. */
const ANSWER_WITHIN_MS = 20_000;
/** A broker that stops right now, or whose death the server has yet to notice, lets go within this. */
const LEASE_WITHIN_MS = 1_000;
const LEASE_POLL_MS = 100;
/** "sallypor" in ASCII; the lock is the database's own, so that others' numbers do not matter. */
const LEASE = "8314045600252325746";
/** Whether somebody has that right now; asking does not take it. */
export const LEASE_HELD = `select exists (select from pg_locks
  where locktype = 'advisory' and objsubid = 1
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = ${LEASE}) as held`;
/** The first with all that is used here that its makers still look after. */
const VERSION_MIN = 13;
/** The server finds out within half a minute that a broker's machine is gone. */
const SESSION = `
  set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;
  set tcp_user_timeout = 25000`;

const INT8 = 20;
const INT8_TYPES = {
  /** Counts and milliseconds, all below 2^53. */
  getTypeParser: (oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format),
};

export interface LinkOptions {
  readonly place: PostgresPlace;
  readonly dial: DatabaseDialer;
  /** A server that says nothing for so long is out of reach. */
  readonly answerWithinMs?: number;
  /** Only looks, and may do so beside a broker. */
  readonly reads?: boolean;
}

export class PostgresLink {
  private readonly client: pg.Client;
  private readonly socket: Socket;
  private readonly place: PostgresPlace;
  private answerWithinMs = ANSWER_WITHIN_MS;
  private lostBy: StoreAway | undefined;
  private readonly lost = Promise.withResolvers<never>();
  private lostListener: (error: StoreAway) => void = () => {};

  private constructor(client: pg.Client, socket: Socket, place: PostgresPlace) {
    this.client = client;
    this.socket = socket;
    this.place = place;
    this.lost.promise.catch(() => {});
    client.on("error", (error) => this.lose(error.message));
    client.on("end", () => this.lose("the connection has ended"));
  }

  /**
   * @param run names this process towards the server, and nobody else
   * @throws StoreInUse, StoreRefused; StoreAway if it cannot be reached
   */
  static async open(
    { place, dial, answerWithinMs, reads }: LinkOptions,
    run: string,
  ): Promise<PostgresLink> {
    const socket = await dial(place).catch((error: unknown) => {
      throw away(place, error);
    });
    const link = new PostgresLink(clientOf(place, socket, run), socket, place);
    link.answerWithinMs = answerWithinMs ?? ANSWER_WITHIN_MS;
    try {
      await link.client.connect().catch((error: unknown) => {
        throw away(place, error);
      });
      await link.check();
      if (!reads) await link.lease(run);
      return link;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** @throws StoreAway if the connection is lost; UniqueViolation or StoreFailed for the statement */
  async query({ sql, parameters }: SqlStatement): Promise<SqlAnswer & { command: string }> {
    if (this.lostBy) throw this.lostBy;
    const late = setTimeout(() => this.lose("it does not answer"), this.answerWithinMs);
    const asked = this.client.query({ text: sql, values: parameters.map(toPostgres) });
    try {
      const answer = await Promise.race([asked, this.lost.promise]);
      // Several statements without parameters are answered by a list; the last one counts.
      const result = Array.isArray(answer) ? (answer as pg.QueryResult[]).at(-1) : answer;
      const { rows = [], rowCount, command = "" } = result ?? {};
      const changes = /^(INSERT|UPDATE|DELETE)$/.test(command) ? (rowCount ?? 0) : 0;
      return { rows, changes, command };
    } catch (error) {
      asked.catch(() => {});
      throw this.reasonOf(error);
    } finally {
      clearTimeout(late);
    }
  }

  get isLost(): boolean {
    return this.lostBy !== undefined;
  }

  /** Called once, unless it is closed before. */
  onLost(listener: (error: StoreAway) => void): void {
    this.lostListener = listener;
    if (this.lostBy) listener(this.lostBy);
  }

  /** @param listener told of what others notify, on the channels that were listened on */
  onNotification(listener: () => void): void {
    this.client.on("notification", () => listener());
  }

  async close(): Promise<void> {
    this.lostListener = () => {};
    const ended = this.lostBy ? undefined : this.client.end().catch(() => {});
    await Promise.race([ended, pause(LEASE_WITHIN_MS)]);
    this.lose("it was closed");
  }

  /** As a cut cable would, for tests. */
  cut(): void {
    this.lose("the connection was cut");
  }

  private lose(reason: string): void {
    if (this.lostBy) return;
    this.lostBy = away(this.place, new Error(reason));
    this.socket.destroy();
    this.lost.reject(this.lostBy);
    this.lostListener(this.lostBy);
  }

  /** What the server says of a statement leaves the connection as it was; all else ends it. */
  private reasonOf(error: unknown): Error {
    if (this.lostBy) return this.lostBy;
    if (error instanceof pg.DatabaseError && error.severity === "ERROR") {
      return error.code === "23505"
        ? new UniqueViolation(error.message)
        : new StoreFailed(error.message);
    }
    this.lose(error instanceof Error ? error.message : String(error));
    return this.lostBy ?? away(this.place, error);
  }

  private async check(): Promise<void> {
    await this.query({ sql: SESSION, parameters: [] });
    const { rows } = await this.query({
      sql: `select current_setting('server_version_num')::integer / 10000 as version,
        current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
        current_setting('synchronous_commit') as acknowledges,
        pg_is_in_recovery() as standby, pg_backend_pid() as pid`,
      parameters: [],
    });
    const [{ version, encoding, fsync, acknowledges, standby, pid } = {}] = rows;
    const refuse = (why: string) =>
      new StoreRefused(`the database ${placeText(this.place)} ${why}`);
    if (standby === true)
      throw away(this.place, new Error("it is a standby, which takes no writes"));
    if (Number(version) < VERSION_MIN) {
      throw refuse(`is PostgreSQL ${version}: it must be ${VERSION_MIN} or newer`);
    }
    if (encoding !== "UTF8") {
      throw refuse(`has the encoding ${encoding}: make it anew with encoding UTF8`);
    }
    if (fsync !== "on") throw refuse("loses what it acknowledged: its server has fsync off");
    if (pid !== (this.client as unknown as { processID: number }).processID) {
      throw refuse("is reached through a pooler: name the server itself");
    }
    if (acknowledges === "off") {
      await this.query({ sql: "set synchronous_commit = on", parameters: [] });
    }
  }

  private async lease(run: string): Promise<void> {
    // An earlier connection of this very process, whose end the server has not noticed.
    await this.query({
      sql: `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = $1 and datname = current_database() and pid <> pg_backend_pid()`,
      parameters: [nameOf(run)],
    });
    const giveUpMs = performance.now() + LEASE_WITHIN_MS;
    for (;;) {
      const { rows } = await this.query({
        sql: `select pg_try_advisory_lock(${LEASE}) as taken`,
        parameters: [],
      });
      if (rows[0]?.taken === true) return;
      if (performance.now() > giveUpMs) {
        const where = placeText(this.place);
        throw new StoreInUse(`another process has the database open: ${where}`, where);
      }
      await pause(LEASE_POLL_MS);
    }
  }
}

function clientOf(place: PostgresPlace, socket: Socket, run: string): pg.Client {
  const { host, port, database, user, password, tls } = place;
  return new pg.Client({
    ...{ host, port, database, user },
    // What is left out would come from variables of the environment.
    password: async () => password ?? "",
    ssl: tls ? { rejectUnauthorized: true, ...(tls.ca.length > 0 && { ca: [...tls.ca] }) } : false,
    options: "",
    application_name: nameOf(run),
    client_encoding: "UTF8",
    enableChannelBinding: tls !== undefined,
    stream: () => socket,
    types: INT8_TYPES,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: STATEMENT_MAX_MS,
    lock_timeout: STATEMENT_MAX_MS,
    idle_in_transaction_session_timeout: STATEMENT_MAX_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: CONNECT_WITHIN_MS,
  });
}

function nameOf(run: string): string {
  return `sallyport ${run}`;
}

function away(place: PostgresPlace, error: unknown): StoreAway {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new StoreAway(`the database ${placeText(place)} cannot be used: ${reason}`);
}

/** PostgreSQL has no text with a zero in it; the sign that stands for what cannot be shown does. */
function toPostgres(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\ufffd") : value;
}
