/** A trigger that writes a row whenever another table gets one, in the same transaction. */
import { type Kysely, PostgresAdapter, sql } from "kysely";

/** @param statement one insert that speaks of the row as `new` */
export async function insertTrigger<S>(
  db: Kysely<S>,
  { name, table, statement }: { name: string; table: string; statement: string },
): Promise<void> {
  const [trigger, on, body] = [sql.id(name), sql.id(table), sql.raw(statement)];
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) {
    await sql`create trigger ${trigger} after insert on ${on} begin ${body}; end`.execute(db);
    return;
  }
  await sql`
    create function ${trigger}() returns trigger language plpgsql as
    $$ begin ${body}; return null; end $$`.execute(db);
  await sql`
    create trigger ${trigger} after insert on ${on}
    for each row execute function ${trigger}()`.execute(db);
}
