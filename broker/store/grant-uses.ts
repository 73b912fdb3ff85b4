import type { Queries } from "./schema.ts";

/** When a grant was first known and last opened something. */
export interface GrantUse {
  readonly grantId: string;
  readonly firstMs: number;
  readonly lastMs: number | null;
  /** Name of who used it last. */
  readonly lastBy: string | null;
}

/** Leaves those that are known as they are. */
export async function noteGrants(
  queries: Queries,
  grantIds: readonly string[],
  atMs: number,
): Promise<void> {
  for (const id of grantIds) {
    await queries
      .insertInto("grant_uses")
      .values({ grant_id: id, first_ms: atMs, last_ms: null, last_by: null })
      .onConflict((conflict) => conflict.column("grant_id").doNothing())
      .execute();
  }
}

export async function noteGrantUse(
  queries: Queries,
  grantId: string,
  use: { readonly by: string; readonly atMs: number },
): Promise<void> {
  await noteGrants(queries, [grantId], use.atMs);
  await queries
    .updateTable("grant_uses")
    .set({ last_ms: use.atMs, last_by: use.by })
    .where("grant_id", "=", grantId)
    .execute();
}

export async function listGrantUses(queries: Queries): Promise<readonly GrantUse[]> {
  const rows = await queries.selectFrom("grant_uses").selectAll().execute();
  return rows.map((row) => ({
    grantId: row.grant_id,
    firstMs: Number(row.first_ms),
    lastMs: row.last_ms,
    lastBy: row.last_by,
  }));
}
