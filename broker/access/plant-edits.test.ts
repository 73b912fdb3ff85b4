/** A change of the plant file from the console: planned, signed, written, known by who did it. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { TestPolicies } from "../../test/kit/policies.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { ConfirmedPlant } from "../plant/confirmed-plant.ts";
import { PlantHistory } from "../plant/plant-history.ts";
import { PlantSource } from "../plant/plant-source.ts";
import { ReadingQueue } from "../plant/reading-queue.ts";
import { pendingActions } from "../store/log-outbox.ts";
import { DecisionPoint } from "./decision-point.ts";
import { PlantConfirmation } from "./plant-confirmation.ts";
import { PLAN_MS, PlantEdits } from "./plant-edits.ts";

// Each text is read in a thread of its own, which a busy machine starts in seconds.
vi.setConfig({ testTimeout: 120_000 });

const TEXT = `site: { id: nord, name: Nord, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
conduits: []
assets:
  - id: plc
    name: PLC
    zone: cell
    vendor: Test
    model: Test
    description: The device.
    endpoints:
      - { id: modbus, protocol: modbus, address: 10.1.2.3:502, units: [1], tags: [] }
`;
const moved = (last: number) => TEXT.replace("10.1.2.3:502", `10.1.2.${last}:502`);

let site: TestIdentity;
let ada: Somebody;
let file: string;
let source: PlantSource;
let history: PlantHistory;
let edits: PlantEdits;
let confirmation: PlantConfirmation;

async function openWith(confirmed?: ConfirmedPlant): Promise<void> {
  site = await TestIdentity.open();
  ada = await site.firstPerson();
  file = path.join(temporaryFolder(), "plant.yaml");
  writeFileSync(file, TEXT);
  const { store, clock, identity } = site;
  source = await PlantSource.open({
    ...{ path: file, clock: systemClock },
    ...(confirmed && { confirmed }),
  });
  onTestFinished(() => source.close());
  history = PlantHistory.open(temporaryFolder(), clock);
  await history.add(TEXT, source.current().digest);
  source.onChanged(({ digest }) => void history.add(source.currentText(), digest));
  const parts = {
    ...{ store, source, history, signedActions: identity.signedActions },
    decisions: new DecisionPoint({ policies: new TestPolicies(), plant: source, clock }),
  };
  edits = new PlantEdits({ ...parts, clock, reading: new ReadingQueue(systemClock, "plant.yaml") });
  confirmation = new PlantConfirmation({ ...parts, needed: confirmed !== undefined });
}

beforeEach(() => openWith());

async function signed(who: Somebody, id: string, reason = "a pump was moved") {
  const { text, options } = await edits.options(who.me, id, reason);
  return { text, response: who.authenticator.assert(options) };
}

async function applied(who: Somebody, text: string) {
  const { id } = await edits.plan(who.me.person, text, false);
  return edits.apply(who.me, id, await signed(who, id));
}

test("one signature over exactly the plan writes it, and says who and why", async () => {
  const before = source.current().digest;
  const plan = await edits.plan(ada.me.person, moved(4), false);
  expect(plan.words.changes).toMatchObject([{ kind: "endpoint", id: "plc/modbus" }]);
  expect(readFileSync(file, "utf8")).toBe(TEXT);
  const done = await edits.apply(ada.me, plan.id, await signed(ada, plan.id));
  expect(done.state).toBe("done");
  expect(readFileSync(file, "utf8")).toBe(moved(4));
  const digest = source.current().digest;
  await history.settled();
  expect(history.last).toMatchObject({ digest, byName: "Ada", note: "a pump was moved" });
  expect(await site.events()).toContain("event plant:edited");
  const [pending] = await pendingActions(site.store.queries, 0, 10);
  if (!pending) throw new Error("nothing was kept");
  expect(verifiesOffline(pending.item)).toBe(true);
  expect(JSON.parse(pending.item.text).content).toMatchObject({
    ...{ act: "change", kind: "plant", digest, inForce: before, reason: "a pump was moved" },
  });
});

test("a plan is its person's own, good once, and for a quarter of an hour", async () => {
  const bob = await site.invited(ada.me, "Bob", ["administrator"]);
  const { id } = await edits.plan(ada.me.person, moved(4), false);
  const foreign = { code: "not-found" };
  await expect(signed(bob, id)).rejects.toMatchObject(foreign);
  const answer = await signed(ada, id);
  await expect(edits.apply(bob.me, id, answer)).rejects.toThrow();
  await edits.apply(ada.me, id, await signed(ada, id));
  await expect(signed(ada, id)).rejects.toMatchObject({ code: "not-waiting" });
  const late = await edits.plan(ada.me.person, moved(5), false);
  site.clock.advance(PLAN_MS);
  await expect(signed(ada, late.id)).rejects.toMatchObject(foreign);
});

test("what changed meanwhile, on the host or by another, is never written over", async () => {
  const [one, other] = [
    await edits.plan(ada.me.person, moved(4), false),
    await edits.plan(ada.me.person, moved(5), false),
  ];
  const begun = await edits.options(ada.me, other.id, "late");
  await edits.apply(ada.me, one.id, await signed(ada, one.id));
  const changed = { code: "changed" };
  const late = { text: begun.text, response: ada.authenticator.assert(begun.options) };
  await expect(edits.apply(ada.me, other.id, late)).rejects.toMatchObject(changed);
  const third = await edits.plan(ada.me.person, moved(6), false);
  const answer = await signed(ada, third.id);
  writeFileSync(file, moved(7));
  await expect(edits.apply(ada.me, third.id, answer)).rejects.toMatchObject(changed);
  expect(readFileSync(file, "utf8")).toBe(moved(7));
  await source.check();
  expect(source.currentText()).toBe(moved(7));
  expect(history.announced()).toBeUndefined();
});

test("a broken file on the host is mended with the plant in force, which is no version of its own", async () => {
  writeFileSync(file, "site: {");
  const { id } = await edits.plan(ada.me.person, TEXT, false);
  expect(source.problem()).toBeDefined();
  await edits.apply(ada.me, id, await signed(ada, id));
  expect([source.problem(), readFileSync(file, "utf8")]).toEqual([undefined, TEXT]);
  expect([history.versions().length, history.announced()]).toEqual([1, undefined]);
});

test("a text that is not valid, or that changes nothing, cannot be signed", async () => {
  const broken = await edits.plan(ada.me.person, "site: {", false);
  expect(broken.problems.length).toBeGreaterThan(0);
  await expect(signed(ada, broken.id)).rejects.toMatchObject({ code: "not-waiting" });
  const same = await edits.plan(ada.me.person, TEXT, false);
  await expect(signed(ada, same.id)).rejects.toMatchObject({ code: "not-waiting" });
});

test("aliases that unfold, NUL and deep nesting are refused by their place, and no more than a few at once", async () => {
  const bomb = [
    "a: &a [x, x]",
    ...[..."bcdefghij"].map((l, n) => `${l}: &${l} [*${"abcdefghi"[n]}, *${"abcdefghi"[n]}]`),
  ];
  const texts = [bomb.join("\n"), `${TEXT}\0`, "[".repeat(100_000)];
  for (const text of texts) {
    const parsed = await edits.check(text);
    expect(parsed.kind).toBe("invalid");
  }
  const many = Array.from({ length: 9 }, async () => edits.check("site: {"));
  const done = await Promise.allSettled(many);
  expect(done.filter(({ status }) => status === "rejected")).toHaveLength(1);
});

test("a file that nobody may write stays, and nobody is named for it", async () => {
  chmodSync(file, 0o444);
  const { id } = await edits.plan(ada.me.person, moved(4), false);
  const answer = await signed(ada, id);
  await expect(edits.apply(ada.me, id, answer)).rejects.toMatchObject({
    name: "PlantFileReadOnly",
  });
  expect(source.currentText()).toBe(TEXT);
  expect(history.announced()).toBeUndefined();
});

test("who may not change the plant any more cannot sign a plan of theirs", async () => {
  const bob = await site.invited(ada.me, "Bob", ["administrator"]);
  const { id } = await edits.plan(bob.me.person, moved(4), false);
  const person = { ...bob.me.person, roles: ["supervisor" as const] };
  const demoted = { ...bob, me: { ...bob.me, person } };
  await expect(signed(demoted, id)).rejects.toMatchObject({ code: "not-found" });
});

test("where two are asked for, another confirms; the version names both", async () => {
  await openWith(new ConfirmedPlant(temporaryFolder()));
  const bob = await site.invited(ada.me, "Bob", ["administrator"]);
  const done = await applied(ada, moved(4));
  expect(done.state).toBe("held");
  expect(source.currentText()).toBe(TEXT);
  const held = source.held();
  const digest = held?.plant.digest ?? "";
  expect(held && edits.proposer(held)).toMatchObject({ name: "Ada", note: "a pump was moved" });
  await expect(confirmation.options(ada.me, digest)).rejects.toMatchObject({ code: "not-allowed" });
  await expect(edits.plan(ada.me.person, moved(5), false)).rejects.toMatchObject({
    code: "not-waiting",
  });
  const { text, options } = await confirmation.options(bob.me, digest);
  await confirmation.confirm(bob.me, { text, response: bob.authenticator.assert(options) });
  expect(source.currentText()).toBe(moved(4));
  await history.settled();
  expect(history.last).toMatchObject({ by: ada.me.person.id, byName: "Ada, confirmed by Bob" });
});

test("a proposal is taken back, or refused by another: the file is as it was", async () => {
  await openWith(new ConfirmedPlant(temporaryFolder()));
  const bob = await site.invited(ada.me, "Bob", ["administrator"]);
  for (const who of [ada, bob]) {
    await applied(ada, moved(4));
    const digest = source.held()?.plant.digest ?? "";
    await expect(edits.withdraw(who.me.person, "0".repeat(64))).rejects.toMatchObject({
      code: "changed",
    });
    await edits.withdraw(who.me.person, digest);
    expect(source.held()).toBeUndefined();
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  }
  await expect(edits.withdraw(ada.me.person, "0".repeat(64))).rejects.toMatchObject({
    code: "not-found",
  });
});
