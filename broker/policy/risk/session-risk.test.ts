/** Findings of a session: one comparison each, and none hides another. */
import { expect, test } from "vitest";
import { type Baseline, networkOf, usualKey } from "./baseline.ts";
import { SessionRisk } from "./session-risk.ts";

const FACTS = {
  person: { id: "ben", name: "Ben" },
  asset: { id: "plc", name: "PLC" },
  ...{ hour: 8, network: "192.0.2.0/24" },
};

function baseline(deeds: readonly string[]): Baseline {
  const usual = {
    ...{ person: "Ben", sessions: 9, deeds, hours: [8], networks: [FACTS.network] },
    ...{ changesPerMinute: 4, readsPerMinute: 60, refusedInARow: 0 },
  };
  return {
    ...{ version: 1, sessions: 9, from: "2026-01-01", until: "2026-01-04" },
    usual: { [usualKey("ben", "plc")]: usual },
    values: { "plc P101": { min: 20, max: 40 } },
  };
}

test("many small things do not hide a greater one", () => {
  const risk = new SessionRisk(baseline([]), FACTS);
  for (let n = 0; n < 200; n++) {
    risk.judged({ words: `writing ${n}`, values: [] }, "permit", n * 60_000, n);
  }
  const far = { words: "writing 1", values: [{ point: "P101", value: 90 }] };
  const found = risk.judged(far, "permit", 201 * 60_000, 201);
  expect(found.map(({ kind }) => kind)).toEqual(["value"]);
});

test("errors are no finding where nobody has counted them", () => {
  expect(new SessionRisk(baseline([]), FACTS).declined(10_000)).toEqual([]);
});

test("an address is told as the network that it is in", () => {
  expect(networkOf("::ffff:192.0.2.7")).toBe("192.0.2.0/24");
  expect(networkOf("2001:DB8::7")).toBe("2001:db8:0:0::/64");
  expect(networkOf("a browser")).toBe("");
});
