/** The channels of one session, those of probes included, and the connections behind them. */
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import { BROKER_SUBJECT } from "../access/permit.ts";
import type { Leg } from "../legs/leg.ts";
import type { Endpoint, Profile } from "../plant/model.ts";
import { type AssetWay, isShared, type Prober } from "./asset-way.ts";
import { ChannelLoop } from "./channel-loop.ts";
import type { ChannelOwner } from "./channel-owner.ts";
import type { ReadAny, ReadPoints } from "./held-writes.ts";
import { placesJudged } from "./opcua-places.ts";
import { newGuard, newProber } from "./protocol-road.ts";
import { pagesJudged } from "./screen-pages.ts";
import { SessionRefused } from "./session.ts";
import type { ReadForReport } from "./survey.ts";
import { SSH_NOW, webNow } from "./tape-header.ts";

/** Connections of one session at a time: some tools open many, a flood opens more. */
const CHANNELS_MAX = 1_024;

export interface ChannelsParts {
  readonly session: string;
  /** Id; the broker's own session probes on all its channels. */
  readonly subject: string;
  readonly endpoint: Endpoint;
  readonly profile: Profile;
  /** Of a screen: for its channels to let go of. */
  readonly leftDown: LeftDown | undefined;
  /** The way for one more channel. Throws `SessionRefused` where the endpoint has no more. */
  connect(): AssetWay;
  readonly owner: ChannelOwner;
}

interface Probing {
  readonly loop: ChannelLoop;
  readonly prober: Prober;
}

export class Channels {
  private readonly parts: ChannelsParts;
  private readonly connections = new Map<ChannelLoop, AssetWay>();
  private readonly probing = new Map<AssetWay, Probing>();
  /** Readings for the report that are under way. */
  private readonly reports = new Set<ChannelLoop>();
  private last = 0;
  /** What the asset declined on channels of the subject that are over. */
  private declinedBefore = 0;

  constructor(parts: ChannelsParts) {
    this.parts = parts;
  }

  /** Channels of the subject, open now. */
  get size(): number {
    return this.connections.size;
  }

  /** Permitted operations of the subject that the asset answered with an error. */
  get declined(): number {
    return [...this.connections.keys()].reduce(
      (sum, { declined }) => sum + declined,
      this.declinedBefore,
    );
  }

  *all(): Iterable<ChannelLoop> {
    yield* this.connections.keys();
    for (const { loop } of this.probing.values()) yield loop;
    yield* this.reports;
  }

  /** Throws `SessionRefused`; the client's leg stays the caller's then. The caller starts it. */
  open(client: Leg, peer: string): ChannelLoop {
    if (this.connections.size >= CHANNELS_MAX) {
      throw new SessionRefused("session-busy", `The session has ${CHANNELS_MAX} connections.`);
    }
    const connection = this.parts.connect();
    const by = this.parts.subject === BROKER_SUBJECT.id ? "broker" : "subject";
    const loop = this.begin(connection, client, by, peer);
    this.connections.set(loop, connection);
    return loop;
  }

  /** The channel is over; a connection of its own takes its channel of probes along. */
  closed(loop: ChannelLoop): void {
    const connection = this.connections.get(loop);
    if (this.connections.delete(loop)) this.declinedBefore += loop.declined;
    this.reports.delete(loop);
    for (const [key, probing] of this.probing) {
      if (probing.loop === loop) this.probing.delete(key);
    }
    if (!connection || isShared(this.parts.endpoint)) return;
    const cause = { rule: "client-closed", reason: "the channel it read for is over" };
    this.probing.get(connection)?.loop.end(cause);
  }

  /** Reads points for a write on this channel, over the same connection. */
  readonly read: ReadPoints = (channel, ranges, done) => {
    const connection = this.connections.get(channel);
    if (!connection) return queueMicrotask(() => done(undefined, "the channel is closed"));
    const probing = this.probingOn(connection);
    if (probing) probing.prober.read(ranges, done);
    else queueMicrotask(() => done(undefined, "this protocol has no points to read"));
  };

  /** Reads points for what is not on any channel yet. */
  readonly readAny: ReadAny = (ranges, done) => {
    const [channel] = this.connections.keys();
    if (channel) this.read(channel, ranges, done);
    else queueMicrotask(() => done(undefined, "the session has no connection now"));
  };

  /** Over any connection there is, on a channel of its own that ends with the reading. */
  readonly readForReport: ReadForReport = (peer, ranges, done) => {
    const [connection] = this.connections.values();
    const prober = connection && newProber(this.parts.endpoint);
    if (!connection || !prober) return false;
    const loop = this.begin(connection, prober, "broker", peer);
    this.reports.add(loop);
    loop.start();
    prober.read(ranges, () => {
      loop.end({ rule: "client-closed", reason: "the reading is over" });
      done();
    });
    return true;
  };

  private probingOn(connection: AssetWay): Probing | undefined {
    const existing = this.probing.get(connection);
    if (existing) return existing;
    const prober = newProber(this.parts.endpoint);
    if (!prober) return undefined;
    const loop = this.begin(connection, prober, "broker", "broker");
    const probing = { loop, prober };
    this.probing.set(connection, probing);
    loop.start();
    return probing;
  }

  private begin(
    connection: AssetWay,
    client: Leg,
    by: "subject" | "broker",
    peer: string,
  ): ChannelLoop {
    const { session, endpoint, owner } = this.parts;
    const number = ++this.last;
    const { protocol } = endpoint;
    owner.tape.append({ kind: "channel", channel: number, protocol, by, peer });
    const asset = connection.leg(session);
    const { profile, leftDown } = this.parts;
    const pages = pagesJudged(endpoint, profile);
    const places = placesJudged(endpoint, profile);
    const now = { ...SSH_NOW, ...webNow(endpoint) };
    const guard = newGuard(endpoint, { pages, leftDown, places, ...now });
    return new ChannelLoop({ number, by, guard, client, asset, owner });
  }
}
