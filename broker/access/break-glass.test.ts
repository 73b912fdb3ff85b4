/** Access without approvers: signed, short, told to all, barred by locks, reviewed by another. */
import { beforeEach, describe, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import { verifiesOffline } from "../../test/kit/offline-proof.ts";
import { findSignedAction } from "../store/signed-actions.ts";
import { BREAK_GLASS_MAX_MS, type NewBreakGlass } from "./break-glass-content.ts";

const HALF_HOUR_MS = 30 * 60_000;

let kit: TestAccess;
let sam: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  sam = await kit.site.invited(kit.ada.me, "Sam", ["supervisor"]);
});

const glass = () => kit.access.breakGlass;
const isGlass = ({ source }: { readonly source: string }) => source === "break-glass";

function wanted(more: Partial<NewBreakGlass> = {}): NewBreakGlass {
  return {
    ...{ endpoint: "plc/modbus", profile: "everything", holderId: kit.ada.me.person.id },
    ...{ durationMs: HALF_HOUR_MS, reason: "the pump runs dry" },
    ...more,
  };
}

async function opened(more: Partial<NewBreakGlass> = {}, who = kit.ada) {
  const { text, options } = await glass().openOptions(who.me, wanted(more));
  return glass().open(who.me, { text, response: who.authenticator.assert(options) });
}

async function reviewed(who: Somebody, id: string, comment = "looked at all of it") {
  const given = { verdict: "justified", comment, sessions: [] } as const;
  const { text, options } = await glass().reviewOptions(who.me, id, given);
  return glass().review(who.me, id, { text, response: who.authenticator.assert(options) });
}

describe("breaking the glass", () => {
  test("gives a short grant at once, alarms, and what was signed verifies offline", async () => {
    const use = await opened();
    const grant = kit.access.grantsOf(kit.ada.me.person).find(isGlass);
    expect(grant).toMatchObject({ id: use.id, profile: "everything", state: "live" });
    expect(use.untilMs - use.openedMs).toBe(HALF_HOUR_MS);
    expect(await kit.site.events()).toContain("alarm break-glass:opened");
    const row = await kit.site.store.queries
      .selectFrom("break_glass_uses")
      .selectAll()
      .executeTakeFirstOrThrow();
    const action = await findSignedAction(kit.site.store.queries, row.action_id);
    expect(action?.purpose).toBe("break-glass");
    expect(action && verifiesOffline(action)).toBe(true);
    expect(action && verifiesOffline({ ...action, text: `${action.text} ` })).toBe(false);
  });

  test("marks the session, and its end cuts it", async () => {
    const use = await opened();
    const session = await kit.access.openSession(kit.ada.me, "plc/modbus", use.id);
    expect(session.claims.grant).toMatchObject({ id: use.id, breakGlass: true });
    expect(session.claims.limits.untilMs).toBe(use.untilMs);
    await glass().end(sam.me.person, use.id);
    expect(session.told).toEqual(["end grant-revoked"]);
    await expect(glass().end(sam.me.person, use.id)).rejects.toMatchObject({ code: "not-waiting" });
  });

  test("can be for somebody who can act, and never for who cannot", async () => {
    const eva = await kit.site.invited(kit.ada.me, "Eva", ["engineer"]);
    const use = await opened({ holderId: eva.me.person.id });
    expect(use).toMatchObject({ holder: { name: "Eva" }, openedBy: { name: "Ada" } });
    expect(kit.access.grantsOf(eva.me.person).some(isGlass)).toBe(true);
    expect(kit.access.grantsOf(kit.ada.me.person).some(isGlass)).toBe(false);
    await expect(opened({ holderId: sam.me.person.id })).rejects.toMatchObject({
      code: "input-invalid",
    });
  });

  test.each([
    ["longer than an hour", { durationMs: BREAK_GLASS_MAX_MS + 1 }, "input-invalid"],
    ["for no time at all", { durationMs: Number.NaN }, "input-invalid"],
    ["without a reason", { reason: " \n" }, "input-invalid"],
    ["on what is not there", { endpoint: "plc/other" }, "not-found"],
    ["by a profile that is not there", { profile: "nothing" }, "not-found"],
    ["for nobody", { holderId: "nobody" }, "not-found"],
  ] as const)("is refused %s", async (_, more, code) => {
    await expect(opened(more)).rejects.toMatchObject({ code });
    expect(await glass().list()).toEqual([]);
  });

  test("is not for who has no right to it", async () => {
    await expect(opened({}, sam)).rejects.toMatchObject({ code: "not-allowed" });
  });

  test("is refused while something is locked, and says who locked it", async () => {
    await kit.access.locks.lock(sam.me.person, { kind: "site", target: "nord", reason: "gas" });
    await expect(opened()).rejects.toMatchObject({
      ...{ code: "locked", message: "Sam locked the site Nord: gas. Break-glass opens no lock" },
    });
  });

  test("a lock that comes between signing and opening wins", async () => {
    const { text, options } = await glass().openOptions(kit.ada.me, wanted());
    const response = kit.ada.authenticator.assert(options);
    await kit.access.locks.lock(sam.me.person, { kind: "asset", target: "plc", reason: "gas" });
    await expect(glass().open(kit.ada.me, { text, response })).rejects.toMatchObject({
      code: "locked",
    });
    expect(await glass().list()).toEqual([]);
  });

  test("one answer opens once, and is worth nothing for another plant", async () => {
    const { text, options } = await glass().openOptions(kit.ada.me, wanted());
    const response = kit.ada.authenticator.assert(options);
    kit.plant.edit({ "description: All.": "description: All of it." });
    await expect(glass().open(kit.ada.me, { text, response })).rejects.toMatchObject({
      code: "changed",
    });
    await expect(glass().open(kit.ada.me, { text, response })).rejects.toMatchObject({
      code: "challenge-invalid",
    });
  });

  test("twice at once on one endpoint is one too many", async () => {
    const use = await opened();
    await expect(opened()).rejects.toMatchObject({ code: "input-invalid" });
    await glass().end(kit.ada.me.person, use.id);
    await opened();
  });

  test("is not made longer, and a restart knows what it was", async () => {
    const use = await opened();
    await kit.restart();
    expect(kit.access.grantsOf(kit.ada.me.person).find(isGlass)?.id).toBe(use.id);
    const more = { durationMs: HALF_HOUR_MS, reason: "not done" };
    await expect(
      kit.access.requests.askMoreTime(kit.ada.me.person, use.id, more),
    ).rejects.toMatchObject({ code: "input-invalid" });
  });
});

describe("the review", () => {
  test("waits until the use is over, and is somebody else's", async () => {
    const use = await opened();
    await expect(reviewed(sam, use.id)).rejects.toMatchObject({ code: "input-invalid" });
    kit.site.clock.advance(HALF_HOUR_MS);
    const [listed] = await glass().list();
    expect(listed && glass().reviewRefusal(kit.ada.me.person, listed)).toMatch(/Somebody who/);
    await expect(reviewed(await again(kit.ada), use.id)).rejects.toMatchObject({
      code: "not-allowed",
    });
    const done = await reviewed(await again(sam), use.id);
    expect(done.review).toMatchObject({ by: { name: "Sam" }, verdict: "justified" });
    expect(await kit.site.events()).toContain("event break-glass:reviewed");
  });

  test("is not for who held the grant, and counts once", async () => {
    const eva = await kit.site.invited(kit.ada.me, "Eva", ["engineer", "supervisor"]);
    const use = await opened({ holderId: eva.me.person.id });
    await glass().end(eva.me.person, use.id);
    await expect(reviewed(eva, use.id)).rejects.toMatchObject({ code: "not-allowed" });
    await reviewed(sam, use.id);
    await expect(reviewed(sam, use.id)).rejects.toMatchObject({ code: "not-waiting" });
  });

  test("needs words", async () => {
    const use = await opened();
    await glass().end(sam.me.person, use.id);
    await expect(reviewed(sam, use.id, " ")).rejects.toMatchObject({ code: "input-invalid" });
  });
});

/** After the clock moved on: signed in anew. */
async function again(who: Somebody): Promise<Somebody> {
  return { ...who, me: await kit.site.signIn(who.authenticator) };
}
