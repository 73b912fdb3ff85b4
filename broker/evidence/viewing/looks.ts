/**
 * Who looked into which recording: from when to when, and at which part of it. One looking is one
 * entry, however often its page fetches; nobody sees what could not be noted first.
 */
import type { Clock } from "../../clock.ts";
import { newId } from "../../store/ids.ts";
import type { ViewHow } from "../../store/recording-schema.ts";
import { extendLook, insertLook, listLooks, type NamedLook } from "../../store/recording-views.ts";
import type { Store } from "../../store/store.ts";

/** Somebody who comes back within this time is still looking. */
export const LOOKING_MS = 10 * 60_000;
/** How far what is on disk may be behind: a crash loses no more of "until when". */
const WRITE_BEHIND_MS = 5_000;
/** Looking at a time; beyond it the one that was quiet longest is closed. */
const LOOKS_MAX = 1_000;
/** A page of the list: who wants more reads the site's events. */
export const LOOKS_LISTED_MAX = 200;

export type Viewer =
  | {
      readonly kind: "person";
      readonly id: string;
      readonly name: string;
      readonly address: string;
    }
  | { readonly kind: "link"; readonly id: string; readonly name: string; readonly address: string };

/** As events name it. */
export interface Viewed {
  readonly session: string;
  /** `Ada on PLC 1` */
  readonly what: string;
}

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

interface Look {
  readonly id: string;
  readonly key: string;
  readonly viewer: Viewer;
  readonly viewed: Viewed;
  readonly how: ViewHow;
  readonly fromMs: number;
  untilMs: number;
  activeMs: number;
  seen: Span | null;
  changed: boolean;
  /** Resolves once it is on disk. */
  readonly noted: Promise<void>;
}

export class Looks {
  private readonly store: Store;
  private readonly clock: Clock;
  /** By who and what, the one that was active last at the end. */
  private readonly open = new Map<string, Look>();
  private writing = false;
  private stopSweep: (() => void) | undefined;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** Rejects if it cannot be noted: then nothing may be shown. @param seen the part that is fetched */
  async note(viewer: Viewer, viewed: Viewed, how: ViewHow, seen?: Span): Promise<void> {
    const key = keyOf(viewer, viewed, how);
    await this.closeQuiet();
    const look = this.open.get(key) ?? this.begin(key, viewer, viewed, how);
    try {
      await look.noted;
    } catch (error) {
      if (this.open.get(key) === look) this.open.delete(key);
      throw error;
    }
    this.extend(look, seen);
  }

  /** It goes on by itself, as watching does: until now at least. */
  async over(viewer: Viewer, viewed: Viewed, how: ViewHow): Promise<void> {
    const look = this.open.get(keyOf(viewer, viewed, how));
    if (look === undefined) return;
    this.extend(look, undefined);
    await this.end(look);
  }

  async list(recording: string): Promise<readonly NamedLook[]> {
    await this.write();
    return listLooks(this.store.queries, { recording }, LOOKS_LISTED_MAX);
  }

  async ofShares(shares: readonly string[]): Promise<readonly NamedLook[]> {
    await this.write();
    return listLooks(this.store.queries, { shares }, LOOKS_LISTED_MAX);
  }

  async close(): Promise<void> {
    this.stopSweep?.();
    await this.write().catch(() => {});
  }

  private begin(key: string, viewer: Viewer, viewed: Viewed, how: ViewHow): Look {
    const atMs = Math.floor(this.clock.wallMs());
    const base = { id: newId(), key, viewer, viewed, how, fromMs: atMs };
    const look: Look = {
      ...base,
      ...{ untilMs: atMs, activeMs: this.clock.monotonicMs(), seen: null, changed: false },
      noted: this.keep(base),
    };
    // Whoever awaits it hears of a failure.
    look.noted.catch(() => {});
    this.open.set(key, look);
    return look;
  }

  private keep(look: Pick<Look, "id" | "viewer" | "viewed" | "how" | "fromMs">): Promise<void> {
    const { id, viewer, viewed, how, fromMs } = look;
    return this.store.act(async (queries, record) => {
      await insertLook(queries, {
        ...{ id, how, fromMs, untilMs: fromMs, seen: null },
        ...{ recording: viewed.session, address: viewer.address },
        personId: viewer.kind === "person" ? viewer.id : null,
        shareId: viewer.kind === "link" ? viewer.id : null,
      });
      // That somebody watches is an event of the session already.
      if (how === "live") return;
      await record({
        kind: viewer.kind === "link" ? "recording:share-used" : "recording:viewed",
        priority: "event",
        text: `${whoOf(viewer)} opened the recording of ${viewed.what}`,
        ...(viewer.kind === "person" ? { subject: viewer.id } : {}),
        session: viewed.session,
      });
    });
  }

  private extend(look: Look, seen: Span | undefined): void {
    look.untilMs = Math.max(look.untilMs, Math.floor(this.clock.wallMs()));
    look.activeMs = this.clock.monotonicMs();
    if (seen) {
      look.seen = {
        fromMs: Math.min(look.seen?.fromMs ?? seen.fromMs, seen.fromMs),
        untilMs: Math.max(look.seen?.untilMs ?? seen.untilMs, seen.untilMs),
      };
    }
    look.changed = true;
    this.open.delete(look.key);
    this.open.set(look.key, look);
    this.writeSoon();
    this.sweepLater();
  }

  private writeSoon(): void {
    if (this.writing) return;
    this.writing = true;
    this.clock.after(WRITE_BEHIND_MS, () => {
      this.writing = false;
      // A store that is away says so itself; the looks stay marked and are written later.
      this.write().catch(() => {});
    });
  }

  private async write(): Promise<void> {
    for (const look of [...this.open.values()]) {
      if (look.how === "live") look.untilMs = Math.floor(this.clock.wallMs());
      else if (!look.changed) continue;
      look.changed = false;
      try {
        await extendLook(this.store.queries, look);
      } catch (error) {
        look.changed = true;
        throw error;
      }
    }
  }

  private sweepLater(): void {
    this.stopSweep ??= this.clock.after(LOOKING_MS, () => {
      this.stopSweep = undefined;
      this.closeQuiet().then(
        () => {
          if (this.open.size > 0) this.sweepLater();
        },
        () => {},
      );
    });
  }

  private async closeQuiet(): Promise<void> {
    const quietMs = this.clock.monotonicMs() - LOOKING_MS;
    for (const look of [...this.open.values()]) {
      if (look.how === "live" && this.open.size < LOOKS_MAX) continue;
      if (look.activeMs > quietMs && this.open.size < LOOKS_MAX) return;
      await this.end(look);
    }
  }

  /** The event says what the entry says: the entry is not in the site log, the event is. */
  private async end(look: Look): Promise<void> {
    if (this.open.get(look.key) === look) this.open.delete(look.key);
    const { viewer, viewed, how, seen } = look;
    await this.store.act(async (queries, record) => {
      await extendLook(queries, look);
      if (how === "live") return;
      await record({
        kind: "recording:view-ended",
        priority: "event",
        text: `${whoOf(viewer)} looked into the recording of ${viewed.what} from ${utc(look.fromMs)} until ${utc(look.untilMs)}${seen ? `, at what happened from ${utc(seen.fromMs)} until ${utc(seen.untilMs)}` : ""}`,
        ...(viewer.kind === "person" ? { subject: viewer.id } : {}),
        session: viewed.session,
      });
    });
  }
}

/** From another address it is another looking: a link may have been stolen. */
function keyOf({ kind, id, address }: Viewer, { session }: Viewed, how: ViewHow): string {
  return `${how} ${kind} ${id} ${address} ${session}`;
}

function whoOf(viewer: Viewer): string {
  return viewer.kind === "link" ? `${viewer.name} (by link, from ${viewer.address})` : viewer.name;
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
