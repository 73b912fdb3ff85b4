import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { parsePlant } from "../../plant/parse-plant.ts";
import type { SiteEvent } from "../../store/model.ts";
import { openStore } from "../../store/store.ts";
import { listEvents } from "./list-events.ts";

const asset = (id: string, zone: string, host: string) =>
  `  - { id: ${id}, name: PLC, zone: ${zone}, endpoints: [{ id: m, protocol: modbus, address: ${host}, units: [1] }] }`;
const parsed = parsePlant(
  `site: { id: acme, name: Acme, time-zone: UTC }
sites:
  - { id: linz, name: Linz works, time-zone: UTC }
  - { id: graz, name: Graz works, time-zone: UTC }
zones:
  - { id: north, name: North, level: 1, sl-t: 2, site: linz }
  - { id: south, name: South, level: 1, sl-t: 2, site: graz }
assets:
${asset("plc-linz", "north", "10.0.0.1")}
${asset("plc-graz", "south", "10.0.0.2")}
`,
  "plant.yaml",
);
if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
const { plant } = parsed;

/** More than one asks for at once. */
const OTHERS = 60;

test("who sees one site finds its events however many others have come since", async () => {
  const store = await openStore({ path: `${temporaryFolder()}/store.db` });
  onTestFinished(() => store.close());
  const happened = (text: string, at: string) =>
    store.log.record({ kind: "session:ended", priority: "event", text, about: { asset: at } });
  await happened("the first here", "plc-linz");
  await happened("the second here", "plc-linz");
  for (let other = 0; other < OTHERS; other += 1) await happened("elsewhere", "plc-graz");
  const decisions = { sitesWith: () => new Set(["linz"]) };
  const parts = { decisions, plant: { current: () => plant } };
  const endpoint = listEvents(store.log, { list: async () => [] }, parts);
  const listed = async (query: object) =>
    ((await endpoint.handle({ me: {}, query } as never)) as SiteEvent[]).map(({ text }) => text);
  expect(await listed({ limit: 1 })).toEqual(["the second here"]);
  expect(await listed({ limit: 2 })).toEqual(["the second here", "the first here"]);
  expect(await listed({})).toEqual(["the second here", "the first here"]);
});
