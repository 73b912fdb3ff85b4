/** Kysely over what the store stands on. */
import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  DialectAdapter,
  Driver,
  QueryResult,
} from "kysely";
import type { Engine, EngineTransaction, SqlStatement } from "./engine.ts";
import type { SqlValue } from "./sqlite-message.ts";

/** How a database is spoken to. */
export type Language = Pick<Dialect, "createQueryCompiler" | "createIntrospector"> & {
  createAdapter(): DialectAdapter;
};

export function engineDialect(engine: Engine, language: Language): Dialect {
  return { ...language, createDriver: () => new EngineDriver(engine) };
}

/** A connection costs nothing: it is a place to remember the transaction that runs on it. */
class EngineConnection implements DatabaseConnection {
  transaction: EngineTransaction | undefined;
  readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, changes } = await (this.transaction ?? this.engine).run(statement(query));
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it, nothing here streams
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("the store does not stream: ask for pages");
  }
}

class EngineDriver implements Driver {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<EngineConnection> {
    return new EngineConnection(this.engine);
  }

  async beginTransaction(connection: EngineConnection): Promise<void> {
    connection.transaction = await this.engine.begin();
  }

  async commitTransaction(connection: EngineConnection): Promise<void> {
    await connection.transaction?.commit();
  }

  async rollbackTransaction(connection: EngineConnection): Promise<void> {
    await connection.transaction?.rollback();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.engine.close();
  }
}

function statement({ sql, parameters }: CompiledQuery): SqlStatement {
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
