/**
 * Which endpoints of the plant file somebody listens at, for administrators: a TCP connection and
 * nothing more, under a permit of the broker's own. Never more than one at a host, never again
 * within a minute, and none where a session says it already: a small device has one connection.
 */
import type { KeyObject } from "node:crypto";
import type { LeaseCause } from "../access/access.ts";
import { identityClaims } from "../access/identity-claims.ts";
import { mintPermit } from "../access/permits.ts";
import type { Clock } from "../clock.ts";
import type { Asset, Endpoint, Plant } from "../plant/model.ts";
import { type LiveSession, type SessionHost, SessionRefused } from "./session.ts";

/** Hosts at a time: a site of 2,000 that are all silent takes some minutes. */
const HOSTS_AT_ONCE = 4;
/** A second look sooner says nothing new. */
export const AGAIN_AFTER_MS = 60_000;

export type ReachState =
  /** Nobody has looked. */
  | "unknown"
  | "waiting"
  | "answers"
  | "silent"
  /** A session, or a key switch, is connected to it now. */
  | "in-use"
  /** Only gateways reach it. */
  | "by-gateway"
  /** A lock or the plant file's own limits keep the broker away. */
  | "not-asked";

export interface Reach {
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  /** Where it was looked for: another address later is another endpoint. */
  readonly address: string;
  readonly state: ReachState;
  /** In words, where there is more to say. */
  readonly says: string;
  /** How long the connection took. */
  readonly ms: number | null;
  readonly atMs: number | null;
}

export interface ReachParts {
  readonly clock: Clock;
  readonly plant: { current(): Plant };
  readonly permitKey: KeyObject;
  readonly sessions: Pick<SessionHost, "knock"> & {
    list(): readonly Pick<LiveSession, "claims">[];
  };
  /** Endpoints that the broker itself reads. */
  readEndpoints(): readonly string[];
  lockOver(assetId: string): LeaseCause | undefined;
}

interface Place {
  readonly asset: Asset;
  readonly endpoint: Endpoint;
  readonly name: string;
  readonly address: string;
}

export class ReachDesk {
  private readonly parts: ReachParts;
  private readonly known = new Map<string, Reach>();
  private looking = false;
  private closed = false;

  constructor(parts: ReachParts) {
    this.parts = parts;
  }

  get isLooking(): boolean {
    return this.looking;
  }

  /** Of the plant in force, in the order of its file. */
  list(): readonly Reach[] {
    return this.places().map((place) => this.now(place));
  }

  /** Looks in the background. @returns how many it will look for; 0 while it is looking */
  look(): number {
    if (this.looking || this.closed) return 0;
    const nowMs = this.parts.clock.wallMs();
    const wanted = this.places().filter((place) => {
      const known = this.now(place);
      if (known.state !== "unknown" && (known.atMs ?? 0) > nowMs - AGAIN_AFTER_MS) return false;
      return this.withoutAsking(place) === undefined;
    });
    for (const place of wanted) this.is(place, "waiting");
    if (wanted.length > 0) void this.lookFor(wanted);
    return wanted.length;
  }

  close(): void {
    this.closed = true;
  }

  private async lookFor(places: readonly Place[]): Promise<void> {
    this.looking = true;
    const hosts = new Map<string, Place[]>();
    for (const place of places) {
      const { host } = place.endpoint;
      hosts.set(host, [...(hosts.get(host) ?? []), place]);
    }
    const queue = [...hosts.values()];
    const work = async () => {
      for (let next = queue.shift(); next && !this.closed; next = queue.shift()) {
        for (const place of next) await this.ask(place);
      }
    };
    await Promise.all(Array.from({ length: HOSTS_AT_ONCE }, work));
    this.looking = false;
  }

  /** By what is so when its turn comes. */
  private async ask(place: Place): Promise<void> {
    const { plant, permitKey, clock, sessions } = this.parts;
    const still = this.places().some(
      ({ name, address }) => name === place.name && address === place.address,
    );
    if (this.closed || !still || this.withoutAsking(place)) {
      this.known.delete(place.name);
      return;
    }
    try {
      const claims = identityClaims(plant.current(), place, clock.wallMs());
      const found = await sessions.knock(mintPermit(claims, permitKey));
      if (found.kind === "open") this.is(place, "answers", "", found.ms);
      else this.is(place, "silent", found.reason);
    } catch (error) {
      const busy = error instanceof SessionRefused && error.code === "endpoint-busy";
      const why = error instanceof Error ? error.message : String(error);
      this.is(place, busy ? "in-use" : "not-asked", busy ? "" : why);
    }
  }

  private now(place: Place): Reach {
    const known = this.known.get(place.name);
    const without = this.withoutAsking(place);
    if (without) return without;
    if (known?.address === place.address) return known;
    return { ...this.blank(place), state: "unknown" };
  }

  /** What is known anyway, or must not be found out by a connection. */
  private withoutAsking(place: Place): Reach | undefined {
    const { sessions, readEndpoints, lockOver } = this.parts;
    const { name, endpoint, asset } = place;
    const blank = this.blank(place);
    if (endpoint.gateways?.length) {
      return { ...blank, state: "by-gateway", says: endpoint.gateways.join(", ") };
    }
    const used = sessions
      .list()
      .some(({ claims }) => `${claims.asset.id}/${claims.endpoint.id}` === name);
    if (used || readEndpoints().includes(name)) return { ...blank, state: "in-use" };
    const lock = lockOver(asset.id);
    return lock && { ...blank, state: "not-asked", says: lock.reason };
  }

  private is(place: Place, state: ReachState, says = "", ms: number | null = null): void {
    const atMs = state === "waiting" ? null : this.parts.clock.wallMs();
    this.known.set(place.name, { ...this.blank(place), state, says, ms, atMs });
  }

  private blank({ name, address }: Place): Reach {
    return { endpoint: name, address, state: "unknown", says: "", ms: null, atMs: null };
  }

  private places(): readonly Place[] {
    return this.parts.plant.current().assets.flatMap((asset) =>
      asset.endpoints.map((endpoint) => ({
        ...{ asset, endpoint, name: `${asset.id}/${endpoint.id}` },
        address: `${endpoint.host}:${endpoint.port}`,
      })),
    );
  }
}
