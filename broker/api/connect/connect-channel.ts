/**
 * The WebSockets of `sallyport connect` (`shapes/connect.ts`). Who comes proves their machine's key
 * at each; a connection of a tool only ever joins a session that the same sign-in works in here.
 */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../clock.ts";
import type { Recorder } from "../../evidence/recorder.ts";
import type { Identity, SignedIn } from "../../identity/identity.ts";
import type { OpcuaProcess } from "../../legs/opcua/apart/opcua-process.ts";
import type { Logger } from "../../log.ts";
import type { NativeAsks } from "../../native/native-asks.ts";
import type { SshHostKey } from "../../native/ssh-host-key.ts";
import type { SessionHost } from "../../sessions/session.ts";
import { keyedRequest } from "../keyed-request.ts";
import type { OwnerLinks } from "../live/owner-links.ts";
import type { NativeGround } from "../native/native-view.ts";
import {
  CONNECT_MESSAGE_MAX,
  CONNECT_PATH,
  CONNECT_PROTOCOL,
  HALF_CLOSES,
} from "../shapes/connect.ts";
import { ConnectLink } from "./connect-link.ts";

export interface ConnectParts {
  readonly identity: Pick<Identity, "machines" | "signIns">;
  readonly ground: NativeGround;
  readonly asks: NativeAsks;
  readonly sessions: SessionHost;
  readonly owners: OwnerLinks;
  readonly recorder: Pick<Recorder, "state">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly opcua: OpcuaProcess;
  readonly hostKey: () => SshHostKey;
  readonly origins: readonly string[];
  /** Where a person approves. */
  readonly origin: string;
  /** Whether a session of theirs was lost with the broker that it ran in: nobody had ended it. */
  wasLost(session: string, person: string): Promise<boolean>;
}

export interface ConnectChannel {
  /** False where the path is another's. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

/** Commands of one sign-in, and of all; below the connections of the server. */
const LINKS_PER_SIGN_IN_MAX = 20;
const SOCKETS_MAX = 512;
/** With tools in many sessions, under all sign-ins: three quarters remain for the others. */
export const CONNECTS_OF_ONE_PERSON_MAX = SOCKETS_MAX / 4;
/** A dead network is noticed within the shortest lease of a session. */
const PING_EVERY_MS = 10_000;

/** Upgrades that are nobody's are closed at once. */
export function attachConnect(server: HttpServer, parts: ConnectParts, others: RegExp) {
  const channel = new Connects(parts);
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!channel.upgrade(request, socket, head) && !others.test(request.url ?? "")) {
      socket.destroy();
    }
  });
  return channel;
}

interface Owner {
  readonly signIn: string;
  readonly person: string;
}

class Connects implements ConnectChannel {
  private readonly parts: ConnectParts;
  private readonly server: WebSocketServer;
  private readonly links = new Map<ConnectLink, Owner>();
  /** Links alone, and whether they have answered since they were last asked. */
  private readonly answered = new WeakMap<WebSocket, boolean>();
  private readonly stops: readonly (() => void)[];
  private stopPinging = () => {};

  constructor(parts: ConnectParts) {
    this.parts = parts;
    this.server = new WebSocketServer({
      ...{ noServer: true, perMessageDeflate: false, maxPayload: CONNECT_MESSAGE_MAX },
      ...{ clientTracking: true, handleProtocols: () => CONNECT_PROTOCOL },
    });
    const { signIns } = parts.identity;
    this.stops = [signIns.onEnded((signIn, cause) => this.dismiss(signIn.id, cause))];
    this.pingLater();
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const [path = ""] = (request.url ?? "").split("?");
    if (path !== CONNECT_PATH && !path.startsWith(`${CONNECT_PATH}/`)) return false;
    socket.on("error", () => socket.destroy());
    void this.admit(request, socket, head, path.slice(CONNECT_PATH.length + 1)).catch(() =>
      socket.destroy(),
    );
    return true;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.stopPinging();
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }

  private async admit(request: IncomingMessage, socket: Duplex, head: Buffer, session: string) {
    const me = await this.signedIn(request);
    if (typeof me === "string") return refuse(socket, 401, me);
    if (request.headers["sec-websocket-protocol"] !== CONNECT_PROTOCOL) {
      return refuse(socket, 400, "another-version");
    }
    const full = this.server.clients.size >= SOCKETS_MAX;
    if (full || this.countOf(me.person.id) >= CONNECTS_OF_ONE_PERSON_MAX) {
      return refuse(socket, 503, "too-many");
    }
    if (session === "") return this.admitLink(me, request, socket, head);
    const link = this.linkOf(me, session);
    if (!link) return refuse(socket, 404, "not-found");
    if (!link.hasRoom) return refuse(socket, 503, "too-many");
    const { remotePort = 0 } = request.socket;
    const halfCloses = request.url?.endsWith(`?${HALF_CLOSES}`) === true;
    this.server.handleUpgrade(request, socket, head, (open) =>
      link.serve(open, remotePort, halfCloses),
    );
  }

  private admitLink(me: SignedIn, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const own = [...this.links.values()].filter(({ signIn }) => signIn === me.signIn.id).length;
    if (own >= LINKS_PER_SIGN_IN_MAX) {
      refuse(socket, 503, "too-many");
      return;
    }
    const { ground, ...parts } = this.parts;
    const { signIns } = parts.identity;
    const signInId = me.signIn.id;
    this.server.handleUpgrade(request, socket, head, (open) => {
      this.answered.set(open, true);
      open.on("pong", () => this.answered.set(open, true));
      const link: ConnectLink = new ConnectLink(open, {
        ...{ ...parts, ground },
        me: () => signIns.get(signInId),
        seen: () => signIns.seen(signInId),
        closed: () => this.links.delete(link),
      });
      this.links.set(link, { signIn: signInId, person: me.person.id });
    });
  }

  /** A word instead where nobody is. */
  private async signedIn(request: IncomingMessage): Promise<SignedIn | string> {
    const { headers, method = "GET", url = "/", socket } = request;
    const asking = { headers, method, url, ip: socket.remoteAddress ?? "" };
    const keyed = keyedRequest(asking, this.parts.origins);
    if (keyed?.token === undefined) return "signed-out";
    const { token } = keyed;
    const proved = await this.parts.identity.machines.authenticate({ ...keyed, token }, false);
    if (proved.kind === "signed-in") return proved.me;
    return proved.kind === "stale" ? "proof-stale" : "signed-out";
  }

  /** Links of a person, and the tools' connections on them. */
  private countOf(person: string): number {
    let count = 0;
    for (const [link, owner] of this.links) if (owner.person === person) count += 1 + link.size;
    return count;
  }

  private linkOf({ signIn }: SignedIn, session: string): ConnectLink | undefined {
    for (const [link, owner] of this.links) {
      if (owner.signIn === signIn.id && link.sessionId === session) return link;
    }
    return undefined;
  }

  private dismiss(signInId: string, cause: { readonly rule: string; readonly reason: string }) {
    for (const [link, { signIn }] of [...this.links]) if (signIn === signInId) link.dismiss(cause);
  }

  /**
   * A link that does not answer between two of them is gone, and takes its tool's connections
   * along. Those are never judged by it: one that waits for a slow asset reads no answer.
   */
  private pingLater(): void {
    this.stopPinging = this.parts.clock.after(PING_EVERY_MS, () => {
      for (const socket of this.server.clients) {
        if (this.answered.get(socket) === false) socket.terminate();
        else {
          if (this.answered.has(socket)) this.answered.set(socket, false);
          socket.ping();
        }
      }
      this.pingLater();
    });
  }
}

/** In the words of HTTP, before it is a WebSocket. */
function refuse(socket: Duplex, status: number, code: string): void {
  const body = JSON.stringify({ code, message: MESSAGES[code] ?? code });
  const lines = [
    `HTTP/1.1 ${status} Refused`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "connection: close",
  ];
  // Whoever does not close its end keeps none of ours.
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

const MESSAGES: Readonly<Record<string, string>> = {
  "signed-out": "Nobody is signed in on this machine: sallyport login.",
  "proof-stale": "The clock of this machine is wrong.",
  "another-version": "The command and the broker are of different versions: use the broker's.",
  "too-many": "There are too many connections already. Close one first.",
  "not-found": "There is no such session here.",
};
