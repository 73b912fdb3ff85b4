/**
 * Every service of OPC UA that names nodes, in every security mode, from a client of another major
 * version: allowed, denied, mixed, by an alias, held for a person. Looked at from three sides:
 * what the client was answered, what the asset saw, and what the tape says.
 * Slow: client, broker's session and server are real; each mode has one of each.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChannelSecurity, NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";
import { keptCertificate } from "../../simulators/assets/opcua-certificate.ts";
import {
  type OldClasses,
  type OldResponse,
  type OldSignedIn,
  signInOld,
} from "../kit/opcua-old-client.ts";
import { opcuaPlantText } from "../kit/opcua-plant.ts";
import { openSeeingAsset, SEEN_URI, type SeeingAsset } from "../kit/opcua-seeing-asset.ts";
import { OpcuaSite } from "../kit/opcua-site.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const SLOW_MS = 120_000;
const folder = makeFolder();
const id = (name: string) => (name.startsWith("ns=") ? name : `ns=1;s=${name}`);
const named = (name: string) => `"nsu=${SEEN_URI};s=${name}"`;
const RULES = [
  `{ name: closed, deny: [observe, operate], opcua: { nodes: [${named("Closed")}] } }`,
  `{ name: no stop, deny: operate, opcua: { methods: [${named("Stop")}] } }`,
  `{ name: by two, hold: operate, opcua: { does: [write], nodes: [${named("Held")}] } }`,
  `{ name: go by two, hold: operate, opcua: { methods: [${named("Wait")}] } }`,
  `{ name: all else, permit: [observe, operate] }`,
];
const ANSWER = { by: "person-2", name: "Sue", actionId: "act-1", digest: "d1gest" };
const DENIED = "BadUserAccessDenied";

/** A service: how it is asked about nodes, and what it answered for each of them. */
interface Row {
  readonly service: string;
  readonly action: string;
  readonly allowed: string;
  readonly denied: string;
  readonly held?: string;
  /** Equal items of one request are decided one by one. */
  readonly each?: true;
  readonly refusal: string;
  ask(classes: OldClasses, nodes: readonly string[]): object;
  said(response: OldResponse): readonly string[];
}

const VALUE = 13;
const DOUBLE = 11;
const [BOTH_TIMESTAMPS, REPORTING] = [2, 2];
/** Of every session one, opened before the table is walked. */
let subscription = 0;

const ofResults =
  (of: (result: never) => unknown) =>
  ({ results }: OldResponse): readonly string[] =>
    (results as readonly never[]).map((result) => nameOf(of(result)));

const nameOf = (status: unknown) => (status as { readonly name: string }).name;
const statusCode = ofResults(({ statusCode: status }: { statusCode: unknown }) => status);

const variables = { allowed: "Open", denied: "Closed", refusal: DENIED };

const ROWS: readonly Row[] = [
  {
    ...{ service: "Read", action: "opcua:read", ...variables, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-read", "ReadRequest", {
        timestampsToReturn: BOTH_TIMESTAMPS,
        nodesToRead: nodes.map((nodeId) => ({ nodeId, attributeId: VALUE })),
      }),
  },
  {
    ...{ service: "Write", action: "opcua:write", ...variables, held: "Held", each: true },
    said: ofResults((status) => status),
    ask: (of, nodes) =>
      made(of, "service-write", "WriteRequest", {
        nodesToWrite: nodes.map((nodeId) => ({
          ...{ nodeId, attributeId: VALUE },
          value: { value: { dataType: DOUBLE, value: 8 } },
        })),
      }),
  },
  {
    ...{ service: "Call", action: "opcua:call", allowed: "Go", denied: "Stop", held: "Wait" },
    each: true,
    // BadNotExecutable is younger than that library, which calls what it does not know so.
    ...{ refusal: "Bad", said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-call", "CallRequest", {
        methodsToCall: nodes.map((methodId) => ({ objectId: id("Plant"), methodId })),
      }),
  },
  {
    ...{ service: "HistoryRead", action: "opcua:history-read", ...variables, said: statusCode },
    each: true,
    ask: (of, nodes) => {
      const { ReadRawModifiedDetails } = of("service-history");
      if (!ReadRawModifiedDetails) throw new Error("the library reads no history");
      return made(of, "service-history", "HistoryReadRequest", {
        historyReadDetails: new ReadRawModifiedDetails({
          ...{ isReadModified: false, numValuesPerNode: 5, returnBounds: false },
          ...{ startTime: new Date(Date.now() - 3_600_000), endTime: new Date() },
        }),
        ...{ timestampsToReturn: BOTH_TIMESTAMPS, releaseContinuationPoints: false },
        nodesToRead: nodes.map((nodeId) => ({ nodeId })),
      });
    },
  },
  {
    ...{ service: "Browse", action: "opcua:browse", ...variables, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-browse", "BrowseRequest", {
        nodesToBrowse: nodes.map((nodeId) => ({
          ...{ nodeId, browseDirection: 2, includeSubtypes: true, resultMask: 63 },
        })),
      }),
  },
  {
    ...{ service: "TranslateBrowsePathsToNodeIds", action: "opcua:browse", ...variables },
    said: statusCode,
    ask: (of, nodes) =>
      made(of, "service-translate-browse-path", "TranslateBrowsePathsToNodeIdsRequest", {
        browsePath: nodes.map((startingNode) => ({
          startingNode,
          relativePath: {
            elements: [
              {
                ...{ referenceTypeId: "i=40", isInverse: false, includeSubtypes: true },
                targetName: { namespaceIndex: 0, name: "BaseDataVariableType" },
              },
            ],
          },
        })),
      }),
  },
  {
    ...{ service: "CreateMonitoredItems", action: "opcua:subscribe", ...variables },
    said: statusCode,
    ask: (of, nodes) =>
      made(of, "service-subscription", "CreateMonitoredItemsRequest", {
        ...{ subscriptionId: subscription, timestampsToReturn: BOTH_TIMESTAMPS },
        itemsToCreate: nodes.map((nodeId, clientHandle) => ({
          itemToMonitor: { nodeId, attributeId: VALUE },
          monitoringMode: REPORTING,
          requestedParameters: { clientHandle, samplingInterval: 1_000, queueSize: 1 },
        })),
      }),
  },
];

function made(of: OldClasses, from: string, name: string, options: object): object {
  const Class = of(from)[name];
  if (!Class) throw new Error(`the library has no ${name}`);
  return new Class(options);
}

let asset: SeeingAsset;

beforeAll(async () => {
  asset = await openSeeingAsset(join(folder, "asset"));
}, SLOW_MS);

afterAll(async () => {
  await asset?.close();
  removeFolder(folder);
}, SLOW_MS);

const MODES: readonly ChannelSecurity[] = [
  NO_SECURITY,
  ...SECURE.filter(({ policy }) => policy === "Basic256Sha256"),
];

describe.each(MODES)("mode $mode", (security) => {
  let site: OpcuaSite;
  let session: LiveSession;
  let client: OldSignedIn;
  const alias = { allowed: new Map<string, string>(), denied: new Map<string, string>() };
  /** What the tape must say in the end: `ACTION node answer`, in order. */
  const expected: string[] = [];

  beforeAll(async () => {
    const own = join(folder, security.mode);
    const text = opcuaPlantText(asset.port, asset.certificate, RULES);
    const named = security.mode === "None" ? "None" : `${security.policy}/${security.mode}`;
    site = await OpcuaSite.open({
      ...{ folder: own, profile: "work" },
      plant: text.replace("Basic256Sha256/SignAndEncrypt", named),
      credential: () => ({ kind: "password", user: "works", password: "works" }),
    });
    session = await site.session("works/opcua");
    const applicationUri = "urn:sallyport:old-client";
    client = await signInOld({
      ...keptCertificate(join(folder, "old"), applicationUri),
      ...{ url: `opc.tcp://127.0.0.1:${await site.listen(session)}`, security, applicationUri },
      ...{ user: "works", password: "any" },
    });
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
    return client.ask((of) => row.ask(of, nodes.map(id))).then(row.said);
  }

  const seen = ({ service }: Row) => asset.seen.get(service) ?? [];

  function told({ action }: Row, ...judged: readonly (readonly [string, string])[]): void {
    for (const [node, answer] of judged) expected.push(`${action} ${node} ${answer}`);
  }

  test("names are given for what is allowed, and what is denied keeps its own", async () => {
    asset.seen.clear();
    for (const name of ["Open", "Closed", "Go", "Stop"]) {
      const { registeredNodeIds } = await client.ask((of) =>
        made(of, "service-register-node", "RegisterNodesRequest", { nodesToRegister: [id(name)] }),
      );
      const [given] = (registeredNodeIds as readonly unknown[]).map(String);
      const isDenied = name === "Closed";
      expect(given === id(name)).toBe(isDenied);
      alias[isDenied || name === "Stop" ? "denied" : "allowed"].set(name, given ?? "");
    }
    expect(asset.seen.get("RegisterNodes")).toEqual(["Open", "Go", "Stop"].map(id));
  });

  for (const row of ROWS) {
    test(`${row.service}: allowed, denied, mixed`, async () => {
      const { allowed, denied, refusal } = row;
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

    test(`${row.service}: by an alias, it is the node that counts`, async () => {
      const { allowed, denied, refusal } = row;
      const [short, other] = [alias.allowed.get(allowed), alias.denied.get(denied)];
      if (!short || !other) throw new Error("no alias was given");
      const [good, bad] = await ask(row, [short, other]);
      expect([good === refusal, bad]).toEqual([false, refusal]);
      expect(seen(row)).toEqual([short]);
      told(row, [allowed, "permit"], [denied, "deny"]);
    });
  }

  for (const row of ROWS.filter(({ held }) => held !== undefined)) {
    test.each(["permit", "refuse"] as const)(
      `${row.service}: held, then a person says %s`,
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
    for (const name of ["QueryFirst", "QueryNext"]) {
      const asking = client.ask((of) => made(of, "service-query", `${name}Request`, {}));
      await expect(asking).rejects.toThrow(DENIED);
      expect(asset.seen.has(name)).toBe(false);
    }
  });

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
        const node = (what.method ?? what.node ?? "").replace(`nsu=${SEEN_URI};s=`, "");
        const isOwn = KNOWN.has(node) && actions.has(operation.action);
        if (isOwn) said.push(`${operation.action} ${node} ${answer.kind}`);
      }
    }
    expect(said).toEqual(expected);
  });
});

const KNOWN: ReadonlySet<string> = new Set([
  ...["Open", "Closed", "Held"],
  ...["Go", "Stop", "Wait"],
]);
