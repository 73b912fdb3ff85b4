import { describe, expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";

const PLANT = `site: { id: s, name: Site, time-zone: Europe/Vienna }
zones:
  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }
  - { id: cell, name: Cell, level: 1, sl-t: 3 }
conduits:
  - { from: dmz, to: cell, protocols: [opcua] }
assets:
  - id: works
    name: Works
    zone: cell
    endpoints:
      - id: ua
        protocol: opcua
        address: 10.0.0.5
        security: Basic256Sha256/SignAndEncrypt
        certificates: ["${"AB:".repeat(31)}AB"]
        path: /UA/Server
        tags:
          - { name: P101.Speed, node: "nsu=urn:plant;s=P101.Speed", unit: rpm, min: 0, max: 1500 }
          - { name: Clock, node: i=2258 }
profiles:
  - id: tune
    rules:
      - { name: hidden, deny: all, opcua: { nodes: ["nsu=urn:plant;s=Safety*"], hide: true } }
      - { name: read, permit: observe }
      - { permit: operate, tags: [P101.Speed], max: 1200, opcua: { does: [write], types: [Double] } }
      - { permit: program, opcua: { methods: ["nsu=urn:plant;s=Restart"], attributes: [Value] } }
grants:
  - { id: g, subject: "role:engineer", endpoint: works/ua, profile: tune }
`;

function problems(from: string, to: string): string {
  expect(PLANT).toContain(from);
  const parsed = parsePlant(PLANT.replace(from, to), "plant.yaml");
  const found = parsed.kind === "plant" ? parsed.warnings : parsed.problems;
  return `${parsed.kind}: ${found.map(({ message }) => message).join(" | ")}`;
}

test("an OPC UA asset, its tags and rules are read", () => {
  const parsed = parsePlant(PLANT, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(parsed.problems.map((p) => p.message).join("\n"));
  expect(parsed.warnings).toEqual([]);
  const [endpoint] = parsed.plant.assets[0]?.endpoints ?? [];
  expect(endpoint).toMatchObject({
    protocol: "opcua",
    port: 4840,
    security: { policy: "Basic256Sha256", mode: "SignAndEncrypt" },
    certificates: ["ab".repeat(32)],
    path: "/UA/Server",
    tags: [],
    nodes: [{ node: "nsu=urn:plant;s=P101.Speed", max: 1500 }, { node: "i=2258" }],
  });
  const own = parsed.plant.profiles[0]?.rules.map(({ match }) => match.own);
  expect(own).toEqual([
    { protocol: "opcua", nodes: ["nsu=urn:plant;s=Safety*"], hide: true },
    undefined,
    { protocol: "opcua", actions: ["opcua:write"], types: ["Double"] },
    { protocol: "opcua", methods: ["nsu=urn:plant;s=Restart"], attributes: [13] },
  ]);
});

test.each([
  ["Basic256Sha256/SignAndEncrypt", "Basic256/Sign", "is no security"],
  ["Basic256Sha256/SignAndEncrypt", "None/Sign", "is no security"],
  ["path: /UA/Server", "path: UA", "is no path"],
  ["node: i=2258", 'node: "ns=2;s=x"', "numbers change"],
  ["node: i=2258", 'node: "nsu=urn:plant;s=*"', "patterns belong to the nodes of rules"],
  ["node: i=2258", "node: Speed", "is no node"],
  ["node: i=2258", 'node: "nsu=urn:plant;s=P101.Speed"', "are one node"],
  ["name: Clock", "name: P101.Speed", "exists already"],
  ["attributes: [Value]", "attributes: [Colour]", "is no attribute"],
  ["does: [write]", "does: [destroy]", "destroy"],
  ["does: [write]", "does: [locate]", "locate"],
  ["does: [write]", 'below: ["nsu=urn:plant;s=P*"]', "one node is named here"],
  ["deny: all, opcua", "permit: all, opcua", "belongs to a rule that denies"],
])("%s as %s is refused: %s", (from, to, words) => {
  const said = problems(from, to);
  expect(said).toContain("invalid: ");
  expect(said).toContain(words);
});

test("OPC UA's own namespace is written without its URI", () => {
  const parsed = parsePlant(
    PLANT.replace("node: i=2258", 'node: "nsu=http://opcfoundation.org/UA/;i=2258"'),
    "plant.yaml",
  );
  expect(parsed).toMatchObject({
    plant: { assets: [{ endpoints: [{ nodes: [{}, { node: "i=2258" }] }] }] },
  });
});

test("a rule about all that lies below a node names it exactly", () => {
  const parsed = parsePlant(
    PLANT.replace("does: [write],", 'below: ["nsu=urn:plant;s=Pumps"], does: [write],'),
    "plant.yaml",
  );
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed));
  const below = parsed.plant.profiles[0]?.rules.flatMap(({ match: { own } }) =>
    own?.protocol === "opcua" ? (own.below ?? []) : [],
  );
  expect(below).toEqual(["nsu=urn:plant;s=Pumps"]);
});

test("what is hidden is named node by node: browsing cannot ask where each node lies", () => {
  const said = problems("deny: all, opcua: {", 'deny: all, opcua: { below: ["i=85"],');
  expect(said).toContain("hidden nodes are named");
});

describe("tags of nodes in the limits of rules", () => {
  const CHECKED = `
site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: it, name: IT, level: 4, sl-t: 1 }, { id: z, name: Z, level: 1, sl-t: 1 }]
conduits: [{ from: it, to: z, protocols: [opcua, modbus] }]
assets:
  - id: a
    name: A
    zone: z
    endpoints:
      - id: ua
        protocol: opcua
        address: 10.0.0.5:4840
        security: None
        tags:
          - { name: A.Run, node: "nsu=urn:x;s=Run", states: { 0: stopped, 1: running } }
          - { name: A.Speed, node: "nsu=urn:x;s=Speed", min: 0, max: 50, unit: rpm }
      - { id: mb, protocol: modbus, address: 10.0.0.6:502, units: [1], tags: [{ name: A.Set, unit-id: 1, register: 40001, type: uint16 }] }
profiles:
  - id: p
    rules:
      - { name: speed, permit: operate, tags: [A.Speed], while: { tag: A.Run, is: 1 }, min: 10, max: 40 }
`;
  const said = (from: string, to: string) => {
    if (!CHECKED.includes(from)) throw new Error(from);
    const parsed = parsePlant(CHECKED.replace(from, to), "plant.yaml");
    const found = parsed.kind === "plant" ? parsed.warnings : parsed.problems;
    return `${parsed.kind}: ${found.map(({ message }) => message).join("; ")}`;
  };

  test("a condition on a node and bounds within the node's own are fine", () => {
    expect(said("is: 1 }", "is: 1 }")).toBe("plant: ");
  });

  test.each([
    ["tag: A.Run, is: 1", "tag: A.Run, is: 7", 'plant: "A.Run" has no state 7'],
    ["min: 10, max: 40", "min: 60, max: 70", "invalid: no value is left"],
    ["tag: A.Run, is: 1", "tag: A.Set, is: 1", "both must be on one endpoint"],
  ])("%s as %s: %s", (from, to, words) => {
    expect(said(from, to)).toContain(words);
  });
});
