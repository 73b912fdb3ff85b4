/**
 * Pages that work in their own sessions. A session has one page at a time: attaching from
 * another one takes it over. A page that goes away leaves the session to its lease.
 */
import { BrowserLeg } from "../../legs/browser-leg.ts";
import type { ChannelHandle, LiveSession, SessionHost } from "../../sessions/session.ts";
import { notFound, refusalOf } from "../problem.ts";
import { LIVE_CREDIT_BYTES, type LiveAnswer } from "../shapes/live.ts";
import type { Page } from "./page-socket.ts";

interface OwnerLink {
  readonly page: Page;
  readonly session: LiveSession;
  readonly leg: BrowserLeg;
  channel: ChannelHandle | undefined;
  stopListening: () => void;
  over: boolean;
}

export class OwnerLinks {
  private readonly sessions: SessionHost;
  private readonly links = new Map<string, OwnerLink>();

  constructor(sessions: SessionHost) {
    this.sessions = sessions;
  }

  /** Opens the session's channel for the page of its owner. An id alone opens nothing. */
  async attach(page: Page, sessionId: string, peer: string): Promise<LiveAnswer> {
    const session = this.sessions.get(sessionId);
    const me = page.me();
    if (!session || !me || session.claims.subject.id !== me.person.id) return refused(notFound());
    this.takeOver(sessionId, page);
    const link = this.newLink(page, session);
    this.links.set(sessionId, link);
    try {
      const channel = await session.attach(link.leg, peer);
      if (link.over) channel.close();
      link.channel = channel;
      return { ok: true };
    } catch (error) {
      const current = !link.over;
      this.drop(link, "the channel could not be opened");
      // The page may try again; if it does not, the lease ends the session.
      if (current) session.ownerPresent(false);
      return refused(error);
    }
  }

  bytes(page: Page, sessionId: string, bytes: Uint8Array): void {
    this.linkOf(page, sessionId)?.leg.received(bytes);
  }

  credit(page: Page, sessionId: string, count: number): void {
    this.linkOf(page, sessionId)?.leg.credit(count);
  }

  activity(page: Page, sessionId: string): void {
    this.linkOf(page, sessionId)?.session.activity();
  }

  /** The page is gone; its sessions wait for it as long as their lease says. */
  leave(page: Page): void {
    for (const link of [...this.links.values()]) {
      if (link.page !== page) continue;
      this.drop(link, "the page went away");
      link.session.ownerPresent(false);
    }
  }

  private newLink(page: Page, session: LiveSession): OwnerLink {
    const id = session.claims.session;
    const leg = new BrowserLeg({
      creditBytes: LIVE_CREDIT_BYTES,
      send: (bytes) => page.socket.emit("bytes", id, bytes),
    });
    const link: OwnerLink = {
      ...{ page, session, leg, channel: undefined, over: false },
      stopListening: () => {},
    };
    link.stopListening = session.listen((event) => {
      if (page.isReading()) page.socket.emit("event", id, event);
      else page.socket.disconnect(true);
    });
    session.ownerPresent(true);
    void session.closed.then(() => this.drop(link, "the session ended"));
    return link;
  }

  private linkOf(page: Page, sessionId: string): OwnerLink | undefined {
    const link = this.links.get(sessionId);
    return link?.page === page ? link : undefined;
  }

  private takeOver(sessionId: string, by: Page): void {
    const earlier = this.links.get(sessionId);
    if (!earlier) return;
    this.drop(earlier, "attached again");
    if (earlier.page === by) return;
    earlier.page.socket.emit("unwatched", sessionId, {
      rule: "taken-over",
      reason: "This session was opened in another page.",
    });
  }

  private drop(link: OwnerLink, reason: string): void {
    if (link.over) return;
    link.over = true;
    link.stopListening();
    link.leg.gone(reason);
    link.channel?.close();
    const id = link.session.claims.session;
    if (this.links.get(id) === link) this.links.delete(id);
  }
}

function refused(error: unknown): LiveAnswer {
  const refusal = refusalOf(error);
  if (!refusal) {
    // Dialling fails for reasons of the network; what they were is on the tape and in the log.
    return {
      ok: false,
      code: "asset-unreachable",
      message: "The asset does not answer. It may be off or restarting.",
    };
  }
  return { ok: false, code: refusal.problem.code, message: refusal.problem.message };
}
