/**
 * Takes what became durable in the site log out of the outbox, behind everything else and never
 * more than once at a time. What a crash leaves in it goes into the log again at the next start,
 * with the same id.
 */
import { leaveOutbox, type OutboxKind, type Pending } from "./store/log-outbox.ts";
import type { Queries } from "./store/schema.ts";
import type { Store } from "./store/store.ts";
import { StoreAway } from "./store/store-failed.ts";

/** Read, and taken out, at once. */
const PAGE = 500;

export class OutboxDrain {
  private readonly store: Store;
  private readonly kind: OutboxKind;
  private kept: string[] = [];
  private draining: Promise<void> | undefined;
  private away = false;
  private failed = false;

  constructor(store: Store, kind: OutboxKind) {
    this.store = store;
    this.kind = kind;
    store.onAway((away) => {
      this.away = away !== undefined;
      this.begin();
    });
  }

  /** Its leaf is durable. */
  reached(id: string): void {
    this.kept.push(id);
    this.begin();
  }

  /** Resolves once all that was reached is out. */
  async settle(): Promise<void> {
    await this.draining;
  }

  private begin(): void {
    if (!this.failed && !this.away) this.draining ??= this.drain();
  }

  private async drain(): Promise<void> {
    try {
      while (this.kept.length > 0) {
        const page = this.kept.slice(0, PAGE);
        await leaveOutbox(this.store.queries, this.kind, page);
        this.kept.splice(0, page.length);
      }
    } catch (error) {
      // The store has failed, and says so: the next start logs what it still finds there. One that
      // is only away goes on with these.
      this.failed = !(error instanceof StoreAway);
    } finally {
      this.draining = undefined;
    }
  }
}

/**
 * Everything that waits, and goes on waiting until it is known to be logged; then what comes.
 * @param note called once for each, those of `listen` too
 * @returns the function that stops listening
 */
export async function fromOutbox<T extends { readonly id: string }>(
  store: Store,
  pending: (queries: Queries, after: number, limit: number) => Promise<readonly Pending<T>[]>,
  listen: (note: (item: T) => void) => () => void,
  note: (item: T) => void,
): Promise<() => void> {
  const noted = new Set<string>();
  let isCatchingUp = true;
  // Listening first: what happens while the older ones are read is not missed.
  const stop = listen((item) => {
    if (isCatchingUp) noted.add(item.id);
    note(item);
  });
  for (let after = 0; ; ) {
    const page = await pending(store.queries, after, PAGE);
    for (const { item } of page) if (!noted.has(item.id)) note(item);
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) break;
    after = last.position;
  }
  isCatchingUp = false;
  noted.clear();
  return stop;
}
