/** `sallyport doctor` beside a whole broker, and over data that somebody spoilt. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ENDPOINT_LINES } from "../../test/kit/behind-gateway.ts";
import { type RunningBroker, startRunningBroker } from "../../test/kit/running-broker.ts";
import { freePort } from "../../test/kit/site-in-browser.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { type Config, readConfig } from "../config.ts";
import { PACKAGE_FOLDER } from "../settings.ts";
import { doctorText, examine, type NamedFinding } from "./doctor.ts";

interface Site {
  readonly running: RunningBroker;
  readonly config: Config;
}

async function open(more: Record<string, string> = {}): Promise<Site> {
  const folder = temporaryFolder();
  const port = String(await freePort());
  const settings = { SALLYPORT_DATA: path.join(folder, "data"), SALLYPORT_PORT: port, ...more };
  const running = await startRunningBroker(settings);
  onTestFinished(() => running.close());
  const plant = path.join(running.folder, "plant.yaml");
  return { running, config: readConfig({ ...settings, SALLYPORT_PLANT: plant }) };
}

const of = (found: readonly NamedFinding[], name: string) => {
  const one = found.find((each) => each.name === name);
  return `${one?.state}: ${one?.text}`;
};

test("beside a running broker everything is well, and endpoints are knocked at when asked", async () => {
  const { running, config } = await open({ SALLYPORT_TLS: "site-ca" });
  const found = await examine(config, true);
  expect(found.filter(({ state }) => state === "failed")).toEqual([]);
  expect(of(found, "broker")).toMatch(/^ok: it runs at .* and is ready$/);
  expect(of(found, "site log")).toMatch(/^ok: every entry fits its signed checkpoint/);
  expect(of(found, "certificate")).toMatch(/^ok: the site's authority/);
  expect(of(found, "database")).toMatch(/^ok: a running broker has it open$/);
  expect(of(found, "plc-treatment/modbus")).toMatch(/^ok: 127\.0\.0\.1:\d+ answers in/);
  expect(await examine(config, false)).not.toContainEqual(
    expect.objectContaining({ name: "plc-treatment/modbus" }),
  );
  expect(doctorText(found)).toMatch(/\n0 failed, \d+ to look at, \d+ well\n$/);
  await running.broker.close();
  const stopped = await examine(config, false);
  expect(of(stopped, "broker")).toMatch(/^attention: no broker listens/);
  expect(of(stopped, "database")).toBe("ok: every page of it was checked");
}, 120_000);

test("a key that others can read, a changed log and a plant file with a fault are found", async () => {
  const { running, config } = await open();
  await running.broker.close();
  chmodSync(path.join(config.dataFolder, "permit-key.pem"), 0o644);
  writeFileSync(config.plantFile, "site: [\n");
  const entries = path.join(config.dataFolder, "site-log/1/tile/entries/000.p");
  for (const name of readdirSync(entries)) {
    const file = path.join(entries, name);
    const bytes = readFileSync(file);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  }
  const found = await examine(config, false);
  expect(of(found, "permissions")).toMatch(/^failed: .*permit-key\.pem.*chmod 600/);
  expect(of(found, "plant file")).toMatch(/^failed: /);
  expect(of(found, "site log")).toMatch(/^failed: log 1: /);
}, 120_000);

test("before the first start nothing has failed", async () => {
  const config = readConfig({ SALLYPORT_DATA: path.join(temporaryFolder(), "data") });
  const found = await examine(config, false);
  expect(found.filter(({ state }) => state === "failed")).toEqual([]);
});

test("a plant file that names gateways which cannot come is found, and what they reach is not knocked at", async () => {
  const folder = temporaryFolder();
  const plant = path.join(folder, "plant.yaml");
  const example = readFileSync(
    path.join(PACKAGE_FOLDER, "deploy/examples/water-plant.yaml"),
    "utf8",
  );
  const line = ENDPOINT_LINES["plc-treatment/modbus"];
  writeFileSync(plant, example.replace(line, `${line}\n        gateways: [dmz-b, dmz-a]`));
  const settings = { SALLYPORT_DATA: path.join(folder, "data"), SALLYPORT_PLANT: plant };
  const off = await examine(readConfig(settings), true);
  expect(of(off, "gateways")).toMatch(
    /^failed: named: dmz-a, dmz-b; SALLYPORT_GATEWAY_PORT is off/,
  );
  expect(of(off, "plc-treatment/modbus")).toMatch(/^ok: not knocked at: only dmz-b, dmz-a/);
  const port = String(await freePort());
  const on = await examine(readConfig({ ...settings, SALLYPORT_GATEWAY_PORT: port }), false);
  expect(of(on, "gateways")).toMatch(/^attention: .*nobody listens for them at 127\.0\.0\.1:\d+$/);
}, 60_000);
