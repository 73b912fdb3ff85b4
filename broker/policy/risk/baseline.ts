/**
 * What was usual: of each person on each asset what they did, when, from where and how fast; of
 * each asset which values its points were set to. Counted from past sessions, frozen, and plain
 * enough to be read before it counts. Pure.
 */
import type { Deed } from "./deeds.ts";

/** Of one person on one asset. */
export interface Usual {
  readonly person: string;
  readonly sessions: number;
  /** What they changed, in words. */
  readonly deeds: readonly string[];
  /** Hours of the site's day in which they worked. */
  readonly hours: readonly number[];
  /** `192.0.2.0/24`, `2001:db8::/64` */
  readonly networks: readonly string[];
  /** The most in one minute. */
  readonly changesPerMinute: number;
  readonly readsPerMinute: number;
  /** The most refusals one after the other. */
  readonly refusedInARow: number;
  /** The most errors of the asset in one minute; absent where nobody has counted them. */
  readonly exceptionsPerMinute?: number | undefined;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export interface Baseline {
  readonly version: 1;
  /** Sessions that it was counted from. */
  readonly sessions: number;
  readonly from: string;
  readonly until: string;
  /** By `PERSON ASSET`, both ids. */
  readonly usual: Readonly<Record<string, Usual>>;
  /** By `ASSET POINT`. */
  readonly values: Readonly<Record<string, Range>>;
}

export interface SessionFacts {
  readonly person: { readonly id: string; readonly name: string };
  readonly asset: { readonly id: string; readonly name: string };
  /** 0 to 23, in the site's time zone. */
  readonly hour: number;
  /** Empty where nothing is known of it. */
  readonly network: string;
}

export type Verdict = "permit" | "deny" | "hold";

export const MINUTE_MS = 60_000;

export function usualKey(person: string, asset: string): string {
  return `${person} ${asset}`;
}

/** How many of the last minute. Bounded by what is asked of it: older ones go. */
export class LastMinute {
  private readonly times: number[] = [];

  /** @returns how many there were within the last minute, this one among them */
  add(atMs: number): number {
    this.times.push(atMs);
    while ((this.times[0] ?? atMs) <= atMs - MINUTE_MS || this.times.length > TIMES_MAX) {
      this.times.shift();
    }
    return this.times.length;
  }
}

/** More in a minute is as unusual as this many. */
const TIMES_MAX = 10_000;
/** Of one person on one asset; beyond it, somebody does something new all the time. */
const DEEDS_MAX = 2_000;

interface Counting {
  readonly person: string;
  sessions: number;
  readonly deeds: Set<string>;
  readonly hours: Set<number>;
  readonly networks: Set<string>;
  changesPerMinute: number;
  readsPerMinute: number;
  refusedInARow: number;
  exceptionsPerMinute: number;
}

/** Counts sessions one after the other. */
export class BaselineCount {
  private readonly usual = new Map<string, Counting>();
  private readonly values = new Map<string, Range>();
  private sessions = 0;

  /** One session begins; its operations go to what is returned. */
  begin({ person, asset, hour, network }: SessionFacts): SessionCount {
    const key = usualKey(person.id, asset.id);
    const usual = this.usual.get(key) ?? nothingOf(person.name);
    this.usual.set(key, usual);
    this.sessions += 1;
    usual.sessions += 1;
    usual.hours.add(hour);
    if (network !== "") usual.networks.add(network);
    return new SessionCount(usual, (point, value) => this.saw(asset.id, point, value));
  }

  result(from: string, until: string): Baseline {
    const usual = [...this.usual].sort(byKey).map(([key, each]) => [
      key,
      {
        ...each,
        deeds: [...each.deeds].sort(),
        hours: [...each.hours].sort((a, b) => a - b),
        networks: [...each.networks].sort(),
      },
    ]);
    const values = Object.fromEntries([...this.values].sort(byKey));
    const { sessions } = this;
    return { version: 1, sessions, from, until, usual: Object.fromEntries(usual), values };
  }

  private saw(asset: string, point: string, value: number): void {
    const key = `${asset} ${point}`;
    const { min, max } = this.values.get(key) ?? { min: value, max: value };
    this.values.set(key, { min: Math.min(min, value), max: Math.max(max, value) });
  }
}

/** What is counted of one session. */
export class SessionCount {
  private readonly usual: Counting;
  private readonly saw: (point: string, value: number) => void;
  private readonly changes = new LastMinute();
  private readonly reads = new LastMinute();
  private readonly exceptions = new LastMinute();
  private refused = 0;

  constructor(usual: Counting, saw: (point: string, value: number) => void) {
    this.usual = usual;
    this.saw = saw;
  }

  read(atMs: number): void {
    this.usual.readsPerMinute = Math.max(this.usual.readsPerMinute, this.reads.add(atMs));
  }

  /** The asset answered what was permitted with an error. */
  declined(atMs: number): void {
    const { usual } = this;
    usual.exceptionsPerMinute = Math.max(usual.exceptionsPerMinute, this.exceptions.add(atMs));
  }

  /** One operation that changes something, or was refused. */
  judged({ words, values }: Deed, verdict: Verdict, atMs: number): void {
    const { usual } = this;
    if (verdict === "hold") return;
    this.refused = verdict === "deny" ? this.refused + 1 : 0;
    usual.refusedInARow = Math.max(usual.refusedInARow, this.refused);
    if (verdict === "deny") return;
    if (usual.deeds.size < DEEDS_MAX) usual.deeds.add(words);
    for (const { point, value } of values) this.saw(point, value);
    usual.changesPerMinute = Math.max(usual.changesPerMinute, this.changes.add(atMs));
  }
}

function nothingOf(person: string): Counting {
  return {
    ...{ person, sessions: 0, changesPerMinute: 0, readsPerMinute: 0, refusedInARow: 0 },
    exceptionsPerMinute: 0,
    ...{ deeds: new Set(), hours: new Set(), networks: new Set() },
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** The network that an address is in: its first 24 bits, or 64 of IPv6. Empty for what is none. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  const four = /^(\d+\.\d+\.\d+)\.\d+$/.exec(plain)?.[1];
  if (four !== undefined) return four === "0.0.0" ? "" : `${four}.0/24`;
  if (!plain.includes(":")) return "";
  const [head = "", tail] = plain.toLowerCase().split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const missing = tail === undefined ? 0 : Math.max(0, 4 - groups.length);
  const first = [...groups, ...new Array<string>(missing).fill("0")].slice(0, 4);
  return `${first.join(":")}::/64`;
}
