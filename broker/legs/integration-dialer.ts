/**
 * The second dialer: everything the broker reaches besides assets goes through here. It knows
 * only destinations that somebody configured, resolves a name once and stays with the answer,
 * follows no redirect, and never reaches an address of the plant.
 */
import type { Socket } from "node:net";
import { type ExchangeExtras, exchange, type IntegrationReply } from "./integration-exchange.ts";
import { openStream, type StreamSecurity } from "./integration-stream.ts";
import { DestinationRefused, type PlantRanges, pinnedAddress } from "./pinned-address.ts";

export interface IntegrationDialerOptions extends PlantRanges {
  /**
   * URLs, of which only the origins count, or `host:port` for a stream. Plain http is for what is
   * signed or stays on this machine.
   */
  readonly destinations: readonly string[];
}

export interface StreamDestination {
  readonly host: string;
  readonly port: number;
  /** TLS with this; plain TCP where it is left out. */
  readonly security?: StreamSecurity;
}

export class IntegrationDialer {
  private readonly options: IntegrationDialerOptions;
  private readonly known: ReadonlySet<string>;

  constructor(options: IntegrationDialerOptions) {
    this.options = options;
    this.known = new Set(
      options.destinations.map((each) => (each.includes("://") ? new URL(each).origin : each)),
    );
  }

  /** Rejects with `DestinationRefused`, or with what went wrong on the way. */
  post(
    url: string,
    type: string,
    body: string,
    extras: ExchangeExtras = {},
  ): Promise<IntegrationReply> {
    return this.ask(url, { type, body }, extras);
  }

  /** What an address holds, such as the keys of an issuer. Rejects as `post` does. */
  get(url: string, extras: ExchangeExtras = {}): Promise<IntegrationReply> {
    return this.ask(url, undefined, extras);
  }

  private async ask(
    url: string,
    content: { readonly type: string; readonly body: string } | undefined,
    extras: ExchangeExtras,
  ): Promise<IntegrationReply> {
    const target = new URL(url);
    const { origin, protocol, username, password } = target;
    if (username !== "" || password !== "" || !/^https?:$/.test(protocol)) {
      throw new DestinationRefused("only http and https without a user in the address are reached");
    }
    this.check(origin);
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const port = Number(target.port) || (protocol === "https:" ? 443 : 80);
    const address = await pinnedAddress(this.options, { host, port });
    const reply = await exchange(target, address, content, extras);
    if (reply.status >= 300 && reply.status < 400) {
      throw new DestinationRefused(`${origin} redirects, which is not followed`);
    }
    return reply;
  }

  /** A stream for a protocol of the caller's. Rejects as `post` does. */
  async connect({ host, port, security }: StreamDestination): Promise<Socket> {
    this.check(`${host}:${port}`);
    const address = await pinnedAddress(this.options, { host, port });
    return openStream({ address, host, port, ...(security && { security }) });
  }

  private check(destination: string): void {
    if (this.known.has(destination)) return;
    throw new DestinationRefused(`${destination} is not among the configured destinations`);
  }
}
