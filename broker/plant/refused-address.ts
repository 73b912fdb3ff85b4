/**
 * Addresses that no asset may have unless the plant file says `allow-local: true`: a name that
 * resolves to the broker itself, to its neighbours' link or to nowhere must not become a road.
 * Checked when the file is read and again after every resolution.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net";

interface Refused {
  readonly reason: string;
  readonly ipv4: readonly (readonly [network: string, prefix: number])[];
  readonly ipv6: readonly (readonly [network: string, prefix: number])[];
}

const REFUSED: readonly Refused[] = [
  { reason: "a loopback address", ipv4: [["127.0.0.0", 8]], ipv6: [["::1", 128]] },
  { reason: "an unspecified address", ipv4: [["0.0.0.0", 8]], ipv6: [["::", 128]] },
  { reason: "a link-local address", ipv4: [["169.254.0.0", 16]], ipv6: [["fe80::", 10]] },
  { reason: "a multicast address", ipv4: [["224.0.0.0", 4]], ipv6: [["ff00::", 8]] },
  { reason: "a reserved or broadcast address", ipv4: [["240.0.0.0", 4]], ipv6: [] },
];

/** IPv6 prefixes (in 16-bit groups) that carry an IPv4 address right behind them. */
const CARRIERS: readonly (readonly string[])[] = [
  ["0", "0", "0", "0", "0", "ffff"], // IPv4-mapped, RFC 4291 2.5.5.2
  ["0", "0", "0", "0", "ffff", "0"], // IPv4-translated, RFC 2765
  ["0", "0", "0", "0", "0", "0"], // IPv4-compatible, RFC 4291 2.5.5.1
  ["64", "ff9b", "0", "0", "0", "0"], // NAT64, RFC 6052
  ["2002"], // 6to4, RFC 3056
];

const lists = REFUSED.map(({ reason, ipv4, ipv6 }) => ({ reason, list: listOf(ipv4, ipv6) }));

/**
 * Why this address is refused, for example `a loopback address`; undefined where it may be dialled.
 * @param ip an IPv4 or IPv6 address; anything else is refused
 * @param own addresses of the broker's own interfaces
 */
export function refusedAddress(ip: string, own: readonly string[] = []): string | undefined {
  const address = ip.replace(/%.*$/, "");
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return "not an IP address";
  for (const { reason, list } of lists) if (list.check(address, family)) return reason;
  return isOwn(address, family, own) ? "an address of the broker itself" : undefined;
}

/** `localhost` and names below it are loopback by RFC 6761, whatever a resolver says. */
export function refusedHost(host: string): string | undefined {
  if (isIPv4(host) || isIPv6(host)) return refusedAddress(host);
  return /(?:^|\.)localhost\.?$/i.test(host) ? "a loopback name" : undefined;
}

function isOwn(address: string, family: "ipv4" | "ipv6", own: readonly string[]): boolean {
  if (own.length === 0) return false;
  const list = new BlockList();
  for (const each of own) {
    const plain = each.replace(/%.*$/, "");
    if (isIPv4(plain)) addIpv4(list, plain, 32);
    else if (isIPv6(plain)) list.addAddress(plain, "ipv6");
  }
  return list.check(address, family);
}

function listOf(ipv4: Refused["ipv4"], ipv6: Refused["ipv6"]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ipv6) list.addSubnet(network, prefix, "ipv6");
  for (const [network, prefix] of ipv4) addIpv4(list, network, prefix);
  return list;
}

function addIpv4(list: BlockList, network: string, prefix: number): void {
  list.addSubnet(network, prefix, "ipv4");
  const [a = 0, b = 0, c = 0, d = 0] = network.split(".").map(Number);
  const groups = [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16));
  for (const carrier of CARRIERS) {
    const all = [...carrier, ...groups];
    while (all.length < 8) all.push("0");
    list.addSubnet(all.join(":"), carrier.length * 16 + prefix, "ipv6");
  }
}
