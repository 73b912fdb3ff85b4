/** Modbus clients that we did not write, through the whole road to a simulated PLC. */
import { writeFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import modbus from "jsmodbus";
import { expect, onTestFinished, test } from "vitest";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import { runProgram } from "../kit/child.ts";
import { type ConduitChild, startConduit } from "../kit/conduit-child.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { testWith } from "../kit/programs.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const PYTHON = "/usr/bin/python3";
const PYMODBUS = "/usr/lib/python3/dist-packages/pymodbus";
const SPEED_SETPOINT = 11;

async function road(profile: string): Promise<{ plant: SimulatedPlant; conduit: ConduitChild }> {
  const folder = temporaryFolder();
  const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 }, speed: 0 });
  onTestFinished(() => plant.close());
  const conduit = await startConduit({
    plant: writeOpenPlant(folder, { port: plant.ports.treatment }),
    profile,
    recordings: path.join(folder, "recordings"),
  });
  onTestFinished(async () => {
    await conduit.stop();
  });
  return { plant, conduit };
}

const mbpoll = (port: number, ...more: string[]): ReturnType<typeof runProgram> =>
  runProgram("mbpoll", ["-m", "tcp", "-p", String(port), "-a", "1", "-1", ...more]);

testWith(["mbpoll"])("mbpoll reads and writes registers and coils", async () => {
  const { plant, conduit } = await road("everything");
  const read = await mbpoll(conduit.port, "-t", "4", "-r", "12", "-c", "2", "127.0.0.1");
  expect(read).toMatchObject({ code: 0, output: expect.stringMatching(/\[12\]:\s+350/) });
  const written = await mbpoll(conduit.port, "-t", "4", "-r", "12", "127.0.0.1", "222");
  expect(written.code).toBe(0);
  const coil = await mbpoll(conduit.port, "-t", "0", "-r", "4", "127.0.0.1", "0");
  expect(coil.code).toBe(0);
  plant.run(1);
  expect(plant.process.setpoints.p101Speed).toBeCloseTo(22.2);
  expect(plant.process.switches.p301Run).toBe(false);
});

testWith(["mbpoll"])("mbpoll's write is refused with an exception under read-only", async () => {
  const { plant, conduit } = await road("read-only");
  const written = await mbpoll(conduit.port, "-t", "4", "-r", "12", "127.0.0.1", "222");
  expect(written.code).toBe(1);
  expect(written.output).toMatch(/Illegal function/i);
  plant.run(1);
  expect(plant.process.setpoints.p101Speed).toBe(35);
});

testWith(["mbpoll"])("a unit that the endpoint does not have is refused", async () => {
  const { conduit } = await road("everything");
  const args = ["-m", "tcp", "-p", String(conduit.port), "-a", "9", "-1", "-t", "4", "127.0.0.1"];
  const read = await runProgram("mbpoll", args);
  expect(read.code).toBe(1);
  expect(read.output).toMatch(/gateway|target device/i);
});

testWith(["nmap"])("nmap's modbus-discover finds one unit and no more", async () => {
  const { conduit } = await road("read-only");
  const { output } = await runProgram("nmap", [
    ...["-Pn", "-n", "-p", String(conduit.port), "--script", "modbus-discover"],
    ...["--script-args", "modbus-discover.aggressive=false", "127.0.0.1"],
  ]);
  expect(output).toMatch(/open/);
  expect(output).not.toMatch(/sid 0x2/);
});

testWith([PYTHON, PYMODBUS])("pymodbus reads, writes, masks and reads device names", async () => {
  const { plant, conduit } = await road("everything");
  const script = path.join(temporaryFolder(), "client.py");
  writeFileSync(script, PYMODBUS_CLIENT);
  const { output, code } = await runProgram(PYTHON, [script, String(conduit.port)]);
  expect(output).toContain("holding [350]");
  expect(output).toContain("wrote 410");
  expect(output).toMatch(/beyond (exception )?2/);
  expect(code).toBe(0);
  plant.run(1);
  expect(plant.process.setpoints.p101Speed).toBeCloseTo(41);
});

test("jsmodbus pipelines thirty requests and gets thirty answers in order", async () => {
  const { conduit } = await road("everything");
  const socket = net.connect({ port: conduit.port, host: "127.0.0.1" });
  const client = new modbus.client.TCP(socket, 1);
  onTestFinished(() => {
    socket.destroy();
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  const asked = Array.from({ length: 30 }, (_, at) => client.readHoldingRegisters(at, 2));
  const answers = await Promise.all(asked);
  expect(answers).toHaveLength(30);
  expect(answers[SPEED_SETPOINT]?.response.body.valuesAsArray[0]).toBe(350);
  await client.writeSingleRegister(SPEED_SETPOINT, 300);
  const after = await client.readHoldingRegisters(SPEED_SETPOINT, 1);
  expect(after.response.body.valuesAsArray[0]).toBe(300);
});

/** Written for pymodbus 3.0 as Debian ships it. */
const PYMODBUS_CLIENT = `
import sys
from pymodbus.client import ModbusTcpClient
c = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]))
assert c.connect()
print("holding", c.read_holding_registers(11, 1, slave=1).registers)
w = c.write_register(11, 410, slave=1)
assert not w.isError(), w
print("wrote", c.read_holding_registers(11, 1, slave=1).registers[0])
m = c.write_registers(13, [440], slave=1)
assert not m.isError(), m
b = c.read_coils(0, 6, slave=1)
assert b.bits[0] and b.bits[3], b.bits
d = c.read_discrete_inputs(0, 7, slave=1)
assert not d.isError(), d
r = c.read_holding_registers(4000, 1, slave=1)
print("beyond exception", r.exception_code)
c.close()
`;
