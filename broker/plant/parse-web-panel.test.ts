import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";

/** With a web panel of which this is said, and a PLC. */
function plantOf(said: string) {
  return parsePlant(
    `site: { id: s, name: S, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: plc
    name: PLC
    zone: z
    endpoints:
      - { id: web, protocol: web, address: 10.0.0.5${said} }
      - { id: modbus, protocol: modbus, address: 10.0.0.5, units: [1] }
profiles: [{ id: view, rules: [{ permit: observe }] }]
`,
    "plant.yaml",
  );
}

function endpointsOf(said: string) {
  const parsed = plantOf(said);
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed));
  return parsed.plant.assets[0]?.endpoints ?? [];
}

test("a web panel's pages may wait for news unless its limits say otherwise", () => {
  const [web, modbus] = endpointsOf("").map(({ limits }) => limits);
  expect(web).toMatchObject({ inFlightMax: 6, responseTimeoutMs: 90_000, queueMax: 256 });
  expect(modbus).toMatchObject({ inFlightMax: 1, responseTimeoutMs: 2_000 });
  const [tight] = endpointsOf(", limits: { in-flight: 1, response-timeout: 300s }");
  expect(tight?.limits).toMatchObject({
    inFlightMax: 1,
    responseTimeoutMs: 300_000,
    queueMax: 256,
  });
});

test("fields of a panel's own requests are named, and none that says something to others", () => {
  const [web] = endpointsOf(", request-fields: [Node-RED-API-Version, Csrf-Token]");
  expect(web).toMatchObject({ moreFields: ["node-red-api-version", "csrf-token"] });
  for (const name of ["Host", "Transfer-Encoding", "X-Forwarded-For", "Sec-Fetch-Site", "a b"]) {
    const parsed = plantOf(`, request-fields: ["${name}"]`);
    expect(parsed.kind, name).not.toBe("plant");
  }
});
