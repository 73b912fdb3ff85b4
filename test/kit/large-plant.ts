/** A plant file of as many assets as asked for, made up: what a works of that size would write. */

const TAGS_PER_ASSET = 15;
/** Of a works: a building or a line each, as zones within one. */
const ASSETS_PER_ZONE = 50;
const ASSETS_PER_GRANT = 20;
const PROFILES_MAX = 200;

/** Modbus everywhere, as PLCs are; four of ten assets have something besides (`BESIDE`). */
export function largePlant(assets: number): string {
  const grants = Math.ceil(assets / ASSETS_PER_GRANT);
  const profiles = Math.min(grants, PROFILES_MAX);
  return [
    "site: { id: large, name: Large works, time-zone: Europe/Vienna }",
    ...zones(Math.ceil(assets / ASSETS_PER_ZONE)),
    "assets:",
    ...Array.from({ length: assets }, (_, at) => asset(at)),
    "profiles:",
    "  - { id: looking, description: Read everything., rules: [{ permit: observe }] }",
    ...Array.from({ length: profiles }, (_, at) => profile(at, assets)),
    "grants:",
    ...Array.from({ length: grants }, (_, at) => grant(at)),
    "",
  ].join("\n");
}

function zones(count: number): string[] {
  const names = Array.from({ length: count }, (_, at) => `hall-${at}`);
  const rows = names.map(
    (id, at) => `  - { id: ${id}, name: Hall ${at}, level: 1, sl-t: 2, parent: production }`,
  );
  const dmz = "  - { id: dmz, name: DMZ, level: 3.5, sl-t: 2 }";
  const production = "  - { id: production, name: Production, level: 3, sl-t: 2 }";
  const conduit = "  - { from: dmz, to: production, protocols: [modbus, opcua, ssh, vnc, web] }";
  return ["zones:", dmz, production, ...rows, "conduits:", conduit];
}

function asset(at: number): string {
  const address = `10.${20 + Math.floor(at / 62_500)}.${Math.floor(at / 250) % 250}.${(at % 250) + 1}`;
  const lines = [
    `  - id: plc-${at}`,
    `    name: Controller ${at}`,
    `    zone: hall-${Math.floor(at / ASSETS_PER_ZONE)}`,
    "    vendor: Example",
    `    model: Series ${at % 7}`,
    `    description: Drives line ${at} of the works.`,
    "    endpoints:",
    "      - id: modbus",
    "        protocol: modbus",
    `        address: ${address}`,
    "        units: [1]",
    "        tags:",
    ...Array.from({ length: TAGS_PER_ASSET }, (_, tag) => tagLine(at, tag)),
  ];
  const beside = BESIDE[at % 10];
  if (beside !== undefined) lines.push(`      - { ${beside}, address: ${address} }`);
  return lines.join("\n");
}

/** By the last digit of an asset's number. */
const BESIDE: Readonly<Record<number, string>> = {
  0: "id: shell, protocol: ssh",
  3: "id: opcua, protocol: opcua, security: None",
  5: "id: screen, protocol: vnc",
  7: "id: pages, protocol: web",
};

function tagLine(at: number, tag: number): string {
  const name = `L${at}.Point${tag}`;
  const rest = "type: uint16, scale: 0.1, unit: bar, min: 0, max: 50";
  return `          - { name: ${name}, register: ${40_001 + tag}, ${rest}, description: Point ${tag} of line ${at}. }`;
}

function profile(at: number, assets: number): string {
  const tag = `L${Math.min(at * ASSETS_PER_GRANT, assets - 1)}.Point0`;
  return [
    `  - id: tuning-${at}`,
    "    description: Read everything, set one point.",
    "    rules:",
    "      - { permit: observe }",
    `      - { permit: operate, tags: [${tag}], min: 0, max: 40 }`,
  ].join("\n");
}

function grant(at: number): string {
  const asset = at * ASSETS_PER_GRANT;
  const profile = at < PROFILES_MAX ? `tuning-${at}` : "looking";
  const end = `endpoint: plc-${asset}/modbus, profile: ${profile}`;
  return `  - { id: grant-${at}, subject: "role:engineer", ${end} }`;
}
