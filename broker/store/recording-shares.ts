import type { Queries } from "./schema.ts";

/** A link by which a person without an account sees a recording, or a part of it, for some time. */
export interface RecordingShare {
  readonly id: string;
  readonly recording: string;
  /** Times of the recording within which it may be seen; null: all of it. */
  readonly range: { readonly fromMs: number; readonly untilMs: number } | null;
  readonly recipient: string;
  readonly reason: string;
  readonly madeBy: { readonly id: string; readonly name: string };
  readonly madeMs: number;
  readonly endsMs: number;
  readonly revokedMs: number | null;
  readonly revokedBy: string | null;
  /** Who made it may not sign in any more: nobody answers for it. */
  readonly isOrphan: boolean;
}

export async function insertShare(
  queries: Queries,
  share: RecordingShare,
  tokenHash: string,
): Promise<void> {
  await queries
    .insertInto("recording_shares")
    .values({
      id: share.id,
      token_hash: tokenHash,
      recording: share.recording,
      from_ms: share.range?.fromMs ?? null,
      until_ms: share.range?.untilMs ?? null,
      recipient: share.recipient,
      reason: share.reason,
      made_by: share.madeBy.id,
      made_ms: share.madeMs,
      ends_ms: share.endsMs,
      revoked_ms: null,
      revoked_by: null,
    })
    .execute();
}

function sharesOf(queries: Queries) {
  return queries
    .selectFrom("recording_shares")
    .innerJoin("people as maker", "maker.id", "recording_shares.made_by")
    .leftJoin("people as revoker", "revoker.id", "recording_shares.revoked_by")
    .selectAll("recording_shares")
    .select(["maker.name as maker_name", "maker.disabled_ms", "revoker.name as revoker_name"]);
}

type Row = Awaited<ReturnType<ReturnType<typeof sharesOf>["execute"]>>[number];

function shareOf(row: Row): RecordingShare {
  const isPart = row.from_ms !== null && row.until_ms !== null;
  return {
    id: row.id,
    recording: row.recording,
    range: isPart ? { fromMs: Number(row.from_ms), untilMs: Number(row.until_ms) } : null,
    recipient: row.recipient,
    reason: row.reason,
    madeBy: { id: row.made_by, name: row.maker_name },
    madeMs: Number(row.made_ms),
    endsMs: Number(row.ends_ms),
    revokedMs: row.revoked_ms === null ? null : Number(row.revoked_ms),
    revokedBy: row.revoker_name,
    isOrphan: row.disabled_ms !== null,
  };
}

export async function shareByToken(
  queries: Queries,
  tokenHash: string,
): Promise<RecordingShare | undefined> {
  const row = await sharesOf(queries).where("token_hash", "=", tokenHash).executeTakeFirst();
  return row && shareOf(row);
}

export async function shareById(queries: Queries, id: string): Promise<RecordingShare | undefined> {
  const row = await sharesOf(queries).where("recording_shares.id", "=", id).executeTakeFirst();
  return row && shareOf(row);
}

/** Newest first. @param recording undefined: of all recordings */
export async function listShares(
  queries: Queries,
  recording: string | undefined,
  most: number,
): Promise<readonly RecordingShare[]> {
  const all = sharesOf(queries).orderBy("made_ms", "desc").limit(most);
  const some = recording === undefined ? all : all.where("recording", "=", recording);
  return (await some.execute()).map(shareOf);
}

/** False if it was revoked already. */
export async function revokeShare(
  queries: Queries,
  id: string,
  { by, atMs }: { readonly by: string; readonly atMs: number },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("recording_shares")
    .set({ revoked_ms: atMs, revoked_by: by })
    .where("id", "=", id)
    .where("revoked_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
