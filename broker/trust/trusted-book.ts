/**
 * What assets showed as their identity, and which of it counts. Read at every dial, so it is held
 * in memory; accepting counts once it is on disk, withdrawing counts at once.
 */
import type { Clock } from "../clock.ts";
import type { IdentityKind, ShownIdentity, TrustedIdentities } from "../plant/shown-identity.ts";
import {
  dropIdentity,
  type KeptIdentity,
  listIdentities,
  putIdentity,
} from "../store/asset-identities.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { RecordEvent, Store } from "../store/store.ts";

export type AssetIdentity = Pick<
  KeptIdentity,
  "endpoint" | "firstMs" | "lastMs" | "trusted" | "proposed"
> & { readonly shown: ShownIdentity };

export interface TrustedBookParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Something that a page about the plant shows has changed. */
  changed(): void;
  /** What could not be kept; nothing was trusted by it. */
  failed(error: unknown): void;
}

/**
 * Of one endpoint, besides what is trusted: an asset that shows another key each time fills no
 * disk. The oldest go.
 */
export const STRANGE_MAX = 8;
/** One line about the same key of the same endpoint, however often it is dialled. */
const QUIET_MS = 60_000;

export class TrustedBook implements TrustedIdentities {
  private readonly parts: TrustedBookParts;
  /** By endpoint, then by kind and fingerprint. */
  private readonly all = new Map<string, Map<string, AssetIdentity>>();
  /** On the monotonic clock. */
  private readonly notedMs = new Map<string, number>();
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(parts: TrustedBookParts) {
    this.parts = parts;
  }

  static async open(parts: TrustedBookParts): Promise<TrustedBook> {
    const book = new TrustedBook(parts);
    for (const kept of await listIdentities(parts.store.queries)) {
      book.hold({ ...kept, shown: JSON.parse(kept.shown) as ShownIdentity });
    }
    return book;
  }

  of(endpoint: string, kind: IdentityKind): readonly string[] {
    return this.list(endpoint)
      .filter(({ shown, trusted }) => trusted !== null && shown.kind === kind)
      .map(({ shown }) => shown.fingerprint);
  }

  /** The latest shown first; without an endpoint those of all. */
  list(endpoint?: string): readonly AssetIdentity[] {
    const rows =
      endpoint === undefined
        ? [...this.all.values()].flatMap((each) => [...each.values()])
        : [...(this.all.get(endpoint)?.values() ?? [])];
    return rows.sort((a, b) => b.lastMs - a.lastMs);
  }

  find(endpoint: string, kind: IdentityKind, fingerprint: string): AssetIdentity | undefined {
    return this.all.get(endpoint)?.get(keyOf(kind, fingerprint));
  }

  /** An asset showed this and was told nothing. Never waits and never throws. */
  strange(session: string, endpoint: string, shown: ShownIdentity, pinned: boolean): void {
    const noted = this.seen(endpoint, shown);
    if (!noted) return;
    const [asset = ""] = endpoint.split("/");
    const { fingerprint } = shown;
    const what = WORDS[shown.kind];
    const event: NewSiteEvent = {
      kind: pinned ? "asset:key-changed" : "asset:key-unknown",
      priority: pinned ? "alarm" : "event",
      text: pinned
        ? `${endpoint} shows another ${what} than the one that is trusted: ${fingerprint}. Nothing was sent to it.`
        : `${endpoint} shows the ${what} ${fingerprint}; none is trusted yet, so nothing was sent to it.`,
      session,
      about: { asset, endpoint },
    };
    this.keep(async (record) => record(event));
  }

  /** Somebody looked; nothing is wrong with it yet. */
  looked(endpoint: string, shown: ShownIdentity): void {
    this.seen(endpoint, shown);
    // Shown to a session it is news all the same.
    this.forgetNoted(endpoint, shown);
  }

  /** In memory when this resolves, and on disk with its event before. */
  put(rows: readonly AssetIdentity[], event: NewSiteEvent): Promise<void> {
    return this.inOrder(async () => {
      await this.parts.store.act(async (queries, record) => {
        for (const row of rows) await putIdentity(queries, toKept(row));
        await record(event);
      });
      for (const row of rows) {
        this.hold(row);
        this.forgetNoted(row.endpoint, row.shown);
      }
      this.parts.changed();
    });
  }

  /** Does not count any more when this returns its promise. */
  distrust(row: AssetIdentity, event: NewSiteEvent): Promise<void> {
    const now = { ...row, trusted: null, proposed: null };
    this.hold(now);
    this.forgetNoted(row.endpoint, row.shown);
    this.parts.changed();
    return this.inOrder(() =>
      this.parts.store.act(async (queries, record) => {
        await putIdentity(queries, toKept(now));
        await record(event);
      }),
    );
  }

  /** False where it is already known and was noted a moment ago. */
  private seen(endpoint: string, shown: ShownIdentity): boolean {
    const { clock, changed } = this.parts;
    const key = keyOf(shown.kind, shown.fingerprint);
    const nowMs = clock.wallMs();
    const before = this.all.get(endpoint)?.get(key);
    const row: AssetIdentity = {
      ...{ endpoint, shown, lastMs: nowMs, firstMs: before?.firstMs ?? nowMs },
      ...{ trusted: before?.trusted ?? null, proposed: before?.proposed ?? null },
    };
    this.hold(row);
    const noted = `${endpoint} ${key}`;
    const quietUntilMs = (this.notedMs.get(noted) ?? Number.NEGATIVE_INFINITY) + QUIET_MS;
    if (clock.monotonicMs() < quietUntilMs) return false;
    this.notedMs.set(noted, clock.monotonicMs());
    const gone = this.tooMany(endpoint);
    this.keep(async (_, queries) => {
      // As it is by then: somebody may have accepted it meanwhile.
      const now = this.find(endpoint, shown.kind, shown.fingerprint);
      if (now) await putIdentity(queries, toKept(now));
      for (const each of gone) await dropIdentity(queries, toKept(each));
    });
    changed();
    return true;
  }

  private tooMany(endpoint: string): readonly AssetIdentity[] {
    const strange = this.list(endpoint).filter(({ trusted, proposed }) => !trusted && !proposed);
    const gone = strange.slice(STRANGE_MAX);
    for (const { shown } of gone) {
      this.all.get(endpoint)?.delete(keyOf(shown.kind, shown.fingerprint));
      this.forgetNoted(endpoint, shown);
    }
    return gone;
  }

  private forgetNoted(endpoint: string, { kind, fingerprint }: ShownIdentity): void {
    this.notedMs.delete(`${endpoint} ${keyOf(kind, fingerprint)}`);
  }

  private hold(row: AssetIdentity): void {
    const { kind, fingerprint } = row.shown;
    const rows = this.all.get(row.endpoint) ?? new Map<string, AssetIdentity>();
    rows.set(keyOf(kind, fingerprint), row);
    this.all.set(row.endpoint, rows);
  }

  /** In order, behind what it is about. */
  private keep(work: (record: RecordEvent, queries: Store["queries"]) => Promise<void>): void {
    const { store, failed } = this.parts;
    this.inOrder(() => store.act((queries, record) => work(record, queries))).catch(failed);
  }

  /** One write after the other: none undoes what a later one said. */
  private inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.writing.then(work);
    this.writing = next.catch(() => undefined);
    return next;
  }
}

function keyOf(kind: IdentityKind, fingerprint: string): string {
  return `${kind} ${fingerprint}`;
}

function toKept({ shown, ...row }: AssetIdentity): KeptIdentity {
  const { kind, fingerprint } = shown;
  return { ...row, kind, fingerprint, shown: JSON.stringify(shown) };
}

export const WORDS: Readonly<Record<IdentityKind, string>> = {
  "ssh-host-key": "host key",
  "opcua-certificate": "certificate",
  "tls-certificate": "certificate",
};
