import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";

/** Of a web panel of which this is said, and of a PLC beside it. */
function limitsOf(said: string) {
  const parsed = parsePlant(
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
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed));
  return parsed.plant.assets[0]?.endpoints.map(({ limits }) => limits);
}

test("a web panel's pages may wait for news unless its limits say otherwise", () => {
  const [web, modbus] = limitsOf("") ?? [];
  expect(web).toMatchObject({ inFlightMax: 6, responseTimeoutMs: 90_000, queueMax: 256 });
  expect(modbus).toMatchObject({ inFlightMax: 1, responseTimeoutMs: 2_000 });
  const [tight] = limitsOf(", limits: { in-flight: 1, response-timeout: 300s }") ?? [];
  expect(tight).toMatchObject({ inFlightMax: 1, responseTimeoutMs: 300_000, queueMax: 256 });
});
