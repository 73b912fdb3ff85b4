import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { TestPolicies } from "../../test/kit/policies.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { ConfirmedPlant } from "../plant/confirmed-plant.ts";
import { PlantSource } from "../plant/plant-source.ts";
import { pendingActions } from "../store/log-outbox.ts";
import { DecisionPoint } from "./decision-point.ts";
import { PlantConfirmation } from "./plant-confirmation.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

let site: TestIdentity;
let ada: Somebody;
let file: string;
let source: PlantSource;
let confirmation: PlantConfirmation;

beforeEach(async () => {
  site = await TestIdentity.open();
  ada = await site.firstPerson();
  file = path.join(temporaryFolder(), "plant.yaml");
  writeFileSync(file, EXAMPLE);
  const confirmed = new ConfirmedPlant(temporaryFolder());
  source = await PlantSource.open({ path: file, clock: systemClock, confirmed });
  onTestFinished(() => source.close());
  const { store, clock, identity } = site;
  const policies = new TestPolicies();
  confirmation = new PlantConfirmation({
    ...{ store, source, signedActions: identity.signedActions, needed: true },
    decisions: new DecisionPoint({ policies, plant: source, clock }),
  });
});

async function edited(max: number): Promise<string> {
  writeFileSync(file, EXAMPLE.replace("max: 45", `max: ${max}`));
  await source.check();
  return source.held()?.plant.digest ?? "";
}

async function signed(who: Somebody, digest: string) {
  const { text, options } = await confirmation.options(who.me, digest);
  return { text, response: who.authenticator.assert(options) };
}

test("one signature over exactly the new file puts it in force, and verifies offline", async () => {
  const before = source.current().digest;
  const digest = await edited(44);
  expect(confirmation.held()).toMatchObject({ before: EXAMPLE, basedOn: before });
  await confirmation.confirm(ada.me, await signed(ada, digest));
  expect(source.current().digest).toBe(digest);
  expect(confirmation.held()).toBeUndefined();
  const [pending] = await pendingActions(site.store.queries, 0, 10);
  if (!pending) throw new Error("nothing was kept");
  expect(verifiesOffline(pending.item)).toBe(true);
  expect(JSON.parse(pending.item.text).content).toEqual({
    ...{ act: "confirm", kind: "plant", digest, basedOn: before },
  });
  expect(await site.events()).toContain("event plant:confirmed");
});

test("a signature over one file is worth nothing for another, nor twice", async () => {
  const answer = await signed(ada, await edited(44));
  const other = await edited(99);
  const changed = { code: "changed" };
  await expect(confirmation.confirm(ada.me, answer)).rejects.toMatchObject(changed);
  expect(source.held()?.plant.digest).toBe(other);
  const digest = await edited(44);
  await expect(confirmation.confirm(ada.me, answer)).rejects.toThrow();
  await confirmation.confirm(ada.me, await signed(ada, digest));
  await expect(confirmation.options(ada.me, digest)).rejects.toMatchObject({ code: "not-found" });
});

test("who may not change the plant finds nothing to confirm", async () => {
  const sam = await site.invited(ada.me, "Sam", ["supervisor"]);
  const digest = await edited(44);
  await expect(async () => confirmation.options(sam.me, digest)).rejects.toMatchObject({
    code: "not-found",
  });
  await expect(async () => confirmation.options(ada.me, "0".repeat(64))).rejects.toMatchObject({
    code: "changed",
  });
});
