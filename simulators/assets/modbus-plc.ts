/**
 * A PLC of the simulated works: its memory image between the process and a Modbus server of a
 * third-party library, with faults in front of it.
 */
import type { Server } from "node:net";
import { ServerTCP } from "modbus-serial";
import type { Setpoints, WaterPlant } from "../process/water-plant.ts";
import { type FaultyListener, openFaultyListener } from "./faults.ts";
import { Memory, readNumber, writeNumber } from "./memory.ts";
import type { RegisterMap } from "./register-map.ts";

const ILLEGAL_ADDRESS = 0x02;
const HOST = "127.0.0.1";
/** The library takes the number 0 for "the standard port"; the text is the system's "any free one". */
const FREE_PORT = "0" as unknown as number;

export interface ModbusPlc {
  readonly port: number;
  readonly memory: Memory;
  readonly faults: FaultyListener;
  /** What the registers ask of the process. */
  command(plant: WaterPlant): WaterPlant;
  /** Shows the process in the registers, and setpoints and switches that were changed elsewhere. */
  show(plant: WaterPlant): void;
  close(): Promise<void>;
}

/** @param port 0 picks a free one. Rejects with the system's error where the port is taken. */
export async function startModbusPlc(
  map: RegisterMap,
  port: number,
  plant: WaterPlant,
): Promise<ModbusPlc> {
  const memory = new Memory();
  showSetpoints(map, memory, plant.setpoints);
  const server = await listen(map, memory);
  const faults = await openFaultyListener(port, server.port).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const plc: ModbusPlc = {
    port: faults.port,
    memory,
    faults,
    command: (now) => command(map, memory, now),
    show: (now) => show(map, memory, now),
    close: async () => {
      await faults.close();
      await server.close();
    },
  };
  plc.show(plant);
  return plc;
}

function listen(map: RegisterMap, memory: Memory) {
  return new Promise<{ port: number; close(): Promise<void> }>((resolve, reject) => {
    const server = new ServerTCP(vectorOf(memory), {
      host: HOST,
      port: FREE_PORT,
      unitID: map.unit,
    });
    server.on("socketError", () => {});
    server.on("serverError", (error) => reject(error ?? new Error("server failed")));
    server.on("initialized", () => {
      const inner: unknown = Reflect.get(server, "_server");
      const address = (inner as Server).address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      const close = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ port: address.port, close });
    });
  });
}

function vectorOf(memory: Memory) {
  return {
    getCoil: (address: number) => at(memory.coils, address) !== 0,
    getDiscreteInput: (address: number) => at(memory.discretes, address) !== 0,
    getInputRegister: (address: number) => at(memory.inputs, address),
    getHoldingRegister: (address: number) => at(memory.holdings, address),
    setCoil: (address: number, value: boolean) => {
      at(memory.coils, address);
      memory.coils[address] = value ? 1 : 0;
    },
    setRegister: (address: number, value: number) => {
      at(memory.holdings, address);
      memory.holdings[address] = value;
    },
  };
}

function at(table: Uint8Array | Uint16Array, address: number): number {
  const value = table[address];
  if (value === undefined) {
    throw Object.assign(new Error("no such address"), { modbusErrorCode: ILLEGAL_ADDRESS });
  }
  return value;
}

function command(map: RegisterMap, memory: Memory, plant: WaterPlant): WaterPlant {
  const setpoints: { -readonly [name in keyof Setpoints]: number } = { ...plant.setpoints };
  for (const { to, address, coding, scale } of map.holdings) {
    const value = readNumber(memory.holdings, address, coding) * scale;
    if (Number.isFinite(value)) setpoints[to] = value;
  }
  const switches = { ...plant.switches };
  map.coils.forEach((name, address) => {
    switches[name] = memory.coils[address] === 1;
  });
  return { ...plant, setpoints, switches };
}

function show(map: RegisterMap, memory: Memory, plant: WaterPlant): void {
  for (const { from, address, coding, scale } of map.inputs) {
    writeNumber(memory.inputs, address, coding, plant.measured[from] / scale);
  }
  map.coils.forEach((name, address) => {
    memory.coils[address] = plant.switches[name] ? 1 : 0;
  });
  map.discretes.forEach((name, address) => {
    memory.discretes[address] = plant.alarms[name] ? 1 : 0;
  });
  if (map.remoteAccess !== undefined) {
    memory.discretes[map.remoteAccess] = plant.remoteAccess ? 1 : 0;
  }
  showSetpoints(map, memory, plant.setpoints);
  memory.holdings[map.heartbeat] = Math.floor(plant.seconds) & 0xffff;
  writeNumber(memory.holdings, map.batches, "int32-low-first", plant.batches);
}

function showSetpoints(map: RegisterMap, memory: Memory, setpoints: Setpoints): void {
  for (const { to, address, coding, scale } of map.holdings) {
    if (readNumber(memory.holdings, address, coding) * scale === setpoints[to]) continue;
    writeNumber(memory.holdings, address, coding, setpoints[to] / scale);
  }
}
