/**
 * `sallyport plant firewall`: rules of nftables for the broker's machine, made from its plant file.
 * Everything is dropped but what is said: people in to the doors, the broker's own user out to the
 * endpoints, nothing from one side to the other. Rules are a second wall: the broker dials
 * endpoints of the plant file alone, whatever they say.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import type { Config } from "../config.ts";
import { controlAddress } from "../gateway-settings.ts";
import type { Plant } from "../plant/model.ts";

export interface FirewallAsked {
  /** Networks that people come from; none: from everywhere. */
  readonly from: readonly string[];
  /** Networks from which the machine itself is looked after by SSH; none: nobody. */
  readonly adminFrom: readonly string[];
  /** `host:port/tcp` or `/udp`: name servers, time, mail, SIEM, witnesses. */
  readonly to: readonly string[];
  /** The account that the broker runs as; "" leaves it out of the rules. */
  readonly user: string;
  /** `host:port` of the other brokers of a pair, as each has it in `SALLYPORT_PEER_ADDRESS`. */
  readonly peers?: readonly string[];
  /** For the machine of this gateway in place of control's: nobody comes in to it. */
  readonly gateway?: string | undefined;
}

/** What was asked cannot become a rule; the message is for a person. */
export class FirewallRefused extends Error {
  override readonly name = "FirewallRefused";
}

export interface Road {
  readonly address: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  readonly what: string;
}

/** Says in the rules what a road between brokers is. */
const PEER = "other broker";

/** Names and time: the machine's own services ask for these, not the broker's account. */
const OF_THE_MACHINE: ReadonlySet<number> = new Set([53, 123]);
/** Of the machine's own SSH, for who looks after it. */
const ADMIN_PORT = 22;

export type Resolve = (host: string) => Promise<readonly string[]>;

/** @throws FirewallRefused */
export async function firewallRules(
  config: Config,
  plant: Plant,
  asked: FirewallAsked,
  resolve: Resolve = addressesOf,
): Promise<string> {
  checkUser(asked.user);
  return text(config, plant, asked, await roadsOf(config, plant, asked, resolve));
}

/**
 * The same for systemd's own filter, as a drop-in of the unit: addresses alone, without ports.
 * @throws FirewallRefused
 */
export async function systemdAddresses(
  config: Config,
  plant: Plant,
  asked: FirewallAsked,
  resolve: Resolve = addressesOf,
): Promise<string> {
  const roads = await roadsOf(config, plant, asked, resolve);
  const unit = asked.gateway === undefined ? "sallyport" : "sallyport-gateway";
  if (asked.gateway === undefined && asked.from.length === 0) {
    throw new FirewallRefused("name the networks that people come from: --from 10.1.0.0/16");
  }
  const allowed = new Set(["localhost", ...asked.from, ...roads.map(({ address }) => address)]);
  return `# Made by \`sallyport plant firewall --systemd\`: /etc/systemd/system/${unit}.service.d/addresses.conf
[Service]
IPAddressDeny=any
${[...allowed].map((address) => `IPAddressAllow=${address}`).join("\n")}
`;
}

async function roadsOf(
  config: Config,
  plant: Plant,
  asked: FirewallAsked,
  resolve: Resolve,
): Promise<readonly Road[]> {
  const isControl = asked.gateway === undefined;
  const others = isControl ? await peerRoads(config, asked, resolve) : roadToControl(config, asked);
  return [...(await plantRoads(plant, asked, resolve)), ...others];
}

/** From each of two brokers to the other: whichever waits leads people to the one that is active. */
async function peerRoads(
  { peerAddress }: Config,
  { peers = [] }: FirewallAsked,
  resolve: Resolve,
): Promise<readonly Road[]> {
  if (!peerAddress && peers.length > 0) {
    throw new FirewallRefused("--peer: SALLYPORT_PEER_ADDRESS is not set, no other broker comes");
  }
  const found = peers.map((text) => {
    const place = controlAddress(text);
    if (!place) throw new FirewallRefused(`--peer ${text}: write host:port`);
    return roadsTo(place.host, place.port, "tcp", PEER, resolve);
  });
  return (await Promise.all(found)).flat();
}

/**
 * To endpoints and to what else was named, but not from a gateway to control.
 * @throws FirewallRefused
 */
export async function plantRoads(
  plant: Plant,
  asked: Omit<FirewallAsked, "user">,
  resolve: Resolve = addressesOf,
): Promise<readonly Road[]> {
  for (const network of [...asked.from, ...asked.adminFrom]) checkNetwork(network);
  const endpoints = plant.assets.flatMap(({ id, endpoints: own }) =>
    own
      .filter(({ gateways }) => isReached(asked.gateway, gateways))
      .map((endpoint) => ({
        host: endpoint.host,
        port: endpoint.port,
        what: `${id}/${endpoint.id}`,
      })),
  );
  const roads: Road[] = [];
  for (const { host, port, what } of endpoints) {
    roads.push(...(await roadsTo(host, port, "tcp", what, resolve)));
  }
  if (asked.gateway !== undefined && roads.length === 0) {
    throw new FirewallRefused(`no endpoint of the plant file names the gateway ${asked.gateway}`);
  }
  for (const text of asked.to) roads.push(...(await otherRoads(text, resolve)));
  return roads;
}

/** What a gateway reaches is no road of control's, and the other way round. */
function isReached(gateway: string | undefined, gateways: readonly string[] | undefined): boolean {
  return gateway === undefined ? gateways === undefined : gateways?.includes(gateway) === true;
}

/** Where a gateway dials, as far as the settings of control say it. */
function roadToControl({ gatewayPort, gatewayListen }: Config, asked: FirewallAsked): Road[] {
  if (!gatewayPort)
    throw new FirewallRefused("SALLYPORT_GATEWAY_PORT is off: no gateway is let in");
  const isOne = !isAnyAddress(gatewayListen) && !isLoopback(gatewayListen);
  if (isOne) {
    return [{ address: gatewayListen, port: gatewayPort, protocol: "tcp", what: "control" }];
  }
  if (asked.to.length > 0) return [];
  const hint = `name where it dials control: --to ADDRESS:${gatewayPort}/tcp`;
  throw new FirewallRefused(`SALLYPORT_GATEWAY_LISTEN is ${gatewayListen}: ${hint}`);
}

/** This machine reaches itself without a rule. */
async function roadsTo(
  host: string,
  port: number,
  protocol: "tcp" | "udp",
  what: string,
  resolve: Resolve,
): Promise<readonly Road[]> {
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  if (addresses.length === 0) {
    throw new FirewallRefused(`${what}: the address of ${host} is not known on this machine`);
  }
  return addresses
    .filter((address) => !isLoopback(address))
    .map((address) => ({ address, port, protocol, what }));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return lookup(host, { all: true }).then(
    (found) => found.map(({ address }) => address),
    () => [],
  );
}

function otherRoads(text: string, resolve: Resolve): Promise<readonly Road[]> {
  const match = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+)):(\d{1,5})\/(tcp|udp)$/.exec(
    text.toLowerCase(),
  );
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) {
    throw new FirewallRefused(`--to ${text}: write host:port/tcp or host:port/udp`);
  }
  const protocol = match[4] === "udp" ? "udp" : "tcp";
  return roadsTo(match[1] ?? match[2] ?? "", port, protocol, text.toLowerCase(), resolve);
}

function checkNetwork(network: string): void {
  const [address = "", bits = "", ...more] = network.split("/");
  const bitsMax = isIPv4(address) ? 32 : 128;
  const isRight = bits === "" || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  if (isIP(address) !== 0 && isRight && more.length === 0) return;
  throw new FirewallRefused(`${network} is no address or network such as 10.20.0.0/16`);
}

function checkUser(user: string): void {
  if (user === "" || /^[a-z_][a-z0-9_-]{0,31}$/.test(user)) return;
  throw new FirewallRefused(`${JSON.stringify(user)} is no name of an account`);
}

/** Ports that people come to. */
export function doors(config: Config): readonly number[] {
  const { port, httpPort, panelPort, sshPort, opcuaPort } = config;
  const workloadPort = config.workloads === "" ? undefined : config.workloadPort;
  const open = [port, httpPort, panelPort, sshPort, opcuaPort, workloadPort];
  return [...new Set(open.filter((each): each is number => each !== undefined && each > 0))];
}

function text(config: Config, plant: Plant, asked: FirewallAsked, roads: readonly Road[]): string {
  const who = asked.user === "" ? "" : `meta skuid "${asked.user}" `;
  const ports = doors(config).join(", ");
  const people = sourcesOf(asked.from).map(
    (from) => `${from}tcp dport { ${ports} } ct state new accept`,
  );
  const ours =
    asked.gateway === undefined
      ? [...people, ...gatewayDoor(config), ...peerDoor(config, roads)]
      : [];
  const admins = asked.adminFrom.length === 0 ? [] : sourcesOf(asked.adminFrom);
  const out = roads.map(
    ({ address, port, protocol, what }) =>
      `${OF_THE_MACHINE.has(port) ? "" : who}${family(address)} daddr ${address} ${protocol} dport ${port} ct state new accept comment "${what}"`,
  );
  return `#!/usr/sbin/nft -f
# Made by \`sallyport plant firewall\` from the plant file of ${plant.site.id} (${plant.digest.slice(0, 16)}).
# Make it again whenever the plant file or a door changes; load it with: nft -f FILE
table inet sallyport
delete table inet sallyport
table inet sallyport {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		ct state invalid drop
		ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
${rows([...ours, ...admins.map((from) => `${from}tcp dport ${ADMIN_PORT} ct state new accept`)])}
		counter drop
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		counter drop
	}
	chain output {
		type filter hook output priority filter; policy drop;
		oifname "lo" accept
		ct state invalid drop
		ct state established,related accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
${rows(out)}
		counter reject with icmpx admin-prohibited
	}
}
`;
}

/** On the leg that it listens on, and on no other: an address answers on every leg of a machine. */
function gatewayDoor({ gatewayPort, gatewayListen }: Config): readonly string[] {
  if (!gatewayPort || isLoopback(gatewayListen)) return [];
  const leg = isAnyAddress(gatewayListen) ? "" : `${family(gatewayListen)} daddr ${gatewayListen} `;
  return [
    `fib daddr . iif type local ${leg}tcp dport ${gatewayPort} ct state new accept comment "gateways"`,
  ];
}

/** For the other brokers alone. */
function peerDoor({ peerAddress }: Config, roads: readonly Road[]): readonly string[] {
  if (!peerAddress) return [];
  const from = roads.filter(({ what }) => what === PEER).map(({ address }) => address);
  return from.length === 0
    ? []
    : sourcesOf([...new Set(from)]).map(
        (source) => `${source}tcp dport ${peerAddress.port} ct state new accept comment "${PEER}"`,
      );
}

function rows(lines: readonly string[]): string {
  return lines.map((line) => `\t\t${line}`).join("\n");
}

/** One rule for each family that is named; one without a source where none is. */
function sourcesOf(networks: readonly string[]): readonly string[] {
  if (networks.length === 0) return [""];
  const [four, six] = [
    networks.filter((each) => !each.includes(":")),
    networks.filter((each) => each.includes(":")),
  ];
  return [
    ...(four.length > 0 ? [`ip saddr { ${four.join(", ")} } `] : []),
    ...(six.length > 0 ? [`ip6 saddr { ${six.join(", ")} } `] : []),
  ];
}

function family(address: string): "ip" | "ip6" {
  return isIPv6(address) ? "ip6" : "ip";
}
