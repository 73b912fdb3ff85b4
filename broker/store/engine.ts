/** What the store stands on: SQLite in a thread of this process, or a PostgreSQL server. */
import type { SqlValue } from "./sqlite-message.ts";
import type { StoreAway, StoreFailed } from "./store-failed.ts";

export interface SqlStatement {
  readonly sql: string;
  readonly parameters: readonly SqlValue[];
}

export interface SqlAnswer {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows that were changed. */
  readonly changes: number;
}

/** Statements of one transaction, in order, with nobody else's between them. */
export interface EngineTransaction {
  run(statement: SqlStatement): Promise<SqlAnswer>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface Engine {
  /** Resolves once the statement's effect is durable. */
  run(statement: SqlStatement): Promise<SqlAnswer>;
  /** Resolves when it is this transaction's turn; an end must follow. */
  begin(): Promise<EngineTransaction>;
  /** Why nothing can be asked of it now; undefined while it works. */
  readonly trouble: StoreFailed | undefined;
  /** Called once if it stops working for good. */
  onFailure(listener: (error: StoreFailed) => void): void;
  /** Called when it is away for a while, and with nothing when it is back. */
  onAway(listener: (away: StoreAway | undefined) => void): void;
  /** Writes all of it, as of one moment, into this new file. @throws StoreRefused where it cannot */
  copyTo(path: string): Promise<void>;
  /** Lets what was asked finish first. */
  close(): Promise<void>;
}
