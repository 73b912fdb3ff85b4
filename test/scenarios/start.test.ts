/** Starting and stopping the broker as people do: a process, its output, its exit code. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BROKER_SUBJECT } from "../../broker/access/permit.ts";
import { type Child, runProgram, startChild } from "../kit/child.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { freePorts, PLANT_PORTS, taken } from "../kit/free-ports.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const MAIN = new URL("../../broker/main.ts", import.meta.url).pathname;
const COMMAND = new URL("../../broker/cli/sallyport.ts", import.meta.url).pathname;
/** What each start of a broker takes at most here, on a machine that is busy with other tests. */
const START_MS = 60_000;

type Environment = Record<string, string>;

/** A site of its own: data folder, ports, and a console that needs no building. */
async function newSite(): Promise<Environment> {
  const folder = temporaryFolder();
  const page = join(folder, "console/index.html");
  mkdirSync(join(folder, "console"));
  writeFileSync(page, '<meta name="csp-nonce" content="">');
  const later = new Date(Date.now() + 86_400_000);
  utimesSync(page, later, later);
  const [port, simulatorPort] = [await freePorts(1), await freePorts(PLANT_PORTS)];
  return {
    SALLYPORT_DATA: join(folder, "data"),
    SALLYPORT_PORT: String(port),
    SALLYPORT_SSH_PORT: "off",
    SALLYPORT_OPCUA_PORT: "off",
    SALLYPORT_PANEL_PORT: "off",
    SALLYPORT_SIMULATOR_PORT: String(simulatorPort),
    SALLYPORT_CONSOLE: join(folder, "console"),
  };
}

async function start(site: Environment): Promise<Child> {
  const child = await startChild(process.execPath, [MAIN], {
    ready: /stop +Ctrl-C/,
    env: site,
    withinMs: START_MS,
  });
  onTestFinished(async () => {
    await child.stop("SIGKILL");
  });
  return child;
}

/** What it said when it did not start. */
async function refusal(site: Environment): Promise<{ code: unknown; lines: string[] }> {
  const { code, stderr } = await runProgram(process.execPath, [MAIN], { env: site });
  return { code, lines: stderr.trim().split("\n") };
}

function linkIn(child: Child): string {
  return /https?:\S+#token=\S+/.exec(child.output)?.[0] ?? "";
}

function addressOf(site: Environment): string {
  return `http://localhost:${site.SALLYPORT_PORT}`;
}

test("a first start says where everything is, and a second one goes on with the same data", async () => {
  const site = await newSite();
  const first = await start(site);
  for (const told of [addressOf(site), site.SALLYPORT_DATA, site.SALLYPORT_SIMULATOR_PORT]) {
    expect(first.output).toContain(told);
  }
  expect(first.output).toMatch(/works once, until \d\d:\d\d/);
  const user = new ConsoleUser(addressOf(site));
  expect((await user.enrol(linkIn(first))).status).toBe(200);
  expect(user.me?.person.roles).toEqual(["administrator", "engineer"]);
  expect(await first.stop("SIGINT")).toBe(0);
  const second = await start(site);
  expect(linkIn(second)).toBe("");
  expect((await user.signIn()).status).toBe(200);
  expect(await second.stop("SIGTERM")).toBe(0);
}, 180_000);

test("while nobody has enrolled each start makes a fresh link and voids the one before", async () => {
  const site = await newSite();
  const first = await start(site);
  const old = linkIn(first);
  await first.stop("SIGINT");
  const fresh = linkIn(await start(site));
  expect(fresh).not.toBe(old);
  const user = new ConsoleUser(addressOf(site));
  expect((await user.enrol(old)).status).toBe(404);
  expect((await user.enrol(fresh)).status).toBe(200);
}, 180_000);

test("nothing in the data folder can be read by others", async () => {
  const site = await newSite();
  const child = await start(site);
  await child.stop("SIGINT");
  const data = site.SALLYPORT_DATA ?? "";
  const entries = readdirSync(data, { recursive: true, encoding: "utf8" });
  const open = ["", ...entries].filter((name) => statSync(join(data, name)).mode & 0o077);
  expect(open).toEqual([]);
}, 180_000);

/** Everything on disk about the only session. */
function recordingIn(site: Environment): { state: string; cause: string } {
  const recordings = join(site.SALLYPORT_DATA ?? "", "evidence/recordings");
  const inIt = (session: string, name: string) =>
    JSON.parse(readFileSync(join(recordings, session, name), "utf8"));
  // The person's: the broker's own readings of the key switch are recorded too.
  const session = readdirSync(recordings).find((each) => {
    if (!existsSync(join(recordings, each, "manifest.json"))) return false;
    return inIt(each, "manifest.json").header.subject.id !== BROKER_SUBJECT.id;
  });
  return inIt(session ?? "", "close.json");
}

async function openSession(site: Environment, child: Child): Promise<ConsoleUser> {
  const user = new ConsoleUser(addressOf(site));
  await user.enrol(linkIn(child));
  const opened = await user.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  expect(opened.status).toBe(201);
  return user;
}

test("Ctrl-C ends sessions by the rule shutdown, seals their recordings and frees the ports", async () => {
  const site = await newSite();
  const child = await start(site);
  await openSession(site, child);
  expect(await child.stop("SIGINT")).toBe(0);
  expect(recordingIn(site)).toMatchObject({ state: "sealed", end: { rule: "shutdown" } });
  for (const port of [site.SALLYPORT_PORT, site.SALLYPORT_SIMULATOR_PORT]) {
    (await taken(Number(port))).close();
  }
}, 180_000);

test("a fault of its own is said, ends sessions, seals recordings and is no success", async () => {
  const site = await newSite();
  const fault = "process.on('SIGUSR2', () => { throw new Error('planted fault') })";
  const child = await start({ ...site, NODE_OPTIONS: `--import "data:text/javascript,${fault}"` });
  await openSession(site, child);
  child.process.kill("SIGUSR2");
  expect(await child.ended).toBe(1);
  expect(child.output).toContain("sallyport: stopped by a fault of its own: planted fault");
  expect(recordingIn(site)).toMatchObject({ state: "sealed", end: { rule: "shutdown" } });
}, 180_000);

test("after a kill the next start closes what was left open and says so", async () => {
  const site = await newSite();
  const child = await start(site);
  const user = await openSession(site, child);
  await child.stop("SIGKILL");
  const next = await start(site);
  // The broker's own reading of the key switch may have begun, or not yet.
  expect(next.output).toMatch(/closed (1 recording|2 recordings) of an earlier run/);
  expect(recordingIn(site)).toMatchObject({ state: "aborted" });
  await user.signIn();
  const recordings = await user.ask("GET", "/api/recordings");
  expect(recordings.body).toMatchObject([{ state: "aborted" }]);
}, 180_000);

test("a taken port is one clear line and an exit code", async () => {
  const site = await newSite();
  const other = await taken(Number(site.SALLYPORT_PORT));
  expect(await refusal(site)).toEqual({
    code: 1,
    lines: [expect.stringMatching(/^sallyport: port 127.0.0.1:\d+ is taken: .*SALLYPORT_PORT$/)],
  });
  other.close();
  const plc = await taken(Number(site.SALLYPORT_SIMULATOR_PORT));
  expect(await refusal(site)).toEqual({
    code: 1,
    lines: [expect.stringMatching(/simulated plant.*SALLYPORT_SIMULATOR_PORT/)],
  });
  // The plant file is written for the ports of the first start that gets them.
  expect(existsSync(join(site.SALLYPORT_DATA ?? "", "plant.yaml"))).toBe(false);
  plc.close();
}, 180_000);

test("a second broker on the same data is refused and the first one lives on", async () => {
  const site = await newSite();
  await start(site);
  const other = { ...site, SALLYPORT_PORT: String(await freePorts(1)) };
  expect(await refusal(other)).toEqual({
    code: 1,
    lines: ["sallyport: another broker uses this data folder: stop it first"],
  });
  const answer = await new ConsoleUser(addressOf(site)).ask("GET", "/readyz");
  expect(answer.status).toBe(200);
}, 180_000);

test("a wrong configuration names every problem in a line each, and starts nothing", async () => {
  const site = await newSite();
  const wrong = { SALLYPORT_LOG_LEVEL: "loud", SALLYPORT_TYPO: "1" };
  const { code, lines } = await refusal({ ...site, ...wrong });
  expect(code).toBe(2);
  expect(lines).toHaveLength(2);
  expect(lines.join("\n")).toContain("SALLYPORT_LOG_LEVEL must be");
  expect(existsSync(site.SALLYPORT_DATA ?? "")).toBe(false);
});

test("a wrong plant file is one line with its place", async () => {
  const site = await newSite();
  const plant = join(temporaryFolder(), "plant.yaml");
  writeFileSync(plant, "site: { id: works, name: Works }\nzones: nothing\n");
  const { code, lines } = await refusal({ ...site, SALLYPORT_PLANT: plant });
  expect(code).toBe(2);
  expect(lines).toEqual([expect.stringMatching(/^sallyport: plant file: plant.yaml:\d+:\d+ /)]);
});

test("a data folder that others can read is refused with what to do", async () => {
  const site = await newSite();
  mkdirSync(site.SALLYPORT_DATA ?? "");
  chmodSync(site.SALLYPORT_DATA ?? "", 0o755);
  const { code, lines } = await refusal(site);
  expect(code).toBe(1);
  expect(lines).toEqual([expect.stringContaining("chmod 700")]);
});

function sallyport(site: Environment, ...words: string[]) {
  return runProgram(process.execPath, [COMMAND, ...words], { env: site });
}

test("a lone administrator without passkeys is helped on the host, and only with the broker stopped", async () => {
  const site = await newSite();
  const child = await start(site);
  const lost = new ConsoleUser(addressOf(site));
  await lost.enrol(linkIn(child));
  const busy = await sallyport(site, "recover");
  expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining("is running")]);
  await child.stop("SIGINT");
  const made = await sallyport(site, "recover");
  expect(made.code).toBe(0);
  const link = /http\S+#token=\S+/.exec(made.output)?.[0] ?? "";
  await start(site);
  const found = new ConsoleUser(addressOf(site));
  expect((await found.enrol(link)).status).toBe(200);
  expect((await lost.signIn()).status).toBe(401);
  const events = await found.ask("GET", "/api/events");
  expect(events.body).toContainEqual(
    expect.objectContaining({ kind: "recovery:on-host", priority: "alarm" }),
  );
}, 180_000);

test("the command explains itself and its mistakes", async () => {
  const version = await sallyport({}, "version");
  expect(version.output).toMatch(/^\d+\.\d+\.\d+\n$/);
  const config = await sallyport({}, "config");
  expect(config.output).toContain("SALLYPORT_SESSION_IDLE");
  const wrong = await sallyport({}, "strat");
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/^sallyport: unknown command 'strat'/);
  const example = new URL("../../deploy/examples/water-plant.yaml", import.meta.url).pathname;
  expect((await sallyport({}, "plant", "check", example)).code).toBe(0);
  expect((await sallyport({}, "plant", "check", "/no/such/file")).code).toBe(2);
}, 180_000);
