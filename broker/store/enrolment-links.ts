import type { Queries } from "./schema.ts";

export type LinkKind = "first-start" | "invitation" | "recovery";

export interface KeptLink {
  /** SHA-256 of the token. */
  readonly tokenHash: string;
  readonly personId: string;
  readonly kind: LinkKind;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** Voids the person's earlier links: the newest alone works. */
export async function replaceLink(queries: Queries, link: KeptLink): Promise<void> {
  await deleteLinksOf(queries, link.personId);
  await queries
    .insertInto("enrolment_links")
    .values({
      token_hash: link.tokenHash,
      person_id: link.personId,
      kind: link.kind,
      created_ms: link.createdMs,
      expires_ms: link.expiresMs,
    })
    .execute();
}

export async function findLink(
  queries: Queries,
  tokenHash: string,
  nowMs: number,
): Promise<KeptLink | undefined> {
  const row = await queries
    .selectFrom("enrolment_links")
    .selectAll()
    .where("token_hash", "=", tokenHash)
    .where("expires_ms", ">", nowMs)
    .executeTakeFirst();
  return (
    row && {
      tokenHash: row.token_hash,
      personId: row.person_id,
      kind: row.kind as LinkKind,
      createdMs: Number(row.created_ms),
      expiresMs: Number(row.expires_ms),
    }
  );
}

/** Uses the link up in one statement: of two who open it at once only one gets true. */
export async function takeLink(
  queries: Queries,
  tokenHash: string,
  nowMs: number,
): Promise<boolean> {
  const { numDeletedRows } = await queries
    .deleteFrom("enrolment_links")
    .where("token_hash", "=", tokenHash)
    .where("expires_ms", ">", nowMs)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

export async function deleteLinksOf(queries: Queries, personId: string): Promise<void> {
  await queries.deleteFrom("enrolment_links").where("person_id", "=", personId).execute();
}

export async function deleteExpiredLinks(queries: Queries, nowMs: number): Promise<void> {
  await queries.deleteFrom("enrolment_links").where("expires_ms", "<=", nowMs).execute();
}
