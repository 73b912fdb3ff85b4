/**
 * Pages that work in their own sessions. A session has one page at a time: attaching from
 * another one takes it over. A page that goes away leaves the session to its lease, and what runs
 * in it over SSH waits as long for the page to come back.
 */
import type { LiveSession, SessionHost } from "../../sessions/session.ts";
import { ApiRefused, notFound, refusalOf } from "../problem.ts";
import type { AttachAnswer, Kept, Refused, ResumeAnswer } from "../shapes/live.ts";
import type { CauseView } from "../shapes/sessions.ts";
import { type Holder, OwnerChannel } from "./owner-channel.ts";
import type { Page } from "./page-socket.ts";

/** A terminal, its files and a few transfers beside it; a page that wants more is not ours. */
const CHANNELS_PER_PAGE_MAX = 16;

interface OwnerLink {
  readonly page: Page;
  readonly session: LiveSession;
  readonly channels: Holder;
  stopListening: () => void;
  over: boolean;
}

export class OwnerLinks {
  private readonly sessions: SessionHost;
  private readonly links = new Map<string, OwnerLink>();
  /** By session: channels that wait for the page they had. */
  private readonly resting = new Map<string, Holder>();
  /** Commands that work in sessions, and how each is told that it is over. */
  private readonly commands = new Map<string, (cause: CauseView) => void>();

  constructor(sessions: SessionHost) {
    this.sessions = sessions;
  }

  /** Opens a channel of the session for the page of its owner. An id alone opens nothing. */
  async attach(page: Page, sessionId: string, name: string, peer: string): Promise<AttachAnswer> {
    const session = this.ownSession(page, sessionId);
    if (session instanceof ApiRefused) return refused(session);
    const link = this.take(page, session);
    link.channels.get(name)?.close("attached again");
    this.resting.get(sessionId)?.get(name)?.close("attached again");
    this.makeRoom(sessionId, link);
    if (link.channels.size >= CHANNELS_PER_PAGE_MAX) return refused(tooMany());
    const keeps = session.claims.endpoint.protocol === "ssh";
    const channel = new OwnerChannel(page, sessionId, name, link.channels, keeps);
    try {
      const number = await channel.open(session, peer);
      return { ok: true, channel: number, ...(keeps && { keeps }) };
    } catch (error) {
      const current = !link.over;
      channel.close("the channel could not be opened");
      if (current && link.channels.size === 0) this.abandon(link);
      return refused(error);
    }
  }

  /**
   * A page whose connection broke is back. The old connection may not be known to be gone yet: what
   * it had waits first. Answers before anything is sent on.
   */
  resume(
    page: Page,
    sessionId: string,
    name: string,
    kept: Kept,
    done: (answer: ResumeAnswer) => void,
  ): void {
    const session = this.ownSession(page, sessionId);
    if (session instanceof ApiRefused) done(refused(session));
    else this.goOn(page, session, name, kept, done);
  }

  /**
   * A command works in the session from here on; a page or command that did loses it. Answers the
   * function to call when it is gone: the session then waits as its lease says.
   */
  claim(session: LiveSession, taken: (cause: CauseView) => void): () => void {
    const id = session.claims.session;
    const earlier = this.links.get(id);
    if (earlier) this.takeOver(earlier);
    this.dropResting(id, "a command took the session over");
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
    this.linkOf(page, sessionId)?.channels.get(name)?.close("the page closed it");
  }

  bytes(page: Page, sessionId: string, name: string, bytes: Uint8Array): void {
    this.linkOf(page, sessionId)?.channels.get(name)?.received(bytes);
  }

  holding(page: Page, sessionId: string, name: string, down: boolean): void {
    this.linkOf(page, sessionId)?.channels.get(name)?.holding(down);
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
      this.rest(link);
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
    void session.closed.then(() => {
      this.drop(link, "the session ended");
      this.dropResting(id, "the session ended");
    });
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

  private ownSession(page: Page, id: string): LiveSession | ApiRefused {
    const session = this.sessions.get(id);
    const me = page.me();
    if (!session || !me || session.claims.subject.id !== me.person.id) return notFound();
    return page.isOfDevice() ? session : notFromDevice();
  }

  private goOn(
    page: Page,
    session: LiveSession,
    name: string,
    kept: Kept,
    done: (answer: ResumeAnswer) => void,
  ): void {
    const id = session.claims.session;
    const earlier = this.links.get(id);
    const channel = this.resting.get(id)?.get(name) ?? earlier?.channels.get(name);
    if (!channel?.has(kept)) {
      done(NOT_KEPT);
      return;
    }
    if (earlier && earlier.page !== page) this.rest(earlier);
    const link = this.take(page, session);
    done({ ok: true, received: channel.taken });
    channel.goOn(page, link.channels, kept);
  }

  /** What may outlive the page's connection waits; the rest ends. */
  private rest(link: OwnerLink): void {
    const id = link.session.claims.session;
    for (const channel of [...link.channels.values()]) {
      if (channel.keeps) channel.rest(this.restingFor(id));
    }
    this.drop(link, "the page went away");
  }

  /** Those that wait count too: the one that has waited longest goes before a new one is refused. */
  private makeRoom(id: string, { channels }: OwnerLink): void {
    for (const channel of [...(this.resting.get(id)?.values() ?? [])]) {
      const count = channels.size + (this.resting.get(id)?.size ?? 0);
      if (count < CHANNELS_PER_PAGE_MAX) return;
      channel.close("the page has too many channels");
    }
  }

  private restingFor(id: string): Holder {
    const resting: Holder = this.resting.get(id) ?? new Map();
    this.resting.set(id, resting);
    return resting;
  }

  private dropResting(id: string, reason: string): void {
    for (const channel of [...(this.resting.get(id)?.values() ?? [])]) channel.close(reason);
    this.resting.delete(id);
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

const NOT_KEPT: Refused = {
  ok: false,
  code: "not-kept",
  message: "What ran in this session had ended before the page came back.",
};

function refused(error: unknown): Refused {
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
