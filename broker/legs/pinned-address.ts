/**
 * Where an integration's name leads to, decided once: the connection then goes to that very
 * address, so that a resolver that answers otherwise a moment later changes nothing.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { refusedAddress, refusedHost } from "../plant/refused-address.ts";

/** Nothing was sent; the message is for a person. */
export class DestinationRefused extends Error {
  override readonly name = "DestinationRefused";
}

export interface PlantPlace {
  readonly host: string;
  readonly port: number;
}

export interface PlantRanges {
  /** Hosts and ports of the assets, as the plant file has them now. */
  readonly plant: () => readonly PlantPlace[];
  /** Networks of the plant, such as `10.20.0.0/16`: nothing in them is ever reached. */
  readonly networks?: readonly string[];
  /** Addresses of a host name; the system's resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** Every address of a name must be allowed: an attacker's resolver mixes good ones with others. */
export async function pinnedAddress(
  ranges: PlantRanges,
  { host, port }: PlantPlace,
): Promise<string> {
  const addresses = isIP(host) === 0 ? await resolved(ranges, host) : [host];
  const [first] = addresses;
  if (first === undefined) throw new DestinationRefused(`the address of ${host} is not known`);
  for (const address of addresses) {
    // Who configures an address of this machine by itself means it.
    const isMeant = isIP(host) !== 0 || refusedHost(host) !== undefined;
    const reason = isMeant ? undefined : refusedAddress(address);
    if (reason) throw new DestinationRefused(`${host} is ${reason}`);
    if (holds(ranges.networks ?? [], address)) {
      throw new DestinationRefused(`${host} is in a network of the plant`);
    }
    if (await isAsset(ranges, { host: address, port })) {
      throw new DestinationRefused(`${host} is an asset of the plant`);
    }
  }
  return first;
}

/** Assets on this machine, as simulated ones are, are told apart by their ports. */
async function isAsset(ranges: PlantRanges, { host, port }: PlantPlace): Promise<boolean> {
  const isLocal = refusedAddress(host) === "a loopback address";
  for (const place of ranges.plant()) {
    if (isLocal && place.port !== port) continue;
    const known = isIP(place.host) !== 0 ? [place.host] : await resolved(ranges, place.host);
    if (holds(known, host)) return true;
  }
  return false;
}

async function resolved({ resolve }: PlantRanges, host: string): Promise<readonly string[]> {
  if (resolve) return resolve(host);
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** IPv4 prefixes in IPv6: mapped, translated, compatible, NAT64 and 6to4 (RFC 4291, 6052, 3056). */
const CARRIERS: readonly (readonly [prefix: string, bits: number])[] = [
  ["::ffff:0:0", 96],
  ["::ffff:0:0:0", 96],
  ["::", 96],
  ["64:ff9b::", 96],
  ["2002::", 16],
];

/** Whether the address, in whatever spelling, lies in one of the networks or is one of the addresses. */
export function holds(networks: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = "", bits] = network.replace(/%.*(?=\/|$)/, "").split("/");
    const version = isIP(base);
    if (version === 0) continue;
    const family = version === 4 ? "ipv4" : "ipv6";
    list.addSubnet(base, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  }
  return spellings(address).some((each) => list.check(each, isIP(each) === 4 ? "ipv4" : "ipv6"));
}

/** The address itself, and the IPv4 address that it carries. */
function spellings(address: string): readonly string[] {
  const plain = address.replace(/%.*$/, "");
  if (isIP(plain) !== 6) return isIP(plain) === 4 ? [plain] : [];
  const carrier = CARRIERS.find(([prefix, bits]) => {
    const list = new BlockList();
    list.addSubnet(prefix, bits, "ipv6");
    return list.check(plain, "ipv6");
  });
  return carrier ? [plain, carried(groupsOf(plain), carrier[1] / 16)] : [plain];
}

function carried(groups: readonly number[], at: number): string {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight 16-bit groups; the last two may be written as IPv4. */
function groupsOf(address: string): readonly number[] {
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = "", tail] = plain.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":").map((g) => parseInt(g, 16)));
  if (tail === undefined) return groups(head);
  const [before, after] = [groups(head), groups(tail)];
  const between = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...between, ...after];
}
