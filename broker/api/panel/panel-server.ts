/**
 * The listener of web panels: knows sessions by their own host names and browsers by the cookie
 * that a ticket gave them, and hands everything else to the session's guard. The console's cookies
 * are never sent here; nothing of the console is served here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { endOfHead } from "../../../protocols/http/head.ts";
import { type Page, pageBytes, STRICT_FIELDS } from "../../../protocols/http/page.ts";
import type { Clock } from "../../clock.ts";
import type { SignIns } from "../../identity/identity.ts";
import { OWN_SCRIPT_PATH } from "../../legs/web/own-script.ts";
import { type LiveSession, type SessionHost, SessionRefused } from "../../sessions/session.ts";
import type { ServedCertificate } from "../../tls/served-certificate.ts";
import { limitConnections } from "../connection-limits.ts";
import { hstsHeader } from "../security-headers.ts";
import { COOKIE_SCRIPT, cookieOf, ownCookies } from "./panel-cookies.ts";
import { LanesTaken, PanelLanes } from "./panel-lanes.ts";
import {
  isLocalPanelHost,
  originOf,
  type PanelOrigin,
  panelOrigin,
  sessionOf,
} from "./panel-origin.ts";
import { type PanelPass, PanelTickets } from "./panel-tickets.ts";
import { answerUnreadable } from "./unreadable.ts";

export interface PanelServerParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The setting. */
  readonly host: string;
  readonly trustedProxies: readonly string[];
  /** Of the console; a page of a panel asks more, but on few connections. */
  readonly requestsPerMinute: number;
  /** Where the broker speaks TLS itself; panels on localhost need none. */
  readonly tls: ServedCertificate | undefined;
  readonly clock: Clock;
  readonly sessions: SessionHost;
  readonly signIns: Pick<SignIns, "get" | "seen">;
}

export const PANEL_COOKIE = "__Host-sallyport-panel";
const ENTER = "/.sallyport/enter";

/** As the console's: headers come at once. */
const HEADERS_TIMEOUT_MS = 5_000;
/** The largest upload over a slow line; one that stands still is ended by its lane. */
const REQUEST_TIMEOUT_MS = 7_200_000;
const KEEP_ALIVE_MS = 10_000;
const TIMEOUT_CHECK_MS = 1_000;
const HEADER_BYTES_MAX = 16_384;
const HEADERS_MAX = 64;

export class PanelServer {
  private readonly parts: PanelServerParts;
  private readonly server: Server;
  private readonly tickets: PanelTickets;
  private readonly lanes = new Map<string, PanelLanes>();
  private origin: PanelOrigin;

  private constructor(parts: PanelServerParts) {
    this.parts = parts;
    this.tickets = new PanelTickets(parts.clock);
    this.origin = panelOrigin(parts.host, parts.port, parts.tls !== undefined);
    this.server = newServer(parts, (request, response) => void this.came(request, response));
    this.server.maxHeadersCount = HEADERS_MAX;
    limitConnections(this.server, parts.trustedProxies, { perMinute: parts.requestsPerMinute });
    this.server.on("clientError", answerUnreadable);
    this.server.on("upgrade", (request, socket, rest) => void this.upgrade(request, socket, rest));
  }

  /** Rejects where the port is taken. */
  static async open(parts: PanelServerParts): Promise<PanelServer> {
    const panel = new PanelServer(parts);
    await new Promise<void>((resolve, reject) => {
      panel.server.once("error", reject);
      panel.server.listen({ host: parts.listen, port: parts.port, exclusive: true }, resolve);
    });
    const { port } = panel.server.address() as AddressInfo;
    panel.origin = panelOrigin(parts.host, port, parts.tls !== undefined);
    return panel;
  }

  /** Where its owner's browser opens the panel, once, within half a minute. */
  admit(session: LiveSession, signInId: string, userAgent: string): string {
    const id = session.claims.session;
    this.lanesOf(session);
    const ticket = this.tickets.issue({ session: id, signInId }, userAgent);
    return `${originOf(this.origin, id)}${ENTER}?ticket=${ticket}`;
  }

  /** Where connections are put that came to a broker that waits. */
  get http(): Server {
    return this.server;
  }

  requestsOf(session: string): PanelLanes["requests"] {
    return this.lanes.get(session)?.requests ?? [];
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private lanesOf(session: LiveSession): PanelLanes {
    const id = session.claims.session;
    const existing = this.lanes.get(id);
    if (existing) return existing;
    const lanes = new PanelLanes(session, () => this.parts.clock.wallMs());
    this.lanes.set(id, lanes);
    void session.closed.then(() => {
      this.lanes.delete(id);
      this.tickets.forget(id);
    });
    return lanes;
  }

  private async came(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = sessionOf(this.origin, request.headers.host);
    if (id === undefined) return answer(response, NOT_HERE);
    const url = request.url ?? "";
    if (url.startsWith("/.sallyport/")) return this.enter(request, response, id);
    const found = this.admitted(request, id);
    if ("status" in found) return answer(response, found);
    if (isByHand(request, this.lanesOf(found.session))) this.lively(found);
    try {
      const peer = peerOf(request);
      await this.lanesOf(found.session).serve(request, response, peer);
    } catch (error) {
      answer(response, troubleOf(error));
    }
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, rest: Uint8Array) {
    socket.on("error", () => socket.destroy());
    const id = sessionOf(this.origin, request.headers.host);
    const found = id === undefined ? NOT_HERE : this.admitted(request, id);
    if ("status" in found) return refuse(socket, found);
    try {
      await this.lanesOf(found.session).serveSocket(request, socket, rest, peerOf(request));
    } catch (error) {
      refuse(socket, troubleOf(error));
    }
  }

  /** A cookie of this origin, from a page of this origin, in a sign-in and a session that live. */
  private admitted(request: IncomingMessage, id: string): Admitted | Page {
    if (!isVisible(request.url ?? "")) return MALFORMED;
    const pass = this.passOf(request, id);
    if (!pass) return NO_PASS;
    if (!isFromItself(request, originOf(this.origin, id))) return FOREIGN;
    const session = this.parts.sessions.get(id);
    const me = this.parts.signIns.get(pass.signInId);
    if (!session || me?.person.id !== session.claims.subject.id) return NO_PASS;
    const { cookie, ...others } = request.headers;
    const own = ownCookies(cookie);
    request.headers = own === undefined ? others : { ...others, cookie: own };
    return { session, pass };
  }

  private passOf({ headers }: IncomingMessage, id: string): PanelPass | undefined {
    const cookie = cookieOf(headers.cookie, PANEL_COOKIE);
    return cookie === undefined ? undefined : this.tickets.passOf(cookie, id);
  }

  /** What a person does keeps the session and their sign-in awake. */
  private lively({ session, pass }: Admitted): void {
    session.activity();
    this.parts.signIns.seen(pass.signInId);
  }

  private enter(request: IncomingMessage, response: ServerResponse, id: string) {
    const url = new URL(request.url ?? "", originOf(this.origin, id));
    if (url.pathname === OWN_SCRIPT_PATH) return script(response);
    const ticket = url.searchParams.get("ticket") ?? "";
    const wanted = request.method === "GET" && url.pathname === ENTER && ticket.length <= 100;
    const userAgent = request.headers["user-agent"] ?? "";
    const from = { session: id, userAgent };
    const cookie = wanted ? this.tickets.exchange(ticket, from) : undefined;
    if (cookie === undefined) return answer(response, NO_PASS);
    response.setHeader(
      "set-cookie",
      `${PANEL_COOKIE}=${cookie}; Path=/; Secure; HttpOnly; SameSite=Strict`,
    );
    // A redirect would still count as caused by the console's site, and go without the cookie.
    response.setHeader("refresh", "0; url=/");
    answer(response, OPENING);
  }
}

/** Encrypted where the broker has a certificate and panels are not this machine's alone. */
function newServer(
  { tls, host }: PanelServerParts,
  came: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const limits = {
    ...{ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    ...{ keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
    ...{ maxHeaderSize: HEADER_BYTES_MAX, requireHostHeader: true },
  };
  if (!tls || isLocalPanelHost(host.split(":")[0] ?? "")) return createServer(limits, came);
  const server = createTlsServer({ ...limits, ...tls.options() }, (request, response) => {
    response.setHeader(...hstsHeader);
    came(request, response);
  });
  server.once("close", tls.serve(server));
  return server;
}

interface Admitted {
  readonly session: LiveSession;
  readonly pass: PanelPass;
}

const OPENING: Page = {
  ...{ status: 200, title: "Opening the panel …" },
  lines: ["Everything you do here is decided, recorded and only then carried out."],
};
const NOT_HERE: Page = {
  ...{ status: 421, title: "Nothing lives under this name" },
  lines: ["Open the panel from the page of its session in the console."],
};
const NO_PASS: Page = {
  ...{ status: 401, title: "Open the panel from the console" },
  lines: [
    "This session has ended, or this browser was not let in to it.",
    "Go to the page of the session in the console and open the panel there.",
  ],
};
const FOREIGN: Page = {
  ...{ status: 403, title: "Refused" },
  lines: ["This request came from another site. Nothing reached the panel."],
};
const MALFORMED: Page = {
  ...{ status: 400, title: "Refused" },
  lines: ["The address has characters that no address has."],
};

function troubleOf(error: unknown): Page {
  const title = "The panel cannot be opened now";
  if (error instanceof LanesTaken || error instanceof SessionRefused) {
    return { status: 503, title, lines: [error.message] };
  }
  return { status: 503, title, lines: ["The panel does not answer. It may be off."] };
}

/** Whoever does not close its end keeps none of ours. */
function refuse(socket: Duplex, page: Page): void {
  socket.end(pageBytes(page), () => socket.destroy());
}

function script(response: ServerResponse): void {
  for (const [name, value] of STRICT_FIELDS) response.setHeader(name, value);
  response.setHeader("content-type", "text/javascript; charset=utf-8");
  response.end(COOKIE_SCRIPT);
}

function answer(response: ServerResponse, page: Page): void {
  if (response.headersSent) return void response.destroy();
  // What else it sends is read by nobody.
  response.shouldKeepAlive = false;
  const bytes = pageBytes(page);
  for (const [name, value] of STRICT_FIELDS) response.setHeader(name, value);
  response.setHeader("referrer-policy", "no-referrer");
  response.writeHead(page.status, { "content-type": "text/html; charset=utf-8" });
  response.end(bytes.subarray(endOfHead(bytes)));
}

/** What a page polls is not by hand, though it polls by POST. */
function isByHand({ headers, method = "", url = "" }: IncomingMessage, lanes: PanelLanes): boolean {
  if (headers["sec-fetch-user"] === "?1") return true;
  return method !== "GET" && method !== "HEAD" && !lanes.isRepeated(`${method} ${url}`);
}

/**
 * Browsers say which site caused a request; one that another site caused is refused, though its
 * cookie would not have come along. What says nothing (an old browser) is held to `Origin`.
 */
function isFromItself({ headers }: IncomingMessage, origin: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  return headers.origin === undefined || headers.origin === origin;
}

function isVisible(url: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(url);
}

function peerOf({ socket }: IncomingMessage): string {
  return `browser ${(socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "")}`;
}
