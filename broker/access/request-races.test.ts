/** Two who act at once: whatever the order, nothing passes that the final state forbids. */
import { expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { NewRequest } from "./requests.ts";

const HOUR_MS = 3_600_000;
/** Either may win; a few rounds see both. */
const ROUNDS = 6;

async function begun(needed = 1) {
  const kit = await TestAccess.open();
  const { site, ada } = kit;
  const eva = await site.invited(ada.me, "Eva", ["engineer"]);
  const sam = await site.invited(ada.me, "Sam", ["supervisor"]);
  const tom = await site.invited(ada.me, "Tom", ["supervisor"]);
  kit.plant.edit({
    "profiles:\n": `approvals:\n  - { zone: cell, by: ["role:supervisor"], needed: ${needed} }\nprofiles:\n`,
  });
  return { kit, ada, eva, sam, tom };
}

async function asked(kit: TestAccess, who: Somebody, more: Partial<NewRequest> = {}) {
  const { request } = await kit.access.requests.ask(who.me.person, {
    ...{ endpoints: ["plc/modbus"], profile: "everything", durationMs: HOUR_MS, reason: "race" },
    ...more,
  });
  return request.id;
}

async function answer(kit: TestAccess, who: Somebody, id: string, decision: "approve" | "refuse") {
  const wanted = { decision, reason: "race" };
  const { text, options } = await kit.access.requests.decisionOptions(who.me, id, wanted);
  return { text, response: who.authenticator.assert(options) };
}

function granted(kit: TestAccess, who: Somebody, id: string) {
  return kit.access.requests
    .seenBy(who.me.person)
    .then((all) => all.find(({ request }) => request.id === id)?.state)
    .then((state) => ({
      state,
      grants: kit.access.grantsOf(who.me.person).filter(({ source }) => source === "request"),
    }));
}

test("approval against withdrawal: a request taken back grants nothing, in whatever order", async () => {
  const { kit, eva, sam } = await begun();
  for (let round = 0; round < ROUNDS; round++) {
    const id = await asked(kit, eva);
    const yes = await answer(kit, sam, id, "approve");
    const approve = () => kit.access.requests.decide(sam.me, id, yes);
    const withdraw = () => kit.access.requests.withdraw(eva.me.person, id);
    const both = round % 2 === 0 ? [approve(), withdraw()] : [withdraw(), approve()];
    const [one, other] = await Promise.allSettled(both);
    expect([one?.status, other?.status]).toContain("fulfilled");
    expect(await granted(kit, eva, id)).toEqual({ state: "withdrawn", grants: [] });
    await kit.restart();
    expect(await granted(kit, eva, id)).toEqual({ state: "withdrawn", grants: [] });
  }
});

test("two approvers at once where one is enough: one grant, one who is told it was decided", async () => {
  const { kit, eva, sam, tom } = await begun();
  const id = await asked(kit, eva);
  const answers = [await answer(kit, sam, id, "approve"), await answer(kit, tom, id, "approve")];
  const results = await Promise.allSettled(
    [sam, tom].map((who, n) =>
      kit.access.requests.decide(who.me, id, answers[n] ?? { text: "", response: null }),
    ),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await granted(kit, eva, id)).grants).toHaveLength(1);
});

test("two approvers at once where two are needed: one grant, both count", async () => {
  const { kit, eva, sam, tom } = await begun(2);
  const id = await asked(kit, eva);
  const answers = [await answer(kit, sam, id, "approve"), await answer(kit, tom, id, "approve")];
  await Promise.all(
    [sam, tom].map((who, n) =>
      kit.access.requests.decide(who.me, id, answers[n] ?? { text: "", response: null }),
    ),
  );
  const { state, grants } = await granted(kit, eva, id);
  expect(state).toBe("approved");
  expect(grants).toHaveLength(1);
});

test("the same person twice at once is one person", async () => {
  const { kit, eva, sam } = await begun(2);
  const id = await asked(kit, eva);
  const answers = [await answer(kit, sam, id, "approve"), await answer(kit, sam, id, "approve")];
  const results = await Promise.allSettled(
    answers.map((each) => kit.access.requests.decide(sam.me, id, each)),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(await granted(kit, eva, id)).toEqual({ state: "waiting", grants: [] });
});

test("approval against refusal: one of them, never both", async () => {
  const { kit, eva, sam, tom } = await begun();
  for (let round = 0; round < ROUNDS; round++) {
    const id = await asked(kit, eva);
    const yes = await answer(kit, sam, id, "approve");
    const no = await answer(kit, tom, id, "refuse");
    const acts = [
      () => kit.access.requests.decide(sam.me, id, yes),
      () => kit.access.requests.decide(tom.me, id, no),
    ];
    if (round % 2 === 1) acts.reverse();
    const before = (await granted(kit, eva, id)).grants.length;
    await Promise.allSettled(acts.map((act) => act()));
    const { state, grants } = await granted(kit, eva, id);
    expect(grants.length - before).toBe(state === "approved" ? 1 : 0);
    expect(["approved", "refused"]).toContain(state);
  }
});

test("50 openings against a grant limited to one session at a time: one opens", async () => {
  const { kit, eva, sam } = await begun();
  const id = await asked(kit, eva, { sessionsMax: 1 });
  await kit.access.requests.decide(sam.me, id, await answer(kit, sam, id, "approve"));
  const [grant] = (await granted(kit, eva, id)).grants;
  const open = () => kit.access.openSession(eva.me, "plc/modbus", grant?.id);
  const results = await Promise.allSettled(Array.from({ length: 50 }, open));
  const opened = results.filter(({ status }) => status === "fulfilled");
  expect(opened).toHaveLength(1);
  const codes = results.flatMap((each) =>
    each.status === "rejected" ? [(each.reason as { code: string }).code] : [],
  );
  expect(new Set(codes)).toEqual(new Set(["too-many"]));
  const [first] = opened;
  if (first?.status === "fulfilled") first.value.end({ rule: "owner-ended", reason: "done" });
  await Promise.resolve();
  await open();
});

test("a session that is being opened while its request is taken back ends before anybody has it", async () => {
  const { kit, eva, sam } = await begun();
  const id = await asked(kit, eva);
  await kit.access.requests.decide(sam.me, id, await answer(kit, sam, id, "approve"));
  const [grant] = (await granted(kit, eva, id)).grants;
  kit.meanwhile = () => kit.access.requests.withdraw(eva.me.person, id);
  await expect(kit.access.openSession(eva.me, "plc/modbus", grant?.id)).rejects.toMatchObject({
    code: "no-grant",
  });
});

test("more time that is given while the grant is revoked gives nothing", async () => {
  const { kit, ada, eva, sam } = await begun();
  const id = await asked(kit, eva);
  await kit.access.requests.decide(sam.me, id, await answer(kit, sam, id, "approve"));
  const [grant] = (await granted(kit, eva, id)).grants;
  const session = await kit.access.openSession(eva.me, "plc/modbus", grant?.id);
  const more = await kit.access.requests.askMoreTime(eva.me.person, grant?.id ?? "", {
    ...{ durationMs: HOUR_MS, reason: "more" },
  });
  const yes = await answer(kit, sam, more.request.id, "approve");
  await Promise.allSettled([
    kit.access.requests.decide(sam.me, more.request.id, yes),
    kit.access.revokeGrant(ada.me.person, grant?.id ?? ""),
  ]);
  expect(session.told.at(-1)).toBe("end grant-revoked");
  expect((await granted(kit, eva, id)).grants).toEqual([]);
  await kit.restart();
  expect((await granted(kit, eva, id)).grants).toEqual([]);
});
