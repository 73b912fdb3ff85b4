/**
 * The site's events go into the site log too. One leaves the outbox of the store once its leaf is
 * durable, so that a crash between an event and its leaf is made good at the next start; then an
 * event may stand in the log twice, with the same id.
 */
import type { LogBook } from "./evidence/log/log-book.ts";
import { fromOutbox, OutboxDrain } from "./log-outbox-drain.ts";
import { pendingEvents } from "./store/log-outbox.ts";
import type { SiteEvent } from "./store/model.ts";
import type { Store } from "./store/store.ts";

/** @returns a function that stops it; resolves once the last one is remembered */
export async function mirrorEvents(
  store: Store,
  book: Pick<LogBook, "note">,
): Promise<() => Promise<void>> {
  const drain = new OutboxDrain(store, "event");
  const stop = await fromOutbox(
    store,
    pendingEvents,
    (note) => store.log.onEvent(note),
    (event) => book.note(eventLeaf(event), () => drain.reached(event.id)),
  );
  return async () => {
    stop();
    await drain.settle();
  };
}

function eventLeaf({ id, atMs, kind, priority, text, subject, session }: SiteEvent) {
  return {
    ...{ kind: "event", id, occurredMs: atMs, name: kind, priority, text },
    ...(subject === null ? {} : { subject }),
    ...(session === null ? {} : { session }),
  };
}
