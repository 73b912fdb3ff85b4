/**
 * Search over everything recorded. Which recordings a person may see is decided here at each
 * question, by the caller's own rule; the thread is only told of those.
 */
import type { Term } from "../../../protocols/search/terms.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import { isAsked, type Surroundings } from "./recording-filter.ts";
import { READY_MS, SEARCHES_MAX, SETTLE_LOOK_MS, TAILS_MAX, TAILS_MS } from "./search-limits.ts";
import { SearchLink, type SearchPlace } from "./search-link.ts";
import type { CatalogueEntry, Cursor, Hit } from "./search-messages.ts";

/** A recording of which not all is sealed, and its last segment. */
export interface Tail {
  readonly header: Header;
  readonly lastMs: number;
  readonly number: number;
  readonly plainBytes: number;
}

export interface SearchParts extends SearchPlace {
  /** What is not sealed now, newest last of each recording. */
  tails(): Promise<readonly Tail[]>;
  /** All bytes so far of such a segment. */
  plain(session: string, number: number): Promise<Uint8Array | undefined>;
}

export interface Question {
  readonly terms: readonly Term[];
  /** Asked for every recording, at each question anew. */
  maySee(entry: CatalogueEntry): boolean;
  readonly surroundings: Surroundings;
  /** A new question of the same asker ends the one before. */
  readonly asker: string;
  readonly cursor: PageCursor | undefined;
  readonly limit: number;
}

/** With the time of its recording, so that it has its place when the recording is gone. */
export interface PageCursor extends Cursor {
  readonly startedMs: number;
}

export interface Answer {
  readonly hits: readonly Hit[];
  /** Recordings of the hits. */
  readonly recordings: ReadonlyMap<string, CatalogueEntry>;
  /** Undefined once everything was looked through. */
  readonly cursor: PageCursor | undefined;
  /** Recordings that the question is about and the person may see. */
  readonly asked: number;
  /** Of them, those that are not in the index to their end. */
  readonly behind: number;
}

/** The search cannot be made now; `busy`: too many are under way; `replaced`: by a newer one. */
export class SearchUnavailable extends Error {
  override readonly name = "SearchUnavailable";
  readonly kind: "starting" | "busy" | "replaced";
  constructor(kind: SearchUnavailable["kind"]) {
    super(`no search now: ${kind}`);
    this.kind = kind;
  }
}

export class Search {
  private readonly parts: SearchParts;
  private readonly link: SearchLink;
  private readonly askers = new Map<string, { number: number; replaced: boolean }>();
  private underWay = 0;
  /** Begun by this process, and not in the index to their end. */
  private readonly begun = new Map<string, Header>();

  constructor(parts: SearchParts) {
    this.parts = parts;
    this.link = new SearchLink(parts);
  }

  /** All recordings there are, and how many of them are not in the index to their end. */
  progress(): { readonly recordings: number; readonly behind: number; readonly isReady: boolean } {
    const { catalogue, isReady } = this.link;
    let behind = 0;
    for (const { isComplete } of catalogue.values()) if (!isComplete) behind += 1;
    return { recordings: catalogue.size, behind, isReady };
  }

  /** Nothing of it has to be read to answer any question. */
  holdsAll(session: string): boolean {
    return this.link.catalogue.get(session)?.isComplete === true;
  }

  /** A recording begins: from now on no answer leaves it out without saying so. */
  began(header: Header): void {
    this.begun.set(header.session, header);
  }

  /** @throws SearchUnavailable */
  async find(question: Question): Promise<Answer> {
    if (this.underWay >= SEARCHES_MAX) throw new SearchUnavailable("busy");
    this.underWay += 1;
    const mine = this.replace(question.asker);
    try {
      if (!(await this.link.untilReady(READY_MS))) throw new SearchUnavailable("starting");
      return await this.answer(question, mine);
    } finally {
      this.underWay -= 1;
      if (this.askers.get(question.asker) === mine) this.askers.delete(question.asker);
    }
  }

  /** Resolves once nothing of it is in the index; its content is about to be deleted. */
  async forget(session: string): Promise<void> {
    const answer = await this.link.ask({ kind: "forget", session });
    if (answer === undefined) throw new Error("the search index cannot be cleared now");
  }

  close(): Promise<void> {
    return this.link.stop();
  }

  private replace(asker: string): { number: number; replaced: boolean } {
    const before = this.askers.get(asker);
    if (before !== undefined) {
      before.replaced = true;
      this.link.cancel(before.number);
    }
    const mine = { number: 0, replaced: false };
    this.askers.set(asker, mine);
    return mine;
  }

  private async answer(
    question: Question,
    mine: { number: number; replaced: boolean },
  ): Promise<Answer> {
    const latest = question.cursor === undefined ? await this.takeTails(question) : NONE;
    if (mine.replaced) throw new SearchUnavailable("replaced");
    const asked = this.entries(question);
    const { terms, limit, cursor } = question;
    const sessions = asked
      .filter((entry) => cursor === undefined || isNotBefore(entry, cursor))
      .map(({ header }) => header.session);
    const { number, answer } = this.link.begin({ kind: "search", sessions, terms, cursor, limit });
    mine.number = number;
    const found = await answer;
    if (mine.replaced) throw new SearchUnavailable("replaced");
    if (found?.kind !== "found") throw new SearchUnavailable("starting");
    const names = new Set(found.hits.map(({ session }) => session));
    const recordings = new Map(
      asked.flatMap((one) =>
        names.has(one.header.session) ? [[one.header.session, one] as const] : [],
      ),
    );
    const behind = asked.filter((one) => !one.isComplete && !latest.has(one.header.session));
    return {
      hits: found.hits.filter(({ session }) => recordings.has(session)),
      recordings,
      cursor: found.cursor && this.pageCursor(found.cursor, recordings, cursor),
      asked: asked.length,
      behind: behind.length + found.skipped,
    };
  }

  private pageCursor(
    cursor: Cursor,
    recordings: ReadonlyMap<string, CatalogueEntry>,
    before: PageCursor | undefined,
  ): PageCursor | undefined {
    const known = recordings.get(cursor.session) ?? this.link.catalogue.get(cursor.session);
    const startedMs = known?.header.startedMs ?? before?.startedMs;
    if (startedMs === undefined) return undefined;
    // JSON has no infinity; above every sequence number it means the same.
    const sequence = Math.min(cursor.sequence, Number.MAX_SAFE_INTEGER);
    return { session: cursor.session, sequence, item: cursor.item, startedMs };
  }

  /** Newest first: what the person may see of what is asked about. */
  private entries({ terms, maySee, surroundings }: Question): readonly CatalogueEntry[] {
    const found: CatalogueEntry[] = [];
    for (const entry of [...this.link.catalogue.values(), ...this.unlisted()]) {
      if (maySee(entry) && isAsked(entry, terms, surroundings)) found.push(entry);
    }
    return found.sort(byAge);
  }

  /** Too new for the thread to have found them. */
  private unlisted(): readonly CatalogueEntry[] {
    const { catalogue } = this.link;
    for (const session of this.begun.keys()) {
      if (catalogue.get(session)?.isComplete) this.begun.delete(session);
    }
    return [...this.begun.values()]
      .filter(({ session }) => !catalogue.has(session))
      .map((header) => newEntry(header, header.startedMs));
  }

  /** Sessions that ended a moment ago: given a moment to be indexed. */
  private async settleEnded(question: Question, live: ReadonlySet<string>, endMs: number) {
    const isWanted = ({ header: { session }, isComplete }: CatalogueEntry) =>
      !isComplete && this.begun.has(session) && !live.has(session);
    if (!this.entries(question).some(isWanted)) return;
    void this.link.ask({ kind: "look" });
    while (this.entries(question).some(isWanted) && this.parts.clock.monotonicMs() < endMs) {
      await new Promise<void>((resolve) => this.parts.clock.after(SETTLE_LOOK_MS, resolve));
    }
  }

  /**
   * Hands the thread what is not sealed of the recordings asked about, newest first, as far as
   * time allows. Answers those that are in the index to their end.
   */
  private async takeTails(question: Question): Promise<ReadonlySet<string>> {
    const { clock } = this.parts;
    const endMs = clock.monotonicMs() + TAILS_MS;
    const latest = new Set<string>();
    const tails = (await this.parts.tails())
      .filter((tail) => this.isAskedOf(tail, question))
      .sort((a, b) => b.lastMs - a.lastMs);
    for (const tail of tails.slice(0, TAILS_MAX)) {
      if (clock.monotonicMs() >= endMs) break;
      if (await this.takeTail(tail)) latest.add(tail.header.session);
    }
    const live = new Set(tails.map(({ header }) => header.session));
    await this.settleEnded(question, live, endMs);
    return latest;
  }

  private isAskedOf({ header, lastMs }: Tail, { terms, maySee, surroundings }: Question): boolean {
    const entry = newEntry(header, lastMs);
    return maySee(entry) && isAsked(entry, terms, surroundings);
  }

  private async takeTail({ header, number, plainBytes }: Tail): Promise<boolean> {
    const { session } = header;
    if (this.hasTaken(session, number, plainBytes)) return true;
    const bytes = await this.parts.plain(session, number);
    if (bytes === undefined) return false;
    // A copy of its own, so that it can be handed over instead of copied once more.
    const own = new Uint8Array(bytes);
    const question = { kind: "tail", header, number, bytes: own } as const;
    await this.link.ask(question, [own.buffer]);
    return this.hasTaken(session, number, plainBytes);
  }

  private hasTaken(session: string, number: number, plainBytes: number): boolean {
    const fed = this.link.catalogue.get(session)?.fed;
    return fed !== undefined && fed.segment === number && fed.bytes >= plainBytes;
  }
}

const NONE: ReadonlySet<string> = new Set();

function newEntry(header: Header, endedMs: number): CatalogueEntry {
  const fed = { segment: 0, bytes: 0 };
  return { header, state: "open", endedMs, isComplete: false, fed };
}

/** Newest first; of two begun at once, the greater name. */
function byAge(a: CatalogueEntry, b: CatalogueEntry): number {
  const ages = b.header.startedMs - a.header.startedMs;
  if (ages !== 0) return ages;
  return a.header.session < b.header.session ? 1 : -1;
}

function isNotBefore({ header }: CatalogueEntry, cursor: PageCursor): boolean {
  if (header.startedMs !== cursor.startedMs) return header.startedMs < cursor.startedMs;
  return header.session <= cursor.session;
}
