/** Sessions on one asset that belong together: who may join one, and what is done to all of them. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportBundle } from "../../broker/cli/export.ts";
import { readConfig } from "../../broker/config.ts";
import { type SimulatedPlant, startSimulatedPlant } from "../../simulators/plant.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { WebPlant } from "../kit/web-plant.ts";

interface View {
  readonly id: string;
  readonly visit?: string;
  readonly frozen: { readonly reason: string } | null;
  readonly protocol: string;
}

let works: SimulatedPlant;
let plant: WebPlant;
let ann: ConsoleUser;
let sue: ConsoleUser;

beforeAll(async () => {
  works = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
  plant = await WebPlant.open({
    port: works.ports.web,
    rules: ['{ name: look, permit: observe, web: { paths: ["/**"] } }'],
    others: [
      { id: "wire", protocol: "modbus", address: `127.0.0.1:${works.ports.treatment}` },
      { id: "screen", protocol: "vnc", address: `127.0.0.1:${works.ports.panel}` },
    ],
  });
  ann = plant.site.first;
  sue = await plant.site.invite("Sue", ["supervisor"]);
}, 90_000);

afterAll(async () => {
  await plant?.close();
  await works?.close();
});

const open = (person: ConsoleUser, endpoint: string, beside?: string) =>
  person.ask<View & { readonly code: string }>("POST", "/api/sessions", {
    endpoint: `panel/${endpoint}`,
    ...(beside !== undefined && { beside }),
  });
const live = async () => (await ann.ask<readonly View[]>("GET", "/api/sessions")).body;
const end = (person: ConsoleUser, id: string) =>
  person.ask("POST", `/api/sessions/${id}/end`, { reason: "over" });

async function visit(): Promise<readonly [string, string, string]> {
  const first = (await open(ann, "web")).body;
  const second = (await open(ann, "wire", first.id)).body;
  const third = (await open(ann, "screen", second.id)).body;
  expect(first.visit).toBeUndefined();
  // By whichever of them one joins, it is the visit of the first.
  expect([second.visit, third.visit]).toEqual([first.id, first.id]);
  return [first.id, second.id, third.id];
}

test("its owner ends one, and all of the visit ends; the recordings tell that they belong together", async () => {
  const [first, second, third] = await visit();
  expect((await end(ann, second)).status).toBe(200);
  expect(await live()).toEqual([]);
  const recordings = async (query: string) =>
    (await ann.ask<readonly View[]>("GET", `/api/recordings?${query}`)).body;
  await expect
    .poll(async () => (await recordings(`visit=${first}&state=sealed`)).length, { timeout: 30_000 })
    .toBe(3);
  const all = await recordings(`visit=${first}`);
  expect(new Set(all.map(({ id }) => id))).toEqual(new Set([first, second, third]));
  expect(all.find(({ id }) => id === third)?.visit).toBe(first);
  expect(await recordings(`visit=${second}`)).toEqual([]);
  const folder = plant.site.folder;
  const config = readConfig({ SALLYPORT_DATA: join(folder, "data") });
  const asked = { session: undefined, visit: third, out: join(folder, "visit.zip") };
  // The log tells of each end a moment after its recording is closed.
  expect(await exportBundle(config, asked)).toContain("3 sessions: 0 deleted by policy");
}, 90_000);

test("a supervisor freezes and resumes all of it, and who joins a frozen visit is frozen", async () => {
  const first = (await open(ann, "web")).body.id;
  const second = (await open(ann, "wire", first)).body.id;
  await sue.ask("POST", `/api/sessions/${second}/freeze`, { reason: "wait" });
  await open(ann, "screen", first);
  expect((await live()).map(({ frozen }) => frozen?.reason)).toEqual(Array(3).fill("Sue: wait"));
  await sue.ask("POST", `/api/sessions/${first}/resume`, { reason: "go on" });
  expect((await live()).map(({ frozen }) => frozen)).toEqual([null, null, null]);
  await sue.ask("POST", `/api/sessions/${first}/end`, { reason: "enough" });
  expect(await live()).toEqual([]);
}, 90_000);

test("sessions that are not of one visit end by themselves", async () => {
  const one = (await open(ann, "web")).body.id;
  const other = (await open(ann, "wire")).body.id;
  await end(ann, one);
  expect((await live()).map(({ id }) => id)).toEqual([other]);
  await end(ann, other);
}, 90_000);

test("nobody joins another person's visit, one that is over, or one on another asset", async () => {
  const ben = await plant.site.invite("Ben", ["engineer"]);
  const first = (await open(ann, "web")).body.id;
  for (const [person, beside] of [
    [ben, first],
    [ann, "nothing"],
  ] as const) {
    const refused = await open(person, "wire", beside);
    expect([refused.status, refused.body.code]).toEqual([409, "visit-over"]);
  }
  await end(ann, first);
  expect((await open(ann, "wire", first)).body.code).toBe("visit-over");
  expect(await live()).toEqual([]);
}, 90_000);
