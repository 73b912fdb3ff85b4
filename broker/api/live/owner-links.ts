/**
 * Pages that work in their own sessions. A session has one page at a time: attaching from
 * another one takes it over. A page that goes away leaves the session to its lease.
 */
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { ApiRefused, notFound, refusalOf } from "../problem.ts";
import type { AttachAnswer } from "../shapes/live.ts";
import type { CauseView } from "../shapes/sessions.ts";
import { OwnerChannel } from "./owner-channel.ts";
import type { Page } from "./page-socket.ts";

/** A terminal, its files and a few transfers beside it; a page that wants more is not ours. */
const CHANNELS_PER_PAGE_MAX = 16;

interface OwnerLink {
  readonly page: Page;
  readonly session: LiveSession;
  readonly channels: Map<string, OwnerChannel>;
  stopListening: () => void;
  over: boolean;
}

export class OwnerLinks {
  private readonly sessions: SessionHost;
  private readonly links = new Map<string, OwnerLink>();
  /** Commands that work in sessions, and how each is told that it is over. */
  private readonly commands = new Map<string, (cause: CauseView) => void>();

  constructor(sessions: SessionHost) {
    this.sessions = sessions;
  }

  /** Opens a channel of the session for the page of its owner. An id alone opens nothing. */
  async attach(page: Page, sessionId: string, name: string, peer: string): Promise<AttachAnswer> {
    const session = this.sessions.get(sessionId);
    const me = page.me();
    if (!session || !me || session.claims.subject.id !== me.person.id) return refused(notFound());
    if (!page.isOfDevice()) return refused(notFromDevice());
    const link = this.take(page, session);
    this.dropChannel(link, name, "attached again");
    if (link.channels.size >= CHANNELS_PER_PAGE_MAX) return refused(tooMany());
    const channel = new OwnerChannel(page, sessionId, name, () => link.channels.delete(name));
    link.channels.set(name, channel);
    try {
      return { ok: true, channel: await channel.open(session, peer) };
    } catch (error) {
      const current = !link.over;
      channel.close("the channel could not be opened");
      if (current && link.channels.size === 0) this.abandon(link);
      return refused(error);
    }
  }

  /**
   * A command works in the session from here on; a page or command that did loses it. Answers the
   * function to call when it is gone: the session then waits as its lease says.
   */
  claim(session: LiveSession, taken: (cause: CauseView) => void): () => void {
    const id = session.claims.session;
    const earlier = this.links.get(id);
    if (earlier) this.takeOver(earlier);
    this.commands.get(id)?.(TAKEN_OVER);
    this.commands.set(id, taken);
    session.ownerPresent(true);
    return () => {
      if (this.commands.get(id) !== taken) return;
      this.commands.delete(id);
      session.ownerPresent(false);
    };
  }

  detach(page: Page, sessionId: string, name: string): void {
    const link = this.linkOf(page, sessionId);
    if (link) this.dropChannel(link, name, "the page closed it");
  }

  bytes(page: Page, sessionId: string, name: string, bytes: Uint8Array): void {
    this.linkOf(page, sessionId)?.channels.get(name)?.received(bytes);
  }

  credit(page: Page, sessionId: string, name: string, count: number): void {
    this.linkOf(page, sessionId)?.channels.get(name)?.credit(count);
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

  /** The page's link, with the channels it has; an earlier page loses the session. */
  private take(page: Page, session: LiveSession): OwnerLink {
    const id = session.claims.session;
    const earlier = this.links.get(id);
    if (earlier?.page === page) return earlier;
    if (earlier) this.takeOver(earlier);
    this.commands.get(id)?.(TAKEN_OVER);
    const link = this.newLink(page, session);
    this.links.set(id, link);
    return link;
  }

  private newLink(page: Page, session: LiveSession): OwnerLink {
    const id = session.claims.session;
    const link: OwnerLink = {
      ...{ page, session, channels: new Map(), over: false },
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

  private takeOver(earlier: OwnerLink): void {
    this.drop(earlier, "attached again");
    earlier.page.socket.emit("unwatched", earlier.session.claims.session, TAKEN_OVER);
  }

  /** The page may try again; if it does not, the lease ends the session. */
  private abandon(link: OwnerLink): void {
    this.drop(link, "the channel could not be opened");
    link.session.ownerPresent(false);
  }

  private dropChannel(link: OwnerLink, name: string, reason: string): void {
    link.channels.get(name)?.close(reason);
  }

  private drop(link: OwnerLink, reason: string): void {
    if (link.over) return;
    link.over = true;
    link.stopListening();
    for (const channel of [...link.channels.values()]) channel.close(reason);
    const id = link.session.claims.session;
    if (this.links.get(id) === link) this.links.delete(id);
  }
}

const TAKEN_OVER: CauseView = {
  rule: "taken-over",
  reason: "This session was opened in another page or command.",
};

function notFromDevice(): ApiRefused {
  const message = "This page was not opened on the device that you signed in on. Load it again.";
  return new ApiRefused(403, "device-proof", message);
}

function tooMany(): ApiRefused {
  const most = `A page has at most ${CHANNELS_PER_PAGE_MAX} channels. Close one first.`;
  return new ApiRefused(409, "too-many", most);
}

function refused(error: unknown): AttachAnswer {
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
