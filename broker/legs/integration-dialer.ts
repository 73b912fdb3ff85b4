/**
 * The second dialer: everything the broker reaches besides assets goes through here. It knows
 * only destinations that somebody configured, resolves a name once and stays with the answer,
 * follows no redirect, and never reaches an address of the plant.
 */
import { lookup } from "node:dns/promises";
import http from "node:http";
import https from "node:https";
import { isIP } from "node:net";
import { refusedAddress, refusedHost } from "../plant/refused-address.ts";

/** Nothing was sent; the message is for a person. */
export class DestinationRefused extends Error {
  override readonly name = "DestinationRefused";
}

export interface IntegrationDialerOptions {
  /** URLs; only their origins count. Plain http is for what is signed or stays on this machine. */
  readonly destinations: readonly string[];
  /** Hosts and ports of the assets, as the plant file has them now. */
  readonly plant: () => readonly PlantPlace[];
  /** Addresses of a host name; the system's resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface PlantPlace {
  readonly host: string;
  readonly port: number;
}

export interface IntegrationReply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers of integrations are short; a stranger's must not fill the memory. */
const REPLY_BYTES_MAX = 256 * 1024;
/** From resolving to the last byte of the answer. */
const WITHIN_MS = 10_000;

export class IntegrationDialer {
  private readonly options: IntegrationDialerOptions;
  private readonly origins: ReadonlySet<string>;

  constructor(options: IntegrationDialerOptions) {
    this.options = options;
    this.origins = new Set(options.destinations.map((url) => new URL(url).origin));
  }

  /** Rejects with `DestinationRefused`, or with what went wrong on the way. */
  async post(url: string, type: string, body: string): Promise<IntegrationReply> {
    const target = new URL(url);
    if (!this.origins.has(target.origin)) {
      throw new DestinationRefused(`${target.origin} is not among the configured destinations`);
    }
    const address = await this.pin(target);
    const reply = await exchange(target, address, type, body);
    if (reply.status >= 300 && reply.status < 400) {
      throw new DestinationRefused(`${target.origin} redirects, which is not followed`);
    }
    return reply;
  }

  /** Every address of a name must be allowed: an attacker's resolver mixes good ones with others. */
  private async pin({ hostname, port, protocol }: URL): Promise<string> {
    const host = hostname.replace(/^\[|\]$/g, "");
    const portNumber = Number(port) || (protocol === "https:" ? 443 : 80);
    const addresses = isIP(host) === 0 ? await this.resolve(host) : [host];
    const [first] = addresses;
    if (first === undefined) throw new DestinationRefused(`the address of ${host} is not known`);
    for (const address of addresses) {
      // Who configures an address of this machine by itself means it.
      const isMeant = isIP(host) !== 0 || refusedHost(host) !== undefined;
      const reason = isMeant ? undefined : refusedAddress(address);
      if (reason) throw new DestinationRefused(`${host} is ${reason}`);
      if (await this.isPlant(address, portNumber)) {
        throw new DestinationRefused(`${host} is an asset of the plant`);
      }
    }
    return first;
  }

  /** Assets on this machine, as simulated ones are, are told apart by their ports. */
  private async isPlant(address: string, port: number): Promise<boolean> {
    const isLocal = refusedAddress(address) === "a loopback address";
    for (const place of this.options.plant()) {
      if (isLocal && place.port !== port) continue;
      const known = isIP(place.host) !== 0 ? [place.host] : await this.resolve(place.host);
      if (known.includes(address)) return true;
    }
    return false;
  }

  private async resolve(host: string): Promise<readonly string[]> {
    if (this.options.resolve) return this.options.resolve(host);
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch {
      return [];
    }
  }
}

/** One request on a connection of its own to this very address. */
function exchange(
  url: URL,
  address: string,
  type: string,
  body: string,
): Promise<IntegrationReply> {
  const { request } = url.protocol === "https:" ? https : http;
  const family = isIP(address);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent: false,
        headers: { "content-type": type, "content-length": Buffer.byteLength(body) },
        lookup: (_host, options, found) =>
          options.all ? found(null, [{ address, family }]) : found(null, address, family),
        signal: AbortSignal.timeout(WITHIN_MS),
      },
      (response) => {
        replyOf(response).then(resolve, reject);
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}

async function replyOf(response: http.IncomingMessage): Promise<IntegrationReply> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > REPLY_BYTES_MAX) {
      response.destroy();
      throw new Error("the answer is too long");
    }
    pieces.push(piece);
  }
  return {
    status: response.statusCode ?? 0,
    type: response.headers["content-type"] ?? "",
    body: Buffer.concat(pieces).toString("utf8"),
  };
}
