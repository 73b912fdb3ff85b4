import type { ViewHow } from "./recording-schema.ts";
import type { Queries } from "./schema.ts";

/** Somebody looked into a recording, or watched the session while it ran. */
export interface RecordingLook {
  readonly id: string;
  readonly recording: string;
  readonly how: ViewHow;
  readonly personId: string | null;
  readonly shareId: string | null;
  readonly address: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Times of the recording whose parts were fetched; null: only its index. */
  readonly seen: { readonly fromMs: number; readonly untilMs: number } | null;
}

/** With the name of the person, or of the recipient of the link. */
export interface NamedLook extends RecordingLook {
  readonly who: string;
}

export async function insertLook(queries: Queries, look: RecordingLook): Promise<void> {
  await queries
    .insertInto("recording_views")
    .values({
      id: look.id,
      recording: look.recording,
      how: look.how,
      person_id: look.personId,
      share_id: look.shareId,
      address: look.address,
      from_ms: look.fromMs,
      until_ms: look.untilMs,
      seen_from_ms: look.seen?.fromMs ?? null,
      seen_until_ms: look.seen?.untilMs ?? null,
    })
    .execute();
}

export async function extendLook(
  queries: Queries,
  { id, untilMs, seen }: Pick<RecordingLook, "id" | "untilMs" | "seen">,
): Promise<void> {
  await queries
    .updateTable("recording_views")
    .set({
      until_ms: untilMs,
      seen_from_ms: seen?.fromMs ?? null,
      seen_until_ms: seen?.untilMs ?? null,
    })
    .where("id", "=", id)
    .execute();
}

/** Newest first. */
export async function listLooks(
  queries: Queries,
  of: { readonly recording: string } | { readonly shares: readonly string[] },
  most: number,
): Promise<readonly NamedLook[]> {
  const all = queries
    .selectFrom("recording_views")
    .leftJoin("people", "people.id", "recording_views.person_id")
    .leftJoin("recording_shares", "recording_shares.id", "recording_views.share_id")
    .selectAll("recording_views")
    .select(["people.name as person_name", "recording_shares.recipient"])
    .orderBy("recording_views.from_ms", "desc")
    .limit(most);
  const some =
    "recording" in of
      ? all.where("recording_views.recording", "=", of.recording)
      : all.where("share_id", "in", [...of.shares]);
  const rows = "shares" in of && of.shares.length === 0 ? [] : await some.execute();
  return rows.map((row) => ({
    id: row.id,
    recording: row.recording,
    how: row.how,
    personId: row.person_id,
    shareId: row.share_id,
    who: row.person_name ?? row.recipient ?? "",
    address: row.address,
    fromMs: Number(row.from_ms),
    untilMs: Number(row.until_ms),
    seen:
      row.seen_from_ms === null || row.seen_until_ms === null
        ? null
        : { fromMs: Number(row.seen_from_ms), untilMs: Number(row.seen_until_ms) },
  }));
}
