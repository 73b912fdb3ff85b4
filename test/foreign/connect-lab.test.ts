/**
 * `sallyport connect` where the tool and the broker are on two networks with a real link between:
 * mbpoll, OpenSSH and TigerVNC's viewer on the engineer's, and what becomes of them when the link,
 * the command or the broker goes away.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Opened } from "../../broker/api/shapes/connect.ts";
import { Lab } from "../kit/lab.ts";
import { testWith } from "../kit/programs.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const KIT = path.resolve(import.meta.dirname, "../kit");
/** What is on a machine of one's own. */
const SALLYPORT = path.resolve(import.meta.dirname, "../../broker/cli/remote/main.ts");
const BROKER = "https://sallyport.lab:7480";
const WITHIN = { timeout: 120_000, interval: 300 };
/** Programs start and stop in it, on a busy machine. */
const PATIENT = 300_000;
/** How long a session waits for its command: longer than the longest cut, and nobody is left behind. */
const LEASE = "40s";

/** Containers may forbid what an ordinary machine allows; the reason is told. */
function whyNot(): string | undefined {
  try {
    const flags = ["-Urnpf", "--kill-child", "--mount-proc"];
    const hosts =
      "ip link add name a0 type veth peer name a1 && mount --bind /etc/hosts /etc/hosts";
    execFileSync("unshare", [...flags, "sh", "-c", hosts], { stdio: "pipe", timeout: 20_000 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll("\n", " ") : String(error);
  }
}

const TOOLS = ["unshare", "nsenter", "ip", "ss", "mbpoll", "ssh"];
const programs = testWith([...TOOLS, "Xvfb", "xtigervncviewer", "xdotool"]);
const refused = whyNot();
if (refused !== undefined) {
  process.stderr.write(`connect lab skipped, no namespaces for this user: ${refused}\n`);
}
const labTest = refused === undefined ? programs : test.skipIf(true);

let folder: string;
let lab: Lab;
/** Its number inside the lab. */
let works = "";
let asked = 0;

const at = (name: string) => path.join(folder, name);
const said = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), "utf8") : "");

beforeAll(async () => {
  folder = makeFolder();
  if (refused !== undefined) return;
  lab = await Lab.open();
  writeFileSync(at("hosts"), "127.0.0.1 localhost\n10.1.0.1 sallyport.lab\n");
  await lab.run("dmz", `mount --bind ${at("hosts")} /etc/hosts`);
  const settings = Object.entries({
    SALLYPORT_LISTEN: "0.0.0.0",
    SALLYPORT_PORT: "7480",
    SALLYPORT_TLS: "site-ca",
    SALLYPORT_ORIGINS: BROKER,
    SALLYPORT_SESSION_LEASE: LEASE,
    SALLYPORT_SSH_PORT: "off",
    SALLYPORT_OPCUA_PORT: "off",
    SALLYPORT_PANEL_PORT: "off",
    SALLYPORT_DATA: at("data"),
    SALLYPORT_PLANT: at("plant.yaml"),
    SALLYPORT_CONSOLE: at("console"),
  });
  const environment = settings.map(([name, value]) => `${name}=${value}`).join(" ");
  const program = `${process.execPath} ${KIT}/lab-works.ts ${folder}`;
  works = await lab.start("dmz", `env ${environment} ${program}`, at("works"));
  await vi.waitUntil(() => said("works").includes(`works ${BROKER}`), WITHIN);
  await signIn();
}, PATIENT);

afterAll(() => {
  lab?.close();
  removeFolder(folder);
});

/** Asks the broker's side. */
async function ask<T>(words: string): Promise<T> {
  asked += 1;
  const mark = `q${asked}`;
  await lab.tell(at("works"), `${mark} ${words}`);
  const answer = new RegExp(`^${mark} \\w+ (.*)\\n`, "m");
  const found = await vi.waitUntil(() => answer.exec(said("works")), WITHIN);
  return JSON.parse(found[1] ?? "") as T;
}

const command = (words: string) =>
  `env SALLYPORT_HOME=${at("home")} ${process.execPath} ${SALLYPORT} ${words} --json`;

async function signIn(): Promise<void> {
  const login = `login ${BROKER} --ca ${at("data/tls/site-ca.pem")}`;
  await lab.start("it", command(login), at("login"));
  const [ask1 = ""] = await vi.waitUntil(() => /^\{"kind":"ask".*$/m.exec(said("login")), WITHIN);
  const { code, number } = JSON.parse(ask1) as { code: string; number: number };
  expect(await ask(`approve ${code} ${number}`)).toBe(204);
  await vi.waitUntil(() => said("login").includes('"kind":"signed-in"'), WITHIN);
}

interface Connected extends Pick<Opened, "session" | "tool"> {
  readonly port: number;
  /** Its number inside the lab. */
  readonly pid: string;
  readonly log: string;
}

let connects = 0;

async function connect(asset: string): Promise<Connected> {
  connects += 1;
  const log = `connect-${connects}`;
  const pid = await lab.start("it", command(`connect ${asset}`), at(log));
  const [line = ""] = await vi.waitUntil(() => /^\{"kind":"listening".*$/m.exec(said(log)), WITHIN);
  return { ...(JSON.parse(line) as Omit<Connected, "pid" | "log">), pid, log };
}

async function end({ pid, log, port }: Connected): Promise<void> {
  await lab.run("it", `kill -INT ${pid}`);
  await vi.waitUntil(() => said(log).includes('"kind":"ended"'), WITHIN);
  await closed(port);
}

/** On the engineer's machine. */
async function closed(port: number): Promise<void> {
  const listening = async () => (await lab.run("it", `ss -Hltn sport = :${port}`)).output.trim();
  await expect.poll(listening, WITHIN).toBe("");
}

function write({ port }: Connected, value: number) {
  const to = `mbpoll -m tcp -p ${port} -a 1 -1 -q -o 2 -r 101 127.0.0.1 ${value}`;
  return lab.run("it", `timeout 20 ${to}`);
}

/** Again and again; said at once, not by the page. */
function polling({ port }: Connected): string {
  return `stdbuf -oL mbpoll -m tcp -p ${port} -a 1 -q -o 2 -r 1 127.0.0.1`;
}

labTest(
  "mbpoll, OpenSSH and TigerVNC's viewer work from another network than the broker's",
  async () => {
    expect((await lab.run("it", "ip route get 10.1.0.1")).output).toContain("dev it1");
    const modbus = await connect("plc-treatment");
    const reading = `mbpoll -m tcp -p ${modbus.port} -a 1 -1 -q -t 3 -r 1 -c 3 127.0.0.1`;
    expect((await lab.run("it", reading)).output).toMatch(/\[1\]:\s+\d+/);
    await end(modbus);

    const ssh = await connect("switch-works");
    const known = `[127.0.0.1]:${ssh.port} ${ssh.tool.hostKey}`;
    writeFileSync(at("known_hosts"), `${known}\n`);
    const trust = `-F none -o BatchMode=yes -o UserKnownHostsFile=${at("known_hosts")}`;
    const shown = await lab.run("it", `ssh ${trust} -p ${ssh.port} 127.0.0.1 "show version"`);
    expect(shown).toMatchObject({ code: 0, output: expect.stringMatching(/version/i) });
    await end(ssh);

    const vnc = await connect("hmi-treatment/screen");
    // In this network alone, and without the lock that all of the machine would see.
    const display = "127.0.0.1:1";
    const alone = "-nolock -nolisten unix -nolisten local -listen tcp -ac -noreset";
    await lab.start("it", `Xvfb :1 ${alone} -screen 0 1024x768x24`, at("xvfb"));
    const see = `env DISPLAY=${display} xdotool`;
    const isUp = async () => (await lab.run("it", `${see} getmouselocation`)).code;
    await expect.poll(isUp, WITHIN).toBe(0);
    const viewer = `env DISPLAY=${display} xtigervncviewer -SecurityTypes None 127.0.0.1::${vnc.port}`;
    await lab.start("it", viewer, at("viewer"));
    const windows = async () => (await lab.run("it", `${see} search --name HMI`)).output;
    await expect.poll(windows, WITHIN).toMatch(/\d/);
    await end(vnc);
    expect(await ask("sessions")).toEqual([]);
  },
  PATIENT,
);

/** Short ones TCP bridges by itself; in the long one the broker gives the command up. */
const CUTS_S = [0.2, 3, 25];

labTest(
  "a link that goes down and up again costs answers, and the asset is told nothing twice",
  async () => {
    const tool = await connect("counter");
    let value = 0;
    const answered: number[] = [];
    /** How many were answered so far. */
    const one = async () => {
      value += 1;
      const { output } = await write(tool, value);
      if (output.includes("Written 1 references")) answered.push(value);
      return answered.length;
    };
    await expect.poll(one, WITHIN).toBeGreaterThan(0);
    for (const downS of CUTS_S) {
      const before = answered.length;
      // In the midst of what is written.
      const cut = `ip link set it0 down; sleep ${downS}; ip link set it0 up; echo up`;
      await lab.start(
        "dmz",
        `sh -c "sleep 0.${Math.floor(Math.random() * 10)}; ${cut}"`,
        at(`cut-${downS}`),
      );
      for (let n = 0; n < 3; n += 1) await one();
      await vi.waitUntil(() => said(`cut-${downS}`).includes("up"), WITHIN);
      await expect.poll(one, WITHIN).toBeGreaterThan(before);
    }
    const seen = await ask<number[]>("written");
    expect(new Set(seen).size).toBe(seen.length);
    for (const each of answered) expect(seen).toContain(each);
    // The same session all along.
    expect(await ask("sessions")).toEqual([tool.session.id]);
    await end(tool);
  },
  PATIENT,
);

labTest(
  "a command that is killed leaves no port, and no session beyond its lease",
  async () => {
    const tool = await connect("counter");
    await lab.start("it", polling(tool), at("polling"));
    await vi.waitUntil(() => /\[1\]:/.test(said("polling")), WITHIN);
    await lab.run("it", `kill -KILL ${tool.pid}`);
    await closed(tool.port);
    await vi.waitUntil(() => /failed/i.test(said("polling")), WITHIN);
    await expect.poll(() => ask("sessions"), WITHIN).toEqual([]);
  },
  PATIENT,
);

labTest(
  "a broker that is killed leaves no tool hanging, and its command ends when it is told",
  async () => {
    const tool = await connect("counter");
    await lab.start("it", polling(tool), at("polling-2"));
    await vi.waitUntil(() => /\[1\]:/.test(said("polling-2")), WITHIN);
    await lab.run("dmz", `kill -KILL ${works}`);
    await vi.waitUntil(() => /failed/i.test(said("polling-2")), WITHIN);
    expect(said(tool.log)).toContain("the broker is away");
    await end(tool);
  },
  PATIENT,
);
