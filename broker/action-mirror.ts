/**
 * What people sign goes into the site log whole, so that an auditor verifies it without the
 * broker's database. An act leaves the outbox of the store once its leaf is durable: after a crash
 * those in it are logged at the next start, and one may stand there twice, with the same id.
 */
import type { LogBook } from "./evidence/log/log-book.ts";
import type { SignedActions } from "./identity/signed-actions.ts";
import { fromOutbox, OutboxDrain } from "./log-outbox-drain.ts";
import { pendingActions } from "./store/log-outbox.ts";
import type { SignedAction } from "./store/model.ts";
import type { Store } from "./store/store.ts";

/** @returns a function that stops it; resolves once the last one is remembered */
export async function mirrorActions(
  store: Store,
  actions: Pick<SignedActions, "onKept">,
  book: Pick<LogBook, "note">,
): Promise<() => Promise<void>> {
  const drain = new OutboxDrain(store, "action");
  const stop = await fromOutbox(
    store,
    pendingActions,
    (note) => actions.onKept(note),
    (action) => book.note(actionLeaf(action), () => drain.reached(action.id)),
  );
  return async () => {
    stop();
    await drain.settle();
  };
}

/** All that `node:crypto` needs; the challenge in the client data is the SHA-256 of the text. */
function actionLeaf({ id, purpose, atMs, ...proof }: SignedAction) {
  return { kind: "action.signed", id, purpose, occurredMs: atMs, ...proof };
}
