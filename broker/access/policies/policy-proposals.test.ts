/** A change of policies by one administrator counts only once another has signed exactly it. */
import { beforeEach, describe, expect, test } from "vitest";
import { TestAccess } from "../../../test/kit/access.ts";
import type { Somebody } from "../../../test/kit/identity.ts";
import { verifiesOffline } from "../../../test/kit/offline-proof.ts";
import { DEFAULT_POLICIES } from "../../../test/kit/policies.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { findSignedAction } from "../../store/signed-actions.ts";
import { DecisionPoint } from "../decision-point.ts";
import { PolicyProposals, PROPOSAL_MS } from "./policy-proposals.ts";
import { PolicyStore } from "./policy-store.ts";

let kit: TestAccess;
let bob: Somebody;
let policies: PolicyStore;
let proposals: PolicyProposals;

beforeEach(async () => {
  kit = await TestAccess.open();
  const { site, plant } = kit;
  bob = await site.invited(kit.ada.me, "Bob", ["administrator"]);
  policies = await PolicyStore.open({
    ...{ dataFolder: temporaryFolder(), defaults: DEFAULT_POLICIES, clock: site.clock },
    site: "nord",
    administrators: async () => [{ id: "a", roles: ["administrator"], employer: "" }],
    note: () => {},
  });
  proposals = new PolicyProposals({
    ...{ store: site.store, clock: site.clock, policies, needed: true },
    signedActions: site.identity.signedActions,
    decisions: new DecisionPoint({ policies, plant, clock: site.clock }),
  });
});

function files(remark = "a remark") {
  return [...policies.sources(policies.version().sequence), added(remark)];
}

function added(remark: string) {
  return { name: "remark.cedar", text: `// ${remark}\n` };
}

async function proposed(by = kit.ada, remark?: string) {
  const done = await proposals.propose(by.me.person, files(remark), "for the night shift");
  if (done.kind !== "proposed") throw new Error(JSON.stringify(done.checked.problems));
  return done.proposal;
}

async function confirmed(who: Somebody, id: string) {
  const { text, options } = await proposals.confirmOptions(who.me, id);
  return proposals.confirm(who.me, id, { text, response: who.authenticator.assert(options) });
}

test("nothing changes by a proposal; another's signature over its digest puts it in force", async () => {
  const before = policies.current().digest;
  const { id, digest } = await proposed();
  expect(policies.current().digest).toBe(before);
  const done = await confirmed(bob, id);
  expect(done).toMatchObject({ kind: "active", version: { digest } });
  expect(policies.version()).toMatchObject({ digest, byName: "Ada, confirmed by Bob" });
  const [listed] = await proposals.list();
  expect(listed).toMatchObject({ state: "confirmed", decidedBy: { name: "Bob" } });
  const row = await kit.site.store.queries
    .selectFrom("change_proposals")
    .select("action_id")
    .executeTakeFirstOrThrow();
  const action = await findSignedAction(kit.site.store.queries, row.action_id ?? "");
  expect(action?.text).toContain(digest);
  expect(action && verifiesOffline(action)).toBe(true);
  expect(await kit.site.events()).toEqual(
    expect.arrayContaining(["event policy:proposed", "event policy:confirmed"]),
  );
});

describe("it is refused", () => {
  test("to who proposed it, and to who may not change policies", async () => {
    const { id } = await proposed();
    const eva = await kit.site.invited(kit.ada.me, "Eva", ["engineer"]);
    await expect(confirmed(kit.ada, id)).rejects.toMatchObject({ code: "not-allowed" });
    await expect(confirmed(eva, id)).rejects.toMatchObject({ code: "not-found" });
    await expect(confirmed(bob, "none")).rejects.toMatchObject({ code: "not-found" });
  });

  test("once it was taken back, refused or confirmed", async () => {
    const own = await proposed();
    await proposals.withdraw(kit.ada.me.person, own.id);
    await expect(confirmed(bob, own.id)).rejects.toMatchObject({ code: "not-waiting" });
    await expect(proposals.withdraw(bob.me.person, own.id)).rejects.toMatchObject({
      code: "not-waiting",
    });
    const next = await proposed();
    await confirmed(bob, next.id);
    await expect(confirmed(bob, next.id)).rejects.toMatchObject({ code: "not-waiting" });
  });

  test("once other policies came into force: it was made from others", async () => {
    const one = await proposed();
    const other = await proposed(bob, "another remark");
    await confirmed(kit.ada, other.id);
    expect(proposals.stateOf(one)).toBe("overtaken");
    await expect(confirmed(bob, one.id)).rejects.toMatchObject({ code: "changed" });
  });

  test("after a week, and once the proposer may change nothing any more", async () => {
    const { id } = await proposed(bob);
    await kit.site.identity.people.change(kit.ada.me, bob.me.person.id, { disabled: true });
    await expect(confirmed(kit.ada, id)).rejects.toMatchObject({ code: "not-waiting" });
    const late = await proposed();
    kit.site.clock.advance(PROPOSAL_MS);
    expect(proposals.stateOf(late)).toBe("expired");
  });

  test("for files that could not come into force", async () => {
    const broken = [...files(), { name: "broken.cedar", text: "permit (" }];
    const done = await proposals.propose(kit.ada.me.person, broken, "a slip");
    expect(done.kind).toBe("refused");
    expect(await proposals.list()).toEqual([]);
  });

  test("with a signature for another proposal", async () => {
    const one = await proposed();
    const other = await proposed(kit.ada, "another remark");
    const { text, options } = await proposals.confirmOptions(bob.me, one.id);
    const response = bob.authenticator.assert(options);
    await expect(proposals.confirm(bob.me, other.id, { text, response })).rejects.toMatchObject({
      code: "changed",
    });
    expect(policies.version().sequence).toBe(1);
  });
});
