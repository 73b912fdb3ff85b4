import { generateKeyPairSync } from "node:crypto";
import { expect, test, vi } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { Permit } from "../access/permit.ts";
import { verifyPermit } from "../access/permits.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { AGAIN_AFTER_MS, ReachDesk, type ReachParts } from "./reach-desk.ts";
import { SessionRefused } from "./session.ts";

const key = generateKeyPairSync("ed25519");

function plantOf(endpoints: readonly string[]) {
  const parsed = parsePlant(
    `site: { id: nord, name: Nord, time-zone: Europe/Vienna }
zones: [{ id: cell, name: Cell, level: 1, sl-t: 2 }]
assets:
  - id: plc
    name: PLC
    zone: cell
    endpoints:
${endpoints.map((each) => `      - ${each}`).join("\n")}
`,
    "plant.yaml",
  );
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  return parsed.plant;
}

const at = (id: string, host: string, more = "") =>
  `{ id: ${id}, protocol: modbus, address: "${host}:502", units: [1]${more} }`;

function opened(endpoints: readonly string[], more: Partial<ReachParts> = {}) {
  const clock = new TestClock();
  const asked: string[] = [];
  const now = new Map<string, number>();
  let most = 0;
  const desk = new ReachDesk({
    clock,
    plant: { current: () => plantOf(endpoints) },
    permitKey: key.privateKey,
    sessions: {
      list: () => [],
      knock: async (permit: Permit) => {
        const verified = verifyPermit(permit, key.publicKey, clock.wallMs());
        if (verified.kind !== "valid") throw new Error(verified.kind);
        const { endpoint, capabilities, profile } = verified.claims;
        expect([capabilities, profile.rules]).toEqual([[], []]);
        asked.push(endpoint.id);
        now.set(endpoint.host, (now.get(endpoint.host) ?? 0) + 1);
        most = Math.max(most, now.get(endpoint.host) ?? 0);
        await Promise.resolve();
        now.set(endpoint.host, (now.get(endpoint.host) ?? 0) - 1);
        if (endpoint.id === "full") throw new SessionRefused("endpoint-busy", "full");
        if (endpoint.id === "dead") return { kind: "closed", reason: "ECONNREFUSED" };
        return { kind: "open", ms: 1.5 };
      },
    },
    readEndpoints: () => [],
    lockOver: () => undefined,
    ...more,
  });
  const states = () => desk.list().map(({ endpoint, state }) => `${endpoint} ${state}`);
  return { desk, clock, asked, states, most: () => most };
}

test("each is looked for once, under a permit that permits nothing, one at a time at a host", async () => {
  const same = Array.from({ length: 5 }, (_, n) => at(`same-${n}`, "10.0.0.1"));
  const { desk, asked, states, most } = opened([
    ...same,
    at("dead", "10.0.0.2"),
    at("full", "10.0.0.3"),
  ]);
  expect(new Set(desk.list().map(({ state }) => state))).toEqual(new Set(["unknown"]));
  expect(desk.look()).toBe(7);
  expect(desk.look()).toBe(0);
  await vi.waitFor(() => expect(desk.isLooking).toBe(false));
  expect(asked).toHaveLength(7);
  expect(most()).toBe(1);
  expect(states()).toEqual([
    ...same.map((_, n) => `plc/same-${n} answers`),
    ...["plc/dead silent", "plc/full in-use"],
  ]);
});

test("nobody makes it look again within a minute", async () => {
  const { desk, clock, asked } = opened([at("one", "10.0.0.1")]);
  desk.look();
  await vi.waitFor(() => expect(desk.isLooking).toBe(false));
  expect(desk.look()).toBe(0);
  clock.advance(AGAIN_AFTER_MS);
  expect(desk.look()).toBe(1);
  await vi.waitFor(() => expect(desk.isLooking).toBe(false));
  expect(asked).toHaveLength(2);
});

test("what is in use, locked, or a gateway's is not connected to", async () => {
  const endpoints = [at("read", "10.0.0.1"), at("far", "10.0.0.2", ", gateways: [dmz-a]")];
  const read = opened(endpoints, { readEndpoints: () => ["plc/read"] });
  expect(read.desk.look()).toBe(0);
  expect(read.states()).toEqual(["plc/read in-use", "plc/far by-gateway"]);
  const locked = opened(endpoints, { lockOver: () => ({ rule: "locked", reason: "works" }) });
  expect(locked.desk.look()).toBe(0);
  expect(locked.desk.list()[0]).toMatchObject({ state: "not-asked", says: "works" });
  expect([...read.asked, ...locked.asked]).toEqual([]);
});

test("an address that was changed is looked for anew", async () => {
  const endpoints = [at("one", "10.0.0.1")];
  const { desk, states } = opened(endpoints);
  desk.look();
  await vi.waitFor(() => expect(desk.isLooking).toBe(false));
  endpoints[0] = at("one", "10.0.0.9");
  expect(states()).toEqual(["plc/one unknown"]);
  expect(desk.look()).toBe(1);
  await vi.waitFor(() => expect(desk.isLooking).toBe(false));
});
