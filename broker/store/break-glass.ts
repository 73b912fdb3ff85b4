import type { BreakGlassUse, BreakGlassVerdict } from "./model.ts";
import type { Queries } from "./schema.ts";

/** Its grant is inserted before, in the same transaction. */
export async function insertBreakGlass(
  queries: Queries,
  use: {
    readonly id: string;
    readonly openedBy: string;
    readonly holderId: string;
    readonly openedMs: number;
    readonly actionId: string;
  },
): Promise<void> {
  await queries
    .insertInto("break_glass_uses")
    .values({
      id: use.id,
      opened_by: use.openedBy,
      holder_id: use.holderId,
      opened_ms: use.openedMs,
      action_id: use.actionId,
      reviewed_by: null,
      reviewed_ms: null,
      verdict: null,
      comment: null,
      review_action_id: null,
    })
    .execute();
}

/** Of all uses there ever were: they are rare, and each is a grant that must be told from others. */
export async function listBreakGlassIds(queries: Queries): Promise<readonly string[]> {
  const rows = await queries.selectFrom("break_glass_uses").select("id").execute();
  return rows.map(({ id }) => id);
}

/** Not reviewed first, the newest first within each. */
export async function listBreakGlass(
  queries: Queries,
  limit: number,
): Promise<readonly BreakGlassUse[]> {
  return (await select(queries).limit(limit).execute()).map(toUse);
}

export async function findBreakGlass(
  queries: Queries,
  id: string,
): Promise<BreakGlassUse | undefined> {
  const row = await select(queries).where("break_glass_uses.id", "=", id).executeTakeFirst();
  return row && toUse(row);
}

/** False if somebody has reviewed it before. */
export async function reviewBreakGlass(
  queries: Queries,
  id: string,
  review: {
    readonly by: string;
    readonly atMs: number;
    readonly verdict: BreakGlassVerdict;
    readonly comment: string;
    readonly actionId: string;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("break_glass_uses")
    .set({
      reviewed_by: review.by,
      reviewed_ms: review.atMs,
      verdict: review.verdict,
      comment: review.comment,
      review_action_id: review.actionId,
    })
    .where("id", "=", id)
    .where("reviewed_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function select(queries: Queries) {
  return queries
    .selectFrom("break_glass_uses")
    .innerJoin("grants", "grants.id", "break_glass_uses.id")
    .innerJoin("people as opener", "opener.id", "break_glass_uses.opened_by")
    .innerJoin("people as holder", "holder.id", "break_glass_uses.holder_id")
    .leftJoin("people as reviewer", "reviewer.id", "break_glass_uses.reviewed_by")
    .selectAll("break_glass_uses")
    .select([
      "grants.endpoint",
      "grants.profile",
      "grants.reason",
      "grants.until_ms",
      "grants.revoked_ms",
      "opener.name as opener_name",
      "holder.name as holder_name",
      "reviewer.name as reviewer_name",
    ])
    .orderBy((order) => order("break_glass_uses.reviewed_ms", "is not", null))
    .orderBy("break_glass_uses.opened_ms", "desc");
}

type Row = Awaited<ReturnType<ReturnType<typeof select>["execute"]>>[number];

function toUse(row: Row): BreakGlassUse {
  const { until_ms, revoked_ms } = row;
  return {
    id: row.id,
    openedBy: { id: row.opened_by, name: row.opener_name },
    holder: { id: row.holder_id, name: row.holder_name },
    endpoint: row.endpoint,
    profile: row.profile,
    reason: row.reason,
    openedMs: Number(row.opened_ms),
    untilMs: Math.min(Number(until_ms), Number(revoked_ms ?? until_ms)),
    review: reviewOf(row),
  };
}

function reviewOf(row: Row): BreakGlassUse["review"] {
  if (row.reviewed_by === null || row.verdict === null) return null;
  return {
    by: { id: row.reviewed_by, name: row.reviewer_name ?? row.reviewed_by },
    atMs: Number(row.reviewed_ms),
    verdict: row.verdict,
    comment: row.comment ?? "",
  };
}
