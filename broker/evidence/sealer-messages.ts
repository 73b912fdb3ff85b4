/** What the recorder and the sealer tell each other; both may be in one thread or in two. */
import type { ProgressMember } from "../../protocols/log/progress.ts";
import type { Close } from "./descriptions.ts";
import type { Unsealed } from "./unsealed-recording.ts";

export type ToSealer =
  /** Seal and close whatever an earlier run left: in these files, and in folders without a close. */
  | { readonly kind: "recover"; readonly ask: number; readonly files: readonly FileName[] }
  /** Blocks of the file can be read up to `until`; `complete`: none will follow. */
  | {
      readonly kind: "durable";
      readonly file: FileName;
      readonly until: number;
      readonly complete: boolean;
    }
  /** Chunks that are in no file yet, and may come again in one. */
  | { readonly kind: "handed"; readonly payload: Uint8Array }
  /** What is not sealed, of one session or of all. */
  | { readonly kind: "look"; readonly ask: number; readonly session: string | undefined }
  /** Plain bytes of a segment that is not sealed. */
  | {
      readonly kind: "plain";
      readonly ask: number;
      readonly session: string;
      readonly segment: number;
    }
  /** How far each recording has come that is not closed and grew since. */
  | { readonly kind: "progress"; readonly ask: number }
  /** Lines for the files `progress`. */
  | { readonly kind: "keep-progress"; readonly lines: readonly ProgressText[] };

export interface ProgressText {
  readonly session: string;
  readonly line: string;
}

export interface FileName {
  readonly number: number;
  readonly path: string;
}

export type FromSealer =
  /** The file is not needed any more. */
  | { readonly kind: "freed"; readonly number: number }
  | { readonly kind: "closed"; readonly session: string; readonly close: Close }
  /** The recording could not be closed now. It is tried again, in this run or the next. */
  | { readonly kind: "not-closed"; readonly session: string; readonly cause: string }
  /** A segment of a screen is in place: its key frame can be made. */
  | {
      readonly kind: "screen";
      readonly session: string;
      readonly number: number;
      readonly plain: Uint8Array;
    }
  | { readonly kind: "trouble"; readonly cause: string }
  | { readonly kind: "well" }
  | { readonly kind: "recovered"; readonly ask: number; readonly recovered: readonly Close[] }
  | { readonly kind: "looked"; readonly ask: number; readonly unsealed: readonly Unsealed[] }
  | { readonly kind: "plain"; readonly ask: number; readonly bytes: Uint8Array | undefined }
  | {
      readonly kind: "progressed";
      readonly ask: number;
      readonly members: readonly ProgressMember[];
    };
