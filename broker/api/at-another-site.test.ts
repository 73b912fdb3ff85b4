/** What a list or an act by an id gives whoever holds the right, and not at this asset's site. */
import { expect, test } from "vitest";
import type { Right } from "../policy/rights.ts";
import type { Response } from "../risk/response.ts";
import type { Demand } from "../store/demands.ts";
import type { RecordingShare } from "../store/recording-shares.ts";
import type { Endpoint } from "./endpoint.ts";
import { holdRecording, releaseRecording } from "./recordings/hold-recording.ts";
import { listResponses } from "./responses/list-responses.ts";
import { listShares } from "./shares/shares.ts";
import { liftDemand } from "./signals/lift-demand.ts";

const EVERYWHERE: readonly string[] = ["linz-plc", "houston-plc", ""];

/** Of somebody who holds all rights on the whole, and on these assets. */
function callAt(assets: readonly string[], more: object = {}) {
  return {
    me: { person: { id: "sue", name: "Sue" } },
    rights: { has: () => true },
    mayAt: (_: Right, asset: string) => assets.includes(asset),
    ...more,
  } as never;
}

const recordings = {
  get: async (id: string) => ({
    header: {
      ...{ session: id, subject: { id: "sue", name: "Sue" }, grant: {} },
      asset: { id: `${id}-plc`, name: id },
    },
  }),
  hold: async () => true,
  release: async () => undefined,
} as never;

test("what stands still is listed for who supervises there", async () => {
  const response = (asset: string) =>
    ({
      ...{ id: asset, rule: {}, person: { id: "eve" }, asset: { id: asset }, finding: "f" },
      ...{ sessions: [], sentence: "" },
    }) as unknown as Response;
  const list: Endpoint = listResponses({
    responses: { list: () => ["linz-plc", "houston-plc"].map(response) },
    plant: { current: () => ({ responses: [] }) },
  } as never);
  const seenAt = async (assets: readonly string[]) =>
    ((await list.handle(callAt(assets))) as { waiting: Response[] }).waiting.map(({ id }) => id);
  expect(await seenAt(["linz-plc"])).toEqual(["linz-plc"]);
  expect(await seenAt(EVERYWHERE)).toEqual(["linz-plc", "houston-plc"]);
});

test("what is asked of a person is lifted by who may there, or everywhere", async () => {
  const demands = [null, "houston-plc"].map(
    (asset) => ({ personId: "eve", asset, kind: "proof", source: "risk" }) as unknown as Demand,
  );
  const lifted: string[] = [];
  const lift: Endpoint = liftDemand({
    demands: { list: () => demands, drop: ([one]: Demand[]) => lifted.push(one?.asset ?? "all") },
    store: { act: async () => undefined },
    people: { list: async () => [] },
  } as never);
  const at = async (assets: readonly string[], key: string) =>
    lift.handle(callAt(assets, { body: { key, reason: "called back" } }));
  const [all, one] = ["risk eve * proof", "risk eve houston-plc proof"] as const;
  for (const key of [all, one]) {
    await expect(at(["linz-plc"], key)).rejects.toMatchObject({ status: 404 });
  }
  await expect(at(["houston-plc"], all)).rejects.toMatchObject({ status: 404 });
  await at(["houston-plc"], one);
  await at(EVERYWHERE, all);
  expect(lifted).toEqual(["houston-plc", "all"]);
});

test("links to recordings are listed for who sees the recordings", async () => {
  const links = ["linz", "houston"].map(
    (recording) => ({ id: recording, recording, revokedMs: 1 }) as RecordingShare,
  );
  const list: Endpoint = listShares({
    recordings: {
      get: async (id: string) => ({
        header: { asset: { id: `${id}-plc` }, grant: {}, subject: {} },
      }),
    },
    shares: { list: async () => links },
    looks: { ofShares: async () => [] },
  } as never);
  const seen = (await list.handle(callAt(["linz-plc"], { query: {} }))) as RecordingShare[];
  expect(seen.map(({ id }) => id)).toEqual(["linz"]);
});

test("a recording that one sees as one's own is kept and let go by who sees all there", async () => {
  const siteLog = { record: async () => undefined } as never;
  const ends: readonly Endpoint[] = [
    holdRecording(recordings, siteLog, { wallMs: () => 0 } as never),
    releaseRecording(recordings, siteLog),
  ];
  for (const { handle } of ends) {
    const at = async (id: string) =>
      handle(callAt(["linz-plc"], { params: { id }, body: { reason: "an accident" } }));
    await expect(at("houston")).rejects.toMatchObject({ status: 404 });
    await at("linz");
  }
});
