/**
 * jsmodbus through a connection of its own to a PLC of another library that is restarted meanwhile:
 * the person's session goes on.
 */
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import modbus from "jsmodbus";
import { expect, onTestFinished, test } from "vitest";
import { startSimulatedPlant } from "../../simulators/plant.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { recorded } from "../kit/recorded.ts";
import { rerun } from "../kit/rerun.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const SPEED_SETPOINT = 11;
const PATIENT = { timeout: 60_000, interval: 50 };

async function simulated(port: number) {
  const plant = await startSimulatedPlant({
    ports: { treatment: port, distribution: 0 },
    speed: 0,
  });
  let open = true;
  const close = async () => {
    if (open) await plant.close();
    open = false;
  };
  onTestFinished(close);
  return { plant, port: plant.ports.treatment, close };
}

async function sessionOn(port: number) {
  const folder = temporaryFolder();
  const recordings = path.join(folder, "recordings");
  const conduit = await startConduit({
    plant: writeOpenPlant(folder, { port, connection: "dedicated" }),
    ...{ profile: "everything", recordings, more: ["--session-per-connection"] },
  });
  onTestFinished(() => conduit.stop().then(() => undefined));
  const socket = net.connect({ port: conduit.port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  const tool = new modbus.client.TCP(socket, 1, 60_000);
  await once(socket, "connect");
  return { conduit, socket, tool, recordings };
}

type Tool = Awaited<ReturnType<typeof sessionOn>>["tool"];

/** The setpoint, or the exception's code as a word. */
async function setpoint(tool: Tool): Promise<number | string> {
  try {
    const { response } = await tool.readHoldingRegisters(SPEED_SETPOINT, 1);
    return response.body.valuesAsArray[0] ?? "nothing";
  } catch (error) {
    const { response } = error as { response?: { body?: { code?: number } } };
    return `exception ${response?.body?.code}`;
  }
}

test("a session with a connection of its own outlives a PLC that is restarted", async () => {
  const before = await simulated(0);
  const { conduit, socket, tool, recordings } = await sessionOn(before.port);
  expect(await setpoint(tool)).toBe(350);
  await before.close();
  await expect.poll(() => setpoint(tool), PATIENT).toBe("exception 11");
  const after = await simulated(before.port);
  await expect.poll(() => setpoint(tool), PATIENT).toBe(350);
  await tool.writeSingleRegister(SPEED_SETPOINT, 222);
  expect(await setpoint(tool)).toBe(222);
  after.plant.run(1);
  expect(after.plant.process.setpoints.p101Speed).toBeCloseTo(22.2);
  expect(socket.destroyed).toBe(false);
  socket.destroy();
  await conduit.stop("SIGTERM");
  const tapes = await recorded(recordings);
  expect(tapes).toHaveLength(1);
  for (const tape of tapes) expect(rerun(tape)).toMatchObject({ difference: undefined, left: [] });
}, 120_000);
