import fc from "fast-check";
import { expect, test } from "vitest";
import type { OpcUaOperation, WriteOperation } from "../../protocols/opcua/operation.ts";
import type { OpcUaEndpoint, Profile, Rule } from "../plant/model.ts";
import type { NodeTag, OpcUaMatch } from "../plant/opcua-model.ts";
import { OpcUaMatcher } from "./opcua-matcher.ts";
import { ALL } from "./profile-samples.ts";
import { BoundedRateLedger } from "./rate-ledger.ts";

const PLANT = "nsu=http://plant.example/pumps;";
const SPEED = `${PLANT}s=P101.Speed`;
const READY = `${PLANT}s=P101.Ready`;
const SAFETY = `${PLANT}s=Safety`;

const TAGS: readonly NodeTag[] = [
  { name: "P101.Speed", description: "", node: SPEED, unit: "rpm", min: 0, max: 1500, states: [] },
  { name: "P101.Ready", description: "", node: READY, unit: "", states: [] },
];

const ENDPOINT: OpcUaEndpoint = {
  ...{ id: "ua", host: "10.0.0.5", port: 4840, allowLocal: false, tags: [], protocol: "opcua" },
  limits: {
    ...{ connectionsMax: 4, requestsPerSecond: 100, inFlightMax: 8, queueMax: 256 },
    ...{ connectTimeoutMs: 1000, responseTimeoutMs: 1000 },
  },
  ...{ security: { policy: "None", mode: "None" }, certificates: [], path: "", nodes: TAGS },
};

function rule(
  verdict: Rule["verdict"],
  classes: Rule["match"]["classes"],
  own?: Omit<OpcUaMatch, "protocol">,
  limits: Rule["limits"] = {},
  tags?: readonly string[],
): Rule {
  const match: Rule["match"] = {
    ...(classes && { classes }),
    ...(tags && { tags }),
    ...(own && { own: { protocol: "opcua", ...own } }),
  };
  return { name: `${verdict} ${JSON.stringify(own ?? tags ?? "")}`, verdict, match, limits };
}

function matcher(...rules: readonly Rule[]): OpcUaMatcher {
  const profile: Profile = { id: "p", description: "", onRecorderFailure: "freeze", rules };
  const ledger = new BoundedRateLedger();
  return new OpcUaMatcher({ profile, endpoint: ENDPOINT, subject: "ana", ledger });
}

function judging(...rules: readonly Rule[]) {
  const from = matcher(...rules);
  return (operation: OpcUaOperation, nowMs = 0) => from.judge(from.classed(operation), ALL, nowMs);
}

const read = (node: string, attribute = 13) =>
  ({ action: "opcua:read", class: "observe", node, attribute }) as const;

const write = (node: string, value: number, more: Partial<WriteOperation> = {}) =>
  ({
    ...{ action: "opcua:write", class: "operate", node, attribute: 13, type: "Double" },
    ...{ value, text: String(value), ...more },
  }) as const satisfies WriteOperation;

const call = (node: string, method: string) =>
  ({ action: "opcua:call", class: "operate", node, method, arguments: [] }) as const;

const monitor = (node: string) => ({ ...service("MonitoredItem"), node, attribute: 13 }) as const;

const service = (name: string) =>
  ({ action: "opcua:subscribe", class: "observe", service: name }) as const;

test("what no rule names is denied, by node", () => {
  const judge = judging(rule("permit", ["observe"], { nodes: [SPEED] }));
  expect(judge(read(SPEED)).kind).toBe("permit");
  expect(judge(read(SAFETY))).toMatchObject({ kind: "deny", refusal: "address" });
  expect(judge(write(SPEED, 1))).toMatchObject({ kind: "deny", rule: "default-deny" });
});

test("the same identifier in another namespace is another node", () => {
  const judge = judging(rule("permit", ["observe"], { nodes: [SPEED] }));
  expect(judge(read("nsu=urn:other;s=P101.Speed")).kind).toBe("deny");
  expect(judge(read("s=P101.Speed")).kind).toBe("deny");
});

test("a denial of reading denies monitoring and history, too", () => {
  const judge = judging(
    rule("deny", ["observe"], { actions: ["opcua:read"], nodes: [SAFETY] }),
    rule("permit", ["observe"]),
  );
  const history = { action: "opcua:history-read", class: "observe", node: SAFETY, kind: "raw" };
  expect(judge(monitor(SAFETY)).kind).toBe("deny");
  expect(judge(history as OpcUaOperation).kind).toBe("deny");
  expect(judge(monitor(SPEED)).kind).toBe("permit");
  expect(judge(service("Publish")).kind).toBe("permit");
});

test("a permit of some nodes opens subscriptions, whose items are decided each", () => {
  const judge = judging(rule("permit", ["observe"], { nodes: [SPEED] }));
  expect(judge(service("CreateSubscription")).kind).toBe("permit");
  expect(judge(monitor(SPEED)).kind).toBe("permit");
  expect(judge(monitor(SAFETY)).kind).toBe("deny");
});

test("queries and node management need a rule that names them", () => {
  const query = { action: "opcua:other", class: "observe", service: "QueryFirst" } as const;
  expect(judging(rule("permit", ["observe", "program"]))(query).kind).toBe("deny");
  const named = rule("permit", ["observe"], { actions: ["opcua:other"] });
  expect(judging(named)(query).kind).toBe("permit");
});

test("a permit to write is one to write values, without a status", () => {
  const judge = judging(rule("permit", ["operate"]));
  expect(judge(write(READY, 1)).kind).toBe("permit");
  expect(judge({ ...write(READY, 1), attribute: 4 }).kind).toBe("deny");
  expect(judge({ ...write(READY, 1), status: 0x8000_0000 })).toMatchObject({ refusal: "value" });
});

test.each<[string, Partial<WriteOperation>, string]>([
  ["within", { value: 20 }, "permit"],
  ["above", { value: 46 }, "deny"],
  ["below", { value: 19 }, "deny"],
  ["an array within", { values: [20, 45], type: "Double[]" }, "permit"],
  ["an array with one above", { values: [20, 46], type: "Double[]" }, "deny"],
  ["of another type", { value: 20, type: "String" }, "deny"],
  ["no number at all", { text: "NaN" }, "deny"],
])("a value %s is judged", (_, more, kind) => {
  const judge = judging(
    rule("permit", ["operate"], { types: ["Double", "Double[]"] }, { min: 20, max: 45 }),
  );
  const { value: _value, ...base } = write(READY, 0);
  expect(judge({ ...base, ...more }).kind).toBe(kind);
});

test("a value of another type is refused as such, one out of bounds as that", () => {
  const judge = judging(rule("permit", ["operate"], { types: ["Double"] }, { min: 20, max: 45 }));
  expect(judge(write(READY, 30, { type: "Float" }))).toMatchObject({ refusal: "type" });
  expect(judge(write(READY, 60))).toMatchObject({ refusal: "value" });
});

test("the bounds of a tag hold for everyone", () => {
  const judge = judging(rule("permit", ["operate"]));
  expect(judge(write(SPEED, 1500)).kind).toBe("permit");
  expect(judge(write(SPEED, 1501))).toMatchObject({ kind: "deny", rule: "tag-bounds" });
});

test("a rule about tags is about their nodes", () => {
  const judge = judging(rule("permit", ["operate"], undefined, {}, ["P101.Speed"]));
  expect(judge(write(SPEED, 5)).kind).toBe("permit");
  expect(judge(write(READY, 1)).kind).toBe("deny");
});

test("a step and a condition are judged by values that are read first", () => {
  const limits = { stepMax: 10, while: { tag: "P101.Ready", is: 1 } };
  const needs = () => {
    const asked = judging(rule("permit", ["operate"], {}, limits))(write(SPEED, 100));
    if (asked.kind !== "needs-values") throw new Error(asked.kind);
    return asked;
  };
  expect(needs().ranges).toEqual([{ node: SPEED }, { node: READY }]);
  expect(needs().settle([[95], [1]]).kind).toBe("permit");
  expect(needs().settle([[89], [1]]).kind).toBe("deny");
  expect(needs().settle([[95], [0]]).kind).toBe("deny");
  expect(needs().settle([[], [1]]).kind).toBe("deny");
  expect(needs().settle([[95]]).kind).toBe("deny");
});

test("the rate counts a subject's writes of a node, whoever's session they are", () => {
  const judge = judging(rule("permit", ["operate"], {}, { intervalMs: 1000 }));
  expect(judge(write(READY, 1), 0).kind).toBe("permit");
  expect(judge(write(READY, 0), 500)).toMatchObject({ kind: "deny", refusal: "busy" });
  expect(judge(write(SPEED, 0), 500).kind).toBe("permit");
  expect(judge(write(READY, 0), 1001).kind).toBe("permit");
});

test("a method counts as the class of the rule that names it", () => {
  const restart = `${PLANT}s=Restart`;
  const from = matcher(rule("permit", ["program"], { methods: [restart] }));
  const operation = call(`${PLANT}s=P101`, restart);
  expect(from.classed(operation).class).toBe("program");
  expect(from.judge(from.classed(operation), new Set(["observe", "operate"]), 0).kind).toBe("deny");
  expect(from.judge(from.classed(operation), ALL, 0).kind).toBe("permit");
  expect(from.judge(call(`${PLANT}s=P101`, SAFETY), ALL, 0).kind).toBe("deny");
});

test("a hidden node is denied as unknown and not shown; others are", () => {
  const judge = judging(
    rule("deny", undefined, { nodes: [SAFETY], hide: true }),
    rule("permit", ["observe"]),
  );
  const show = (node: string) => ({ action: "opcua:show", class: "observe", node }) as const;
  expect(judge(read(SAFETY))).toMatchObject({ kind: "deny", refusal: "unit" });
  expect(judge(show(SAFETY)).kind).toBe("deny");
  expect(judge(show(SPEED)).kind).toBe("permit");
});

test("a held write waits for a person, after its limits", () => {
  const judge = judging(rule("hold", ["operate"], {}, { max: 10 }));
  expect(judge(write(READY, 5)).kind).toBe("hold");
  expect(judge(write(READY, 11)).kind).toBe("deny");
});

test("whatever the rules, nothing passes that no rule of its class covers", () => {
  const node = fc.constantFrom(SPEED, READY, SAFETY);
  const own = fc.record({ nodes: fc.array(node, { minLength: 1, maxLength: 2 }) });
  const verdict = fc.constantFrom<Rule["verdict"]>("permit", "deny", "hold");
  const classes = fc.constantFrom<Rule["match"]["classes"]>(["observe"], ["operate"]);
  const rules = fc.array(
    fc.tuple(verdict, classes, own).map(([v, c, o]) => rule(v, c, o)),
    { maxLength: 4 },
  );
  const operation = fc.oneof(
    node.map((each) => read(each)),
    node.map((each) => write(each, 1)),
  );
  fc.assert(
    fc.property(rules, operation, (all, asked) => {
      const first = all.find(
        ({ match }) =>
          match.classes?.includes(asked.class) &&
          match.own?.protocol === "opcua" &&
          match.own.nodes?.includes(asked.node),
      );
      const wanted = first === undefined ? "deny" : first.verdict;
      const held = wanted === "hold" && asked.class === "observe" ? "hold" : wanted;
      expect(judging(...all)(asked).kind).toBe(held);
    }),
  );
});

const PUMPS = `${PLANT}s=Pumps`;
const STOP = `${PLANT}s=P101.Stop`;
const TYPE_STOP = `${PLANT}s=PumpType.Stop`;

test("a method that a rule holds is held under its type's id too", () => {
  const judge = judging(
    rule("hold", ["operate"], { methods: [STOP] }),
    rule("permit", ["operate"], { actions: ["opcua:call"] }),
  );
  const byType = { ...call(`${PLANT}s=P101`, TYPE_STOP), same: STOP };
  expect(judge(byType)).toMatchObject({ kind: "hold" });
  expect(judge(call(`${PLANT}s=P101`, `${PLANT}s=P101.Start`))).toMatchObject({ kind: "permit" });
});

test("a method whose other ids nobody knows is held and denied, and permitted by its own id alone", () => {
  const unknown = { ...call(`${PLANT}s=P101`, TYPE_STOP), unresolved: true } as const;
  const held = judging(
    rule("hold", ["operate"], { methods: [STOP] }),
    rule("permit", ["operate"], { actions: ["opcua:call"] }),
  );
  expect(held(unknown)).toMatchObject({ kind: "hold" });
  const permitted = judging(rule("permit", ["operate"], { methods: [TYPE_STOP] }));
  expect(permitted(unknown)).toMatchObject({ kind: "permit" });
  expect(judging(rule("permit", ["operate"], { methods: [STOP] }))(unknown)).toMatchObject({
    kind: "deny",
  });
});

test("what a profile classes by a method is so under its type's id too", () => {
  const judge = judging(rule("permit", ["program"], { methods: [STOP] }));
  const byType = { ...call(`${PLANT}s=P101`, TYPE_STOP), same: STOP };
  expect(judge(byType)).toMatchObject({ kind: "permit" });
});

test("a rate of calls is not dodged by another id of the method", () => {
  const judge = judging(
    rule("permit", ["operate"], { methods: [STOP, TYPE_STOP] }, { intervalMs: 10_000 }),
  );
  const byType = { ...call(`${PLANT}s=P101`, TYPE_STOP), same: STOP };
  expect(judge(byType, 0)).toMatchObject({ kind: "permit" });
  const own = { ...call(`${PLANT}s=P101`, STOP), same: TYPE_STOP };
  expect(judge(own, 1)).toMatchObject({ kind: "deny", refusal: "busy" });
});

test("a rule about what lies below a node permits that, denies that, and keeps out what nobody can place", () => {
  const inside = { ...read(SPEED), within: `${PUMPS}\n${PLANT}s=Plant` };
  const outside = read(`${PLANT}s=T101.Level`);
  const nowhere = { ...read(SPEED), unplaced: true } as const;
  const permits = judging(rule("permit", ["observe"], { below: [PUMPS] }));
  expect([inside, outside, nowhere].map((each) => permits(each).kind)).toEqual([
    ...["permit", "deny", "deny"],
  ]);
  const denies = judging(
    rule("deny", undefined, { below: [PUMPS] }),
    rule("permit", ["observe"], {}),
  );
  expect([inside, outside, nowhere].map((each) => denies(each).kind)).toEqual([
    ...["deny", "permit", "deny"],
  ]);
});

test("a subscription may be opened where something below a node may be monitored", () => {
  const judge = judging(rule("permit", ["observe"], { below: [PUMPS] }));
  const opened = { action: "opcua:subscribe", class: "observe", service: "Publish" } as const;
  expect(judge(opened)).toMatchObject({ kind: "permit" });
});
