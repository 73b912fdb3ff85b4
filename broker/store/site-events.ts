/**
 * What the broker noticed: every security-relevant act, in order, told at once to who listens in
 * this process. An act that changes the store writes its event in the same transaction
 * (`Store.act`), so neither exists without the other.
 */
import type { Clock } from "../clock.ts";
import { OrderedIds } from "./ids.ts";
import type { EventAbout, Priority, SiteEvent } from "./model.ts";
import { plainText } from "./plain-text.ts";
import type { Queries } from "./schema.ts";

export interface NewSiteEvent {
  /** `area:what`, for example `sign-in:refused`. */
  readonly kind: string;
  readonly priority: Priority;
  readonly text: string;
  readonly subject?: string;
  readonly session?: string;
  /** For other systems: ids and names, never values or secrets. */
  readonly about?: EventAbout;
  /** When it was, of one that could not be kept then. */
  readonly atMs?: number;
}

/** A name, an address and a reason fit; a flood of text does not. */
const TEXT_MAX = 500;
/** The most a list returns at once. */
export const EVENTS_MAX = 1_000;

export interface EventsPage {
  /** Id of the last one seen. */
  readonly before?: string;
  readonly limit?: number;
  readonly priority?: Priority;
  /** In its text or kind, in either case, or the id of its session. */
  readonly contains?: string;
}

export class SiteEvents {
  private readonly queries: Queries;
  private readonly clock: Clock;
  private readonly ids: OrderedIds;
  private readonly listeners = new Set<(event: SiteEvent) => void>();

  private constructor(queries: Queries, clock: Clock, lastId: string | undefined) {
    this.queries = queries;
    this.clock = clock;
    this.ids = new OrderedIds(lastId);
  }

  static async open(queries: Queries, clock: Clock): Promise<SiteEvents> {
    const last = await queries
      .selectFrom("site_events")
      .select("id")
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirst();
    return new SiteEvents(queries, clock, last?.id);
  }

  /** Resolves once the event is on disk; listeners have been told. */
  async record(event: NewSiteEvent): Promise<SiteEvent> {
    const written = await this.write(this.queries, event);
    this.tell(written);
    return written;
  }

  /** Inside a transaction; `tell` follows once it has committed. */
  async write(queries: Queries, event: NewSiteEvent): Promise<SiteEvent> {
    const nowMs = this.clock.wallMs();
    const atMs = event.atMs ?? nowMs;
    const written: SiteEvent = {
      id: this.ids.next(nowMs),
      atMs,
      kind: event.kind,
      priority: event.priority,
      text: plainText(event.text, TEXT_MAX),
      subject: event.subject ?? null,
      session: event.session ?? null,
      ...(event.about && { about: event.about }),
    };
    const { atMs: at_ms, about, ...rest } = written;
    await queries
      .insertInto("site_events")
      .values({ ...rest, at_ms, about: about ? JSON.stringify(about) : null })
      .execute();
    return written;
  }

  tell(event: SiteEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Called once an event is on disk. Returns an unsubscribe function. */
  onEvent(listener: (event: SiteEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Newest first; `before` is the id of the last one seen. */
  async list(page: EventsPage = {}): Promise<readonly SiteEvent[]> {
    const rows = await this.queries
      .selectFrom("site_events")
      .selectAll()
      .$if(page.priority !== undefined, (query) =>
        query.where("priority", "=", page.priority ?? "alarm"),
      )
      .$if(page.contains !== undefined, (query) =>
        query.where((where) =>
          where.or([
            where("text", "like", pattern(page.contains ?? "")),
            where("kind", "like", pattern(page.contains ?? "")),
            where("session", "=", page.contains ?? ""),
          ]),
        ),
      )
      .$if(page.before !== undefined, (query) => query.where("id", "<", page.before ?? ""))
      .orderBy("id", "desc")
      .limit(Math.min(page.limit ?? EVENTS_MAX, EVENTS_MAX))
      .execute();
    return rows.map(({ at_ms, about, ...rest }) => ({
      ...{ ...rest, atMs: Number(at_ms) },
      ...(about && { about: JSON.parse(about) }),
    }));
  }
}

/** `LIKE` knows three signs of its own; a person means what they typed. They stand for one sign each. */
function pattern(text: string): string {
  return `%${text.replace(/[%_\\]/g, "_")}%`;
}
