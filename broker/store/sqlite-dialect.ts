/** Kysely over the store's SQLite thread. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { SqlValue, Statement } from "./sqlite-message.ts";
import type { SqliteThread, ThreadTransaction } from "./sqlite-thread.ts";

export function sqliteDialect(thread: SqliteThread): Dialect {
  return {
    createDriver: () => new ThreadDriver(thread),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new ThreadAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Many connections, because the thread itself orders them and groups their commits. */
class ThreadAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** A connection costs nothing: it is a place to remember the transaction that runs on it. */
class ThreadConnection implements DatabaseConnection {
  transaction: ThreadTransaction | undefined;
  readonly thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.thread = thread;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes } = await (this.transaction ?? this.thread).run(statement(query));
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it, nothing here streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("the store does not stream: ask for pages");
  }
}

class ThreadDriver implements Driver {
  private readonly thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.thread = thread;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<ThreadConnection> {
    return new ThreadConnection(this.thread);
  }

  async beginTransaction(connection: ThreadConnection): Promise<void> {
    connection.transaction = await this.thread.begin();
  }

  async commitTransaction(connection: ThreadConnection): Promise<void> {
    await connection.transaction?.commit();
  }

  async rollbackTransaction(connection: ThreadConnection): Promise<void> {
    await connection.transaction?.rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.thread.close();
  }
}

function statement({ sql, parameters }: CompiledQuery): Statement {
  return { sql, parameters: parameters.map(toSql) };
}

function toSql(value: unknown): SqlValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`the store cannot keep a ${typeof value}`);
}
