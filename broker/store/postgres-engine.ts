/**
 * The store on a PostgreSQL server. One connection, one thing at a time, in the order of asking:
 * what is read inside a transaction stays as it was, and the order of the feeds is the order of
 * the commits, as on SQLite.
 *
 * Lost connections are made anew for as long as it takes. Meanwhile everything asked is refused at
 * once. One thing alone can be in doubt then: the commit that was under way. Its caller hears the
 * truth once the server is back (it remembers each transaction's outcome), or within a bound that
 * it is not known; if it then turns out to be kept after all, what this process knows is not what
 * is kept, and the store stops for good.
 */
import type { Clock } from "../clock.ts";
import type { Engine, EngineTransaction, SqlAnswer, SqlStatement } from "./engine.ts";
import { newId } from "./ids.ts";
import { PostgresLink } from "./postgres-link.ts";
import { type DatabaseDialer, type PostgresPlace, placeText } from "./postgres-place.ts";
import { StoreAway, StoreFailed, StoreRefused } from "./store-failed.ts";
import { Turns } from "./turns.ts";

/** Calls that wait; some seconds of its work. */
const WAITING_MAX = 20_000;
/** A transaction holds up everybody: one that takes longer is a fault and is rolled back. */
export const POSTGRES_TRANSACTION_MAX_MS = 10_000;
/** Between attempts to connect: at first and at most. */
const AGAIN_MIN_MS = 250;
const AGAIN_MAX_MS = 5_000;
/** How long a caller waits to hear whether its commit counts. */
const DOUBT_MAX_MS = 10_000;
/** A connection that nobody uses may be dead: it is asked something this often. */
const HEARTBEAT_MS = 5_000;
/** Where another broker waits: with what it takes to answer, far below the server's own 25 s. */
const QUICK = { heartbeatMs: 2_000, answerWithinMs: 8_000 } as const;
/** Name of the setting that says which process used the database last. */
const RUN = "store-run";

export interface PostgresOptions {
  readonly place: PostgresPlace;
  readonly dial: DatabaseDialer;
  readonly clock: Clock;
  /** A server that says nothing for so long is out of reach; by default after 20 s. */
  readonly answerWithinMs?: number;
  /** Another broker waits for it: that it is out of reach is noticed sooner. */
  readonly quick?: boolean | undefined;
}

interface Doubt {
  readonly transaction: string;
  /** Of who waits to hear; none once that took too long. */
  tell: ((outcome: "committed" | StoreAway) => void) | undefined;
}

export class PostgresEngine implements Engine {
  private readonly options: PostgresOptions;
  private readonly run_ = newId();
  private readonly turns = new Turns(WAITING_MAX);
  private link: PostgresLink | undefined;
  private failure: StoreFailed | undefined;
  private away: StoreAway | undefined;
  private doubt: Doubt | undefined;
  private againMs = AGAIN_MIN_MS;
  private again: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private connecting: Promise<void> | undefined;
  private closed = false;
  private readonly failureListeners = new Set<(error: StoreFailed) => void>();
  private readonly awayListeners = new Set<(away: StoreAway | undefined) => void>();

  private constructor(options: PostgresOptions) {
    this.options = options.quick ? { answerWithinMs: QUICK.answerWithinMs, ...options } : options;
  }

  /** @throws StoreInUse, StoreRefused, StoreAway */
  static async open(options: PostgresOptions): Promise<PostgresEngine> {
    const engine = new PostgresEngine(options);
    engine.use(await PostgresLink.open(engine.options, engine.run_));
    engine.heartbeat = setInterval(
      () => {
        void engine.run({ sql: "select 1", parameters: [] }).catch(() => {});
      },
      options.quick ? QUICK.heartbeatMs : HEARTBEAT_MS,
    );
    return engine;
  }

  get trouble(): StoreFailed | undefined {
    return this.failure ?? this.away;
  }

  onFailure(listener: (error: StoreFailed) => void): void {
    this.failureListeners.add(listener);
    if (this.failure && !this.closed) listener(this.failure);
  }

  onAway(listener: (away: StoreAway | undefined) => void): void {
    this.awayListeners.add(listener);
    if (this.away) listener(this.away);
  }

  run(statement: SqlStatement): Promise<SqlAnswer> {
    return this.inTurn(async (link) => {
      if (/^\s*select\b/i.test(statement.sql)) return link.query(statement);
      const transaction = await start(link);
      try {
        const answer = await link.query(statement);
        await this.commit(link, transaction);
        return answer;
      } catch (error) {
        await link.query(ROLLBACK).catch(() => {});
        throw error;
      }
    });
  }

  async begin(): Promise<EngineTransaction> {
    const free = await this.turn();
    try {
      const link = this.connected();
      return this.transaction(link, await start(link), free);
    } catch (error) {
      free();
      throw error;
    }
  }

  /** Once its tables are there: from now on a process that took over meanwhile is noticed. */
  async sign(): Promise<void> {
    await this.run({
      sql: `insert into settings (name, value) values ($1, $2)
        on conflict (name) do update set value = excluded.value`,
      parameters: [RUN, this.run_],
    });
  }

  /** @throws StoreRefused */
  async copyTo(): Promise<void> {
    throw new StoreRefused(`it is kept in PostgreSQL, in ${placeText(this.options.place)}`);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    if (!this.trouble) await this.run({ sql: "select 1", parameters: [] }).catch(() => {});
    this.closed = true;
    this.failure ??= new StoreFailed("the store is closed");
    clearInterval(this.heartbeat);
    clearTimeout(this.again);
    this.turns.rejectAll(this.failure);
    this.settle(new StoreAway("the store is closed"));
    await this.connecting;
    await this.link?.close();
  }

  /** As a cut cable would, for tests. */
  cut(): void {
    this.link?.cut();
  }

  private turn(): Promise<() => void> {
    if (this.trouble) return Promise.reject(this.trouble);
    return this.turns.take(() => new StoreFailed("too many calls wait for the store"));
  }

  private async inTurn<T>(work: (link: PostgresLink) => Promise<T>): Promise<T> {
    const free = await this.turn();
    try {
      return await work(this.connected());
    } finally {
      free();
    }
  }

  private connected(): PostgresLink {
    if (this.trouble) throw this.trouble;
    if (this.link) return this.link;
    throw new StoreAway(`the database ${placeText(this.options.place)} is not connected`);
  }

  private transaction(link: PostgresLink, id: string, free: () => void): EngineTransaction {
    let over = false;
    const finish = async (how: "commit" | "rollback") => {
      if (over) {
        if (how === "rollback") return;
        throw new StoreFailed("the transaction took too long and was rolled back");
      }
      over = true;
      expire();
      try {
        if (how === "commit") await this.commit(link, id);
        else await link.query(ROLLBACK);
      } finally {
        free();
      }
    };
    const expire = this.options.clock.after(POSTGRES_TRANSACTION_MAX_MS, () => {
      void finish("rollback").catch(() => {});
    });
    return {
      run: (statement) =>
        over ? Promise.reject(new StoreFailed("the transaction is over")) : link.query(statement),
      commit: () => finish("commit"),
      rollback: () => finish("rollback").catch(() => {}),
    };
  }

  private async commit(link: PostgresLink, transaction: string): Promise<void> {
    const wasLost = link.isLost;
    try {
      const { command } = await link.query({ sql: "commit", parameters: [] });
      // A statement of it had failed, and nobody had said that it is over.
      if (command !== "COMMIT") throw new StoreFailed("the transaction was rolled back");
    } catch (error) {
      if (wasLost || !(error instanceof StoreAway)) throw error;
      await this.outcome(transaction);
    }
  }

  /** Resolves if it was committed. */
  private outcome(transaction: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = this.options.clock.after(DOUBT_MAX_MS, () => {
        const text = "the connection was lost during a commit, and whether it counts is not known";
        doubt.tell?.(new StoreAway(text));
      });
      const doubt: Doubt = { transaction, tell: undefined };
      doubt.tell = (outcome) => {
        doubt.tell = undefined;
        late();
        if (outcome === "committed") resolve();
        else reject(outcome);
      };
      this.doubt = doubt;
      if (this.closed) this.settle(new StoreAway("the store is closed"));
    });
  }

  private settle(outcome: "committed" | StoreAway): void {
    const { doubt } = this;
    this.doubt = undefined;
    if (doubt?.tell) doubt.tell(outcome);
    else if (doubt && outcome === "committed") this.fail(KEPT_UNKNOWN);
  }

  private use(link: PostgresLink): void {
    this.link = link;
    link.onLost((error) => this.lose(error));
  }

  private lose(error: StoreAway): void {
    this.link = undefined;
    if (this.closed || this.failure) return;
    this.away = error;
    this.turns.rejectAll(error);
    for (const listener of this.awayListeners) listener(error);
    this.againMs = AGAIN_MIN_MS;
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.again = setTimeout(() => {
      this.connecting = this.reconnect().finally(() => {
        this.connecting = undefined;
      });
    }, this.againMs);
    this.againMs = Math.min(this.againMs * 2, AGAIN_MAX_MS);
  }

  private async reconnect(): Promise<void> {
    let link: PostgresLink | undefined;
    try {
      link = await PostgresLink.open(this.options, this.run_);
      if (!(await this.isOurs(link))) this.fail(TAKEN_OVER);
      else if (this.doubt) await this.ask(link, this.doubt.transaction);
      if (this.closed || this.failure) return await link.close();
      this.back(link);
    } catch {
      // Not yet: what stands in the way is tried again until it is gone.
      await link?.close();
      if (!this.closed && !this.failure) this.reconnectLater();
    }
  }

  private back(link: PostgresLink): void {
    this.away = undefined;
    this.use(link);
    if (this.away) return;
    for (const listener of this.awayListeners) listener(undefined);
  }

  private async isOurs(link: PostgresLink): Promise<boolean> {
    const { rows } = await link.query({
      sql: "select value from settings where name = $1",
      parameters: [RUN],
    });
    return rows[0]?.value === this.run_;
  }

  /** The earlier connection is gone by now, so it is decided. */
  private async ask(link: PostgresLink, transaction: string): Promise<void> {
    const { rows } = await link.query({
      sql: "select txid_status($1::bigint) as status",
      parameters: [transaction],
    });
    const status = rows[0]?.status;
    if (status === "in progress") throw new StoreAway("a commit is still under way");
    // What the server no longer remembers may have been kept.
    if (status !== "aborted" && status !== "committed") return this.fail(KEPT_UNKNOWN);
    this.settle(
      status === "committed"
        ? status
        : new StoreAway("the connection was lost before the commit: it was rolled back"),
    );
  }

  private fail(message: string): void {
    if (this.failure) return;
    this.failure = new StoreFailed(message);
    this.turns.rejectAll(this.failure);
    this.settle(new StoreAway(message));
    for (const listener of this.failureListeners) listener(this.failure);
  }
}

const ROLLBACK: SqlStatement = { sql: "rollback", parameters: [] };
const TAKEN_OVER =
  "another process has used the database while it was out of reach: restart the broker";
const KEPT_UNKNOWN =
  "a change was kept although whoever asked for it heard that it was not: restart the broker";

/** @returns its number at the server, by which its outcome can be asked later */
async function start(link: PostgresLink): Promise<string> {
  const { rows } = await link.query({
    sql: "begin; select txid_current()::text as number",
    parameters: [],
  });
  return String(rows[0]?.number);
}
