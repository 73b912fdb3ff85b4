/**
 * The restore drill: a backup is made beside a running broker that works on, the machine is lost,
 * the backup comes back elsewhere. What was before is there, what came after is not, and nobody
 * can pretend otherwise.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, onTestFinished, test } from "vitest";
import { openBackup, putInPlace } from "../../broker/backup/read-backup.ts";
import { writeBackup } from "../../broker/backup/write-backup.ts";
import { systemClock } from "../../broker/clock.ts";
import { type Config, readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import type { PostgresPlace } from "../../broker/store/postgres-place.ts";
import { moveToPostgres } from "../../broker/store-move.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { databaseUrl, startPostgres, testWithPostgres } from "../kit/postgres.ts";
import { startRunningBroker, writeConsole } from "../kit/running-broker.ts";
import { freePort } from "../kit/site-in-browser.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { begunLog, startWitness } from "../kit/witnesses.ts";

const ENDPOINT = "plc-treatment/modbus";
const WITHIN = { timeout: 60_000 };

interface Site {
  readonly folder: string;
  readonly identity: string;
  readonly recipient: string;
  readonly settings: Record<string, string>;
  readonly config: Config;
}

async function makeSite(more: Record<string, string> = {}): Promise<Site> {
  const folder = temporaryFolder();
  const identity = await generateX25519Identity();
  const settings = {
    SALLYPORT_PORT: String(await freePort()),
    SALLYPORT_SSH_PORT: "off",
    SALLYPORT_OPCUA_PORT: "off",
    SALLYPORT_PANEL_PORT: "off",
    SALLYPORT_DATA: path.join(folder, "data"),
    SALLYPORT_CONSOLE: writeConsole(folder),
    ...more,
  };
  const config = readConfig(settings);
  return { folder, identity, settings, config, recipient: await identityToRecipient(identity) };
}

function backedUp(site: Site, config: Config, out: string) {
  const asked = { out, to: [site.recipient], recordings: true, version: "test" };
  return writeBackup(config, asked, systemClock);
}

async function worked(user: ConsoleUser): Promise<string> {
  const opened = await user.ask("POST", "/api/sessions", { endpoint: ENDPOINT });
  expect(opened.status).toBe(201);
  await user.ask("POST", `/api/sessions/${opened.body.id}/end`, { reason: "done" });
  return opened.body.id;
}

const closedIn = (config: Config, session: string) => () => {
  const at = path.join(config.evidenceFolder, "recordings", session, "close.json");
  return readFileSync(at, { flag: "r" }).length > 0;
};

/** Lists of the API, as one text. */
async function told(user: ConsoleUser, list: string): Promise<string> {
  return (await user.ask("GET", list)).text;
}

/**
 * @param more settings of the site that is lost
 * @param putBack what is done between the restore and the start; answers what is started with
 */
async function drill(
  more: Record<string, string>,
  putBack: (config: Config, settings: Record<string, string>) => Promise<Config>,
): Promise<void> {
  const site = await makeSite(more);
  const data = site.config.dataFolder;
  const key = await begunLog(data);
  const witness = await startWitness(site.folder, "w1", key);
  const policy = path.join(site.folder, "policy");
  writeFileSync(policy, `log ${key}\n${witness}\nquorum w1\n`);
  const settings = { ...site.settings, SALLYPORT_WITNESS_POLICY: policy };
  const running = await startRunningBroker(settings);
  const plantFile = path.join(running.folder, "plant.yaml");
  const all = { ...settings, SALLYPORT_PLANT: plantFile };
  const config = readConfig(all);
  onTestFinished(() => running.close());

  const before = await worked(running.first);
  await expect.poll(closedIn(config, before), WITHIN).toBe(true);
  const sizeNow = () =>
    Number(readFileSync(path.join(data, "site-log/1/checkpoint"), "utf8").split("\n")[1]);
  const file = path.join(site.folder, "site.backup");
  const made = await backedUp(site, config, file);
  expect(made.isRunning).toBe(true);
  const after = await worked(running.first);
  const seen = () => readFileSync(path.join(data, "site-log/1/checkpoint"), "utf8");
  const backedUpSize = Number(made.manifest.checkpoint.split("\n")[1]);
  await expect
    .poll(() => sizeNow() > backedUpSize + 3 && seen().includes("— w1"), WITHIN)
    .toBe(true);
  await running.broker.close();

  rmSync(data, { recursive: true });
  const opened = await openBackup(file, site.identity, `${data}.restoring`);
  expect(opened.recordings.missing).toEqual([]);
  await putInPlace(config, opened, "root", systemClock);
  const broker = await startBroker(await putBack(config, all));
  onTestFinished(() => broker.close());
  expect(broker.enrolmentLink).toBeUndefined();
  expect((await running.first.signIn()).status).toBe(200);
  expect(await told(running.first, "/api/alarms")).toContain("put this site back to");
  const administrator = running.first;
  await expect
    .poll(() => told(administrator, "/api/alarms"), WITHIN)
    .toContain("A witness has seen another history");
  expect(await told(administrator, "/api/recordings")).toContain(before);
  expect(await told(administrator, "/api/recordings")).not.toContain(after);
  await worked(administrator);
}

test("a site comes back from its backup, says so, and its witness says that it went back", async () => {
  await drill({}, async (config) => config);
}, 240_000);

testWithPostgres()(
  "a site on PostgreSQL comes back into an empty database, and says the same",
  async () => {
    const server = await startPostgres();
    onTestFinished(() => server.stop());
    const lost = await server.database();
    await drill({ SALLYPORT_DATABASE: databaseUrl(lost) }, async (config, settings) => {
      const at = (place: PostgresPlace) =>
        readConfig({ ...settings, SALLYPORT_DATABASE: databaseUrl(place) });
      // The database of before is ahead of what came back: neither road leads there.
      await expect(startBroker(config)).rejects.toThrow(/belongs to another data folder/);
      await expect(moveToPostgres(config, systemClock)).rejects.toThrow(/another site's/);
      const next = await server.database();
      await expect(startBroker(at(next))).rejects.toThrow(/move it with `sallyport store move`/);
      const moved = await moveToPostgres(at(next), systemClock);
      expect(moved).toContainEqual({ table: "people", rows: 1 });
      const alarms = await server.ask("select kind from alarms", lost.database);
      expect(alarms.map(({ kind }) => kind)).not.toContain("host-act");
      return at(next);
    });
  },
  400_000,
);

test("a stopped site is backed up too, and a recording that is open is named, not lost", async () => {
  const site = await makeSite();
  const running = await startRunningBroker(site.settings);
  onTestFinished(() => running.close());
  const config = readConfig({
    ...site.settings,
    SALLYPORT_PLANT: path.join(running.folder, "plant.yaml"),
  });
  const live = await running.first.ask("POST", "/api/sessions", { endpoint: ENDPOINT });
  const first = await backedUp(site, config, path.join(site.folder, "live.backup"));
  expect(first.manifest.openSessions).toContain(live.body.id);
  await running.broker.close();
  const second = await backedUp(site, config, path.join(site.folder, "stopped.backup"));
  expect(second.isRunning).toBe(false);
  expect(second.manifest.openSessions).toEqual([]);
  const names = second.manifest.files.map(({ name }) => name);
  expect(names).toContain(`evidence/recordings/${live.body.id}/close.json`);
  expect(names).toContain("evidence.key");
  expect(names).toContain("elsewhere/plant.yaml");
}, 120_000);

test("a backup that was changed, cut, or is for another key is refused, and nothing is put in place", async () => {
  const site = await makeSite();
  const running = await startRunningBroker(site.settings);
  onTestFinished(() => running.close());
  const config = readConfig({
    ...site.settings,
    SALLYPORT_PLANT: path.join(running.folder, "plant.yaml"),
  });
  const file = path.join(site.folder, "site.backup");
  await backedUp(site, config, file);
  const whole = readFileSync(file);
  const at = path.join(site.folder, "opened");
  const open = (bytes: Uint8Array, identity = site.identity) => {
    writeFileSync(file, bytes);
    return openBackup(file, identity, at);
  };
  await expect(open(whole, await generateX25519Identity())).rejects.toThrow(/cannot be opened/);
  await expect(open(whole.subarray(0, whole.length - 100))).rejects.toThrow(/cannot be opened/);
  const changed = Uint8Array.from(whole);
  changed[whole.length - 500] = (changed[whole.length - 500] ?? 0) ^ 1;
  await expect(open(changed)).rejects.toThrow(/cannot be opened/);
  const opened = await open(whole);
  await expect(putInPlace(config, opened, "root", systemClock)).rejects.toThrow(/is not empty/);
}, 120_000);

test("backups at the same time are whole, beside a broker and without one", async () => {
  const site = await makeSite();
  const running = await startRunningBroker(site.settings);
  onTestFinished(() => running.close());
  const plantFile = path.join(running.folder, "plant.yaml");
  const config = readConfig({ ...site.settings, SALLYPORT_PLANT: plantFile });
  const mustBeWhole = async (round: string) => {
    const files = ["a", "b", "c"].map((name) => path.join(site.folder, `${round}-${name}.backup`));
    await Promise.all(files.map((out) => backedUp(site, config, out)));
    for (const file of files) {
      const { manifest } = await openBackup(file, site.identity, `${file}.opened`);
      expect(manifest.files.map(({ name }) => name)).toContain("sallyport.db");
    }
    expect(readdirSync(path.join(config.dataFolder, "backup.tmp"))).toEqual(["lock"]);
  };
  await mustBeWhole("beside");
  await running.broker.close();
  await mustBeWhole("stopped");
}, 120_000);
