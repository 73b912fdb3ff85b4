/**
 * Where gateways knock: TLS 1.3, and who comes shows a certificate of the site or says by a token
 * that it wants one. What a certificate is worth is for the caller to decide.
 */
import { createHash } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { AddressPlaces, plainAddress } from "../address-places.ts";

export interface ListenerIdentity {
  /** PEM, with the site's authority behind it. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the site's authority. */
  readonly authority: string;
}

/** Who knocks. */
export type Caller =
  | { readonly kind: "stranger" }
  /** Its certificate is none of this site's that counts now. */
  | { readonly kind: "unproved"; readonly reason: string; readonly name: string }
  | {
      readonly kind: "proved";
      /** URIs that the certificate is for. */
      readonly uris: readonly string[];
      /** SHA-256 of the certificate, in hex. */
      readonly fingerprint: string;
      readonly untilMs: number;
    };

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly identity: ListenerIdentity;
  came(socket: TLSSocket, caller: Caller): void;
}

const HANDSHAKE_MS = 5_000;
/** Gateways of a site and those who knock in vain. */
const CONNECTIONS_MAX = 256;
/**
 * Those of one address that have shown no certificate of the site: more than the gateways behind
 * one firewall that come back together, and a small part of all.
 */
export const KNOCKS_PER_ADDRESS_MAX = 32;

export class GatewayListener {
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  /** Rejects with the system's error where the port cannot be had. */
  static async open({ host, port, identity, came }: ListenerOptions): Promise<GatewayListener> {
    const server = createServer(
      {
        ...securityOf(identity),
        ...{ requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.3" },
        handshakeTimeout: HANDSHAKE_MS,
        // A resumed connection would be let in by a certificate that has ended since.
        ticketKeys: undefined,
        sessionTimeout: 1,
      },
      (socket) => {
        socket.on("error", () => {});
        const caller = callerOf(socket);
        if (caller.kind === "proved") knocks.get(nameOf(socket))?.();
        came(socket, caller);
      },
    );
    server.maxConnections = CONNECTIONS_MAX;
    // Before a byte of it is read.
    const places = new AddressPlaces(KNOCKS_PER_ADDRESS_MAX);
    const knocks = new Map<string, () => void>();
    server.on("connection", (socket: Socket) => {
      const leave = places.take(plainAddress(socket.remoteAddress ?? ""));
      if (!leave) return void socket.destroy();
      const name = nameOf(socket);
      knocks.set(name, leave);
      socket.once("close", () => {
        knocks.delete(name);
        leave();
      });
    });
    server.on("tlsClientError", (_, socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
    return new GatewayListener(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Of connections from here on. */
  serve(identity: ListenerIdentity): void {
    this.server.setSecureContext(securityOf(identity));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** Of a connection while it is open. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function securityOf({ certificate, key, authority }: ListenerIdentity) {
  return { cert: certificate + authority, key, ca: authority };
}

function callerOf(socket: TLSSocket): Caller {
  const shown = socket.getPeerCertificate();
  if (!shown.raw) return { kind: "stranger" };
  const name = String(shown.subject?.CN ?? "").slice(0, 100);
  if (!socket.authorized) {
    return { kind: "unproved", reason: String(socket.authorizationError), name };
  }
  const uris = (shown.subjectaltname ?? "")
    .split(", ")
    .filter((each) => each.startsWith("URI:"))
    .map((each) => each.slice(4));
  const fingerprint = createHash("sha256").update(shown.raw).digest("hex");
  return { kind: "proved", uris, fingerprint, untilMs: Date.parse(shown.valid_to) };
}
