/**
 * The thread that owns the SQLite file. WAL with `synchronous=FULL`: what was acknowledged is on
 * disk. The exclusive locking mode keeps every other process out for as long as this one lives,
 * and the system lets go of it even after kill -9.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { FromThread, Result, Statement, ThreadOptions, ToThread } from "./sqlite-message.ts";

/** Statements kept prepared; the broker has fewer than this many different ones. */
const PREPARED_MAX = 256;
/** A checkpoint or a starting process may hold the file for a moment; longer means somebody owns it. */
const BUSY_TIMEOUT_MS = 1_000;
const prepared = new Map<string, StatementSync>();
let database: DatabaseSync;

function open({ path, reserveBytes = 0 }: ThreadOptions): DatabaseSync {
  const opened = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  for (const pragma of [
    "locking_mode = EXCLUSIVE",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
  ]) {
    opened.exec(`PRAGMA ${pragma}`);
  }
  // Takes the lock now and keeps it: the first write decides who owns the file.
  opened.exec("BEGIN IMMEDIATE");
  opened.exec("COMMIT");
  if (reserveBytes > 0) reserve(opened, reserveBytes);
  return opened;
}

/**
 * Grows the file and its journal beforehand: both are then written in place, so that on a disk
 * that recordings or logs have filled people still sign in, to cut and to mend it.
 */
function reserve(opened: DatabaseSync, bytes: number): void {
  try {
    opened.exec("CREATE TABLE IF NOT EXISTS reserve (bytes)");
    opened.exec(`INSERT INTO reserve VALUES (zeroblob(${bytes}))`);
    // Two commits: pages that are freed in the one that wrote them never reach the disk.
    opened.exec("DROP TABLE reserve");
    opened.exec("PRAGMA wal_checkpoint(PASSIVE)");
  } catch {
    // The disk is full already: it goes on without, and the next start tries again.
    if (opened.isTransaction) opened.exec("ROLLBACK");
  }
}

function prepare(sql: string): StatementSync {
  const known = prepared.get(sql);
  if (known) return known;
  if (prepared.size >= PREPARED_MAX) prepared.clear();
  const statement = database.prepare(sql);
  prepared.set(sql, statement);
  return statement;
}

function run({ sql, parameters }: Statement): Result {
  try {
    const statement = prepare(sql);
    if (statement.columns().length > 0) {
      return { rows: statement.all(...parameters), changes: 0 };
    }
    return { rows: [], changes: Number(statement.run(...parameters).changes) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Result {
  const code = (error as { errcode?: unknown }).errcode;
  return {
    error: error instanceof Error ? error.message : String(error),
    errorCode: typeof code === "number" ? code : 0,
  };
}

/**
 * A statement that fails is undone alone. If the failure took the whole transaction with it
 * (disk full, I/O) or the commit fails, none of the group counts and each is told so.
 */
function runGroup(statements: readonly Statement[]): readonly Result[] {
  const [only] = statements;
  if (only && statements.length === 1) return [run(only)];
  const begun = run({ sql: "begin immediate", parameters: [] });
  if ("error" in begun) return statements.map(() => begun);
  const results: Result[] = [];
  for (const statement of statements) {
    const result = run(statement);
    results.push(result);
    if (!database.isTransaction) return statements.map(() => result);
  }
  const committed = run({ sql: "commit", parameters: [] });
  if (!("error" in committed)) return results;
  if (database.isTransaction) run({ sql: "rollback", parameters: [] });
  return statements.map(() => committed);
}

function answer(message: FromThread): void {
  parentPort?.postMessage(message);
}

try {
  database = open(workerData as ThreadOptions);
  answer({ number: 0, results: [] });
  parentPort?.on("message", (message: ToThread | "close") => {
    if (message === "close") {
      prepared.clear();
      database.close();
      parentPort?.close();
      return;
    }
    const { number, group, statements } = message;
    answer({ number, results: group ? runGroup(statements) : statements.map(run) });
  });
} catch (error) {
  answer({ number: 0, results: [failure(error)] });
  parentPort?.close();
}
