import net from "node:net";
import modbus from "modbus-serial";
import { afterEach, expect, test } from "vitest";
import { parseFault } from "./fault-command.ts";
import { type SimulatedPlant, startSimulatedPlant } from "./plant.ts";

const FREE = { treatment: 0, distribution: 0 };
const SPEED_SETPOINT = 11;
const INFLOW = 1;
const DOSE = 20;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function still(): Promise<SimulatedPlant> {
  const plant = await startSimulatedPlant({ ports: FREE, speed: 0 });
  closing.push(() => plant.close());
  return plant;
}

async function connect(port: number, unit: number): Promise<InstanceType<typeof modbus.default>> {
  const client = new modbus.default();
  await client.connectTCP("127.0.0.1", { port });
  client.setID(unit);
  client.setTimeout(500);
  closing.push(() => new Promise((done) => client.close(() => done())));
  return client;
}

test("a written setpoint moves the process and the measured registers", async () => {
  const plant = await still();
  const client = await connect(plant.ports.treatment, 1);
  plant.run(60);
  const before = (await client.readInputRegisters(INFLOW, 1)).data[0] ?? 0;
  await client.writeRegister(SPEED_SETPOINT, 220);
  plant.run(30);
  const after = (await client.readInputRegisters(INFLOW, 1)).data[0] ?? 0;
  expect(plant.process.setpoints.p101Speed).toBeCloseTo(22);
  expect(after).toBeLessThan(before * 0.75);
});

test("a float setpoint is two registers, most significant first", async () => {
  const plant = await still();
  const client = await connect(plant.ports.treatment, 1);
  const { buffer } = await client.readHoldingRegisters(DOSE, 2);
  expect(buffer.readFloatBE(0)).toBeCloseTo(1.2);
  const words = Buffer.alloc(4);
  words.writeFloatBE(1.75);
  await client.writeRegisters(DOSE, [words.readUInt16BE(0), words.readUInt16BE(2)]);
  plant.run(1);
  expect(plant.process.setpoints.dose).toBeCloseTo(1.75);
});

test("both PLCs show the pressure setpoint that either was given last", async () => {
  const plant = await still();
  const treatment = await connect(plant.ports.treatment, 1);
  const distribution = await connect(plant.ports.distribution, 2);
  await distribution.writeRegister(10, 380);
  plant.run(1);
  expect((await treatment.readHoldingRegisters(30, 1)).data).toEqual([380]);
  await treatment.writeRegister(30, 450);
  plant.run(1);
  expect((await distribution.readHoldingRegisters(10, 1)).data).toEqual([450]);
  expect(plant.process.setpoints.p301Pressure).toBeCloseTo(4.5);
});

test("addresses beyond the map are refused by the PLC itself", async () => {
  const plant = await still();
  const client = await connect(plant.ports.treatment, 1);
  await expect(client.readHoldingRegisters(5000, 1)).rejects.toThrow(/exception 2/i);
});

test.each([
  ["hang", /timed out/i],
  ["exception 6", /exception 6/i],
  ["delay 800", /timed out/i],
])("fault %s shows as it would on a real device", async (words, error) => {
  const plant = await still();
  const client = await connect(plant.ports.treatment, 1);
  const fault = parseFault(words.split(" "));
  if (!fault) throw new Error("no such fault");
  plant.fault("treatment", fault);
  await expect(client.readInputRegisters(0, 1)).rejects.toThrow(error);
});

test("fault drip still answers correctly, one byte at a time", async () => {
  const plant = await still();
  const client = await connect(plant.ports.treatment, 1);
  plant.fault("treatment", { kind: "drip", ms: 5 });
  expect((await client.readInputRegisters(0, 3)).data).toHaveLength(3);
});

test.each(["reset", "garbage"] as const)("fault %s breaks the connection's peace", async (kind) => {
  const plant = await still();
  plant.fault("treatment", { kind });
  const answer = await new Promise<string>((resolve) => {
    const socket = net.connect({ port: plant.ports.treatment, host: "127.0.0.1" });
    socket.on("error", (error) => resolve(error.message));
    socket.on("data", (bytes) => {
      socket.destroy();
      resolve(bytes.toString("latin1"));
    });
    socket.on("connect", () => socket.write(Buffer.from("000100000006010400000001", "hex")));
  });
  expect(answer).toMatch(kind === "reset" ? /ECONNRESET/ : /^HTTP/);
});

test("a taken port is an error and leaves nothing open", async () => {
  const plant = await still();
  const ports = { treatment: 0, distribution: plant.ports.treatment };
  await expect(startSimulatedPlant({ ports, speed: 0 })).rejects.toThrow(/EADDRINUSE/);
});

test.each(["", "delay", "delay x", "hang 5", "exception 256", "delay 9999999"])(
  "the fault command %j is refused",
  (words) => {
    expect(parseFault(words === "" ? [] : words.split(" "))).toBeUndefined();
  },
);
