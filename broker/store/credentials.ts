/** Sealed credentials of endpoints. What is in them only `broker/credentials` can say. */
import type { Queries } from "./schema.ts";

export interface SealedCredential {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly kind: string;
  readonly user: string;
  /** base64 */
  readonly sealed: string;
  /** Name of who set it, as it was then. */
  readonly setBy: string;
  readonly setMs: number;
}

export async function putCredential(queries: Queries, one: SealedCredential): Promise<void> {
  const { kind, sealed } = one;
  const rest = { kind, sealed, user_name: one.user, set_by: one.setBy, set_ms: one.setMs };
  await queries
    .insertInto("credentials")
    .values({ endpoint: one.endpoint, ...rest })
    .onConflict((conflict) => conflict.column("endpoint").doUpdateSet(rest))
    .execute();
}

/** False where there was none. */
export async function removeCredential(queries: Queries, endpoint: string): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom("credentials")
    .where("endpoint", "=", endpoint)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function listCredentials(queries: Queries): Promise<readonly SealedCredential[]> {
  const rows = await queries.selectFrom("credentials").selectAll().orderBy("endpoint").execute();
  return rows.map((row) => ({
    ...{ endpoint: row.endpoint, kind: row.kind, user: row.user_name, sealed: row.sealed },
    ...{ setBy: row.set_by, setMs: Number(row.set_ms) },
  }));
}

export async function findSealed(queries: Queries, endpoint: string): Promise<string | undefined> {
  const row = await queries
    .selectFrom("credentials")
    .select("sealed")
    .where("endpoint", "=", endpoint)
    .executeTakeFirst();
  return row?.sealed;
}
