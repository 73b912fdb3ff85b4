/**
 * What people sign goes into the site log whole, so that an auditor verifies it without the
 * broker's database. When the last one was logged is remembered: after a crash those from then on
 * are logged at the next start, and one may stand there twice, with the same id.
 */
import type { LogBook } from "./evidence/log/log-book.ts";
import type { SignedActions } from "./identity/signed-actions.ts";
import type { SignedAction } from "./store/model.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import { signedActionsSince } from "./store/signed-actions.ts";
import type { Store } from "./store/store.ts";

const CURSOR = "site-log-action-ms";

/** @returns a function that stops it; resolves once the last one is remembered */
export async function mirrorActions(
  store: Store,
  actions: Pick<SignedActions, "onKept">,
  book: Pick<LogBook, "note">,
): Promise<() => Promise<void>> {
  let remembered: Promise<void> = Promise.resolve();
  const remember = (atMs: number): void => {
    remembered = remembered
      .then(() => writeSetting(store.queries, CURSOR, String(atMs)))
      // The store has failed, and says so: the next start logs from the one before.
      .catch(() => {});
  };
  const note = (action: SignedAction): void => {
    book.note(actionLeaf(action), () => remember(action.atMs));
  };
  // Listening first: what is signed while the older ones are read is not missed.
  const stop = actions.onKept(note);
  const sinceMs = Number((await readSetting(store.queries, CURSOR)) ?? 0);
  for (const action of await signedActionsSince(store.queries, sinceMs)) note(action);
  return async () => {
    stop();
    await remembered;
  };
}

/** All that `node:crypto` needs; the challenge in the client data is the SHA-256 of the text. */
function actionLeaf({ id, purpose, atMs, ...proof }: SignedAction) {
  return { kind: "action.signed", id, purpose, occurredMs: atMs, ...proof };
}
