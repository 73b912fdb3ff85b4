/**
 * The live channel: socket.io on path `/api/live`, websocket only, one socket a browser page.
 *
 * A page works in its session over channels that it names itself: a Modbus workbench has one, a
 * terminal and its files are two. Each is a channel of the session, with a guard of its own.
 *
 * Flow control: the broker sends at most `LIVE_CREDIT_BYTES` of `bytes` per channel, and of `tape`
 * per session, beyond what the page has returned by `credit`, from its renderer's own callback. An
 * owner's asset is then read no faster; a watcher that stays behind for `WATCHER_SLOW_MS` is
 * dropped.
 */
import type { SessionEvent } from "../../sessions/session.ts";
import type { CauseView } from "./sessions.ts";

export const LIVE_CREDIT_BYTES = 262_144;

export type LiveAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** What a page may name a channel. */
export const CHANNEL_NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** The channel of a workbench that needs one. */
export const MAIN_CHANNEL = "main";
/** For `watch`: from the newest part that has a key frame, which `frame` gives; else from the first. */
export const FROM_NEWEST = -1;
/** Names what `credit` returns of a watched tape; no channel is called so. */
export const TAPE_CREDIT = "tape";

export type Refused = Exclude<LiveAnswer, { readonly ok: true }>;

export type AttachAnswer =
  | {
      readonly ok: true;
      /** Its number on the tape and in events. */
      readonly channel: number;
      /** It waits for this page when the connection breaks: `resume`. */
      readonly keeps?: boolean;
    }
  | Refused;

/** What a page has of a channel that waited for it. */
export interface Kept {
  readonly channel: number;
  /** Bytes of it that the page received. */
  readonly received: number;
  /** Those of them that were consumed, whether or not `credit` said so. */
  readonly shown: number;
}

export type ResumeAnswer =
  /** `received`: bytes that came from the page; it sends again what follows them. */
  { readonly ok: true; readonly received: number } | Refused;

export interface FromBrowser {
  /**
   * The owner takes (or takes back) the session and opens a channel of this name; one that it has
   * open under it is closed first.
   */
  attach(session: string, channel: string, done: (answer: AttachAnswer) => void): void;
  /**
   * The owner's page is back after its connection broke, and takes the session back with a channel
   * that waited: the stream of either side goes on at the byte where it was. Refused `not-kept`
   * where it ended meanwhile, or another page attached.
   */
  resume(session: string, channel: string, kept: Kept, done: (answer: ResumeAnswer) => void): void;
  /** Closes a channel; the session stays the page's. */
  detach(session: string, channel: string): void;
  /** Protocol bytes of the workbench, for the guard of that channel. */
  bytes(session: string, channel: string, bytes: Uint8Array): void;
  /**
   * Something is held down on the screen of this channel, said every second while it is, or nothing
   * is any more. Where it is not said again in time the channel ends, which lets go of all of it.
   */
  holding(session: string, channel: string, down: boolean): void;
  /** The person touched something (at most one a second): keeps idle away. */
  activity(session: string): void;
  /** This many bytes of a channel, or of `TAPE_CREDIT`, were consumed. */
  credit(session: string, channel: string, bytes: number): void;
  /**
   * Follows the tape of a live session from the record with this sequence number (history first,
   * then live, without gap or duplicate), or `FROM_NEWEST`.
   */
  watch(session: string, fromSequence: number, done: (answer: LiveAnswer) => void): void;
  unwatch(session: string): void;
  /**
   * Of a page that watches: a person sees it (said every few seconds), or it was hidden. Only who
   * is there counts as a supervisor who watches.
   */
  presence(session: string, here: boolean): void;
}

export interface FromBroker {
  /** Bytes that the guard of this channel sent to the client. */
  bytes(session: string, channel: string, bytes: Uint8Array): void;
  /** So many bytes came of a channel that is kept, in all: the page need not keep them. */
  taken(session: string, channel: string, total: number): void;
  /** A channel is over, and not by the page's own doing. */
  closed(session: string, channel: string, cause: CauseView): void;
  event(session: string, event: SessionEvent): void;
  /** What stood when the first record that follows was made, as `recordings.frame` answers it. */
  frame(session: string, frame: Uint8Array): void;
  /** Encoded tape records (header first), for watchers. */
  tape(session: string, encoded: Uint8Array): void;
  /** A watcher was dropped or the session is over for it. */
  unwatched(session: string, cause: CauseView): void;
  /** Something that a list shows has changed: fetch again. */
  changed(
    topic:
      | "plant"
      | "sessions"
      | "grants"
      | "requests"
      | "people"
      | "recordings"
      | "events"
      | "holds"
      | "consents"
      | "alarms"
      | "locks"
      | "break-glass",
  ): void;
  /** The sign-in ended: the page must go to the sign-in page and say why. */
  signedOut(cause: CauseView): void;
}
