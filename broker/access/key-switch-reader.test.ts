import { setImmediate as turn } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { KeySwitch } from "../plant/model.ts";
import type { LeaseCause } from "./access.ts";
import { KeySwitchReader, type OpenProbe } from "./key-switch-reader.ts";

const KEY: KeySwitch = {
  ...{ id: "gate", name: "Gate", covers: { kind: "site" }, whenOff: "read-only", whenOn: "resume" },
  input: {
    ...{ kind: "modbus", endpoint: "plc/modbus", on: 1 },
    tag: {
      ...{ name: "Key", description: "", unitId: 1, table: "discrete-inputs", address: 7 },
      ...{ type: "bool", wordOrder: "big", scale: 1, offset: 0, unit: "", states: [] },
    },
  },
};

/** A device whose answers the test gives. */
class Device {
  readonly clock = new TestClock();
  readonly told: string[] = [];
  readonly reader: KeySwitchReader;
  value = 1;
  /** `silent`: takes requests and never answers. */
  mood: "well" | "broken" | "silent" = "well";
  locked: LeaseCause | undefined;
  opened = 0;
  reads = 0;
  openFails = false;

  constructor() {
    this.reader = new KeySwitchReader(KEY, {
      clock: this.clock,
      open: () => this.open(),
      shut: () => this.locked,
      changed: () => this.told.push(this.reader.now.state),
    });
    onTestFinished(() => this.reader.stop({ rule: "shutdown", reason: "the test is over" }));
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(100);
      for (let n = 0; n < 4; n++) await turn();
    }
  }

  private async open(): Promise<OpenProbe> {
    this.opened += 1;
    if (this.openFails) throw new Error("nothing can be recorded");
    const gone = Promise.withResolvers<void>();
    return {
      read: () => this.read(),
      closed: gone.promise,
      end: () => gone.resolve(),
    };
  }

  private async read(): Promise<readonly (readonly number[])[]> {
    this.reads += 1;
    if (this.mood === "silent") return new Promise(() => {});
    if (this.mood === "broken") throw new Error("exception 11");
    return [[this.value]];
  }
}

async function started(): Promise<Device> {
  const device = new Device();
  device.reader.start();
  await device.pass(100);
  return device;
}

test("it is unknown until it was read, then as it stands, looked at about once a second", async () => {
  const device = new Device();
  expect(device.reader.now.state).toBe("unknown");
  device.reader.start();
  await device.pass(10_000);
  expect(device.reader.now.state).toBe("on");
  expect(device.reads).toBeGreaterThanOrEqual(9);
  expect(device.reads).toBeLessThanOrEqual(11);
  expect(device.opened).toBe(1);
});

test("turned off it counts as off with the next reading", async () => {
  const device = await started();
  device.value = 0;
  await device.pass(1_100);
  expect(device.told).toEqual(["on", "off"]);
});

test.each(["broken", "silent"] as const)("%s: after three seconds it is unknown", async (mood) => {
  const device = await started();
  device.mood = mood;
  await device.pass(2_500);
  expect(device.reader.now.state).toBe("on");
  await device.pass(1_000);
  expect(device.reader.now.state).toBe("unknown");
  expect(device.told).toEqual(["on", "unknown"]);
});

test("a device that never answers is not asked again and again", async () => {
  const device = await started();
  device.mood = "silent";
  const before = device.reads;
  await device.pass(20_000);
  expect(device.reads - before).toBe(1);
});

test("who opens a session gets a reading of now, and waits only so long for it", async () => {
  const device = await started();
  device.value = 0;
  expect(await device.reader.look()).toBe("off");
  device.mood = "silent";
  const look = device.reader.look();
  await device.pass(2_600);
  expect(await look).toBe("unknown");
});

test("a single failed reading refuses whoever opens, though live sessions go on", async () => {
  const device = await started();
  device.mood = "broken";
  expect(await device.reader.look()).toBe("unknown");
  expect(device.reader.now.state).toBe("on");
});

test("behind a lock nothing is read, and what was read counts no more", async () => {
  const device = await started();
  device.locked = { rule: "lockdown", reason: "gas alarm" };
  device.reader.checkShut();
  expect(device.reader.now).toMatchObject({ state: "unknown", why: "gas alarm" });
  const before = device.reads;
  await device.pass(5_000);
  expect(device.reads).toBe(before);
  device.locked = undefined;
  await device.pass(2_000);
  expect(device.reader.now.state).toBe("on");
});

test("a machine that slept has no fresh reading", async () => {
  const device = await started();
  device.clock.stepWall(60_000);
  expect(device.reader.now.state).toBe("unknown");
});

test("what cannot be opened is tried again, ever later", async () => {
  const device = new Device();
  device.openFails = true;
  device.reader.start();
  await device.pass(40_000);
  expect(device.opened).toBe(4);
  expect(device.reader.now.why).toBe("nothing can be recorded");
});
