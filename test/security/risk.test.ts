/** Findings over a whole broker: what is unusual is asked about, told with its moment, and learned. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { SignalsView } from "../../broker/api/shapes/signals.ts";
import { runRiskLearn } from "../../broker/cli/risk-learn.ts";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { startRunningBroker, writeConsole } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../../deploy/examples/water-plant.yaml");
const NOTHING = { version: 1, sessions: 0, from: "", until: "", usual: {}, values: {} };

/** A start that is refused leaves nothing behind. */
function started(settings: Readonly<Record<string, string>>) {
  const folder = temporaryFolder();
  return startBroker(
    readConfig({
      ...{ SALLYPORT_PORT: "0", SALLYPORT_SSH_PORT: "off", SALLYPORT_OPCUA_PORT: "off" },
      SALLYPORT_DATA: path.join(folder, "data"),
      SALLYPORT_PLANT: EXAMPLE,
      SALLYPORT_CONSOLE: writeConsole(folder),
      ...settings,
    }),
  );
}

test("a baseline that the settings name and that cannot be used stops the start", async () => {
  const observe = { SALLYPORT_RISK: "observe" };
  const file = path.join(temporaryFolder(), "baseline.json");
  writeFileSync(file, JSON.stringify({ ...NOTHING, usual: { "a b": { sessions: "many" } } }));
  const wrong = { ...observe, SALLYPORT_RISK_BASELINE: file };
  await expect(started(wrong)).rejects.toThrow("cannot be used");
}, 60_000);

test("who was never there proves themselves again; from their session it is learned that they were", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "baseline.json");
  writeFileSync(file, JSON.stringify(NOTHING));
  const settings = { SALLYPORT_RISK: "enforce", SALLYPORT_RISK_BASELINE: file };
  const site = await startRunningBroker(settings);
  onTestFinished(() => site.close());
  const ann = await site.invite("Ann", ["engineer"]);
  const wanted = { endpoint: "plc-treatment/modbus" };
  const { body } = await ann.ask<LiveSessionView>("POST", "/api/sessions", wanted);
  const session = async () =>
    (await ann.ask<LiveSessionView>("GET", `/api/sessions/${body.id}`)).body.capabilities;
  await expect.poll(session, { timeout: 30_000 }).toEqual(["observe"]);
  const signals = async () => (await site.first.ask<SignalsView>("GET", "/api/signals")).body;
  await expect.poll(async () => (await signals()).stories.length, { timeout: 30_000 }).toBe(1);
  const { stories, demands } = await signals();
  expect(stories).toMatchObject([
    { transmitter: "risk", type: "first-asset", effects: [{ session: body.id }] },
  ]);
  expect(demands).toMatchObject([{ person: "Ann", asset: "plc-treatment", asks: "proof" }]);
  const told = await site.first.ask<SiteEventView[]>(
    ...(["GET", `/api/events?contains=${stories[0]?.sign}`] as const),
  );
  expect(told.body).toMatchObject([{ kind: "risk:finding", session: body.id }]);

  await ann.stepUp();
  expect(await session()).toContain("operate");
  await ann.ask("POST", `/api/sessions/${body.id}/end`, { reason: "done" });
  const out = path.join(folder, "learned.json");
  const config = readConfig({
    SALLYPORT_DATA: path.join(site.folder, "data"),
    SALLYPORT_PLANT: path.join(site.folder, "plant.yaml"),
  });
  const learned = async () => {
    await runRiskLearn(config, { out }, process.stdout).catch(() => {});
    return Object.values(JSON.parse(readFileSync(out, "utf8")).usual);
  };
  writeFileSync(out, JSON.stringify(NOTHING));
  await expect
    .poll(learned, { timeout: 60_000 })
    .toMatchObject([{ person: "Ann", sessions: 1, networks: ["127.0.0.0/24"] }]);
}, 120_000);
