/**
 * The live channel (`shapes/live.ts`). A socket belongs to one sign-in and ends with it; every
 * message asks again whether the sign-in still counts, and each session for the right to it.
 */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import { Server } from "socket.io";
import { WebSocketServer } from "ws";
import type { Decisions } from "../../access/decision-point.ts";
import type { Presence } from "../../access/presence.ts";
import type { Clock } from "../../clock.ts";
import type { Recordings } from "../../evidence/recordings.ts";
import type { Looks } from "../../evidence/viewing/looks.ts";
import type { Identity, SignedIn } from "../../identity/identity.ts";
import type { Logger } from "../../log.ts";
import type { Cause, SessionHost } from "../../sessions/session.ts";
import type { SiteEvents } from "../../store/site-events.ts";
import { boundPipelining } from "../connection-limits.ts";
import type { UnknownDevices } from "../from-device.ts";
import type { FromBroker, FromBrowser } from "../shapes/live.ts";
import { Unread } from "../unread.ts";
import { admitSocket } from "./handshake.ts";
import { MessageRates } from "./message-rate.ts";
import { bindMessages } from "./messages.ts";
import type { OwnerLinks } from "./owner-links.ts";
import { type LiveSocket, openPage, type Page } from "./page-socket.ts";
import { mayHear, type Topic } from "./topics.ts";
import { WatchLinks } from "./watch-links.ts";

export interface LiveParts {
  readonly identity: Pick<Identity, "signIns" | "people" | "devices">;
  readonly unknownDevices: UnknownDevices;
  readonly sessions: SessionHost;
  readonly owners: OwnerLinks;
  readonly presence: Pick<Presence, "attend">;
  readonly decisions: Decisions;
  readonly recordings: Pick<Recordings, "get" | "segment" | "frame">;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly looks: Pick<Looks, "note" | "over">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly origins: readonly string[];
  parseCookies(header: string): Record<string, string | undefined>;
}

export interface LiveChannel {
  /** Tells who may know that a list has changed; many changes at once are told once. */
  announce(topic: Topic): void;
  readonly sockets: number;
  close(): Promise<void>;
}

export const LIVE_PATH = "/api/live";
/** The longest message is a Modbus frame or a few; a page that sends more is not ours. */
const MESSAGE_BYTES_MAX = 65_536;
/** A dead network is noticed within the shortest lease of a session. */
const PING_EVERY_MS = 10_000;
const PING_WAIT_MS = 10_000;
/** From the upgrade to the first packet. */
const HANDSHAKE_MS = 5_000;
/** Tabs of one person in one browser. */
const SOCKETS_PER_SIGN_IN_MAX = 20;
/** Below the connections of the server, so that signing in and cutting always have some. */
const SOCKETS_MAX = 768;
/** What a page that does not read has until its socket is torn. */
const FAREWELL_MS = 1_000;
/** Changes within this time are told once. */
const ANNOUNCE_MS = 150;

export function openLiveChannel(server: HttpServer, parts: LiveParts): LiveChannel {
  const io = new Server<FromBrowser, FromBroker>({
    path: LIVE_PATH,
    serveClient: false,
    transports: ["websocket"],
    perMessageDeflate: false,
    httpCompression: false,
    maxHttpBufferSize: MESSAGE_BYTES_MAX,
    // The one that socket.io brings answers any number of pings of who takes no answer.
    wsEngine: WebSocketServer,
    pingInterval: PING_EVERY_MS,
    pingTimeout: PING_WAIT_MS,
    upgradeTimeout: HANDSHAKE_MS,
    connectTimeout: HANDSHAKE_MS,
    allowRequest: (request, done) => done(null, admission.admit(request)),
  });
  const live = new Pages(io, parts);
  const admission = new Admission(parts, live);
  io.use((socket, next) => void admission.prove(socket).then(() => next(), next));
  io.on("connection", (socket) => {
    const signInId = admission.signInOf(socket.request);
    if (signInId === undefined) socket.disconnect(true);
    else live.join(socket, signInId, admission.deviceOf(socket.request));
  });
  // Whose path it is not closes it: `connect-channel.ts`.
  io.attach(server, { destroyUpgrade: false });
  // It has put itself in front of what answered requests before.
  boundPipelining(server);
  return live;
}

/** Remembers between upgrade and connection whose socket it is. */
class Admission {
  private readonly parts: LiveParts;
  private readonly live: Pages;
  private readonly admitted = new WeakMap<IncomingMessage, string>();
  private readonly devices = new WeakMap<IncomingMessage, string>();

  constructor(parts: LiveParts, live: Pages) {
    this.parts = parts;
    this.live = live;
  }

  admit(request: IncomingMessage): boolean {
    const me = admitSocket(request, {
      origins: this.parts.origins,
      signIns: this.parts.identity.signIns,
      parseCookies: this.parts.parseCookies,
    });
    if (!me || !this.live.takeRoom(me, request)) return false;
    this.admitted.set(request, me.signIn.id);
    return true;
  }

  /** A page that shows a signature is held to it; one without may look, and attach to nothing. */
  async prove({ request, handshake }: LiveSocket): Promise<void> {
    const { devices, signIns } = this.parts.identity;
    const me = signIns.get(this.admitted.get(request) ?? "");
    const { device: proof } = handshake.auth as { readonly device?: unknown };
    if (!me || typeof proof !== "string") return;
    const shown = { proof, method: "GET", url: `${request.headers.origin}${LIVE_PATH}` };
    if ((await devices.checkRequest(me, shown, "")) !== "proved") return;
    this.devices.set(request, me.signIn.deviceId ?? "");
  }

  signInOf(request: IncomingMessage): string | undefined {
    return this.admitted.get(request);
  }

  deviceOf(request: IncomingMessage): string | undefined {
    return this.devices.get(request);
  }
}

class Pages implements LiveChannel {
  private readonly io: Server<FromBrowser, FromBroker>;
  private readonly parts: LiveParts;
  private readonly owners: OwnerLinks;
  private readonly watches: WatchLinks;
  /** Pages by the sign-in they belong to. */
  private readonly pages = new Map<string, Set<Page>>();
  private readonly unread = new Unread();
  private readonly rates: MessageRates;
  /** Of each sign-in. */
  private readonly connections = new Map<string, number>();
  private readonly pending = new Set<Topic>();
  private readonly unsubscribe: readonly (() => void)[];

  constructor(io: Server<FromBrowser, FromBroker>, parts: LiveParts) {
    this.io = io;
    this.parts = parts;
    this.owners = parts.owners;
    this.watches = new WatchLinks(parts);
    this.rates = new MessageRates(parts.clock);
    const { signIns, people } = parts.identity;
    this.unsubscribe = [
      signIns.onEnded((signIn, end) => this.dismiss(signIn.id, end)),
      people.onChanged(() => this.watches.checkRights()),
      parts.decisions.onPoliciesChanged(() => this.watches.checkRights()),
    ];
  }

  get sockets(): number {
    return this.io.engine.clientsCount;
  }

  /** Counted from here on, while it proves itself too: many at once are not too many. */
  takeRoom({ signIn }: SignedIn, request: IncomingMessage): boolean {
    const own = this.connections.get(signIn.id) ?? 0;
    if (own >= SOCKETS_PER_SIGN_IN_MAX || this.sockets >= SOCKETS_MAX) return false;
    this.connections.set(signIn.id, own + 1);
    request.socket.once("close", () => {
      const left = (this.connections.get(signIn.id) ?? 1) - 1;
      if (left > 0) this.connections.set(signIn.id, left);
      else this.connections.delete(signIn.id);
    });
    return true;
  }

  /** @param deviceId that proved itself on this socket */
  join(socket: LiveSocket, signInId: string, deviceId: string | undefined): void {
    const me = () => this.parts.identity.signIns.get(signInId);
    const page = openPage(socket, me, () => this.isOfDevice(me(), deviceId), this.unread);
    const siblings = this.pages.get(signInId) ?? new Set();
    this.pages.set(signInId, siblings.add(page));
    socket.on("disconnect", () => {
      siblings.delete(page);
      if (siblings.size === 0) this.pages.delete(signInId);
      this.owners.leave(page);
      this.watches.leave(page);
    });
    bindMessages(page, {
      owners: this.owners,
      watches: this.watches,
      rate: this.rates.ofPage(me()?.person.id ?? ""),
      log: this.parts.log,
      seen: () => this.parts.identity.signIns.seen(signInId),
    });
    // The sign-in may have ended between the upgrade and now.
    if (!page.me()) this.dismiss(signInId, OVER);
  }

  private isOfDevice(me: SignedIn | undefined, proved: string | undefined): boolean {
    const { unknownDevices, identity } = this.parts;
    const bound = me?.signIn.deviceId;
    if (!me || (bound === undefined && unknownDevices === "policy")) return me !== undefined;
    if (bound !== undefined && bound === proved) return true;
    void identity.devices.noteUnproved(me).catch(() => {});
    return false;
  }

  announce(topic: Topic): void {
    // A plant file says who supervises which site.
    if (topic === "plant") this.watches.checkRights();
    if (this.pending.size === 0) {
      this.parts.clock.after(ANNOUNCE_MS, () => this.tellPending());
    }
    this.pending.add(topic);
  }

  async close(): Promise<void> {
    for (const stop of this.unsubscribe) stop();
    this.watches.close();
    this.io.disconnectSockets(true);
    this.io.engine.close();
  }

  private tellPending(): void {
    const topics = [...this.pending];
    this.pending.clear();
    for (const page of [...this.pages.values()].flatMap((set) => [...set])) {
      const me = page.me();
      if (!me) continue;
      for (const topic of topics) {
        if (mayHear(me, topic, this.parts.decisions)) page.socket.emit("changed", topic);
      }
    }
  }

  private dismiss(signInId: string, cause: Cause): void {
    for (const { socket } of [...(this.pages.get(signInId) ?? [])]) {
      socket.emit("signedOut", cause);
      const transport = socket.conn;
      socket.disconnect(true);
      // A page that reads nothing cannot be told; its connection goes all the same.
      this.parts.clock.after(FAREWELL_MS, () => transport.close(true));
    }
  }
}

const OVER: Cause = { rule: "signed-out", reason: "Your sign-in has ended." };
