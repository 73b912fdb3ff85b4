/** Two brokers, one of which waits: what becomes of the plant, the evidence and the people when the active one is lost. */
import { execFileSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { type Connecting, RawTool, startConnecting } from "../kit/connecting.ts";
import { signInMachine } from "../kit/machine-user.ts";
import {
  databaseUrl,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../kit/postgres.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { WorkedSession } from "../kit/worked-session.ts";
import { seeded } from "./seeded.ts";
import {
  cutOff,
  databaseStill,
  killed,
  stoodStill,
  stopped,
  type TakeOver,
} from "./standby-drills.ts";
import { StandbySite, until } from "./standby-site.ts";

const testHere = testWithPostgres();
/** Rounds of all that can happen: `npm run soak`. */
const ROUNDS = Number(process.env.SALLYPORT_TAKEOVERS ?? 0);
/** Longer than a keeper waits, and than a server holds a connection that says nothing. */
const STILL_MS = 30_000;
/** Starts of whole brokers, one after the other. */
const SLOW_MS = 400_000;

let server: TestPostgres;

beforeAll(async () => {
  if (noPostgres() === undefined) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

testHere(
  "killed or stopped under load, the active broker is followed by the other one, and by it alone",
  async () => {
    const site = await StandbySite.start(server, temporaryFolder());
    onTestFinished(() => site.stop());
    const random = seeded(3);
    const [first, second] = site.nodes;
    expect(await second.asked("/healthz")).toMatchObject({ status: 200 });
    expect(await second.asked("/readyz")).toEqual({
      status: 503,
      text: '{"code":"standby","message":"Another broker is active. This one waits to take over."}\n',
    });
    for (const hidden of ["/", "/api/me", "/metrics", "/sign-in"]) {
      expect(await second.asked(hidden)).toMatchObject({ status: 503 });
    }
    await until("the active one sees who waits", async () => {
      const { body } = await site.user(first).ask<HealthView>("GET", "/api/health");
      return body.parts.some(({ name, state }) => name === "standby" && state === "ok");
    });
    await until("the witness has signed", () => site.witnessed() > 0);
    const before = site.witnessed();
    const home = temporaryFolder();
    await signInMachine(home, site.user(first));
    const command = await startConnecting(home, ["plc/modbus"]);
    onTestFinished(() => void command.process.kill("SIGKILL"));
    await killed(site, random);
    expect(await site.active()).toBe(second);
    await command.says(/("kind":"listening"[\s\S]*){2}/);
    await workedOn(command, second.address);
    expect((await runCommand(home, ["whoami"])).code).toBe(0);
    await stopped(site, random);
    expect(await site.active()).toBe(first);
    await until("the witness signs what the next brokers wrote", () => site.witnessed() > before);
    const alarms = await site.user(first).ask("GET", "/api/alarms");
    expect(alarms.text).not.toContain("another history");
    const compared = await site.close();
    expect(site.both).toEqual([]);
    expect(compared).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
    expect(compared.seen).toBeGreaterThan(60);
    // Three sessions died with each broker, and were closed by the next one.
    expect(compared.states.aborted).toBeGreaterThanOrEqual(6);
    const others = Object.keys(compared.states).filter((each) => !/^(aborted|sealed)$/.test(each));
    expect(others).toEqual([]);
  },
  SLOW_MS,
);

/** The command has a session of the same kind at the other broker, through the same port. */
async function workedOn(command: Connecting, origin: string): Promise<void> {
  const notes = command.lines("note").map(({ text }) => String(text));
  const taken = `another broker has taken over (${origin})`;
  expect(notes.filter((note) => note.startsWith(taken))).toHaveLength(1);
  const opened = command.lines("listening").map(({ port, session }) => ({ port, session }));
  expect(opened).toHaveLength(2);
  expect(opened[0]?.port).toBe(opened[1]?.port);
  expect(opened[0]?.session).not.toEqual(opened[1]?.session);
  const tool = new RawTool(command.port);
  // Unit 1, one register: no client of the drills writes this value.
  const write = Buffer.from("00010000000601060001ffff", "hex");
  expect(await tool.ask(write, write.length)).toEqual(write);
  tool.socket.destroy();
  expect(await command.stop()).toBe(0);
}

testHere(
  "while its database is away the active one changes nothing, and goes on once it has it again",
  async () => {
    const site = await StandbySite.start(server, temporaryFolder());
    onTestFinished(() => site.stop());
    const active = await site.active();
    const load = await site.load(active);
    await load.goesOn(20);
    await server.kill();
    const refusedEach = (times: number) => () => load.refused.every((each) => each >= times);
    await until("each session is refused", refusedEach(1));
    const [acknowledged, seen] = [load.acknowledged.length, site.notes().length];
    await until("each is refused again and again", refusedEach(20));
    expect(load.acknowledged.length).toBe(acknowledged);
    expect(site.notes().length).toBe(seen);
    expect(await active.isReady()).toBe(false);
    expect((await site.other(active).asked("/readyz")).text).toContain('"standby"');
    await server.start();
    await until("it has its database again", () => active.isReady());
    await load.goesOn(20);
    await site.over(load);
    expect(await site.close()).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
    expect(site.both).toEqual([]);
  },
  SLOW_MS,
);

if (ROUNDS > 0) {
  testHere(
    `after ${ROUNDS} rounds of every loss nothing is missing, and never were two active`,
    async () => {
      const site = await StandbySite.start(server, temporaryFolder());
      onTestFinished(() => site.stop());
      const random = seeded(Number(process.env.SALLYPORT_SEED ?? 5));
      const took: TakeOver[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const lose of [killed, stopped, cutOff]) took.push(await lose(site, random));
        await databaseStill(site, random, server);
        if (round === 0) await stoodStill(site, STILL_MS);
        process.stdout.write(`${JSON.stringify({ round, took: took.slice(-3) })}\n`);
      }
      const compared = await site.close();
      expect(site.both).toEqual([]);
      expect(compared.states).not.toHaveProperty("open");
      expect(compared).toMatchObject({ missing: [], repeated: [], unrecorded: [] });
    },
  );
}

testHere(
  "a broker whose data folder is an older copy opens no session: its log is not the one that was seen",
  async () => {
    const url = databaseUrl(await server.database());
    const site = await startRunningBroker({ SALLYPORT_DATABASE: url });
    onTestFinished(() => site.close());
    const data = path.join(site.folder, "data");
    const older = path.join(site.folder, "older");
    const worked = async () => {
      const session = await WorkedSession.open(site.first);
      await session.end();
    };
    await worked();
    // As a replica that is behind: whole, of one moment, and of the past.
    execFileSync("cp", ["-a", data, older]);
    await worked();
    await site.broker.close();
    rmSync(data, { recursive: true });
    renameSync(older, data);
    const { origin } = new URL(site.broker.address);
    const broker = await startBroker(
      readConfig({
        ...{ SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off", SALLYPORT_PANEL_PORT: "off" },
        SALLYPORT_PORT: new URL(origin).port,
        SALLYPORT_DATABASE: url,
        SALLYPORT_DATA: data,
        SALLYPORT_PLANT: path.join(site.folder, "plant.yaml"),
        SALLYPORT_CONSOLE: path.join(site.folder, "console"),
      }),
    );
    onTestFinished(() => broker.close());
    const endpoint = "plc-treatment/modbus";
    const refused = await site.first.ask("POST", "/api/sessions", { endpoint });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.text).toContain("the site log went back");
    const health = await site.first.ask<HealthView>("GET", "/api/health");
    expect(health.body.parts).toContainEqual(
      expect.objectContaining({ name: "site log", state: "failed" }),
    );
  },
  SLOW_MS,
);
