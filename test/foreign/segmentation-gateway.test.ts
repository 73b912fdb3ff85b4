/**
 * The segmentation lab in two planes: IT, control's machine, a gateway's machine and the plant as
 * four networks, with the rules that `sallyport plant firewall` makes for both machines. Both are
 * set to forward and have every route, as after a mistake. People work through the gateway, which
 * nobody reaches; with it killed nothing flows; with control killed it freezes, and the plant's own
 * loop runs on.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { Lab, type Place } from "../kit/lab.ts";
import { labTest, whyNoLab } from "../kit/lab-allowed.ts";
import { labPlant, MODBUS, PLANT_COUNTERS } from "../kit/lab-plant.ts";
import { writeConsole } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const KIT = path.resolve(import.meta.dirname, "../kit");
const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");
const WITHIN = { timeout: 120_000, interval: 250 };
const SLOW = 300_000;

const CONSOLE = 7480;
const SSH = 2222;
const FOR_GATEWAYS = 7443;
const WEB = 8_080;
const CONTROL_TO_GATEWAY = "10.5.0.1";
const GATEWAY = "10.5.0.2";

let folder: string;
let lab: Lab;
/** Their numbers inside the lab. */
let control = "";
let gateway = "";
let gatewayLog = "";
let starts = 0;

beforeAll(async () => {
  folder = makeFolder();
  if (whyNoLab !== undefined) return;
  lab = await Lab.open("two planes");
  writeFileSync(at("plant.yaml"), labPlant("dmz-a"));
  writeFileSync(at("counters.nft"), PLANT_COUNTERS);
  await lab.run("plant", `nft -f ${at("counters.nft")}`);
  for (const place of ["dmz", "gate"] as const) {
    await lab.run(place, "echo 1 > /proc/sys/net/ipv4/ip_forward");
  }
  const device = `${process.execPath} ${KIT}/lab-plc.ts 10.20.0.5 ${MODBUS} ${WEB}`;
  await lab.start("plant", device, at("plc"));
  await vi.waitUntil(() => said("plc").includes("listening"), WITHIN);
}, 180_000);

afterAll(() => {
  lab?.close();
  removeFolder(folder);
});

const at = (name: string) => path.join(folder, name);
const said = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : "");
const times = (name: string, words: string) => said(name).split(words).length - 1;

const settings = () =>
  Object.entries({
    ...{ SALLYPORT_LISTEN: "0.0.0.0", SALLYPORT_PORT: CONSOLE, SALLYPORT_SSH_PORT: SSH },
    ...{ SALLYPORT_GATEWAY_PORT: FOR_GATEWAYS, SALLYPORT_GATEWAY_LISTEN: CONTROL_TO_GATEWAY },
    ...{ SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
    ...{ SALLYPORT_REQUESTS_PER_MINUTE: 100_000, SALLYPORT_DATA: at("data") },
    ...{ SALLYPORT_PLANT: at("plant.yaml"), SALLYPORT_CONSOLE: at("console") },
  })
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

const SALLYPORT_AT_GATEWAY = () =>
  `env SALLYPORT_DATA=${at("gateway")} ${process.execPath} ${SALLYPORT} gateway`;

async function loadRules(place: Place, asked: string): Promise<void> {
  const made = `${process.execPath} ${SALLYPORT} plant firewall --user root ${asked}`;
  const file = at(`${place}.nft`);
  expect(await lab.run("dmz", `env ${settings()} ${made} > ${file}`)).toMatchObject({ code: 0 });
  expect((await lab.run(place, `nft -f ${file}`)).output).toBe("");
}

async function startGateway(): Promise<void> {
  gatewayLog = `gateway-${++starts}.log`;
  gateway = await lab.start("gate", `${SALLYPORT_AT_GATEWAY()} start`, at(gatewayLog));
  await expect.poll(() => said(gatewayLog), WITHIN).toMatch(/^connected to control at/m);
}

/** Open ports of an address as one place sees them, all 65,535. */
async function scanned(from: Place, address: string): Promise<readonly number[]> {
  const flags = "-n -Pn -sS -p- -T5 --min-rate 8000 --max-retries 0 --open -oG -";
  const { output } = await lab.run(from, `nmap ${flags} ${address}`);
  expect(output).toContain("Nmap done");
  return [...output.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port));
}

const reaches = async (from: Place, address: string, port: number) =>
  (await lab.run(from, `timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`)).code === 0;

async function counted(name: "granted" | "other"): Promise<number> {
  const { output } = await lab.run("plant", `nft list counter ip count ${name}`);
  return Number(/packets (\d+)/.exec(output)?.[1]);
}

/** Whatever kernels still had to close of their connections has gone. */
async function nothingFlows(): Promise<void> {
  const quiet = async () => {
    await lab.run("plant", "nft reset counters table ip count");
    await lab.run("plant", "sleep 1");
    return (await counted("granted")) + (await counted("other"));
  };
  await expect.poll(quiet, WITHIN).toBe(0);
}

async function reads(): Promise<void> {
  const known = times("control", "answer [[100]]");
  await lab.tell(at("control"), "read");
  await expect.poll(() => times("control", "answer [[100]]"), WITHIN).toBe(known + 1);
}

labTest(
  "people work through a gateway that dials out, with the rules of both machines in force",
  async () => {
    await loadRules("dmz", "--from 10.1.0.0/24");
    await loadRules("gate", "--gateway dmz-a");
    writeConsole(folder);
    const broker = `env LAB_GATEWAY=dmz-a ${settings()} ${process.execPath} ${KIT}/lab-broker.ts`;
    control = await lab.start("dmz", broker, at("control"));
    await expect.poll(() => said("control"), WITHIN).toMatch(/^line \S+$/m);
    const line = /^line (\S+)$/m.exec(said("control"))?.[1];
    const joined = await lab.run("gate", `${SALLYPORT_AT_GATEWAY()} join ${line}`);
    expect(joined).toMatchObject({ code: 0 });
    await startGateway();
    await expect.poll(() => said("control"), WITHIN).toMatch(/session \S+ 201/);
    await reads();
  },
  SLOW,
);

labTest(
  "the gateway listens on nothing, and neither IT nor the plant finds a way to it or through it",
  async () => {
    expect((await lab.run("gate", "cat /proc/net/tcp /proc/net/tcp6")).output).not.toMatch(
      /^\s*\d+: \S+ \S+ 0A /m,
    );
    await lab.run("plant", "nft reset counters table ip count");
    expect(await scanned("it", GATEWAY)).toEqual([]);
    expect(await scanned("it", "10.20.0.5")).toEqual([]);
    expect(await counted("other")).toBe(0);
    expect(await reaches("it", "10.1.0.1", CONSOLE)).toBe(true);
    // Its address is one of control's machine, whichever leg a packet comes in by.
    expect(await reaches("it", CONTROL_TO_GATEWAY, FOR_GATEWAYS)).toBe(false);
    expect(await reaches("plant", "10.20.0.1", FOR_GATEWAYS)).toBe(false);
    expect(await reaches("plant", CONTROL_TO_GATEWAY, FOR_GATEWAYS)).toBe(false);
  },
  SLOW,
);

labTest(
  "packets reach the plant from the gateway to the granted endpoint alone, and refusals bring none",
  async () => {
    await lab.run("plant", "nft reset counters table ip count");
    await reads();
    expect(await counted("granted")).toBeGreaterThan(0);
    for (const asked of ["write", "other-unit"]) {
      const known = times("control", "exception");
      await lab.tell(at("control"), asked);
      await expect.poll(() => times("control", "exception"), WITHIN).toBe(known + 1);
    }
    expect(said("plc")).not.toContain("write");
    expect(await reaches("dmz", "10.20.0.5", MODBUS)).toBe(false);
    expect(await reaches("gate", "10.20.0.5", MODBUS)).toBe(true);
    expect(await reaches("gate", "10.20.0.5", WEB)).toBe(false);
    expect(await reaches("gate", "10.1.0.9", CONSOLE)).toBe(false);
    expect(await counted("other")).toBe(0);
  },
  SLOW,
);

labTest(
  "with the gateway killed nothing flows; another start of it carries sessions again",
  async () => {
    expect(await lab.run("gate", `kill -KILL ${gateway}`)).toMatchObject({ code: 0 });
    await nothingFlows();
    await startGateway();
    const known = times("control", " 201");
    await lab.tell(at("control"), "open");
    await expect.poll(() => times("control", " 201"), WITHIN).toBe(known + 1);
    await reads();
  },
  SLOW,
);

labTest(
  "with control killed the gateway freezes, nothing flows, and the plant's own loop runs on",
  async () => {
    expect(await lab.run("dmz", `kill -STOP ${control}`)).toMatchObject({ code: 0 });
    await expect.poll(() => said(gatewayLog), WITHIN).toContain("the lease is out");
    expect(await lab.run("dmz", `kill -KILL ${control}`)).toMatchObject({ code: 0 });
    await expect.poll(() => said(gatewayLog), WITHIN).toContain("not connected to control");
    await nothingFlows();
    const turns = times("plc", "loop ");
    await expect.poll(() => times("plc", "loop "), WITHIN).toBeGreaterThan(turns);
    expect(await reaches("it", "10.1.0.1", CONSOLE)).toBe(false);
    expect(said("plc")).not.toContain("write");
  },
  SLOW,
);
