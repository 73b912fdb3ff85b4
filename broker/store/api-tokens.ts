/** Tokens by which programs use the API for a person. The token itself is kept nowhere. */
import type { Selectable } from "kysely";
import type { ApiTokensTable } from "./api-token-table.ts";
import type { Queries } from "./schema.ts";

export interface ApiToken {
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  readonly rights: readonly string[];
  /** Undefined for all assets. */
  readonly assets: readonly string[] | undefined;
  /** Undefined where whoever holds it may use it. */
  readonly keyThumbprint: string | undefined;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly usedMs: number | null;
}

export async function insertApiToken(
  queries: Queries,
  token: ApiToken,
  tokenHash: string,
): Promise<void> {
  const { id, personId, name, rights, assets, keyThumbprint } = token;
  await queries
    .insertInto("api_tokens")
    .values({
      ...{ id, token_hash: tokenHash, person_id: personId, name, rights: rights.join(" ") },
      assets: assets === undefined ? null : JSON.stringify(assets),
      key_thumbprint: keyThumbprint ?? null,
      created_ms: token.createdMs,
      expires_ms: token.expiresMs,
      used_ms: token.usedMs,
    })
    .execute();
}

export async function findApiToken(
  queries: Queries,
  tokenHash: string,
): Promise<ApiToken | undefined> {
  const row = await queries
    .selectFrom("api_tokens")
    .selectAll()
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
  return row && toToken(row);
}

/** Newest first; of one person, or of all. */
export async function listApiTokens(
  queries: Queries,
  personId?: string,
): Promise<readonly ApiToken[]> {
  const all = queries.selectFrom("api_tokens").selectAll().orderBy("created_ms", "desc");
  const rows = await (personId === undefined
    ? all
    : all.where("person_id", "=", personId)
  ).execute();
  return rows.map(toToken);
}

/** Undefined where there is none. */
export async function dropApiToken(queries: Queries, id: string): Promise<ApiToken | undefined> {
  const row = await queries
    .deleteFrom("api_tokens")
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  return row && toToken(row);
}

/** Of who is shut out, or lost what proved them: whoever made them may have been somebody else. */
export async function dropApiTokensOf(queries: Queries, personId: string): Promise<void> {
  await queries.deleteFrom("api_tokens").where("person_id", "=", personId).execute();
}

export async function dropExpiredApiTokens(queries: Queries, beforeMs: number): Promise<void> {
  await queries.deleteFrom("api_tokens").where("expires_ms", "<", beforeMs).execute();
}

export async function noteApiTokenUse(queries: Queries, id: string, atMs: number): Promise<void> {
  await queries.updateTable("api_tokens").set({ used_ms: atMs }).where("id", "=", id).execute();
}

function toToken(row: Selectable<ApiTokensTable>): ApiToken {
  return {
    id: row.id,
    personId: row.person_id,
    name: row.name,
    rights: row.rights.split(" "),
    assets: row.assets === null ? undefined : (JSON.parse(row.assets) as string[]),
    keyThumbprint: row.key_thumbprint ?? undefined,
    createdMs: Number(row.created_ms),
    expiresMs: Number(row.expires_ms),
    usedMs: row.used_ms === null ? null : Number(row.used_ms),
  };
}
