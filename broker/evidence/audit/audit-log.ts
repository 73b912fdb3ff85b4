/**
 * The site log for people who look: found by the index, read from the files of the log, each leaf
 * with its proof. The index follows the checkpoints behind everything else.
 */
import { hexOf } from "../../../protocols/log/hex.ts";
import { TILE_WIDTH } from "../../../protocols/log/tile.ts";
import type { Clock } from "../../clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { Turns } from "../log/turns.ts";
import type { Volume } from "../volume.ts";
import { factsOf, type LeafFacts } from "./leaf-facts.ts";
import {
  type LeafChoices,
  type LeafFilter,
  LeafIndex,
  type LeafPlace,
  type LeafSession,
} from "./leaf-index.ts";
import { type LogHead, LogReader, type ReadEntry } from "./log-reader.ts";

export interface AuditPage {
  /** The checkpoints that the proofs lead to: one of each log that has a leaf here. */
  readonly heads: readonly LogHead[];
  readonly entries: readonly ReadEntry[];
  /** Where the next page begins; undefined where this is the last. */
  readonly next: LeafPlace | undefined;
}

export interface AuditLogOptions {
  /** Directory of the site log. */
  readonly directory: string;
  /** File of the index. */
  readonly index: string;
  readonly clock: Clock;
  readonly volume?: Volume;
  /** The index could not follow the log; it tries again with the next checkpoint. */
  readonly trouble?: (error: unknown) => void;
}

/** Rows of one page. */
export const PAGE_MAX = 200;
/** Leaves that go into the index at once: a few milliseconds, as sessions live in this thread. */
const BATCH_BUNDLES = 1;

/** Leaves cannot be found now; they are safe in the log. */
export class AuditUnavailable extends Error {
  override readonly name = "AuditUnavailable";
}

export class AuditLog {
  readonly reader: LogReader;
  private opened: LeafIndex | undefined;
  private readonly options: AuditLogOptions;
  private readonly turns = new Turns();
  private waiting = false;
  private closed = false;
  private state = { indexed: 0, of: 0 };

  constructor(options: AuditLogOptions) {
    this.options = options;
    this.reader = new LogReader(options.volume ?? diskVolume, options.directory);
  }

  /** Leaves in the index, and under checkpoints; the sum of all logs. */
  get progress(): { readonly indexed: number; readonly of: number } {
    return this.state;
  }

  /** Brings the index up to the newest checkpoints, behind. Never throws. */
  follow(): void {
    if (this.waiting || this.closed) return;
    this.waiting = true;
    this.turns
      .take(async () => {
        this.waiting = false;
        await this.catchUp();
      })
      .catch((error: unknown) => this.options.trouble?.(error));
  }

  /** Resolves once the index has what was under a checkpoint at the call. */
  async settle(): Promise<void> {
    this.follow();
    await this.turns.take(async () => {});
  }

  async page(filter: LeafFilter, before: LeafPlace | undefined, limit: number): Promise<AuditPage> {
    const bounded = Math.min(limit, PAGE_MAX);
    const found = await this.asked((index) => index.find(filter, before, bounded + 1));
    const places = found.slice(0, bounded);
    const { heads, entries } = await this.read(places);
    return { heads, entries, next: found.length > bounded ? places.at(-1) : undefined };
  }

  /** Undefined if there is no such leaf under a checkpoint. */
  async entry(place: LeafPlace): Promise<AuditPage | undefined> {
    const head = await this.reader.head(place.log);
    if (!head || place.index >= head.size) return undefined;
    return {
      heads: [head],
      entries: await this.reader.entries(head, [place.index]),
      next: undefined,
    };
  }

  /** A help for readers and no proof: none where the index cannot be asked. */
  async sessionsOf(ids: readonly string[]): Promise<readonly LeafSession[]> {
    return this.opened?.sessionsOf(ids).catch(() => []) ?? [];
  }

  choices(): Promise<LeafChoices> {
    return this.asked((index) => index.choices());
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.turns.take(async () => {});
    await this.opened?.close();
  }

  /** @throws AuditUnavailable */
  private async asked<T>(ask: (index: LeafIndex) => Promise<T>): Promise<T> {
    if (!this.opened) throw new AuditUnavailable("it is not open yet");
    try {
      return await ask(this.opened);
    } catch (error) {
      throw new AuditUnavailable(error instanceof Error ? error.message : String(error));
    }
  }

  /** In the order given. */
  private async read(places: readonly LeafPlace[]): Promise<Pick<AuditPage, "heads" | "entries">> {
    const heads: LogHead[] = [];
    const entries: ReadEntry[] = [];
    for (const log of new Set(places.map((place) => place.log))) {
      const head = await this.reader.head(log);
      if (!head) continue;
      const indexes = places.filter((place) => place.log === log).map(({ index }) => index);
      // A log that was put back behind the index has no such leaf; a restart finds out.
      const there = indexes.filter((index) => index < head.size);
      heads.push(head);
      entries.push(...(await this.reader.entries(head, there)));
    }
    return { heads, entries };
  }

  /** The first time it opens the index: a broker starts without waiting for it. */
  private async catchUp(): Promise<void> {
    if (this.closed) return;
    const { index: file, clock } = this.options;
    this.opened ??= await LeafIndex.open(file, clock);
    const index = this.opened;
    const heads = await this.reader.heads();
    const known = new Map((await index.indexed()).map((one) => [one.log, one]));
    const logs = new Set(heads.map(({ number }) => number));
    let fits = [...known.keys()].every((log) => logs.has(log));
    for (const head of heads) fits &&= await this.fits(head, known.get(head.number));
    if (!fits) {
      await index.clear();
      known.clear();
    }
    const of = heads.reduce((sum, { size }) => sum + size, 0);
    const indexed = [...known.values()].reduce((sum, { size }) => sum + size, 0);
    this.state = { indexed, of };
    for (const head of heads) await this.add(index, head, known.get(head.number)?.size ?? 0);
  }

  /** Whether what was indexed is a beginning of this log. */
  private async fits(
    head: LogHead,
    known: { readonly size: number; readonly root: string } | undefined,
  ): Promise<boolean> {
    if (!known) return true;
    if (known.size > head.size) return false;
    if (known.size === head.size) return known.root === hexOf(head.root);
    return hexOf(await this.reader.rootAt(head, known.size)) === known.root;
  }

  private async add(index: LeafIndex, head: LogHead, from: number): Promise<void> {
    for (let at = from; at < head.size && !this.closed; ) {
      const end = Math.min(head.size, (Math.floor(at / TILE_WIDTH) + BATCH_BUNDLES) * TILE_WIDTH);
      const facts = await this.factsIn(head.number, at, end);
      const root = end === head.size ? head.root : await this.reader.rootAt(head, end);
      await index.add({ log: head.number, size: end, root: hexOf(root) }, at, facts);
      this.state = { ...this.state, indexed: this.state.indexed + facts.length };
      at = end;
    }
  }
  private async factsIn(log: number, from: number, end: number): Promise<readonly LeafFacts[]> {
    const facts: LeafFacts[] = [];
    for (let next = from; next < end; ) {
      const bundle = Math.floor(next / TILE_WIDTH);
      const first = bundle * TILE_WIDTH;
      const until = Math.min(end, first + TILE_WIDTH);
      // Leaves that cannot be read are listed too: whoever looks is told.
      const entries = await this.reader
        .bundle(log, bundle, until - first)
        .then((all) => all.slice(next - first).map(factsOf))
        .catch(() => Array.from({ length: until - next }, () => UNREADABLE));
      facts.push(...entries);
      next = until;
    }
    return facts;
  }
}

const UNREADABLE: LeafFacts = {
  ...{ atMs: 0, what: "unreadable", person: null, session: null, asset: null },
  words: "unreadable",
};
