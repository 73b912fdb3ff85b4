import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { runProgram } from "../../test/kit/child.ts";
import { testWith } from "../../test/kit/programs.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { readConfig } from "../config.ts";
import type { Plant } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { LABELS, networkPolicies } from "./network-policies.ts";
import { type FirewallAsked, firewallRules, systemdAddresses } from "./plant-firewall.ts";

const PLANT = `
site: { id: nord, name: Nord, time-zone: Europe/Berlin }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
assets:
  - id: plc
    name: PLC
    zone: cell
    endpoints:
      - { id: modbus, protocol: modbus, address: "10.20.0.5:502", units: [1] }
      - { id: v6, protocol: modbus, address: "[fd00::5]:1502", units: [1] }
      - { id: named, protocol: modbus, address: "plc.plant.example:503", units: [1] }
      - { id: here, protocol: modbus, address: "127.0.0.1:504", units: [1], allow-local: true }
`;

function plant(): Plant {
  const parsed = parsePlant(PLANT, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant;
}

const ASKED: FirewallAsked = { from: [], adminFrom: [], to: [], user: "sallyport" };
const CONFIG = readConfig({ SALLYPORT_PORT: "443", SALLYPORT_OPCUA_PORT: "off" });

const rules = (asked: Partial<FirewallAsked> = {}, names: readonly string[] = ["10.20.0.9"]) =>
  firewallRules(CONFIG, plant(), { ...ASKED, ...asked }, async () => names);

test("everything is dropped in all three directions, and nothing is forwarded", async () => {
  const text = await rules();
  for (const hook of ["input", "forward", "output"]) {
    expect(text).toContain(`type filter hook ${hook} priority filter; policy drop;`);
  }
  expect(/chain forward \{([^}]*)\}/.exec(text)?.[1]).not.toContain("accept");
});

test("the broker's own user reaches each endpoint at its port, names as they resolve, and no more", async () => {
  const lines = (await rules()).split("\n").filter((line) => line.includes("daddr"));
  expect(lines.map((line) => line.trim())).toEqual([
    'meta skuid "sallyport" ip daddr 10.20.0.5 tcp dport 502 ct state new accept comment "plc/modbus"',
    'meta skuid "sallyport" ip6 daddr fd00::5 tcp dport 1502 ct state new accept comment "plc/v6"',
    'meta skuid "sallyport" ip daddr 10.20.0.9 tcp dport 503 ct state new accept comment "plc/named"',
  ]);
});

test("what gateways reach is no road of this machine's; they come in on the leg towards the plant alone", async () => {
  const config = readConfig({
    ...{ SALLYPORT_PORT: "443", SALLYPORT_OPCUA_PORT: "off" },
    ...{ SALLYPORT_GATEWAY_PORT: "7443", SALLYPORT_GATEWAY_LISTEN: "10.2.0.1" },
  });
  const text = PLANT.replace(
    'plc.plant.example:503", units: [1]',
    (end) => `${end}, gateways: [a]`,
  );
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  const made = await firewallRules(config, parsed.plant, ASKED, async () => ["10.20.0.9"]);
  expect(made).toContain(
    'fib daddr . iif type local ip daddr 10.2.0.1 tcp dport 7443 ct state new accept comment "gateways"',
  );
  expect(made).not.toContain("10.20.0.9");
  expect(await rules()).not.toContain("gateways");

  const asked = { ...ASKED, gateway: "a", adminFrom: ["10.1.9.9"] };
  const resolve = async () => ["10.20.0.9"];
  const theirs = await firewallRules(config, parsed.plant, asked, resolve);
  expect(theirs.split("\n").filter((line) => line.includes("ct state new"))).toEqual([
    "\t\tip saddr { 10.1.9.9 } tcp dport 22 ct state new accept",
    '\t\tmeta skuid "sallyport" ip daddr 10.20.0.9 tcp dport 503 ct state new accept comment "plc/named"',
    '\t\tmeta skuid "sallyport" ip daddr 10.2.0.1 tcp dport 7443 ct state new accept comment "control"',
  ]);
  const unit = await systemdAddresses(config, parsed.plant, asked, resolve);
  expect(unit).toContain("sallyport-gateway.service.d");
  expect(unit.match(/^IPAddressAllow=.*$/gm)).toEqual([
    ...["IPAddressAllow=localhost", "IPAddressAllow=10.20.0.9", "IPAddressAllow=10.2.0.1"],
  ]);
  for (const [other, words] of [
    [
      firewallRules(config, parsed.plant, { ...asked, gateway: "b" }, resolve),
      /names the gateway b/,
    ],
    [firewallRules(CONFIG, parsed.plant, asked, resolve), /SALLYPORT_GATEWAY_PORT is off/],
  ] as const) {
    await expect(other).rejects.toThrow(words);
  }
});

test("between two brokers the one port is open, to each other alone", async () => {
  const config = readConfig({
    ...{ SALLYPORT_PORT: "443", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_STANDBY: "1" },
    SALLYPORT_DATABASE: "postgres://sallyport@db.it.example/sallyport",
    SALLYPORT_PEER_ADDRESS: "10.1.0.5:7444",
  });
  const asked = { ...ASKED, peers: ["10.1.0.6:7445"] };
  const made = await firewallRules(config, plant(), asked, async () => ["10.20.0.9"]);
  const lines = made.split("\n").filter((line) => line.includes("other broker"));
  expect(lines.map((line) => line.trim())).toEqual([
    'ip saddr { 10.1.0.6 } tcp dport 7444 ct state new accept comment "other broker"',
    'meta skuid "sallyport" ip daddr 10.1.0.6 tcp dport 7445 ct state new accept comment "other broker"',
  ]);
  expect(await rules()).not.toContain("other broker");
  await expect(rules({ peers: ["10.1.0.6:7445"] })).rejects.toThrow(/SALLYPORT_PEER_ADDRESS/);
  const odd = firewallRules(config, plant(), { ...ASKED, peers: ["b"] }, async () => ["10.20.0.9"]);
  await expect(odd).rejects.toThrow(/--peer b: write host:port/);
  const policies = parseAllDocuments(
    await networkPolicies(config, plant(), ASKED, async () => ["10.20.0.9"]),
  )
    .map((each) => each.toJS())
    .find(({ metadata }) => metadata.name === "sallyport-broker");
  const other = [{ podSelector: { matchLabels: LABELS.broker } }];
  const ports = [{ protocol: "TCP", port: 7_444 }];
  expect(policies.spec.ingress).toContainEqual({ from: other, ports });
  expect(policies.spec.egress).toContainEqual({ to: other, ports });
});

test("people come to the doors that are open, from where they are, and to nothing else", async () => {
  const text = await rules({ from: ["10.1.0.0/16", "fd01::/64"], adminFrom: ["10.1.9.9"] });
  expect(text).toContain(
    "ip saddr { 10.1.0.0/16 } tcp dport { 443, 7481, 2222 } ct state new accept",
  );
  expect(text).toContain("ip6 saddr { fd01::/64 } tcp dport { 443, 7481, 2222 }");
  expect(text).toContain("ip saddr { 10.1.9.9 } tcp dport 22 ct state new accept");
  expect(await rules()).not.toContain("dport 22 ");
});

test("names and time are asked for by whichever account of the machine does that", async () => {
  const text = await rules({ to: ["10.1.0.2:53/udp", "10.1.0.3:123/udp", "10.1.0.4:6514/tcp"] });
  expect(text).toContain("\t\tip daddr 10.1.0.2 udp dport 53 ct state new accept");
  expect(text).toContain("\t\tip daddr 10.1.0.3 udp dport 123 ct state new accept");
  expect(text).toContain('meta skuid "sallyport" ip daddr 10.1.0.4 tcp dport 6514');
});

test("a name that is not known and what is no address are refused instead of left out", async () => {
  await expect(rules({}, [])).rejects.toThrow(/plc\/named: the address of plc\.plant\.example/);
  await expect(rules({ from: ["10.1.0.0/33"] })).rejects.toThrow(/is no address or network/);
  await expect(rules({ from: ["} accept; #"] })).rejects.toThrow(/is no address or network/);
  await expect(rules({ to: ["dns.example"] })).rejects.toThrow(/host:port\/udp/);
  await expect(rules({ user: 'x" accept' })).rejects.toThrow(/no name of an account/);
});

test("systemd's own filter lets in and out the same addresses", async () => {
  const asked = { ...ASKED, from: ["10.1.0.0/16"] };
  const text = await systemdAddresses(CONFIG, plant(), asked, async () => ["10.20.0.9"]);
  expect(text.match(/^IPAddress.*$/gm)).toEqual([
    "IPAddressDeny=any",
    "IPAddressAllow=localhost",
    "IPAddressAllow=10.1.0.0/16",
    "IPAddressAllow=10.20.0.5",
    "IPAddressAllow=fd00::5",
    "IPAddressAllow=10.20.0.9",
  ]);
  await expect(systemdAddresses(CONFIG, plant(), ASKED, async () => ["10.20.0.9"])).rejects.toThrow(
    /--from/,
  );
});

testWith(["nft", "unshare"])("nftables takes the rules, twice", async () => {
  const file = path.join(temporaryFolder(), "rules.nft");
  const asked = { user: "root", to: ["10.1.0.2:53/udp", "10.1.0.3:6514/tcp"] };
  writeFileSync(file, await rules({ ...asked, from: ["10.1.0.0/16", "fd01::/64"] }));
  const command = `nft -f ${file} && nft -f ${file} && nft list ruleset`;
  const { code, output } = await runProgram("unshare", ["-Urn", "sh", "-c", command]);
  expect(output).toContain("hook forward priority filter; policy drop;");
  expect(output).toContain("ip daddr 10.1.0.2 udp dport 53");
  expect(code).toBe(0);
});
