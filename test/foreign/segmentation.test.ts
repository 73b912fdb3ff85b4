/**
 * The segmentation lab: IT, the broker's machine and the plant as three networks, with the rules that
 * `sallyport plant firewall` makes. From IT a full scan finds the console's and SSH's doors and nothing of
 * the plant, although the broker's machine is set to forward; in the plant arrive connections of
 * the broker alone, to what was granted alone.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { Lab } from "../kit/lab.ts";
import { labTest, whyNoLab } from "../kit/lab-allowed.ts";
import { labPlant, MODBUS, PLANT_COUNTERS } from "../kit/lab-plant.ts";
import { writeConsole } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const KIT = path.resolve(import.meta.dirname, "../kit");
const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");
const WITHIN = { timeout: 120_000, interval: 250 };

const CONSOLE = 7480;
const SSH = 2222;
const WEB = 8_080;
const SCANS_MAX = 4;

let folder: string;
let lab: Lab;
let session = "";
/** Its number inside the lab. */
let broker = "";

beforeAll(async () => {
  folder = makeFolder();
  if (whyNoLab !== undefined) return;
  lab = await Lab.open();
  writeFileSync(path.join(folder, "plant.yaml"), labPlant());
  writeFileSync(path.join(folder, "counters.nft"), PLANT_COUNTERS);
  await lab.run("plant", `nft -f ${folder}/counters.nft`);
  // The worst that an administrator can do by mistake.
  await lab.run("dmz", "echo 1 > /proc/sys/net/ipv4/ip_forward");
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

const SETTINGS = {
  SALLYPORT_LISTEN: "0.0.0.0",
  SALLYPORT_PORT: String(CONSOLE),
  SALLYPORT_SSH_PORT: String(SSH),
  SALLYPORT_OPCUA_PORT: "off",
  SALLYPORT_PANEL_PORT: "off",
};

const settings = () =>
  Object.entries({
    ...SETTINGS,
    SALLYPORT_DATA: at("data"),
    SALLYPORT_PLANT: at("plant.yaml"),
    SALLYPORT_CONSOLE: at("console"),
  })
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

async function startBroker(): Promise<void> {
  writeConsole(folder);
  broker = await lab.start(
    "dmz",
    `env ${settings()} ${process.execPath} ${KIT}/lab-broker.ts`,
    at("broker"),
  );
  await expect.poll(() => said("broker"), WITHIN).toMatch(/session \S+ 201/);
  session = /session (\S+) 201/.exec(said("broker"))?.[1] ?? "";
}

/** Open ports of an address as IT sees them, all 65,535. */
async function scanned(address: string): Promise<readonly number[]> {
  const flags = "-n -Pn -sS -p- -T5 --min-rate 8000 --max-retries 1 --open -oG -";
  const { output } = await lab.run("it", `nmap ${flags} ${address}`);
  expect(output).toContain("Nmap done");
  return [...output.matchAll(/(\d+)\/open\/tcp/g)].map(([, port]) => Number(port));
}

async function counted(name: "granted" | "other"): Promise<number> {
  const { output } = await lab.run("plant", `nft list counter ip count ${name}`);
  return Number(/packets (\d+)/.exec(output)?.[1]);
}

const reaches = async (place: "it" | "dmz", address: string, port: number) =>
  (await lab.run(place, `timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/${port}'`)).code === 0;

labTest(
  "without the rules, a broker's machine that forwards would be a road into the plant",
  async () => {
    expect(await reaches("it", "10.20.0.5", MODBUS)).toBe(true);
    expect(await reaches("it", "10.20.0.5", WEB)).toBe(true);
    expect(await counted("other")).toBeGreaterThan(0);
  },
  120_000,
);

labTest(
  "with them people work through the broker, and a scan from IT finds its doors alone",
  async () => {
    const command = `${process.execPath} ${SALLYPORT} plant firewall --user root --from 10.1.0.0/24`;
    const made = await lab.run("dmz", `env ${settings()} ${command} > ${at("rules.nft")}`);
    expect(made).toMatchObject({ code: 0 });
    expect((await lab.run("dmz", `nft -f ${at("rules.nft")}`)).output).toBe("");
    await startBroker();
    await lab.tell(at("broker"), "read");
    await expect.poll(() => said("broker"), WITHIN).toContain("answer [[100]]");
    // A busy machine may answer a scan late: what any of them finds counts.
    const found = new Set<number>();
    for (let scan = 0; scan < SCANS_MAX && found.size < 2; scan += 1) {
      for (const port of await scanned("10.1.0.1")) found.add(port);
    }
    expect([...found].toSorted((a, b) => a - b)).toEqual([SSH, CONSOLE]);
  },
  300_000,
);

labTest(
  "of the plant a scan from IT finds nothing, and not one of its packets arrives there",
  async () => {
    await lab.run("plant", "nft reset counters table ip count");
    expect(await scanned("10.20.0.5")).toEqual([]);
    expect(await counted("other")).toBe(0);
    expect(await reaches("it", "10.20.0.5", MODBUS)).toBe(false);
    expect(await reaches("it", "10.20.0.1", CONSOLE)).toBe(true);
  },
  300_000,
);

labTest(
  "during a session packets come from the broker to the granted endpoint alone, and refusals bring none",
  async () => {
    await lab.run("plant", "nft reset counters table ip count");
    const answers = () => said("broker").split("answer [[100]]").length;
    const before = answers();
    await lab.tell(at("broker"), "read");
    await expect.poll(answers, WITHIN).toBe(before + 1);
    expect(await counted("granted")).toBeGreaterThan(0);
    const exceptions = () => said("broker").split("exception").length;
    for (const asked of ["write", "other-unit"]) {
      const known = exceptions();
      await lab.tell(at("broker"), asked);
      await expect.poll(exceptions, WITHIN).toBe(known + 1);
    }
    expect(said("plc")).not.toContain("write");
    expect(await counted("other")).toBe(0);
  },
  300_000,
);

labTest(
  "even as the broker's own user nothing else of the plant is reached",
  async () => {
    expect(await reaches("dmz", "10.20.0.5", MODBUS)).toBe(true);
    expect(await reaches("dmz", "10.20.0.5", WEB)).toBe(false);
    expect(await reaches("dmz", "10.20.0.6", MODBUS)).toBe(false);
    expect(await counted("other")).toBe(0);
  },
  120_000,
);

labTest(
  "with the broker killed nothing flows",
  async () => {
    expect(session).not.toBe("");
    expect(await lab.run("dmz", `kill -KILL ${broker}`)).toMatchObject({ code: 0 });
    await expect.poll(() => reaches("it", "10.1.0.1", CONSOLE), WITHIN).toBe(false);
    // Whatever the kernel still had to close of its connection has gone.
    const quiet = async () => {
      await lab.run("plant", "nft reset counters table ip count");
      await lab.run("plant", "sleep 1");
      return (await counted("granted")) + (await counted("other"));
    };
    await expect.poll(quiet, WITHIN).toBe(0);
    expect(await reaches("it", "10.1.0.1", SSH)).toBe(false);
  },
  300_000,
);
