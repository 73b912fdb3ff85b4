import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TEST_LIMITS } from "../../test/kit/claims.ts";
import { frame, RawDevice, replyTo } from "../../test/kit/raw-device.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { EndpointLimits } from "../plant/model.ts";
import { EndpointLimiter } from "./endpoint-limiter.ts";
import { ModbusConnection } from "./modbus-connection.ts";
import type { ModbusLeg } from "./modbus-leg.ts";

/** What one channel heard of its connection. */
class Listener {
  readonly replies: string[] = [];
  readonly losses: { request: number; cause: string }[] = [];
  readonly withheld: { change: number; cause: string }[] = [];
  ended: string | undefined;
  /** What keeps changes back that waited. */
  obstacle: string | undefined;

  constructor(leg: ModbusLeg) {
    leg.start({
      bytes: (bytes) => this.replies.push(Buffer.from(bytes).toString("hex")),
      lost: (request, cause) => this.losses.push({ request, cause }),
      withheld: (change, cause) => this.withheld.push({ change, cause }),
      obstacle: () => this.obstacle,
      closed: (reason) => {
        this.ended = reason;
      },
      drained: () => {},
    });
  }
}

let device: RawDevice;
const clock = new TestClock();
const open: ModbusConnection[] = [];

beforeEach(async () => {
  device = await RawDevice.start();
});

afterEach(async () => {
  for (const connection of open.splice(0)) connection.close("test over");
  await device.close();
});

function connectionWith(
  changes: Partial<EndpointLimits> = {},
  dedicated = false,
  port = device.port,
) {
  const limiter = new EndpointLimiter({ ...TEST_LIMITS, ...changes }, clock);
  const options = { address: "127.0.0.1", port, limiter, clock, dedicated };
  const connection = new ModbusConnection(options);
  open.push(connection);
  return { connection, limiter };
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 2_000 && !holds(); n++) await turn();
  expect(holds()).toBe(true);
}

const READ = "0000 0006 01 03 0064 0001";
const read = (number: number) => frame(number.toString(16).padStart(4, "0") + READ);

test("two sessions with equal transactions share one connection, and each gets its own reply", async () => {
  const { connection } = connectionWith();
  device.onFrame = (each) => device.send(replyTo(each));
  const [a, b] = [connection.leg("a"), connection.leg("b")];
  const [ofA, ofB] = [new Listener(a), new Listener(b)];
  a.write(frame("0007 0000 0006 01 03 0064 0001"));
  b.write(frame("0007 0000 0006 01 03 00c8 0001"));
  await until(() => ofA.replies.length + ofB.replies.length === 2);
  expect(ofA.replies).toEqual(["00070000000501030200" + "64"]);
  expect(ofB.replies).toEqual(["00070000000501030200" + "c8"]);
  expect(device.connections).toBe(1);
  expect(new Set(device.frames.map((each) => each.readUInt16BE(0))).size).toBe(2);
});

test("frames of one turn leave in one write", async () => {
  const { connection } = connectionWith();
  const legs = ["a", "b", "c", "d"].map((name) => connection.leg(name));
  for (const leg of legs) new Listener(leg);
  legs[0]?.write(read(1));
  await device.received(1);
  for (const leg of legs) leg.write(read(2));
  await device.received(5);
  expect(device.writes.length).toBe(2);
  expect(device.writes[1]?.length).toBe(48);
});

test("never more in flight than the endpoint takes, whoever asks", async () => {
  const { connection } = connectionWith({ inFlightMax: 1 });
  const [a, b] = [connection.leg("a"), connection.leg("b")];
  const [ofA, ofB] = [new Listener(a), new Listener(b)];
  for (let n = 0; n < 3; n++) {
    a.write(read(n));
    b.write(read(n));
  }
  for (let n = 1; n <= 6; n++) {
    await device.received(n);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(device.frames.length).toBe(n);
    device.send(replyTo(device.frames[n - 1] ?? Buffer.alloc(0)));
  }
  await until(() => ofA.replies.length === 3 && ofB.replies.length === 3);
});

test("never more per second than the endpoint takes", async () => {
  const { connection } = connectionWith({ requestsPerSecond: 20, inFlightMax: 100 });
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  for (let n = 0; n < 10; n++) leg.write(read(n));
  await until(() => heard.replies.length === 1);
  clock.advance(100);
  await until(() => heard.replies.length >= 2);
  expect(heard.replies.length).toBeLessThanOrEqual(3);
  for (let n = 0; n < 10; n++) {
    clock.advance(50);
    for (let turns = 0; turns < 20; turns++) await turn();
  }
  await until(() => heard.replies.length === 10);
});

test("what a closed leg still had waiting never leaves, and its late replies reach nobody", async () => {
  const { connection, limiter } = connectionWith({ inFlightMax: 1 });
  const [a, b] = [connection.leg("a"), connection.leg("b")];
  const [ofA, ofB] = [new Listener(a), new Listener(b)];
  a.write(read(1));
  await device.received(1);
  a.write(read(2));
  b.write(read(3));
  expect(a.waiting).toBe(1);
  a.close();
  expect(limiter.queued).toBe(1);
  device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
  await device.received(2);
  device.send(replyTo(device.frames[1] ?? Buffer.alloc(0)));
  await until(() => ofB.replies.length === 1);
  expect(ofA).toMatchObject({ replies: [], losses: [], ended: undefined });
  expect(device.frames.length).toBe(2);
});

test("withdrawing takes back changes and leaves reads", async () => {
  const { connection } = connectionWith({ inFlightMax: 1 });
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  leg.write(read(1));
  await device.received(1);
  leg.write(frame("0002 0000 0006 01 06 0064 0001"), 2);
  leg.write(read(3));
  leg.withdraw("the right to it was lost");
  expect(heard.losses).toEqual([]);
  expect(heard.withheld).toEqual([{ change: 2, cause: "the right to it was lost" }]);
  device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
  await device.received(2);
  expect(device.frames.map((each) => each[7])).toEqual([3, 3]);
});

test("a change that waited for the device is looked at once more before it leaves", async () => {
  const { connection } = connectionWith({ inFlightMax: 1 });
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  leg.write(read(1));
  leg.write(frame("0002 0000 0006 01 06 0064 0001"), 2);
  leg.write(read(3));
  heard.obstacle = "the value it rests on was read too long ago";
  await until(() => heard.replies.length === 2);
  expect(heard.withheld).toEqual([{ change: 2, cause: heard.obstacle }]);
  expect(device.frames.map((each) => each[7])).toEqual([3, 3]);
});

test("once one channel finds a reply that cannot be, the others' requests in flight are lost", async () => {
  const { connection } = connectionWith({ inFlightMax: 4 });
  const [a, b] = [connection.leg("a"), connection.leg("b")];
  const [ofA, ofB] = [new Listener(a), new Listener(b)];
  a.write(read(1));
  b.write(read(2));
  await device.received(2);
  device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
  await until(() => ofA.replies.length === 1);
  a.close();
  a.distrust("its size is wrong");
  expect(ofB.losses).toMatchObject([{ request: 2, cause: /its size is wrong/ }]);
  device.onFrame = (each) => device.send(replyTo(each));
  b.write(read(3));
  await until(() => ofB.replies.length === 1);
  expect(device.connections).toBe(2);
});

test("a request that times out is lost alone while the device still answers others", async () => {
  const { connection } = connectionWith({ responseTimeoutMs: 1_000 });
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  leg.write(read(1));
  await device.received(1);
  clock.advance(600);
  leg.write(read(2));
  await device.received(2);
  device.send(replyTo(device.frames[1] ?? Buffer.alloc(0)));
  await until(() => heard.replies.length === 1);
  clock.advance(500);
  expect(heard.losses).toMatchObject([{ request: 1, cause: /within 1000 ms/ }]);
  expect(device.connections).toBe(1);
  leg.write(read(3));
  await device.received(3);
  device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
  await until(() => heard.losses.length === 2);
  expect(heard.losses[1]).toMatchObject({ request: 3, cause: /nobody waits for/ });
});

test.each([
  ["an unsolicited reply", frame("7777 0000 0005 01 03 02 0000")],
  ["a reply of another unit", frame("0000 0000 0005 02 03 02 0000")],
  ["a reply of another function", frame("0000 0000 0005 01 04 02 0000")],
  ["something else than Modbus", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
])(
  "%s resets the connection: everyone in flight is told, nothing is sent twice",
  async (_, bytes) => {
    const { connection } = connectionWith();
    const [a, b] = [connection.leg("a"), connection.leg("b")];
    const [ofA, ofB] = [new Listener(a), new Listener(b)];
    a.write(frame("0001 0000 0006 01 06 0064 0001"), 1);
    b.write(read(2));
    await device.received(2);
    device.send(bytes);
    await until(() => ofA.losses.length === 1 && ofB.losses.length === 1);
    clock.advance(10_000);
    a.write(read(3));
    await device.received(3);
    expect(device.frames.map((each) => each[7])).toEqual([6, 3, 3]);
    expect(device.connections).toBe(2);
  },
);

test("an asset that cannot be reached is said at once, and tried again no more often than the back-off", async () => {
  const gone = await RawDevice.start();
  const { port } = gone;
  await gone.close();
  const { connection } = connectionWith({}, false, port);
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  leg.write(read(1));
  await until(() => heard.losses.length === 1);
  leg.write(read(2));
  await until(() => heard.losses.length === 2);
  expect(heard.losses[1]?.cause).toMatch(/cannot be reached/);
  const back = await RawDevice.start(port);
  clock.advance(100);
  leg.write(read(3));
  await back.received(1);
  connection.close("test over");
  await back.close();
});

test("a device that does not accept in time is given up", async () => {
  const { connection } = connectionWith({ connectTimeoutMs: 50 });
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  leg.write(read(1));
  await turn();
  clock.advance(50);
  await until(() => heard.losses.length === 1);
  expect(heard.losses[0]?.cause).toMatch(/did not accept|closed|ECONN/);
});

test("a full queue refuses whoever has most waiting", async () => {
  const { connection } = connectionWith({ inFlightMax: 1, queueMax: 4 });
  const [greedy, modest] = [connection.leg("greedy"), connection.leg("modest")];
  const [ofGreedy, ofModest] = [new Listener(greedy), new Listener(modest)];
  for (let n = 0; n < 6; n++) greedy.write(read(n));
  modest.write(read(100));
  await until(() => ofGreedy.losses.length === 3);
  expect(ofModest.losses).toEqual([]);
  expect(greedy.waiting + modest.waiting).toBeLessThanOrEqual(4);
});

test("a connection of its own that cannot be opened ends its channel", async () => {
  const gone = await RawDevice.start();
  const { port } = gone;
  await gone.close();
  const { connection } = connectionWith({}, true, port);
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  await until(() => heard.ended !== undefined);
  expect(heard.ended).toMatch(/ECONNREFUSED/);
});

test("a connection of its own that is lost is opened anew by what is asked next, one at a time", async () => {
  const { connection } = connectionWith({}, true);
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  for (let n = 1; n <= 3; n++) {
    leg.write(read(n));
    await until(() => heard.replies.length === n);
    expect(device).toMatchObject({ connections: n, open: 1 });
    device.hangUp();
    await until(() => device.open === 0);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(device.connections).toBe(n);
  }
  expect(heard).toMatchObject({ losses: [], ended: undefined });
});

test("a connection of its own stays while nobody asks anything", async () => {
  const { connection } = connectionWith({}, true);
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  leg.write(read(1));
  await until(() => heard.replies.length === 1);
  clock.advance(600_000);
  leg.write(read(2));
  await until(() => heard.replies.length === 2);
  expect(device.connections).toBe(1);
});

test("a device with a connection of its own that comes back after a while is asked again", async () => {
  const { connection } = connectionWith({}, true);
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  leg.write(read(1));
  await until(() => heard.replies.length === 1);
  const { port } = device;
  await device.close();
  leg.write(read(2));
  await until(() => heard.losses.length === 1);
  leg.write(frame("0003 0000 0006 01 06 0064 0001"), 3);
  await until(() => heard.losses.length === 2);
  expect(heard.losses[1]?.cause).toMatch(/cannot be reached/);
  device = await RawDevice.start(port);
  device.onFrame = (each) => device.send(replyTo(each));
  clock.advance(5_000);
  leg.write(read(4));
  await until(() => heard.replies.length === 2);
  expect(device.frames.map((each) => each[7])).toEqual([3]);
  expect(heard.ended).toBeUndefined();
});

test("a connection that nobody uses is closed after a while, and opened again when needed", async () => {
  const { connection } = connectionWith();
  const leg = connection.leg("a");
  const heard = new Listener(leg);
  device.onFrame = (each) => device.send(replyTo(each));
  leg.write(read(1));
  await until(() => heard.replies.length === 1);
  clock.advance(62_000);
  leg.write(read(2));
  await until(() => heard.replies.length === 2);
  expect(device.connections).toBe(2);
  expect(heard.losses).toEqual([]);
});
