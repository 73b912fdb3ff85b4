/**
 * Comments on recordings for `sallyport export`: from the database where no broker runs, else from
 * the broker, which has it to itself. They are no evidence: without them the bundle is as good.
 */
import { z } from "zod";
import { type Clock, systemClock } from "../../clock.ts";
import { answerHost, askHost } from "../../store/host-requests.ts";
import {
  commentedRecordings,
  listComments,
  type RecordingComment,
} from "../../store/recording-comments.ts";
import type { Store } from "../../store/store.ts";
import { StoreInUse } from "../../store/store-failed.ts";
import { bundledComments } from "./comments.ts";

/** How long the command waits for each answer. */
const ANSWER_WITHIN_MS = 30_000;

const DESK = {
  folder: "comments",
  /** Those on a recording; null: on which there are any. */
  asked: z.strictObject({ recording: z.string().max(100).nullable() }),
  answered: z.object({
    recordings: z.array(z.string()),
    comments: z.array(
      z.object({
        ...{ id: z.string(), recording: z.string(), text: z.string() },
        ...{ sequence: z.number(), wallMs: z.number(), atMs: z.number() },
        by: z.object({ id: z.string(), name: z.string() }),
        withdrawnMs: z.number().nullable(),
        withdrawnWhy: z.string().nullable(),
      }),
    ),
  }),
  withinMs: ANSWER_WITHIN_MS,
};

export interface CommentDeskParts {
  readonly dataFolder: string;
  readonly store: Pick<Store, "queries">;
  readonly clock: Clock;
  failed(reason: string): void;
}

/** Answers while the broker runs. @returns a function that stops it */
export function answerComments({ store, ...parts }: CommentDeskParts): () => void {
  return answerHost(DESK, { ...parts, act: ({ recording }) => look(store, recording) });
}

async function look({ queries }: Pick<Store, "queries">, recording: string | null) {
  return recording === null
    ? { recordings: [...(await commentedRecordings(queries))], comments: [] }
    : { recordings: [], comments: [...(await listComments(queries, recording))] };
}

export interface HostComments {
  /** As a bundle has them. */
  of(session: string, close: string): string;
  /** Why there are none, for the person at the machine. */
  readonly missing: string | undefined;
}

export interface CommentsPlace {
  readonly dataFolder: string;
  /** @returns undefined where there is no database yet @throws StoreInUse while a broker runs */
  open(): Promise<Store | undefined>;
}

/** @param session absent: all sessions. Never throws: the evidence goes out without them, too */
export async function commentsOnHost(
  place: CommentsPlace,
  session?: string,
): Promise<HostComments> {
  try {
    const all = await read(place, session);
    return { of: (one, close) => bundledComments(all.get(one) ?? [], close), missing: undefined };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { of: () => "", missing: `Comments are not in it: ${why}.` };
  }
}

async function read({ dataFolder, open }: CommentsPlace, session: string | undefined) {
  let store: Store | undefined;
  try {
    store = await open();
    if (!store) return new Map<string, readonly RecordingComment[]>();
  } catch (error) {
    if (!(error instanceof StoreInUse)) throw error;
  }
  try {
    return await gather(
      async (recording) => (store ? look(store, recording) : ask(dataFolder, recording)),
      session,
    );
  } finally {
    await store?.close();
  }
}

type Answered = z.infer<typeof DESK.answered>;

async function gather(
  from: (recording: string | null) => Promise<Answered>,
  session: string | undefined,
): Promise<ReadonlyMap<string, readonly RecordingComment[]>> {
  const { recordings } = session === undefined ? await from(null) : { recordings: [session] };
  const all = new Map<string, readonly RecordingComment[]>();
  for (const recording of recordings) all.set(recording, (await from(recording)).comments);
  return all;
}

async function ask(dataFolder: string, recording: string | null): Promise<Answered> {
  const answer = await askHost(DESK, dataFolder, { recording }, systemClock);
  if (answer) return answer;
  throw new Error("the broker runs but does not answer");
}
