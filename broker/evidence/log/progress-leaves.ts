/**
 * Every ten seconds one leaf for all recordings that grew, and none where nothing did: from then
 * on what was recorded until then cannot be rewritten, although nothing is closed yet.
 */
import {
  formatProgress,
  PROGRESS_KIND,
  type ProgressMember,
  progressTree,
} from "../../../protocols/log/progress.ts";
import type { Clock } from "../../clock.ts";
import type { Evidence } from "../evidence.ts";
import type { LogBook } from "./log-book.ts";
import { sha256 } from "./sha256.ts";

const EVERY_MS = 10_000;

export interface ProgressParts {
  readonly book: Pick<LogBook, "siteLog" | "isLive">;
  readonly evidence: Pick<Evidence, "progress" | "keepProgress">;
  readonly clock: Clock;
}

/** @returns a function that stops it; resolves once none is under way */
export function keepProgressLeaves(parts: ProgressParts): () => Promise<void> {
  let round: Promise<void> = Promise.resolve();
  let stop = parts.clock.after(EVERY_MS, next);
  let stopped = false;
  function next(): void {
    // A log that cannot be written says so by its state; what grew is told with what grows next.
    round = addLeaf(parts)
      .catch(() => undefined)
      .then(() => {
        if (!stopped) stop = parts.clock.after(EVERY_MS, next);
      });
  }
  return async () => {
    stopped = true;
    stop();
    await round;
  };
}

/** Answers the index of the leaf; undefined where nothing grew. */
export async function addLeaf({
  book,
  evidence,
}: Omit<ProgressParts, "clock">): Promise<number | undefined> {
  const log = book.siteLog;
  if (!log || log.state.kind === "failed") return undefined;
  // A session whose beginning is not in the log yet is told of the next time.
  const members = (await evidence.progress()).filter(({ session }) => book.isLive(session));
  if (members.length === 0) return undefined;
  const { root, lines } = progressTree(inOrder(members), sha256);
  const { index } = await log.append({ kind: PROGRESS_KIND, root, sessions: members.length });
  evidence.keepProgress(
    lines.map((line) => ({
      session: line.member.session,
      line: formatProgress({ ...line, index }),
    })),
  );
  return index;
}

function inOrder(members: readonly ProgressMember[]): readonly ProgressMember[] {
  return [...members].sort((a, b) => (a.session < b.session ? -1 : 1));
}
