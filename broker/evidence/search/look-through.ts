/**
 * One search over the recordings it may look through, newest first, and within each from its end.
 * It stops where the page is full or its time is over, and says where to go on.
 */
import type { Matches } from "../../../protocols/search/pattern.ts";
import type { Term } from "../../../protocols/search/terms.ts";
import { type Block, rowAt } from "./block.ts";
import type { Part, RecordingIndex } from "./recording-index.ts";
import { RowFilter } from "./row-filter.ts";
import type { CatalogueHeader, Cursor, Hit } from "./search-messages.ts";

export interface Searched {
  readonly header: CatalogueHeader;
  readonly index: RecordingIndex;
}

export interface LookThrough {
  /** In the order in which they are looked through; that of the cursor first, if it is there. */
  readonly sessions: readonly string[];
  readonly terms: readonly Term[];
  readonly cursor: Cursor | undefined;
  readonly limit: number;
  /** Undefined for a recording of which nothing is known any more. */
  recording(session: string): Searched | undefined;
  /** Throws if the part is damaged. */
  open(session: string, part: Part): Block;
  damaged(session: string, error: unknown): void;
  /** Lets others have a turn; false once the search is to end as it stands. */
  turn(): Promise<boolean>;
}

export interface Found {
  readonly hits: readonly Hit[];
  readonly cursor: Cursor | undefined;
  readonly skipped: number;
}

interface Candidate {
  readonly block: Block;
  readonly row: number;
  readonly at: number;
}

/** Behind the very last row of a recording. */
const ALL = { sequence: Number.POSITIVE_INFINITY, item: 0 };
/** Rows found between two turns, and rows put in order at once. */
const ROWS_A_TURN = 20_000;

export async function lookThrough(search: LookThrough): Promise<Found> {
  const { sessions, cursor, limit } = search;
  const hits: Hit[] = [];
  let skipped = 0;
  for (const session of sessions) {
    const before = session === cursor?.session ? cursor : { session, ...ALL };
    if (!(await search.turn())) return { hits, cursor: before, skipped };
    const one = new OneRecording(search, session, before);
    try {
      const stopped = await one.collect(hits);
      if (stopped !== undefined) return { hits, cursor: stopped, skipped };
    } catch (error) {
      search.damaged(session, error);
      skipped += 1;
    }
    if (hits.length >= limit) return { hits, cursor: lastOf(hits), skipped };
  }
  return { hits, cursor: undefined, skipped };
}

function lastOf(hits: readonly Hit[]): Cursor | undefined {
  const last = hits.at(-1);
  return last && { session: last.session, sequence: last.row.sequence, item: last.row.item };
}

class OneRecording {
  private readonly search: LookThrough;
  private readonly session: string;
  private readonly before: Cursor;
  private candidates: Candidate[] = [];

  constructor(search: LookThrough, session: string, before: Cursor) {
    this.search = search;
    this.session = session;
    this.before = before;
  }

  /**
   * Parts overlap a little: what settled late, and runs of reads that began early. So matches of a
   * part wait until no other part can have later ones. Answers where to go on if it was stopped.
   */
  async collect(hits: Hit[]): Promise<Cursor | undefined> {
    const known = this.search.recording(this.session);
    if (known === undefined) return undefined;
    const filter = new RowFilter(this.search.terms, named(known.header));
    const parts = known.index
      .parts()
      .map((part) => ({ part, last: this.lastSequence(part) }))
      .sort((a, b) => b.last - a.last);
    for (const [at, { part }] of parts.entries()) {
      if (part.kind !== "frame" || filter.mayMatch(part.frame.summary)) {
        const stopped = await this.look(filter, part, hits);
        if (stopped !== undefined) return stopped;
      }
      this.giveOut(hits, parts[at + 1]?.last ?? Number.NEGATIVE_INFINITY);
      if (hits.length >= this.search.limit) return undefined;
    }
    return undefined;
  }

  /** Undefined once the part is looked through as far as it is needed. */
  private async look(filter: RowFilter, part: Part, hits: Hit[]): Promise<Cursor | undefined> {
    const block = this.search.open(this.session, part);
    let left = this.search.limit - hits.length;
    let looked = 0;
    for (const { row, sequence } of filter.matches(block, firstAtOrBehind(block, this.before))) {
      this.candidates.push({ block, row, at: sequence });
      left -= 1;
      // The rest of this part is behind what fills the page.
      if (left <= 0) break;
      looked += 1;
      if (looked % ROWS_A_TURN === 0 && !(await this.search.turn())) return this.giveUp(hits);
    }
    return (await this.search.turn()) ? undefined : this.giveUp(hits);
  }

  /** Those whose order is certain: nothing that is not looked at yet can come before them. */
  private giveOut(hits: Hit[], unseen: number): void {
    this.candidates.sort((a, b) => placeOf(b) - placeOf(a) || itemOf(b) - itemOf(a));
    let count = 0;
    for (const candidate of this.candidates) {
      if (placeOf(candidate) <= unseen || hits.length >= this.search.limit) break;
      const { block, row, at } = candidate;
      hits.push({ session: this.session, at, row: rowAt(block, row) });
      count += 1;
    }
    this.candidates = this.candidates.slice(count);
  }

  /** What was given out of this recording stands; the rest is looked for again. */
  private giveUp(hits: readonly Hit[]): Cursor {
    const last = hits.at(-1);
    if (last?.session !== this.session) return this.before;
    return { session: this.session, sequence: last.row.sequence, item: last.row.item };
  }

  private lastSequence(part: Part): number {
    if (part.kind === "frame") return part.frame.summary.sequenceMax;
    const block = this.search.open(this.session, part);
    return block.row.sequence[block.rows - 1] ?? Number.NEGATIVE_INFINITY;
  }
}

function placeOf({ block, row }: Candidate): number {
  return block.row.sequence[row] ?? 0;
}

function itemOf({ block, row }: Candidate): number {
  return block.row.item[row] ?? 0;
}

/** Rows stand in order: the first that is not before the cursor. */
function firstAtOrBehind({ row, rows }: Block, { sequence, item }: Cursor): number {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    const place = row.sequence[middle] ?? 0;
    const isBefore = place < sequence || (place === sequence && (row.item[middle] ?? 0) < item);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a bare word stands in the names of the recording. */
function named({ subject, asset, endpoint, grant }: CatalogueHeader) {
  const names = [subject.name, asset.name, asset.id, asset.zone, endpoint.id, grant.profile];
  return (matches: Matches) => names.some(matches);
}
