/** What the people who run the broker see: health, metrics, events, and the plant file's edits. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import type { PlantView } from "../../broker/api/shapes/plant.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const TOKEN = "the-token-of-the-scraper";

let site: RunningBroker;
beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_METRICS_TOKEN: TOKEN });
}, 60_000);
afterAll(() => site.close());

async function metrics(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await new ConsoleUser(site.broker.address).ask("GET", "/metrics", undefined, {
    headers,
  });
  expect(answer.status).toBe(200);
  return answer.text;
}

async function events(): Promise<SiteEventView[]> {
  return (await site.first.ask<SiteEventView[]>("GET", "/api/events")).body;
}

async function health(): Promise<HealthView> {
  return (await site.first.ask<HealthView>("GET", "/api/health")).body;
}

test("a load balancer hears that the broker lives and can be used", async () => {
  const anyone = new ConsoleUser(site.broker.address);
  const byAddress = { headers: { host: "10.0.0.5:7480" } };
  expect((await anyone.ask("GET", "/healthz", undefined, byAddress)).status).toBe(200);
  expect((await anyone.ask("GET", "/readyz", undefined, byAddress)).status).toBe(200);
});

test("sign-ins, sessions, cuts and commits are counted and timed", async () => {
  const endpoint = "plc-treatment/modbus";
  const session = await site.first.ask("POST", "/api/sessions", { endpoint });
  expect(await metrics()).toMatch(/^sallyport_sessions_live 1$/m);
  await site.first.ask("POST", `/api/sessions/${session.body.id}/end`, { reason: "" });
  await site.first.signIn();
  await vi.waitUntil(async () => /sallyport_commit_seconds_count [1-9]/.test(await metrics()));
  const text = await metrics();
  expect(text).toMatch(/^sallyport_sessions_live 0$/m);
  expect(text).toMatch(/^sallyport_cut_seconds_count 1$/m);
  expect(text).toMatch(/^sallyport_recorder_ready 1$/m);
  expect(text).toMatch(/^sallyport_sign_ins_total\{result="signed-in"\} [1-9]/m);
  expect(text).toMatch(/^sallyport_http_requests_total\{route="\/api\/sessions\/:id\/end",/m);
  expect(text).toMatch(/^sallyport_event_loop_delay_seconds\{quantile="0.99"\} /m);
});

test("opening and ending a session are events that name who, where and why", async () => {
  const endpoint = "plc-treatment/modbus";
  const session = await site.first.ask("POST", "/api/sessions", { endpoint });
  await site.first.ask("POST", `/api/sessions/${session.body.id}/end`, { reason: "done here" });
  await vi.waitUntil(async () => (await events()).some(({ text }) => text.includes("done here")));
  const own = (await events()).filter((event) => event.session === session.body.id);
  expect(own.map((event) => event.kind).sort()).toEqual(["session:ended", "session:opened"]);
});

test("health names each part and what it does", async () => {
  const view = await health();
  expect(view.state).toBe("ok");
  expect(view.parts.map((part) => part.name).sort()).toEqual([
    ...["disk", "evidence volume", "plant file", "policies", "recorder", "site log", "store"],
  ]);
  expect(view.recorder.commitP50Ms).toBeGreaterThan(0);
  expect(view.sessions.cutP99Ms).toBeGreaterThan(0);
});

test("an invalid edit of the plant file keeps the old one, is told with its line, and is mended", async () => {
  const path = join(site.folder, "plant.yaml");
  const good = readFileSync(path, "utf8");
  writeFileSync(path, good.replace("zone: treatment", "zone: nowhere"));
  await vi.waitUntil(async () => (await health()).plantFile.problem !== null, 10_000);
  const broken = await health();
  expect(broken.state).toBe("attention");
  expect(broken.plantFile.problem?.line).toBeGreaterThan(1);
  const plant = (await site.first.ask<PlantView>("GET", "/api/plant")).body;
  expect(plant.problem).toContain("plant.yaml:");
  expect(plant.assets.map((asset) => asset.zone)).toContain("treatment");
  expect(await events()).toContainEqual(
    expect.objectContaining({ kind: "plant:invalid", priority: "alarm" }),
  );
  writeFileSync(path, good.replace("Treatment PLC", "Treatment controller"));
  await vi.waitUntil(async () => (await health()).state === "ok", 10_000);
  const mended = (await site.first.ask<PlantView>("GET", "/api/plant")).body;
  expect(mended.assets.map((asset) => asset.name)).toContain("Treatment controller");
}, 40_000);
