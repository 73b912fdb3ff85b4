/**
 * The way to the site's object store. Like the second dialer it goes to the one place that was
 * configured, resolves its name anew for each connection, follows no redirect, and never reaches an
 * address of the plant. What the store says is a stranger's word: it has a length and a time.
 */
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Readable } from "node:stream";
import { systemRoots } from "./integration-stream.ts";
import { DestinationRefused, type PlantRanges, pinnedAddress } from "./pinned-address.ts";

export interface ObjectRoadOptions extends PlantRanges {
  /** The only one that is reached: `https://HOST:PORT`; plain http on this machine alone. */
  readonly origin: string;
  /** PEM; in place of the system's roots. */
  readonly ca?: string;
  /** No byte in either direction for this long: the store is taken for gone. */
  readonly quietMs?: number;
}

export interface ObjectRequest {
  readonly method: string;
  readonly origin: string;
  /** With its query, encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface ObjectReply {
  readonly statusCode: number;
  /** By name in small letters. */
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

const QUIET_MS = 20_000;
/** One for what goes there, some for people who play what lies there. */
const CONNECTIONS_MAX = 6;

export class ObjectRoad {
  private readonly options: ObjectRoadOptions;
  private readonly origin: URL;
  private readonly agent: http.Agent;

  constructor(options: ObjectRoadOptions) {
    this.options = options;
    this.origin = new URL(options.origin);
    const kept = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
    this.agent = this.isTls
      ? new https.Agent({
          ...kept,
          ca: options.ca ?? systemRoots(),
          minVersion: "TLSv1.2",
          rejectUnauthorized: true,
        })
      : new http.Agent(kept);
  }

  /** Rejects with `DestinationRefused`, or with what went wrong on the way. */
  async ask(request: ObjectRequest, signal?: AbortSignal): Promise<ObjectReply> {
    const { method, path, headers, body } = request;
    if (new URL(request.origin).origin !== this.origin.origin) {
      throw new DestinationRefused(`${request.origin} is not the configured object store`);
    }
    const address = await this.address();
    const { request: begin } = this.isTls ? https : http;
    return new Promise((resolve, reject) => {
      const sent = begin({
        ...{ method, path, headers, agent: this.agent, host: this.host, port: this.port },
        ...(isIP(address) !== 0 && { lookup: found(address) }),
        ...(signal && { signal }),
      });
      const quietMs = this.options.quietMs ?? QUIET_MS;
      sent.setTimeout(quietMs, () => {
        sent.destroy(new Error(`the object store said nothing for ${quietMs / 1_000} s`));
      });
      sent.once("error", reject);
      sent.once("response", (response) => resolve(replyOf(response)));
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  /** Also where the connection is one of before: what the plant file says counts now. */
  private address(): Promise<string> {
    return pinnedAddress(this.options, { host: this.host, port: this.port });
  }

  private get isTls(): boolean {
    return this.origin.protocol === "https:";
  }

  private get host(): string {
    return this.origin.hostname.replace(/^\[|\]$/g, "");
  }

  private get port(): number {
    return Number(this.origin.port) || (this.isTls ? 443 : 80);
  }
}

function found(address: string): LookupFunction {
  const family = isIP(address);
  return (_host, options, answer) =>
    options.all ? answer(null, [{ address, family }]) : answer(null, address, family);
}

function replyOf(response: http.IncomingMessage): ObjectReply {
  return {
    statusCode: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: response,
  };
}
