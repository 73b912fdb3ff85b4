import { expect, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import { waitingIn } from "../store/postgres-standby.ts";
import { StandbyWatch } from "./standby-watch.ts";

type Rows = readonly Record<string, unknown>[];

/** What it told, over a database that answers `rows`, or is away. */
function watched() {
  const clock = new TestClock();
  const told = { health: "", alarm: "", events: [] as string[] };
  let rows: Rows | "away" = [];
  const leading: string[] = [];
  const watch = new StandbyWatch({
    clock,
    store: { queries: {} as never },
    board: {
      report: (name, state, text) => {
        told.health = `${name} ${state}: ${text}`;
      },
    },
    alarms: {
      raise: (kind, _, { text }) => {
        told.alarm = `${kind}: ${text}`;
      },
      clear: () => {
        told.alarm = "";
      },
    },
    forwarding: () => leading,
    noticed: { note: ({ kind, text }) => told.events.push(`${kind}: ${text}`) },
    look: async () => {
      if (rows === "away") throw new Error("away");
      return waitingIn(rows);
    },
  });
  const pass = async (ms: number, answer: Rows | "away") => {
    rows = answer;
    for (let left = ms; left > 0; left -= 5_000) {
      // What was asked before has been answered before time goes on.
      await watch.looked;
      clock.advance(Math.min(left, 5_000));
    }
    await watch.looked;
  };
  return { watch, told, pass, leading };
}

const MINUTE = 60_000;
const WAITS: Rows = [{ name: "broker-b", silent: 3_000 }];
const STOPPED: Rows = [{ name: "broker-b", silent: 21_000 }];

test("who waits is shown, who falls silent is told at once and rings after ten minutes", async () => {
  const { watch, told, pass } = watched();
  await pass(5_000, WAITS);
  expect(told.health).toBe("standby ok: broker-b: waits to take over.");
  expect(watch.gauge()).toEqual({ waiting: 1, unseenSeconds: 3 });
  await pass(2 * MINUTE, STOPPED);
  expect(told.health).toBe(
    "standby attention: No other broker waits: broker-b was seen last 2 min ago.",
  );
  expect(told.alarm).toBe("");
  await pass(8 * MINUTE, STOPPED);
  expect(told.alarm).toMatch(/^standby-unseen: No other broker waits: broker-b/);
  expect(watch.gauge().waiting).toBe(0);
  expect(watch.gauge().unseenSeconds).toBeGreaterThan(600);
  await pass(5_000, WAITS);
  expect(told.alarm).toBe("");
  expect(told.events).toEqual([
    "standby:waits: broker-b waits to take over",
    "standby:gone: broker-b does not wait any more: nobody takes over",
    "standby:waits: broker-b waits to take over",
  ]);
  await watch.close();
});

test("where none has ever come it rings too", async () => {
  const { watch, told, pass } = watched();
  await pass(9 * MINUTE, []);
  expect(told.alarm).toBe("");
  expect(told.health).toBe(
    "standby attention: No other broker waits, none has been seen for 9 min.",
  );
  await pass(2 * MINUTE, []);
  expect(told.alarm).toMatch(/^standby-unseen/);
  expect(told.events).toEqual([]);
  await watch.close();
});

test("while the database is away what was known stays", async () => {
  const { watch, told, pass } = watched();
  await pass(5_000, WAITS);
  await pass(30 * MINUTE, "away");
  expect(told.health).toMatch(/^standby ok/);
  expect([told.alarm, told.events.length]).toEqual(["", 1]);
  await watch.close();
});

test("who leads people here besides is said with it", async () => {
  const { watch, told, pass, leading } = watched();
  leading.push("broker-b");
  await pass(5_000, WAITS);
  expect(told.health).toBe("standby ok: broker-b: waits to take over, and leads people here.");
  leading.push("broker-c");
  await pass(5_000, WAITS);
  expect(told.health).toContain("broker-c leads people here");
  await watch.close();
});
