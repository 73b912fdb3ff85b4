/** Pages that watch sessions, by the right to it and only as long as they hold it. */
import type { Decisions } from "../../access/decision-point.ts";
import type { Presence } from "../../access/presence.ts";
import type { Clock } from "../../clock.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import type { SignedIn } from "../../identity/identity.ts";
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { ApiRefused, notFound } from "../problem.ts";
import { personViewer } from "../recordings/viewed.ts";
import type { LiveAnswer } from "../shapes/live.ts";
import { Attendance } from "./attendance.ts";
import type { Page } from "./page-socket.ts";
import { WatchLink } from "./watch-link.ts";

export interface WatchParts {
  /** Told who of those who watch is there. */
  readonly presence: Pick<Presence, "attend">;
  readonly sessions: SessionHost;
  readonly decisions: Decisions;
  readonly recordings: Pick<Recordings, "get" | "segment" | "frame">;
  readonly siteLog: Pick<SiteEvents, "record">;
  /** Who watched when is shown with the recording. */
  readonly looks: Pick<Looks, "note" | "over">;
  readonly clock: Clock;
}

/** A page shows one session, a wall of screens a few. */
const WATCHES_PER_PAGE_MAX = 8;
/** Each costs reading and encoding once more. */
const WATCHERS_PER_SESSION_MAX = 16;
/** Hours, proofs and networks that policies ask about pass and change without an event. */
export const RECHECK_MS = 25_000;

interface Watch {
  readonly page: Page;
  readonly session: LiveSession;
  readonly link: WatchLink;
  readonly attendance: Attendance;
}

export class WatchLinks {
  private readonly parts: WatchParts;
  private readonly watches = new Set<Watch>();
  private stopTimer: (() => void) | undefined;

  constructor(parts: WatchParts) {
    this.parts = parts;
  }

  watch(page: Page, sessionId: string, fromSequence: number): LiveAnswer {
    const session = this.parts.sessions.get(sessionId);
    const me = page.me();
    if (!session || !me || !this.mayWatch(me, session)) return answerOf(notFound());
    this.unwatch(page, sessionId);
    const busy = this.tooMany(page, session);
    if (busy) return answerOf(busy);
    this.begin(page, session, me, fromSequence);
    return { ok: true };
  }

  unwatch(page: Page, sessionId: string): void {
    this.find(page, sessionId)?.link.stop({ rule: "unwatched", reason: "You left." });
  }

  /** A person sits at the page, or does not; said again and again. */
  presence(page: Page, sessionId: string, here: boolean): void {
    this.find(page, sessionId)?.attendance.say(here);
  }

  credit(page: Page, sessionId: string, count: number): void {
    this.find(page, sessionId)?.link.credit(count);
  }

  leave(page: Page): void {
    for (const watch of [...this.watches]) {
      if (watch.page === page)
        watch.link.stop({ rule: "unwatched", reason: "The page went away." });
    }
  }

  close(): void {
    this.stopTimer?.();
  }

  /** Rights have changed: whoever may not watch any more stops at once. */
  checkRights(): void {
    for (const watch of [...this.watches]) {
      const me = watch.page.me();
      if (me && this.mayWatch(me, watch.session)) continue;
      watch.link.stop({ rule: "right-lost", reason: "You may not watch this session any more." });
    }
  }

  /** Supervisors watch any session; whoever may replay their own sessions may follow them live. */
  private mayWatch(me: SignedIn, session: LiveSession): boolean {
    const { decisions } = this.parts;
    if (decisions.mayAt(me, "session:watch", session.claims.asset.id)) return true;
    return session.claims.subject.id === me.person.id && decisions.may(me, "recording:own");
  }

  private begin(page: Page, session: LiveSession, me: SignedIn, fromSequence: number): void {
    const id = session.claims.session;
    const { clock, recordings } = this.parts;
    let leave = () => {};
    const link = new WatchLink(
      { session: id, recordings, clock },
      {
        tape: (encoded) => {
          if (page.isReading()) page.socket.emit("tape", id, encoded);
          else page.socket.disconnect(true);
        },
        frame: (frame) => page.socket.emit("frame", id, frame),
        over: (cause) => {
          this.watches.delete(watch);
          watch.attendance.end();
          leave();
          this.looked(me, session, "over");
          page.socket.emit("unwatched", id, cause);
        },
      },
      fromSequence,
    );
    const attendance = new Attendance(clock, () => this.parts.presence.attend(id, me.person));
    const watch: Watch = { page, session, link, attendance };
    this.watches.add(watch);
    this.stopTimer ??= this.checkLater();
    leave = session.watch(me.person.name, (record) => link.record(record));
    void session.closed.then((cause) => link.finish(cause));
    this.note(me, session);
    this.looked(me, session, "note");
    link.start();
  }

  private checkLater(): () => void {
    return this.parts.clock.after(RECHECK_MS, () => {
      this.checkRights();
      this.stopTimer = this.watches.size > 0 ? this.checkLater() : undefined;
    });
  }

  private note(me: SignedIn, session: LiveSession): void {
    const { subject, asset } = session.claims;
    void this.parts.siteLog
      .record({
        kind: "session:watched",
        priority: "event",
        text: `${me.person.name} watches the session of ${subject.name} on ${asset.name}`,
        subject: me.person.id,
        session: session.claims.session,
      })
      // The tape itself names the watcher; a store that is away must not stop supervision.
      .catch(() => {});
  }

  /** The tape names the watcher in any case. */
  private looked(me: SignedIn, session: LiveSession, what: "note" | "over"): void {
    const { subject, asset, session: id } = session.claims;
    const viewed = { session: id, what: `${subject.name} on ${asset.name}` };
    void this.parts.looks[what](personViewer(me), viewed, "live").catch(() => {});
  }

  private tooMany(page: Page, session: LiveSession): ApiRefused | undefined {
    const all = [...this.watches];
    const ofPage = all.filter((watch) => watch.page === page).length;
    const ofSession = all.filter((watch) => watch.session === session).length;
    if (ofPage < WATCHES_PER_PAGE_MAX && ofSession < WATCHERS_PER_SESSION_MAX) return undefined;
    return new ApiRefused(409, "too-many", "Too many are watching. Leave another session first.");
  }

  private find(page: Page, sessionId: string): Watch | undefined {
    return [...this.watches].find(
      (watch) => watch.page === page && watch.session.claims.session === sessionId,
    );
  }
}

function answerOf({ problem }: ApiRefused): LiveAnswer {
  return { ok: false, code: problem.code, message: problem.message };
}
