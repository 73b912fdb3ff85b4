/**
 * Plain http, for people who typed no scheme: they are sent on to the console, by its own name and
 * never by the one they asked for. Where the site certifies itself, `/trust` says how to trust it;
 * what is fetched over a road that nobody vouches for is compared by its fingerprint.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { limitConnections } from "../api/connection-limits.ts";
import { type SiteAuthority, shownFingerprint } from "./site-authority.ts";
import { trustPage } from "./trust-page.ts";

export interface PlainDoorParts {
  readonly listen: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The console's, https; the first is where people are sent who used no name of ours. */
  readonly origins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly authority: SiteAuthority | undefined;
  /** By token: what an ACME authority is answered that asks whether these names are ours. */
  readonly challenges?: ReadonlyMap<string, string>;
}

/** A browser sends its headers at once, and asks for nothing but a page here. */
const HEADERS_TIMEOUT_MS = 5_000;
const HEADER_BYTES_MAX = 8_192;
const PATH_LENGTH_MAX = 2_048;
/** RFC 8555, 8.3. */
const CHALLENGE = "/.well-known/acme-challenge/";
const CERTIFICATE_PATH = "/trust/site-authority.crt";

export class PlainDoor {
  private readonly parts: PlainDoorParts;
  private readonly server: Server;

  private constructor(parts: PlainDoorParts) {
    this.parts = parts;
    this.server = createServer(
      {
        ...{ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: HEADERS_TIMEOUT_MS },
        ...{ connectionsCheckingInterval: 1_000, maxHeaderSize: HEADER_BYTES_MAX },
      },
      (request, response) => this.answer(request, response),
    );
    limitConnections(this.server, parts.trustedProxies);
  }

  /** Rejects where the port is taken. */
  static async open(parts: PlainDoorParts): Promise<PlainDoor> {
    const door = new PlainDoor(parts);
    await new Promise<void>((resolve, reject) => {
      door.server.once("error", reject);
      door.server.listen({ host: parts.listen, port: parts.port, exclusive: true }, resolve);
    });
    return door;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    for (const [name, value] of FIELDS) response.setHeader(name, value);
    if (request.method !== "GET" && request.method !== "HEAD") {
      // Whatever came along was readable on the way: it is not sent on as if nothing had happened.
      end(response, 403, "text/plain", "Nothing is taken over plain http.\n");
      return;
    }
    const { authority, challenges } = this.parts;
    const proof = path.startsWith(CHALLENGE) && challenges?.get(path.slice(CHALLENGE.length));
    if (proof) {
      end(response, 200, "text/plain", proof);
    } else if (authority && path === "/trust") {
      end(response, 200, "text/html", this.page(authority));
    } else if (authority && path === CERTIFICATE_PATH) {
      response.setHeader("content-disposition", "attachment; filename=site-authority.crt");
      end(response, 200, "application/x-x509-ca-cert", authority.certificatePem);
    } else {
      response.setHeader("location", `${this.originOf(request)}${isPath(path) ? path : "/"}`);
      end(response, 308, "text/plain", "The console is served over https alone.\n");
    }
  }

  private page(authority: SiteAuthority): string {
    return trustPage({
      console: this.parts.origins[0] ?? "",
      certificatePath: CERTIFICATE_PATH,
      fingerprint: shownFingerprint(authority.fingerprint),
    });
  }

  private originOf({ headers }: IncomingMessage): string {
    const { origins } = this.parts;
    const asked = (headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    return origins.find((origin) => new URL(origin).hostname === asked) ?? origins[0] ?? "";
  }
}

const FIELDS = [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"],
  ["referrer-policy", "no-referrer"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
] as const;

/** One of this host: two slashes in front would name another. */
function isPath(path: string): boolean {
  return /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(path) && path.length <= PATH_LENGTH_MAX;
}

function end(response: ServerResponse, status: number, type: string, text: string): void {
  const isPage = type.startsWith("text/");
  response.writeHead(status, { "content-type": isPage ? `${type}; charset=utf-8` : type });
  response.end(text);
}
