/** How much is found, of what, and how often nothing was: the table of the README beside it. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { type Baseline, BaselineCount, LastMinute } from "../../broker/policy/risk/baseline.ts";
import { deedsOf } from "../../broker/policy/risk/deeds.ts";
import { type Finding, SessionRisk } from "../../broker/policy/risk/session-risk.ts";
import { isModbusOperation } from "../../protocols/modbus/operation.ts";
import { ATTACKS, type LabelledSession, SESSION_HOURS, session } from "./labelled-sessions.ts";

const README = new URL("README.md", import.meta.url);
const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);

const COUNTED = 60;
const OF_EACH = 40;
const CALM = 200;

const deed = deedsOf(exampleTags());

function exampleTags() {
  const parsed = parsePlant(readFileSync(EXAMPLE, "utf8"), "water-plant.yaml");
  if (parsed.kind !== "plant") throw new Error("the example is not valid");
  const asset = parsed.plant.assets.find(({ id }) => id === "plc-treatment");
  const endpoint = asset?.endpoints.find(({ id }) => id === "modbus");
  return endpoint?.protocol === "modbus" ? endpoint.tags : [];
}

function count(sessions: readonly LabelledSession[]): Baseline {
  const all = new BaselineCount();
  for (const { facts, steps } of sessions) {
    const one = all.begin(facts);
    for (const { operation, verdict, atMs, declined } of steps) {
      if (declined) one.declined(atMs);
      if (operation.class === "observe" && verdict === "permit") one.read(atMs);
      else one.judged(deed(operation), verdict, atMs);
    }
  }
  return all.result("2026-01-01", "2026-03-01");
}

/** As the desk does it: readings by their number, everything else as it comes. */
function findings(baseline: Baseline, { facts, steps }: LabelledSession): readonly Finding[] {
  const risk = new SessionRisk(baseline, facts);
  const reads = new LastMinute();
  const errors = new LastMinute();
  const found = [...risk.opened()];
  for (const [n, { operation, verdict, atMs, declined }] of steps.entries()) {
    if (declined) found.push(...risk.declined(errors.add(atMs)));
    if (operation.class === "observe" && verdict === "permit") {
      found.push(...risk.reading(reads.add(atMs)));
    } else found.push(...risk.judged(deed(operation), verdict, atMs, n));
  }
  return found;
}

/** The plain list: source, unit, function and address; whatever is not on it is an alert. */
class AllowList {
  private readonly known = new Set<string>();

  learn(one: LabelledSession): void {
    for (const key of keysOf(one)) this.known.add(key);
  }

  alerts(one: LabelledSession): number {
    return new Set([...keysOf(one)].filter((key) => !this.known.has(key))).size;
  }
}

function keysOf({ source, steps }: LabelledSession): ReadonlySet<string> {
  const keys = steps.map(({ operation }) => {
    if (!isModbusOperation(operation)) return operation.action;
    const { unit, function: code } = operation;
    return `${source} ${unit} ${code} ${"address" in operation ? operation.address : ""}`;
  });
  return new Set(keys);
}

interface Row {
  readonly what: string;
  readonly risk: string;
  readonly list: string;
}

function measured(): {
  readonly rows: readonly Row[];
  readonly shares: ReadonlyMap<string, number>;
} {
  const past = Array.from({ length: COUNTED }, (_, n) => session(1_000 + n));
  const baseline = count(past);
  const allowed = new AllowList();
  for (const one of past) allowed.learn(one);
  const shares = new Map<string, number>();
  const rows = ATTACKS.map((attack, kind) => {
    const own = Array.from({ length: OF_EACH }, (_, n) =>
      session(20_000 + kind * 997 + n, 0, attack),
    );
    const found = own.filter((one) => findings(baseline, one).length > 0).length;
    const listed = own.filter((one) => allowed.alerts(one) > 0).length;
    shares.set(attack, found / OF_EACH);
    return { what: attack, risk: percent(found), list: percent(listed) };
  });
  const calm = [0, 0.5, 1.5].map((drift, week) => {
    const own = Array.from({ length: CALM }, (_, n) => session(50_000 + week * 7_919 + n, drift));
    const hours = CALM * SESSION_HOURS;
    const alerts = own.reduce((sum, one) => sum + findings(baseline, one).length, 0) / hours;
    const listed = own.reduce((sum, one) => sum + allowed.alerts(one), 0) / hours;
    shares.set(`calm ${drift}`, alerts);
    const what = drift === 0 ? "none of them: as counted" : `none of them: ${drift} Hz of drift`;
    return { what, risk: `${alerts.toFixed(2)} an hour`, list: `${listed.toFixed(2)} an hour` };
  });
  return { rows: [...rows, ...calm], shares };
}

function percent(found: number): string {
  return `${Math.round((100 * found) / OF_EACH)} %`;
}

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, risk, list }) => `| ${what} | ${risk} | ${list} |`);
  return ["| what was done | findings | plain list |", "|---|---|---|", ...lines].join("\n");
}

test("what the README says was measured is what is measured", () => {
  const { rows, shares } = measured();
  const table = tableOf(rows);
  if (process.env.WRITE_FIGURES) {
    const text = readFileSync(README, "utf8").replace(
      /\| what was done[\s\S]*?\n\n/,
      `${table}\n\n`,
    );
    writeFileSync(README, text);
  }
  expect(readFileSync(README, "utf8")).toContain(table);
  for (const attack of ATTACKS.slice(0, 7))
    expect([attack, shares.get(attack)]).toEqual([attack, 1]);
  expect(shares.get("a scan of all registers")).toBe(1);
  expect(shares.get("a slow search for registers that are there")).toBe(1);
  // What stays inside all that was seen is not found by anything that only knows what was seen.
  expect(shares.get("inside everything that is usual")).toBeLessThan(0.1);
  expect(shares.get("calm 0")).toBeLessThan(0.1);
}, 60_000);
