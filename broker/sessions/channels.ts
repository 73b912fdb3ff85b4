/** The channels of one session, those of probes included, and the connections behind them. */

import { ModbusGuard } from "../../protocols/modbus/guard.ts";
import type { Leg } from "../legs/leg.ts";
import type { Endpoint } from "../plant/model.ts";
import { ChannelLoop, type ChannelOwner } from "./channel-loop.ts";
import type { ReadPoints } from "./held-writes.ts";
import { ModbusProber } from "./modbus-prober.ts";
import { SessionRefused } from "./session.ts";

/** Connections of one session at a time: some tools open many, a flood opens more. */
const CHANNELS_MAX = 1_024;

/** A connection to the asset, as channels see it: shared by many, or one channel's own. */
export interface AssetWay {
  /** Its own end for one more channel of this session. */
  leg(session: string): Leg;
}

export interface ChannelsParts {
  readonly session: string;
  readonly endpoint: Endpoint;
  /** The way for one more channel. Throws `SessionRefused` where the endpoint has no more. */
  connect(): AssetWay;
  readonly owner: ChannelOwner;
}

interface Probing {
  readonly loop: ChannelLoop;
  readonly prober: ModbusProber;
}

export class Channels {
  private readonly parts: ChannelsParts;
  private readonly connections = new Map<ChannelLoop, AssetWay>();
  private readonly probing = new Map<AssetWay, Probing>();
  private last = 0;

  constructor(parts: ChannelsParts) {
    this.parts = parts;
  }

  /** Channels of the subject, open now. */
  get size(): number {
    return this.connections.size;
  }

  *all(): Iterable<ChannelLoop> {
    yield* this.connections.keys();
    for (const { loop } of this.probing.values()) yield loop;
  }

  /** Throws `SessionRefused`; the client's leg stays the caller's then. */
  open(client: Leg, peer: string): ChannelLoop {
    if (this.connections.size >= CHANNELS_MAX) {
      throw new SessionRefused("session-busy", `The session has ${CHANNELS_MAX} connections.`);
    }
    const connection = this.parts.connect();
    const loop = this.begin(connection, client, "subject", peer);
    this.connections.set(loop, connection);
    loop.start();
    return loop;
  }

  /** The channel is over; a connection of its own takes its channel of probes along. */
  closed(loop: ChannelLoop): void {
    const connection = this.connections.get(loop);
    this.connections.delete(loop);
    for (const [key, probing] of this.probing) {
      if (probing.loop === loop) this.probing.delete(key);
    }
    if (!connection || this.parts.endpoint.connection === "shared") return;
    const cause = { rule: "client-closed", reason: "the channel it read for is over" };
    this.probing.get(connection)?.loop.end(cause);
  }

  /** Reads points for a write on this channel, over the same connection. */
  readonly read: ReadPoints = (channel, ranges, done) => {
    const connection = this.connections.get(channel);
    if (!connection) return queueMicrotask(() => done(undefined, "the channel is closed"));
    this.probingOn(connection).prober.read(ranges, done);
  };

  private probingOn(connection: AssetWay): Probing {
    const existing = this.probing.get(connection);
    if (existing) return existing;
    const prober = new ModbusProber();
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
    return new ChannelLoop({ number, by, guard: new ModbusGuard(), client, asset, owner });
  }
}
