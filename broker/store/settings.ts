/** Small facts that the broker remembers between starts. */
import type { Queries } from "./schema.ts";

export async function readSetting(queries: Queries, name: string): Promise<string | undefined> {
  const row = await queries
    .selectFrom("settings")
    .select("value")
    .where("name", "=", name)
    .executeTakeFirst();
  return row?.value;
}

export async function writeSetting(queries: Queries, name: string, value: string): Promise<void> {
  await queries
    .insertInto("settings")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}
