/**
 * Every service of OPC UA that names nodes, in every policy and security mode, from a client of
 * another major version, and where that one does not know a policy from one of today: allowed, denied, mixed, by an alias, held for a person. Looked at from three sides:
 * what the client was answered, what the asset saw, and what the tape says.
 * Slow: client, broker's session and server are real; each mode has one of each.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChannelSecurity, NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import { signInNew } from "../kit/opcua-new-client.ts";
import { type OldSignedIn, signInOld } from "../kit/opcua-old-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { openSeeingAsset, SEEN_URI, type SeeingAsset } from "../kit/opcua-seeing-asset.ts";
import { OpcuaSite } from "../kit/opcua-site.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { DENIED, nodeId as id, made, nameOf, ROWS, type Row } from "./opcua-rows.ts";

const SLOW_MS = 120_000;
const folder = makeFolder();
const named = (name: string) => `"nsu=${SEEN_URI};s=${name}"`;
const RULES = [
  `{ name: closed, deny: [observe, operate, configure, transfer], opcua: { nodes: [${named("Closed")}, ${named("Secret")}] } }`,
  `{ name: no stop, deny: operate, opcua: { methods: [${named("Stop")}] } }`,
  `{ name: by two, hold: operate, opcua: { does: [write], nodes: [${named("Held")}] } }`,
  `{ name: go by two, hold: operate, opcua: { methods: [${named("Wait")}] } }`,
  `{ name: history, permit: configure, opcua: { does: [history-update] } }`,
  `{ name: all else, permit: [observe, operate, transfer] }`,
];
const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };

let asset: SeeingAsset;

beforeAll(async () => {
  asset = await openSeeingAsset(join(folder, "asset"));
}, SLOW_MS);

afterAll(async () => {
  await asset?.close();
  removeFolder(folder);
}, SLOW_MS);

const MODES: readonly (ChannelSecurity & { readonly client: "old" | "new" })[] = [
  { ...NO_SECURITY, client: "old" },
  ...SECURE.map((security) => {
    const client = security.policy === "Basic256Sha256" ? ("old" as const) : ("new" as const);
    return { ...security, client };
  }),
];

describe.each(MODES)("$policy $mode, $client client", ({ client: age, ...security }) => {
  const rows = ROWS.filter(({ newer }) => age === "new" || !newer);
  let site: OpcuaSite;
  let session: LiveSession;
  let client: Pick<OldSignedIn, "ask" | "close">;
  let subscription = 0;
  const alias = { allowed: new Map<string, string>(), denied: new Map<string, string>() };
  /** What the tape must say in the end: `ACTION node answer`, in order. */
  const expected: string[] = [];

  beforeAll(async () => {
    const own = join(folder, `${security.policy}-${security.mode}`);
    const text = opcuaPlantText(asset.port, asset.certificate, RULES);
    const named = security.mode === "None" ? "None" : `${security.policy}/${security.mode}`;
    site = await OpcuaSite.open({
      ...{ folder: own, profile: "work" },
      plant: text.replace("Basic256Sha256/SignAndEncrypt", named),
      credential: () => ({ kind: "password", user: "works", password: "works" }),
    });
    session = await site.session("works/opcua");
    const url = `opc.tcp://127.0.0.1:${await site.listen(session)}`;
    const applicationUri = "urn:sallyport:old-client";
    const certificate = keptCertificate(join(folder, "old"), applicationUri);
    const signingIn = { ...certificate, url, security, applicationUri };
    client =
      age === "new"
        ? await signInNew({ url, folder: own, security })
        : await signInOld({ ...signingIn, user: "works", password: "any" });
    const opened = await client.ask((of) =>
      made(of, "service-subscription", "CreateSubscriptionRequest", {
        ...{ requestedPublishingInterval: 1_000, requestedLifetimeCount: 1_000 },
        ...{ requestedMaxKeepAliveCount: 100, publishingEnabled: true },
      }),
    );
    subscription = Number(opened.subscriptionId);
  }, SLOW_MS);

  afterAll(async () => {
    await site?.close();
  }, SLOW_MS);

  function ask(row: Row, nodes: readonly string[]) {
    asset.seen.delete(row.service);
    const asked = client.ask((of) => row.ask(of, nodes.map(id), subscription));
    // What the asset does not do at all it says once for everything.
    return asked.then(row.said, (error: Error) => nodes.map(() => faultIn(error)));
  }

  /** The old library calls a status that it does not know by its severity alone. */
  const refusalOf = ({ refusal }: Row) =>
    age === "old" && refusal === "BadNotExecutable" ? "Bad" : refusal;

  const seen = ({ service }: Row) => asset.seen.get(service) ?? [];

  function told({ action }: Row, ...judged: readonly (readonly [string, string])[]): void {
    for (const [node, answer] of judged) expected.push(`${action} ${node} ${answer}`);
  }

  test("names are given for what is allowed, and what is denied keeps its own", async () => {
    asset.seen.clear();
    for (const name of ["Open", "Closed", "Go", "Stop", "Recipe", "Secret"]) {
      const { registeredNodeIds } = await client.ask((of) =>
        made(of, "service-register-node", "RegisterNodesRequest", { nodesToRegister: [id(name)] }),
      );
      const [given] = (registeredNodeIds as readonly unknown[]).map(String);
      const isDenied = name === "Closed" || name === "Secret";
      expect(given === id(name)).toBe(isDenied);
      alias[isDenied || name === "Stop" ? "denied" : "allowed"].set(name, given ?? "");
    }
    expect(asset.seen.get("RegisterNodes")).toEqual(["Open", "Go", "Stop", "Recipe"].map(id));
  });

  for (const row of rows) {
    test(`${titleOf(row)}: allowed, denied, mixed`, async () => {
      const { allowed, denied } = row;
      const refusal = refusalOf(row);
      const [good] = await ask(row, [allowed]);
      expect(good).not.toBe(refusal);
      expect(seen(row)).toEqual([id(allowed)]);
      expect(await ask(row, [denied])).toEqual([refusal]);
      expect(seen(row)).toEqual([]);
      expect(await ask(row, [denied, allowed, denied, allowed])).toEqual([
        ...[refusal, good, refusal, good],
      ]);
      expect(seen(row)).toEqual([id(allowed), id(allowed)]);
      const [yes, no] = [
        [allowed, "permit"],
        [denied, "deny"],
      ] as const;
      // The same reading, asked for twice in one request, is decided once.
      told(row, yes, no, ...(row.each ? [no, yes, no, yes] : [no, yes]));
    });

    test(`${titleOf(row)}: by an alias, it is the node that counts`, async () => {
      const { allowed, denied } = row;
      const refusal = refusalOf(row);
      const [short, other] = [alias.allowed.get(allowed), alias.denied.get(denied)];
      if (!short || !other) throw new Error("no alias was given");
      const [good, bad] = await ask(row, [short, other]);
      expect([good === refusal, bad]).toEqual([false, refusal]);
      expect(seen(row)).toEqual([short]);
      told(row, [allowed, "permit"], [denied, "deny"]);
    });
  }

  for (const row of rows.filter(({ held }) => held !== undefined)) {
    test.each(["permit", "refuse"] as const)(
      `${titleOf(row)}: held, then a person says %s`,
      {
        timeout: SLOW_MS,
      },
      async (kind) => {
        const { held = "", allowed } = row;
        const waiting = ask(row, [allowed, held]);
        const hold = () => session.holds.find(({ state }) => state === "waiting");
        await expect.poll(hold, { timeout: 30_000 }).toBeDefined();
        expect(seen(row)).not.toContain(id(held));
        await session.answerHold(hold()?.id ?? "", { kind, ...ANSWER });
        const [good, late] = await waiting;
        expect(good).toBe("Good");
        if (kind === "permit") expect(late).toBe("Good");
        else expect(late).toMatch(/^Bad/);
        expect(seen(row).includes(id(held))).toBe(kind === "permit");
        // Held within the request, then by itself, so that the others do not wait.
        told(row, [allowed, "permit"], [held, "hold"], [held, "hold"]);
        told(row, [held, kind === "permit" ? kind : "deny"]);
      },
    );
  }

  test("what nobody may do to items that are not theirs is refused, and reaches nobody", async () => {
    const foreign = subscription + 1_000;
    const own = { subscriptionId: subscription };
    const asked: readonly (readonly [string, object, string])[] = [
      ["ModifyMonitoredItems", { ...own, itemsToModify: [{ monitoredItemId: 9_999 }] }, "Item"],
      ["SetMonitoringMode", { ...own, monitoringMode: 0, monitoredItemIds: [9_999] }, "Item"],
      ["DeleteMonitoredItems", { ...own, monitoredItemIds: [9_999] }, "Item"],
      ["SetPublishingMode", { publishingEnabled: false, subscriptionIds: [foreign] }, "Sub"],
      ["DeleteSubscriptions", { subscriptionIds: [foreign] }, "Sub"],
      ["TransferSubscriptions", { subscriptionIds: [foreign], sendInitialValues: true }, "Sub"],
    ];
    for (const [service, options, which] of asked) {
      asset.seen.delete(service);
      const { results } = await client.ask((of) =>
        made(of, "service-subscription", `${service}Request`, options),
      );
      const [first] = results as readonly { readonly statusCode?: unknown }[];
      const status = nameOf(first?.statusCode ?? first);
      expect(status).toBe(
        which === "Item" ? "BadMonitoredItemIdInvalid" : "BadSubscriptionIdInvalid",
      );
      expect(asset.seen.has(service)).toBe(false);
    }
    await ownItems();
    for (const name of ["QueryFirst", "QueryNext"]) {
      const asking = client.ask((of) => made(of, "service-query", `${name}Request`, {}));
      await expect(asking).rejects.toThrow(DENIED);
      expect(asset.seen.has(name)).toBe(false);
    }
  });

  /** What is the session's own is carried out, and what it was told to go on with is its own alone. */
  async function ownItems(): Promise<void> {
    const item = (nodeId: string, clientHandle: number) => ({
      ...{ itemToMonitor: { nodeId, attributeId: 13 }, monitoringMode: 2 },
      requestedParameters: { clientHandle, samplingInterval: 1_000, queueSize: 1 },
    });
    const subscribing = (service: string, options: object) =>
      client.ask((of) => made(of, "service-subscription", `${service}Request`, options));
    const own = { subscriptionId: subscription };
    const created = await subscribing("CreateMonitoredItems", {
      ...{
        ...own,
        timestampsToReturn: 2,
        itemsToCreate: [item(id("Other"), 91), item(id("Other"), 92)],
      },
    });
    const ids = (created.results as readonly { monitoredItemId: number }[]).map(
      (each) => each.monitoredItemId,
    );
    const [trigger = 0, linked = 0] = ids;
    asset.seen.clear();
    const triggering = { ...own, triggeringItemId: trigger, linksToRemove: [] };
    const good = await subscribing("SetTriggering", { ...triggering, linksToAdd: [linked] });
    expect((good.addResults as readonly unknown[]).map(nameOf)).toEqual(["Good"]);
    const bad = subscribing("SetTriggering", { ...triggering, linksToAdd: [9_999] });
    await expect(bad).rejects.toThrow("BadMonitoredItemIdInvalid");
    const modified = await subscribing("ModifyMonitoredItems", {
      ...{ ...own, timestampsToReturn: 2 },
      itemsToModify: [trigger, 9_999].map((monitoredItemId) => ({
        monitoredItemId,
        requestedParameters: { clientHandle: 91, samplingInterval: 2_000, queueSize: 1 },
      })),
    });
    const statuses = modified.results as readonly { statusCode: unknown }[];
    expect(statuses.map(({ statusCode }) => nameOf(statusCode))).toEqual([
      ...["Good", "BadMonitoredItemIdInvalid"],
    ]);
    await subscribing("DeleteMonitoredItems", { ...own, monitoredItemIds: ids });
    const once = ["SetTriggering", "ModifyMonitoredItems", "DeleteMonitoredItems"];
    expect([...asset.seen.keys()]).toEqual(once);
    await goingOn();
  }

  async function goingOn(): Promise<void> {
    const browsed = await client.ask((of) =>
      made(of, "service-browse", "BrowseRequest", {
        requestedMaxReferencesPerNode: 1,
        nodesToBrowse: [{ nodeId: id("Plant"), browseDirection: 0, resultMask: 63 }],
      }),
    );
    const [found] = browsed.results as readonly { continuationPoint: Buffer | null }[];
    const point = found?.continuationPoint ?? Buffer.alloc(0);
    expect(point.length).toBeGreaterThan(0);
    const next = async (points: readonly Buffer[]) => {
      const answer = await client.ask((of) =>
        made(of, "service-browse", "BrowseNextRequest", {
          ...{ releaseContinuationPoints: false, continuationPoints: points },
        }),
      );
      return (answer.results as readonly { statusCode: unknown }[]).map((each) =>
        nameOf(each.statusCode),
      );
    };
    const madeUp = Buffer.from("made up");
    asset.seen.clear();
    expect(await next([madeUp])).toEqual(["BadContinuationPointInvalid"]);
    expect([...asset.seen.keys()]).toEqual([]);
    expect(await next([madeUp, point])).toEqual(["BadContinuationPointInvalid", "Good"]);
    expect([...asset.seen.keys()]).toEqual(["BrowseNext"]);
  }

  const unmanaged = async () => {
    asset.seen.clear();
    const Plant = id("Plant");
    const asked: readonly (readonly [string, object])[] = [
      [
        "AddNodes",
        { nodesToAdd: [{ parentNodeId: Plant, referenceTypeId: "i=47", nodeClass: 1 }] },
      ],
      ["AddReferences", { referencesToAdd: [{ sourceNodeId: Plant, referenceTypeId: "i=47" }] }],
      ["DeleteNodes", { nodesToDelete: [{ nodeId: Plant }] }],
      ["DeleteReferences", { referencesToDelete: [{ sourceNodeId: Plant }] }],
    ];
    for (const [service, options] of asked) {
      const { results } = await client.ask((of) => made(of, "", `${service}Request`, options));
      const [first] = results as readonly { readonly statusCode?: unknown }[];
      expect(nameOf(first?.statusCode ?? first), service).toBe(DENIED);
    }
    expect([...asset.seen.keys()]).toEqual([]);
  };
  // The old library has no classes for it.
  if (age === "new") test("nodes are managed by nobody whom no rule names", unmanaged);

  test("the tape says the same, node by node and in order", { timeout: SLOW_MS }, async () => {
    const { session: name } = session.claims;
    await client.close();
    await session.closed;
    const actions = new Set(ROWS.map(({ action }) => action));
    const said: string[] = [];
    /** On which the broker reads for itself what a person is shown before they agree. */
    const ownChannels = new Set<number>();
    for (const record of await site.recorded(name)) {
      if (record.kind === "channel" && record.by === "broker") ownChannels.add(record.channel);
      if (record.kind !== "verdict" || ownChannels.has(record.channel)) continue;
      for (const { operation, answer } of record.items) {
        const what = operation as { readonly method?: string; readonly node?: string };
        const method = operation.action === "opcua:call" ? what.method : undefined;
        const node = (method ?? what.node ?? "").replace(`nsu=${SEEN_URI};s=`, "");
        const isOwn = KNOWN.has(node) && actions.has(operation.action);
        if (isOwn) said.push(`${operation.action} ${node} ${answer.kind}`);
      }
    }
    expect(said).toEqual(expected);
  });
});

const titleOf = ({ service, title = service }: Row) => title;

/** A fault's words carry the name of its status. */
function faultIn(error: Error): string {
  const [status] = /Bad[A-Za-z]+/.exec(error.message) ?? [];
  if (status === undefined) throw error;
  return status;
}

const KNOWN: ReadonlySet<string> = new Set([
  ...["Open", "Closed", "Held", "Recipe", "Secret"],
  ...["Go", "Stop", "Wait"],
]);
