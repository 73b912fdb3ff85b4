/** What the broker and the search thread tell each other. */
import type { Term } from "../../../protocols/search/terms.ts";
import type { Header } from "../../../protocols/tape/record.ts";
import type { RecordingState } from "../recordings.ts";
import type { IndexedRow } from "./row.ts";

/** Of the header, what is asked of a recording as a whole. */
export type CatalogueHeader = Pick<
  Header,
  "session" | "site" | "subject" | "asset" | "endpoint" | "grant" | "startedMs" | "visit"
>;

/** A recording as the search knows it. */
export interface CatalogueEntry {
  readonly header: CatalogueHeader;
  readonly state: RecordingState;
  readonly endedMs: number;
  /** Closed, and all of it is in the index. */
  readonly isComplete: boolean;
  /** The segment that was fed last, and how many of its bytes. */
  readonly fed: { readonly segment: number; readonly bytes: number };
}

/** A place in the order of all hits: what comes behind it is the next page. */
export interface Cursor {
  readonly session: string;
  /** Of the row; everything before it in the recording comes later. */
  readonly sequence: number;
  readonly item: number;
}

export interface Hit {
  readonly session: string;
  /** Where the player goes: of a fold, the read that had the value asked for. */
  readonly at: number;
  readonly row: IndexedRow;
}

export type ToSearch =
  | {
      readonly kind: "search";
      readonly ask: number;
      /** Already narrowed to what the person may see, newest first. */
      readonly sessions: readonly string[];
      readonly terms: readonly Term[];
      readonly cursor: Cursor | undefined;
      readonly limit: number;
    }
  | { readonly kind: "cancel"; readonly ask: number }
  /** All bytes so far of a segment that is not sealed. */
  | {
      readonly kind: "tail";
      readonly ask: number;
      readonly header: Header;
      readonly number: number;
      readonly bytes: Uint8Array;
    }
  /** Its content is about to be deleted. */
  | { readonly kind: "forget"; readonly ask: number; readonly session: string }
  | { readonly kind: "look"; readonly ask: number }
  /** What `missing` asked for, sealed. */
  | {
      readonly kind: "fetched";
      readonly session: string;
      readonly number: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "stop" };

export type FromSearch =
  | {
      readonly kind: "catalogue";
      readonly entries: readonly CatalogueEntry[];
      readonly gone: readonly string[];
    }
  | {
      readonly kind: "found";
      readonly ask: number;
      readonly hits: readonly Hit[];
      /** Where to go on; undefined at the end. */
      readonly cursor: Cursor | undefined;
      /** Recordings whose index turned out damaged: they are made again, and were not searched. */
      readonly skipped: number;
    }
  /** A tail was taken in, something forgotten, the folders looked through. */
  | { readonly kind: "done"; readonly ask: number }
  | { readonly kind: "trouble"; readonly cause: string }
  /** A segment is needed that is not on this machine; the recording rests until it comes. */
  | { readonly kind: "missing"; readonly session: string; readonly number: number };
