/** Devices that close their connection: after each answer, when they are idle, when they are asked something. */
import { expect, onTestFinished, test } from "vitest";
import { TEST_LIMITS } from "../../test/kit/claims.ts";
import { frame, RawDevice, replyTo } from "../../test/kit/raw-device.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { EndpointLimiter } from "./endpoint-limiter.ts";
import { ModbusConnection } from "./modbus-connection.ts";

/** Nothing is late here, however far the clock is moved. */
const PATIENT = { responseTimeoutMs: 600_000 };

interface Heard {
  readonly replies: number[];
  readonly losses: string[];
}

async function road(inFlightMax: number, dedicated = false) {
  const device = await RawDevice.start();
  onTestFinished(() => device.close());
  const clock = new TestClock();
  const limiter = new EndpointLimiter({ ...TEST_LIMITS, ...PATIENT, inFlightMax }, clock);
  const connection = new ModbusConnection({
    ...{ address: "127.0.0.1", port: device.port, limiter, clock, dedicated },
  });
  onTestFinished(() => connection.close("test over"));
  const leg = (session: string) => {
    const made = connection.leg(session);
    const heard: Heard = { replies: [], losses: [] };
    made.start({
      bytes: (bytes) => heard.replies.push(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)),
      lost: (_, cause) => heard.losses.push(cause),
      withheld: (_, cause) => heard.losses.push(cause),
      closed: (reason) => heard.losses.push(reason),
      drained: () => {},
    });
    return Object.assign(made, { heard });
  };
  return { device, clock, limiter, leg };
}

const WAYS = [
  { way: "shared", dedicated: false },
  { way: "dedicated", dedicated: true },
] as const;

const until = (holds: () => boolean) =>
  expect.poll(holds, { timeout: 20_000, interval: 2 }).toBe(true);

const number = (n: number) => n.toString(16).padStart(4, "0");
const read = (n: number) => frame(`${number(n)} 0000 0006 01 03 0064 0001`);
const write = (n: number) => frame(`${number(n)} 0000 0006 01 06 0064 ${number(n)}`);
const isPoison = (each: Buffer) => each.readUInt16BE(8) === 0xdead;
const POISON = frame("0063 0000 0006 01 03 dead 0001");
const isWrite = (each: Buffer) => each[7] === 6;

/** Answers one request of each connection and closes; what came with it is never looked at. */
function closesAfterEach(device: RawDevice): void {
  let answered = 0;
  device.onFrame = (each) => {
    if (answered === device.connections) return;
    answered = device.connections;
    device.send(replyTo(each));
    device.hangUp();
  };
}

test.each([1, 4, 16])(
  "no read of a burst is lost at a device that closes after each answer, %i in flight",
  async (inFlightMax) => {
    const { device, leg } = await road(inFlightMax);
    closesAfterEach(device);
    const [a, b] = [leg("a"), leg("b")];
    for (let n = 0; n < 20; n++) {
      a.write(read(n));
      b.write(read(100 + n));
    }
    await until(() => a.heard.replies.length + b.heard.replies.length >= 40);
    expect(a.heard.losses.concat(b.heard.losses)).toEqual([]);
    expect(device.connections).toBe(40);
  },
);

test("a burst of a session with a connection of its own loses none either, on one at a time", async () => {
  const { device, leg } = await road(4, true);
  closesAfterEach(device);
  const a = leg("a");
  for (let n = 0; n < 20; n++) a.write(read(n));
  await until(() => a.heard.replies.length === 20);
  expect(a.heard.losses).toEqual([]);
  expect(device.connections).toBe(20);
});

test.each(WAYS)(
  "once such a device is known, no write to it is lost, and each leaves once ($way)",
  async ({ dedicated }) => {
    const { device, leg } = await road(4, dedicated);
    closesAfterEach(device);
    const a = leg("a");
    a.write(read(1));
    a.write(read(2));
    await until(() => a.heard.replies.length === 2);
    for (let n = 3; n < 13; n++) a.write(write(n), n);
    await until(() => a.heard.replies.length === 12);
    expect(a.heard.losses).toEqual([]);
    expect(device.frames.filter(isWrite).map((each) => each.readUInt16BE(10))).toEqual([
      3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
  },
);

test.each(WAYS)(
  "a write that was on its way as the device closed is lost, never sent again ($way)",
  async ({ dedicated }) => {
    const { device, leg } = await road(4, dedicated);
    const a = leg("a");
    a.write(read(1));
    await device.received(1);
    a.write(write(2), 2);
    a.write(read(3));
    await device.received(3);
    device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
    await until(() => a.heard.replies.length === 1);
    device.onFrame = (each) => device.send(replyTo(each));
    device.reset();
    await until(() => a.heard.replies.length === 2);
    expect(a.heard).toMatchObject({ replies: [1, 3], losses: [/ECONNRESET|closed/] });
    expect(device.frames.filter(isWrite)).toHaveLength(1);
  },
);

test.each(WAYS)(
  "a device that stays open where its close was waited for gets several at once again ($way)",
  async ({ dedicated }) => {
    const { device, clock, leg } = await road(4, dedicated);
    closesAfterEach(device);
    const a = leg("a");
    a.write(read(1));
    a.write(read(2));
    await until(() => a.heard.replies.length === 2);
    device.onFrame = (each) => device.send(replyTo(each));
    for (let n = 3; n < 8; n++) a.write(read(n));
    await until(() => a.heard.replies.length === 3);
    expect(a.waiting).toBe(4);
    clock.advance(500);
    clock.advance(1);
    await until(() => a.heard.replies.length === 7);
    expect(a.heard.losses).toEqual([]);
    expect(device.connections).toBe(3);
    device.onFrame = () => {};
    for (let n = 8; n < 12; n++) a.write(read(n));
    await device.received(device.frames.length + 4);
  },
);

test("what makes a device close is asked twice at most, and takes nobody else's requests along", async () => {
  const { device, clock, leg } = await road(4);
  device.onFrame = (each) => {
    if (isPoison(each)) device.hangUp();
    else device.send(replyTo(each));
  };
  const [rude, calm] = [leg("rude"), leg("calm")];
  calm.write(read(1));
  calm.write(read(2));
  await until(() => calm.heard.replies.length === 2);
  rude.write(POISON);
  for (let n = 3; n < 13; n++) calm.write(read(n));
  await until(() => {
    clock.advance(10);
    return rude.heard.losses.length === 1 && calm.heard.replies.length === 12;
  });
  expect(calm.heard.losses).toEqual([]);
  expect(device.frames.filter(isPoison).length).toBeLessThanOrEqual(2);
});

test("what is asked again is not sent for a session that ended meanwhile", async () => {
  const { device, limiter, leg } = await road(4);
  const [gone, stays] = [leg("gone"), leg("stays")];
  stays.write(read(1));
  gone.write(read(2));
  await device.received(2);
  device.send(replyTo(device.frames[0] ?? Buffer.alloc(0)));
  await until(() => stays.heard.replies.length === 1);
  gone.close();
  device.onFrame = (each) => device.send(replyTo(each));
  device.hangUp();
  stays.write(read(3));
  await until(() => stays.heard.replies.length === 2);
  expect(device.frames).toHaveLength(3);
  expect(limiter.queued).toBe(0);
});

test.each(WAYS)(
  "a device that takes connections and closes them is left alone for a while, and that is said ($way)",
  async ({ dedicated }) => {
    const { device, clock, leg } = await road(1, dedicated);
    device.onFrame = () => device.hangUp();
    const a = leg("a");
    for (let n = 0; n < 10; n++) a.write(read(n));
    await until(() => a.heard.losses.length === 10);
    expect(device.connections).toBe(2);
    a.write(read(11));
    await until(() => a.heard.losses.length === 11);
    expect(a.heard.losses[10]).toBe("the asset cannot be reached: the asset closed the connection");
    device.onFrame = (each) => device.send(replyTo(each));
    clock.advance(5_000);
    a.write(read(12));
    await until(() => a.heard.replies.length === 1);
  },
);

test.each(WAYS)("a reply in the name of another unit says so ($way)", async ({ dedicated }) => {
  const { device, leg } = await road(1, dedicated);
  device.onFrame = (each) => {
    const reply = replyTo(each);
    reply[6] = 255;
    device.send(reply);
  };
  const a = leg("a");
  a.write(read(1));
  await until(() => a.heard.losses.length === 1);
  expect(a.heard.losses).toEqual(["the asset answered as unit 255, not 1"]);
});
