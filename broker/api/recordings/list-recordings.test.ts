import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConsoleUser } from "../../../test/kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../../../test/kit/running-broker.ts";
import type { LiveSessionView, RecordingChoicesView, RecordingView } from "../shapes/sessions.ts";

let site: RunningBroker;
let eva: ConsoleUser;
let auditor: ConsoleUser;
let session: string;

beforeAll(async () => {
  site = await startRunningBroker();
  eva = await site.invite("Eva", ["engineer"]);
  auditor = await site.invite("Aud", ["auditor"]);
  const endpoint = "plc-treatment/modbus";
  session = (await eva.ask<LiveSessionView>("POST", "/api/sessions", { endpoint })).body.id;
}, 60_000);

afterAll(() => site?.close());

async function list(who: ConsoleUser, query: string): Promise<readonly string[]> {
  const { body } = await who.ask<RecordingView[]>("GET", `/api/recordings?${query}`);
  return body.map(({ id }) => id);
}

test("the list is narrowed by words, time and whose it is, over all there are", async () => {
  expect(await list(auditor, "probes=without")).toEqual([session]);
  expect(await list(auditor, "contains=eva%20TREATMENT&probes=without")).toEqual([session]);
  expect(await list(auditor, "contains=eva%20nowhere")).toEqual([]);
  expect(await list(auditor, `fromMs=${Date.now() + 60_000}`)).toEqual([]);
  expect(await list(auditor, "untilMs=1000")).toEqual([]);
  expect(await list(auditor, "probes=only")).not.toContain(session);
  expect(await list(auditor, `after=${session}&probes=without`)).toEqual([]);
});

test("choices name only whom and what one may see recordings of", async () => {
  const choices = async (who: ConsoleUser) =>
    (await who.ask<RecordingChoicesView>("GET", "/api/recording-choices")).body;
  const all = await choices(auditor);
  expect(all).toMatchObject({ count: 1, assets: [{ id: "plc-treatment" }] });
  expect(all.people.map(({ name }) => name)).toContain("Eva");
  expect(await choices(eva)).toMatchObject({ count: 1, probes: 0, people: [{ name: "Eva" }] });
});
