import { plainText } from "./plain-text.ts";
import type { Queries } from "./schema.ts";

/** What somebody said about a moment of a recording. It is never edited; taken back, it leaves a mark. */
export interface RecordingComment {
  readonly id: string;
  readonly recording: string;
  readonly sequence: number;
  readonly wallMs: number;
  readonly text: string;
  readonly by: { readonly id: string; readonly name: string };
  readonly atMs: number;
  readonly withdrawnMs: number | null;
  readonly withdrawnWhy: string | null;
}

export async function insertComment(queries: Queries, comment: RecordingComment): Promise<void> {
  await queries
    .insertInto("recording_comments")
    .values({
      id: comment.id,
      recording: comment.recording,
      sequence: comment.sequence,
      wall_ms: comment.wallMs,
      text: comment.text,
      person_id: comment.by.id,
      at_ms: comment.atMs,
      withdrawn_ms: null,
      withdrawn_why: null,
    })
    .execute();
}

/** In the order of the recording. */
export async function listComments(
  queries: Queries,
  recording: string,
): Promise<readonly RecordingComment[]> {
  const rows = await queries
    .selectFrom("recording_comments")
    .innerJoin("people", "people.id", "recording_comments.person_id")
    .selectAll("recording_comments")
    .select("people.name as author")
    .where("recording", "=", recording)
    .orderBy("sequence")
    .orderBy("at_ms")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    recording: row.recording,
    sequence: Number(row.sequence),
    wallMs: Number(row.wall_ms),
    text: row.text,
    by: { id: row.person_id, name: row.author },
    atMs: Number(row.at_ms),
    withdrawnMs: row.withdrawn_ms === null ? null : Number(row.withdrawn_ms),
    withdrawnWhy: row.withdrawn_why,
  }));
}

/** Recordings of which something was said. */
export async function commentedRecordings(queries: Queries): Promise<readonly string[]> {
  const rows = await queries
    .selectFrom("recording_comments")
    .select("recording")
    .distinct()
    .orderBy("recording")
    .execute();
  return rows.map(({ recording }) => recording);
}

export async function countComments(queries: Queries, recording: string): Promise<number> {
  const { count } = await queries
    .selectFrom("recording_comments")
    .select((select) => select.fn.countAll().as("count"))
    .where("recording", "=", recording)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The author's own, once; false otherwise. The text goes, the mark stays. */
export async function withdrawComment(
  queries: Queries,
  which: { readonly id: string; readonly recording: string; readonly by: string },
  { atMs, why }: { readonly atMs: number; readonly why: string },
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("recording_comments")
    .set({ withdrawn_ms: atMs, withdrawn_why: plainText(why, 500), text: "" })
    .where("id", "=", which.id)
    .where("recording", "=", which.recording)
    .where("person_id", "=", which.by)
    .where("withdrawn_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
