/**
 * The site's events go into the site log too. Which one went last is remembered, so that a crash
 * between an event and its leaf is made good at the next start; then an event may stand in the
 * log twice, with the same id.
 */
import type { LogBook } from "./evidence/log/log-book.ts";
import type { SiteEvent } from "./store/model.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import type { Store } from "./store/store.ts";

const CURSOR = "site-log-event";
/** Read at once while catching up. */
const PAGE = 500;

/** @returns a function that stops it; resolves once the last one is remembered */
export async function mirrorEvents(store: Store, book: LogBook): Promise<() => Promise<void>> {
  const cursor = new Cursor(store);
  const noted = new Set<string>();
  let isCatchingUp = true;
  const note = (event: SiteEvent): void => {
    if (isCatchingUp) noted.add(event.id);
    book.note(eventLeaf(event), () => cursor.reached(event.id));
  };
  // Listening first: what happens while the older ones are read is not missed.
  const stop = store.log.onEvent(note);
  for (let after = (await readSetting(store.queries, CURSOR)) ?? ""; ; ) {
    const events = await eventsAfter(store, after);
    for (const event of events) if (!noted.has(event.id)) note(event);
    const last = events.at(-1);
    if (last === undefined || events.length < PAGE) break;
    after = last.id;
  }
  isCatchingUp = false;
  noted.clear();
  return async () => {
    stop();
    await cursor.settle();
  };
}

/** The last event in the log, written behind the events and never more than once at a time. */
class Cursor {
  private readonly store: Store;
  private last = "";
  private written = "";
  private writing: Promise<void> | undefined;

  constructor(store: Store) {
    this.store = store;
  }

  reached(id: string): void {
    if (id > this.last) this.last = id;
    this.writing ??= this.write();
  }

  async settle(): Promise<void> {
    await this.writing;
  }

  private async write(): Promise<void> {
    try {
      while (this.written !== this.last) {
        const { last } = this;
        await writeSetting(this.store.queries, CURSOR, last);
        this.written = last;
      }
    } catch {
      // The store has failed, and says so: the next start mirrors from the one before.
    } finally {
      this.writing = undefined;
    }
  }
}

async function eventsAfter(store: Store, after: string): Promise<readonly SiteEvent[]> {
  const rows = await store.queries
    .selectFrom("site_events")
    .selectAll()
    .where("id", ">", after)
    .orderBy("id", "asc")
    .limit(PAGE)
    .execute();
  return rows.map(({ at_ms, about: _, ...rest }) => ({ ...rest, atMs: Number(at_ms) }));
}

function eventLeaf({ id, atMs, kind, priority, text, subject, session }: SiteEvent) {
  return {
    ...{ kind: "event", id, occurredMs: atMs, name: kind, priority, text },
    ...(subject === null ? {} : { subject }),
    ...(session === null ? {} : { session }),
  };
}
