import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually, openIntegrationSite } from "../../test/kit/integration-site.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { startWebReceiver } from "../../test/kit/web-receiver.ts";
import { type Clock, systemClock } from "../clock.ts";
import { IntegrationFile, type ReadIntegrations } from "./integration-file.ts";
import type { Integration } from "./model.ts";

/** Every second is a hundred. */
const fast: Clock = {
  wallMs: () => systemClock.wallMs() * 100,
  monotonicMs: () => systemClock.monotonicMs() * 100,
  after: (ms, call) => systemClock.after(ms / 100, call),
};

test("people hear once that a receiver is not reached, and that it is again, across a restart too", async () => {
  let isAway = true;
  const receiver = await startWebReceiver((response) => {
    response.writeHead(isAway ? 503 : 200).end();
  });
  const folder = temporaryFolder();
  const yaml = `siem: [{ name: soc, form: webhook, url: "${receiver.url}" }]`;
  const first = await openIntegrationSite({ folder, clock: fast });
  await first.configure(yaml);
  await first.record("test:event");
  await eventually(() => first.noted.length > 0);
  expect(first.noted).toMatchObject([{ kind: "integration:failing", priority: "alarm" }]);
  for (const event of first.noted) await first.store.log.record(event);
  await first.close();
  const second = await openIntegrationSite({ folder, clock: fast });
  await second.configure(yaml);
  await eventually(async () => ((await second.integrations.list())[0]?.state.attempts ?? 0) > 7);
  expect(second.noted).toEqual([]);
  isAway = false;
  await eventually(() => second.noted.length > 0);
  expect(second.noted.map(({ kind }) => kind)).toEqual(["integration:recovered"]);
});

test("one that is taken out of the file while it fails is no alarm any more", async () => {
  const receiver = await startWebReceiver((response) => void response.writeHead(503).end());
  const site = await openIntegrationSite({ clock: fast });
  await site.configure(`siem: [{ name: soc, form: webhook, url: "${receiver.url}" }]`);
  await site.record("test:event");
  await eventually(() => site.noted.length > 0);
  await site.configure("siem: []");
  expect(site.noted.map(({ kind }) => kind)).toEqual([
    "integration:failing",
    "integration:forgotten",
  ]);
  expect(await site.integrations.list()).toEqual([]);
});

test("what goes out to no one is forgotten; what somebody has still to get is not", async () => {
  const receiver = await startWebReceiver((response) => void response.writeHead(503).end());
  const site = await openIntegrationSite();
  const rows = async () =>
    (await site.store.queries.selectFrom("integration_feed").select("position").execute()).length;
  for (let nth = 0; nth < 5; nth++) await site.record("test:event");
  await site.integrations.prune();
  // The newest stays, so that places go on from it.
  expect(await rows()).toBe(1);
  await site.configure(`siem: [{ name: soc, form: webhook, url: "${receiver.url}" }]`);
  for (let nth = 0; nth < 5; nth++) await site.record("test:event");
  await site.integrations.prune();
  expect(await rows()).toBe(5);
});

test("a file that names a secret that is gone counts once the secret is there", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "integrations.yaml");
  const [changes, problems]: [(readonly Integration[])[], (string | undefined)[]] = [[], []];
  const opening = {
    ...{ path: file, clock: fast, environment: {} },
    onChanged: (read: ReadIntegrations) => void changes.push(read.integrations),
    onProblem: (problem: string | undefined) => void problems.push(problem),
  };
  const source = await IntegrationFile.open(opening);
  expect(problems).toEqual([`${file} cannot be read: it does not exist`]);
  const place = "form: webhook, url: https://siem.example/";
  writeFileSync(file, `siem: [{ name: soc, ${place}, authorization: { file: token } }]`);
  await eventually(() => problems.length === 2);
  expect(problems[1]).toContain("integrations.yaml:1:79");
  writeFileSync(path.join(folder, "token"), "Bearer x");
  await eventually(() => changes.length === 1);
  expect(problems[2]).toBeUndefined();
  writeFileSync(file, "siem: []");
  await eventually(() => changes.length === 2);
  source.close();
});
