/**
 * Comments on moments of a recording. What was said is never edited; its author may take it back,
 * which leaves a mark. The site log has the SHA-256 of each, over the canonical JSON that exports
 * give: a comment can name people and secrets, and what is in the log stays for ever.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../../protocols/log/canonical-json.ts";
import type { Clock } from "../../clock.ts";
import { newId } from "../../store/ids.ts";
import {
  countComments,
  insertComment,
  listComments,
  type RecordingComment,
  withdrawComment,
} from "../../store/recording-comments.ts";
import type { Store } from "../../store/store.ts";
import type { Viewed } from "./looks.ts";

/** A paragraph or two. */
export const COMMENT_LENGTH_MAX = 2_000;
/** A busy review has some dozens; more is a program. */
export const COMMENTS_MAX = 1_000;

/** Too many comments on one recording. */
export class CommentsFull extends Error {
  override readonly name = "CommentsFull";
}

export interface NewComment {
  readonly by: { readonly id: string; readonly name: string };
  readonly viewed: Viewed;
  /** The record that it is about. */
  readonly sequence: number;
  readonly wallMs: number;
  readonly text: string;
}

export class Comments {
  private readonly store: Store;
  private readonly clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  list(recording: string): Promise<readonly RecordingComment[]> {
    return listComments(this.store.queries, recording);
  }

  /** @throws CommentsFull */
  async add({ by, viewed, sequence, wallMs, text }: NewComment): Promise<RecordingComment> {
    const comment: RecordingComment = {
      ...{ id: newId(), recording: viewed.session, sequence, wallMs, text },
      ...{ by: { id: by.id, name: by.name }, atMs: Math.floor(this.clock.wallMs()) },
      ...{ withdrawnMs: null, withdrawnWhy: null },
    };
    await this.store.act(async (queries, record) => {
      if ((await countComments(queries, viewed.session)) >= COMMENTS_MAX) {
        throw new CommentsFull(`there are ${COMMENTS_MAX} comments on it already`);
      }
      await insertComment(queries, comment);
      await record({
        kind: "recording:commented",
        priority: "event",
        text: `${by.name} commented on the recording of ${viewed.what} at ${new Date(wallMs).toISOString()} (comment ${comment.id}, SHA-256 ${commentDigest(comment)})`,
        subject: by.id,
        session: viewed.session,
      });
    });
    return comment;
  }

  /** False if there is no such comment of this person, or it was withdrawn before. */
  withdraw(
    id: string,
    why: string,
    by: { readonly id: string; readonly name: string },
    viewed: Viewed,
  ): Promise<boolean> {
    const atMs = Math.floor(this.clock.wallMs());
    return this.store.act(async (queries, record) => {
      const which = { id, recording: viewed.session, by: by.id };
      if (!(await withdrawComment(queries, which, { atMs, why }))) return false;
      await record({
        kind: "recording:comment-withdrawn",
        priority: "event",
        text: `${by.name} withdrew comment ${id} on the recording of ${viewed.what}: ${why}`,
        subject: by.id,
        session: viewed.session,
      });
      return true;
    });
  }
}

/** What the digest in the site log is over; as exports give it, a line each. */
export function commentText(comment: RecordingComment): string {
  const { id, recording, sequence, wallMs, text, by, atMs } = comment;
  return canonicalJson({ id, recording, sequence, wallMs, text, by: by.id, atMs });
}

function commentDigest(comment: RecordingComment): string {
  return createHash("sha256").update(commentText(comment)).digest("hex");
}

/** One line an entry; of a withdrawn one who took it back, when and why. */
export function* commentLines(comments: readonly RecordingComment[]): Generator<string> {
  for (const comment of comments) yield `${lineOf(comment)}\n`;
}

function lineOf(comment: RecordingComment): string {
  const { id, recording, sequence, wallMs, by, withdrawnMs, withdrawnWhy } = comment;
  if (withdrawnMs === null) return commentText(comment);
  return canonicalJson({ id, recording, sequence, wallMs, by: by.id, withdrawnMs, withdrawnWhy });
}

/** As a bundle has them. @param close SHA-256 in hex of the recording's `close.json` */
export function bundledComments(comments: readonly RecordingComment[], close: string): string {
  return comments
    .map((comment) => {
      const said = JSON.parse(lineOf(comment));
      return `${canonicalJson({ author: comment.by.name, comment: said, of: close })}\n`;
    })
    .join("");
}
