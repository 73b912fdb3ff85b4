/** jsmodbus through the broker to a device that behaves as some do: what each session gets of it. */
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import modbus from "jsmodbus";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { RawDevice, replyTo } from "../kit/raw-device.ts";
import { recorded } from "../kit/recorded.ts";
import { rerun } from "../kit/rerun.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

/** Registers that the device answers for in a way of its own; each other one holds its address. */
const MUTE = 1_000;
const BUSY = 1_001;
const ACKNOWLEDGED = 1_002;
const OTHER_UNIT = 1_003;
const IN_PIECES = 1_004;

const folder = makeFolder();
const recordings = path.join(folder, "recordings");
let device: RawDevice;
let conduit: ConduitChild;
/** What it did not answer in time, and says before its next answer. */
let late: Buffer | undefined;

beforeAll(async () => {
  device = await RawDevice.start();
  const plant = writeOpenPlant(folder, { port: device.port, inFlight: 4, responseTimeout: "4s" });
  conduit = await startConduit({
    ...{ plant, profile: "everything", recordings, more: ["--session-per-connection"] },
  });
}, 60_000);

beforeEach(() => {
  device.onFrame = behaves;
});

afterAll(async () => {
  await conduit?.stop("SIGTERM");
  await device?.close();
  removeFolder(folder);
});

function behaves(each: Buffer): void {
  const address = each.readUInt16BE(8);
  const reply = replyTo(each);
  if (address === MUTE) late = reply;
  else if (address === BUSY) device.send(exception(each, 6));
  else if (address === ACKNOWLEDGED) device.send(exception(each, 5));
  else if (address === OTHER_UNIT) device.send(reply.fill(255, 6, 7));
  else if (address === IN_PIECES) for (const byte of reply) device.send(Buffer.of(byte));
  else {
    if (late) device.send(late);
    late = undefined;
    device.send(reply);
  }
}

function exception(each: Buffer, code: number): Buffer {
  const reply = Buffer.from(each.subarray(0, 9));
  reply.writeUInt16BE(3, 4);
  reply.set([(each[7] ?? 0) | 0x80, code], 7);
  return reply;
}

async function client() {
  const socket = net.connect({ port: conduit.port, host: "127.0.0.1" });
  onTestFinished(() => void socket.destroy());
  const tool = new modbus.client.TCP(socket, 1, 60_000);
  await once(socket, "connect");
  return tool;
}

type Client = Awaited<ReturnType<typeof client>>;

/** The register's value, or the exception's code as a word. */
async function read(from: Client, address: number): Promise<number | string> {
  try {
    const { response } = await from.readHoldingRegisters(address, 1);
    return response.body.valuesAsArray[0] ?? "nothing";
  } catch (error) {
    const { response } = error as { response?: { body?: { code?: number } } };
    return `exception ${response?.body?.code}`;
  }
}

test("a burst at a device that closes after each answer loses nothing, and a write after it neither", async () => {
  let answered = device.connections;
  device.onFrame = (each) => {
    if (answered === device.connections) return;
    answered = device.connections;
    device.send(replyTo(each));
    device.hangUp();
  };
  const tool = await client();
  const addresses = Array.from({ length: 30 }, (_, at) => at);
  expect(await Promise.all(addresses.map((at) => read(tool, at)))).toEqual(addresses);
  await tool.writeSingleRegister(7, 70);
  expect(device.frames.filter((each) => each[7] === 6)).toHaveLength(1);
}, 60_000);

test("exceptions pass as they are, and a reply that comes byte by byte is one", async () => {
  const tool = await client();
  expect(await read(tool, BUSY)).toBe("exception 6");
  expect(await read(tool, ACKNOWLEDGED)).toBe("exception 5");
  expect(await read(tool, IN_PIECES)).toBe(IN_PIECES);
  expect(await read(tool, OTHER_UNIT)).toBe("exception 11");
  expect(await read(tool, 5)).toBe(5);
}, 60_000);

test("who asks for what is never answered waits alone, and nobody gets the late answer", async () => {
  const [one, other] = [await client(), await client()];
  expect(await read(other, 1)).toBe(1);
  let hung: number | string | undefined;
  void read(one, MUTE).then((answer) => {
    hung = answer;
  });
  await expect.poll(() => late, { timeout: 30_000 }).toBeDefined();
  const unasked = late;
  late = undefined;
  const wrong: (number | string)[] = [];
  const meanwhile = async () => {
    const value = await read(other, 12);
    if (value !== 12) wrong.push(value);
    return hung;
  };
  await expect.poll(meanwhile, { timeout: 30_000, interval: 50 }).toBe("exception 11");
  expect(wrong).toEqual([]);
  late = unasked;
  expect([9, "exception 11"]).toContain(await read(other, 9));
  expect(await read(other, 10)).toBe(10);
  expect(await read(one, 11)).toBe(11);
}, 60_000);

test("what was recorded of all that runs again as it was", async () => {
  await conduit.stop("SIGTERM");
  const tapes = await recorded(recordings);
  expect(tapes).toHaveLength(4);
  for (const tape of tapes) expect(rerun(tape)).toMatchObject({ difference: undefined, left: [] });
}, 60_000);
