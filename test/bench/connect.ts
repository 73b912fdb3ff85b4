/**
 * A Modbus read through `sallyport connect` against the same read over a direct loopback
 * connection, interleaved in the same run. Device, broker, command and client are processes of
 * their own; everything is on: decoded, decided, recorded, encrypted, chained.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Child, startChild } from "../kit/child.ts";
import { modbusRequest, RawTool, startConnecting } from "../kit/connecting.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { writeConsole } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const READS = Number(process.env.SALLYPORT_READS ?? 2_000);
const READ = modbusRequest(1, 3, 0, 10);
const ANSWER_BYTES = 29;
const GOALS = { addedP50Us: { atMost: 300 } };
const BROKER = path.resolve(import.meta.dirname, "../../broker/main.ts");
const DEVICE = path.resolve(import.meta.dirname, "modbus-device.ts");

export async function run(): Promise<void> {
  const folder = makeFolder();
  const children: Child[] = [];
  try {
    const device = await startChild(process.execPath, [DEVICE], { ready: /(\d+)/ });
    children.push(device);
    const port = Number(/(\d+)/.exec(device.output)?.[1]);
    const broker = await startBroker(folder, port);
    children.push(broker);
    const user = await enrolled(broker);
    const home = path.join(folder, "home");
    await signInMachine(home, user);
    const command = await startConnecting(home, ["plc"]);
    report(await measureAll(port, command.port));
    await command.stop();
  } finally {
    for (const child of children.reverse()) await child.stop("SIGTERM");
    removeFolder(folder);
  }
}

async function startBroker(folder: string, port: number): Promise<Child> {
  const plant = writeOpenPlant(folder, { port });
  const grant =
    '  - { id: all, subject: "role:engineer", endpoint: plc/modbus, profile: everything }';
  writeFileSync(plant, readFileSync(plant, "utf8").replace("grants: []", `grants:\n${grant}`));
  return startChild(process.execPath, [BROKER], {
    ready: /stop +Ctrl-C/,
    withinMs: 60_000,
    env: {
      ...{ SALLYPORT_DATA: path.join(folder, "data"), SALLYPORT_PLANT: plant },
      ...{ SALLYPORT_PORT: "0", SALLYPORT_SIMULATE: "0", SALLYPORT_CONSOLE: writeConsole(folder) },
      ...{ SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
    },
  });
}

async function enrolled(broker: Child): Promise<ConsoleUser> {
  const link = /http:\S+#token=\S+/.exec(broker.output)?.[0] ?? "";
  const user = new ConsoleUser(new URL(link).origin);
  await user.enrol(link);
  return user;
}

interface Figures {
  readonly direct: number[];
  readonly connected: number[];
}

async function measureAll(device: number, connected: number): Promise<Figures> {
  const figures: Figures = { direct: [], connected: [] };
  const roads = { direct: new RawTool(device), connected: new RawTool(connected) };
  for (const tool of Object.values(roads)) await p50Us(tool);
  for (let round = 0; round < ROUNDS; round++) {
    figures.direct.push(await p50Us(roads.direct));
    figures.connected.push(await p50Us(roads.connected));
  }
  for (const tool of Object.values(roads)) tool.close();
  return figures;
}

async function p50Us(tool: RawTool): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < READS; n++) {
    const began = performance.now();
    await tool.ask(READ, ANSWER_BYTES);
    times.push((performance.now() - began) * 1_000);
  }
  return median(times);
}

function report({ direct, connected }: Figures): void {
  const [near, through] = [median(direct), median(connected)];
  const cell = (value: number) => value.toFixed(0);
  printTable(
    ["one read, p50 in µs", "median", "lowest", "highest"],
    [
      ["direct", cell(near), cell(Math.min(...direct)), cell(Math.max(...direct))],
      ["connect", cell(through), cell(Math.min(...connected)), cell(Math.max(...connected))],
    ],
  );
  printResult({
    bench: "connect",
    ratios: { addedP50Us: through - near, connectToDirect: through / near },
    goals: GOALS,
    notes: { rounds: ROUNDS, reads: READS, inFlight: 1 },
  });
}
