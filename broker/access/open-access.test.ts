import { beforeEach, describe, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Role } from "../store/model.ts";

const HOUR_MS = 3_600_000;

let kit: TestAccess;

beforeEach(async () => {
  kit = await TestAccess.open();
});

describe("opening", () => {
  test("an engineer opens by the standing grant, and the permit says all the session needs", async () => {
    const session = await kit.access.openSession(kit.ada.me, "plc/modbus");
    const nowMs = kit.site.clock.wallMs();
    expect(session.claims).toMatchObject({
      site: { id: "nord" },
      subject: { id: kit.ada.me.person.id, name: "Ada", roles: ["administrator", "engineer"] },
      grant: { id: "engineers" },
      asset: { id: "plc", zone: "cell" },
      endpoint: { host: "10.1.2.3", port: 502 },
      profile: { id: "read" },
      plantDigest: kit.plant.current().digest,
      capabilities: ["observe"],
      limits: {
        ...{ idleMs: 15 * 60_000, leaseMs: 60_000, renewMs: 30_000 },
        untilMs: nowMs + 12 * HOUR_MS,
      },
    });
  });

  test("the best grant is taken unless one is named, and its end is the session's", async () => {
    const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    const best = await kit.access.openSession(kit.ada.me, "plc/modbus");
    expect(best.claims.grant).toEqual({ id: grant.id, untilMs: grant.untilMs });
    expect(best.claims.limits.untilMs).toBe(grant.untilMs);
    expect(best.claims.capabilities).toHaveLength(5);
    const named = await kit.access.openSession(kit.ada.me, "plc/modbus", "engineers");
    expect(named.claims.profile.id).toBe("read");
  });

  test("a vendor holds at most what the role allows, on what is granted, and sees only that", async () => {
    const ven = await kit.site.invited(kit.ada.me, "Ven", ["vendor"]);
    const [plc, other] = kit.plant.current().assets;
    if (!plc || !other) throw new Error("no assets");
    expect(kit.access.mayView(ven.me.person, plc)).toBe(false);
    await expect(kit.access.openSession(ven.me, "plc/modbus")).rejects.toMatchObject({
      code: "not-found",
    });
    await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ven));
    expect(kit.access.mayView(ven.me.person, plc)).toBe(true);
    expect(kit.access.mayView(ven.me.person, other)).toBe(false);
    const session = await kit.access.openSession(ven.me, "plc/modbus");
    expect(session.claims.capabilities).toEqual(["observe", "operate", "configure", "program"]);
  });

  test.each<readonly Role[]>([["administrator"], ["supervisor"], ["auditor"]])(
    "the role %s opens nothing, even with a grant",
    async (role) => {
      const eve = await kit.site.invited(kit.ada.me, "Eve", [role]);
      await kit.access.createGrant(kit.ada.me.person, kit.grantTo(eve));
      await expect(kit.access.openSession(eve.me, "plc/modbus")).rejects.toMatchObject({
        code: "not-allowed",
      });
    },
  );

  test("no grant, a coming one, an ended one, somebody else's, an unknown endpoint: nothing opens", async () => {
    const ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
    const nowMs = kit.site.clock.wallMs();
    const own = await kit.access.createGrant(
      kit.ada.me.person,
      kit.grantTo(kit.ada, { endpoint: "other/modbus", fromMs: nowMs + 1_000 }),
    );
    const refused = { code: "no-grant" };
    const openOther = (who = kit.ada, id?: string) =>
      kit.access.openSession(who.me, "other/modbus", id);
    await expect(openOther()).rejects.toMatchObject(refused);
    kit.site.clock.advance(1_000);
    await openOther();
    await expect(openOther(ben)).rejects.toMatchObject(refused);
    await expect(openOther(ben, own.id)).rejects.toMatchObject(refused);
    kit.site.clock.advance(HOUR_MS);
    const back = await kit.site.signIn(kit.ada.authenticator);
    await expect(kit.access.openSession(back, "other/modbus")).rejects.toMatchObject(refused);
    for (const id of ["nothing/modbus", "plc/ssh", "plc", "plc/modbus/x", "", "__proto__/x"]) {
      await expect(kit.access.openSession(back, id)).rejects.toMatchObject({ code: "not-found" });
    }
  });

  test("an assertion older than 15 minutes asks for a new one", async () => {
    for (let n = 0; n < 2; n++) {
      kit.site.clock.advance(8 * 60_000);
      kit.site.identity.signIns.seen(kit.ada.me.signIn.id);
    }
    const stale = kit.site.identity.signIns.get(kit.ada.me.signIn.id);
    if (!stale) throw new Error("signed out");
    await expect(kit.access.openSession(stale, "plc/modbus")).rejects.toMatchObject({
      code: "step-up-required",
    });
    const fresh = await kit.site.stepUp(kit.ada);
    await kit.access.openSession(fresh, "plc/modbus");
  });

  test("who signed out or was disabled since the request came opens nothing", async () => {
    const ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
    await kit.site.identity.signIns.signOut(ben.me);
    await expect(kit.access.openSession(ben.me, "plc/modbus")).rejects.toMatchObject({
      code: "not-allowed",
    });
  });

  test("what changes between the permit and the session ends the session at once", async () => {
    const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    kit.meanwhile = () => kit.access.revokeGrant(kit.ada.me.person, grant.id);
    await expect(kit.access.openSession(kit.ada.me, "plc/modbus")).rejects.toMatchObject({
      code: "no-grant",
    });
  });
});

describe("grants", () => {
  test("only an administrator makes and revokes them", async () => {
    const ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
    const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
    const refused = { code: "not-allowed" };
    await expect(kit.access.createGrant(ben.me.person, kit.grantTo(ben))).rejects.toMatchObject(
      refused,
    );
    await expect(kit.access.revokeGrant(ben.me.person, grant.id)).rejects.toMatchObject(refused);
  });

  test("one for oneself raises an alarm, one for another does not", async () => {
    await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    expect((await kit.site.events()).at(-1)).toBe("alarm grant:created");
    const ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
    await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
    expect((await kit.site.events()).at(-1)).toBe("event grant:created");
  });

  test("are refused where they make no sense", async () => {
    const nowMs = kit.site.clock.wallMs();
    for (const [more, code] of [
      [{ endpoint: "plc/ssh" }, "not-found"],
      [{ profile: "nothing" }, "not-found"],
      [{ personId: "nobody" }, "not-found"],
      [{ untilMs: nowMs }, "input-invalid"],
      [{ fromMs: nowMs - 2_000, untilMs: nowMs - 1_000 }, "input-invalid"],
      [{ untilMs: Number.NaN }, "input-invalid"],
      [{ untilMs: Number.POSITIVE_INFINITY }, "input-invalid"],
      [{ untilMs: nowMs + 367 * 24 * HOUR_MS }, "input-invalid"],
      [{ reason: "\u0000 \u202e" }, "input-invalid"],
    ] as const) {
      const made = kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada, more));
      await expect(made).rejects.toMatchObject({ code });
    }
  });

  test("of the console outlive a restart, revoked ones stay revoked, and all are listed", async () => {
    const ben = await kit.site.invited(kit.ada.me, "Ben", ["engineer"]);
    const kept = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
    const revoked = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(ben));
    await kit.access.revokeGrant(kit.ada.me.person, revoked.id);
    await kit.restart();
    const live = kit.access.liveGrants(ben.me.person, "plc/modbus");
    expect(live.map(({ id }) => id)).toEqual([kept.id, "engineers"]);
    const list = await kit.access.grants();
    expect(
      list.map(({ id, state, subject, createdBy }) => [id, state, subject, createdBy]),
    ).toEqual(
      expect.arrayContaining([
        ["engineers", "live", "role:engineer", "plant file"],
        [kept.id, "live", "Ben", "Ada"],
        [revoked.id, "revoked", "Ben", "Ada"],
      ]),
    );
    await expect(kit.access.revokeGrant(kit.ada.me.person, revoked.id)).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(kit.access.revokeGrant(kit.ada.me.person, "engineers")).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("two revocations at once: one counts, the other finds nothing", async () => {
    const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    const both = await Promise.allSettled([
      kit.access.revokeGrant(kit.ada.me.person, grant.id),
      kit.access.revokeGrant(kit.ada.me.person, grant.id),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  test("whoever listens hears of new, revoked and edited grants", async () => {
    let changes = 0;
    kit.access.onGrantsChanged(() => {
      changes += 1;
    });
    const grant = await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    await kit.access.revokeGrant(kit.ada.me.person, grant.id);
    kit.plant.edit({ "id: engineers": "id: renamed" });
    expect(changes).toBe(3);
  });

  test("of a removed endpoint or profile count for nothing", async () => {
    await kit.access.createGrant(kit.ada.me.person, kit.grantTo(kit.ada));
    kit.plant.edit({ "id: everything": "id: all" });
    const live = kit.access.liveGrants(kit.ada.me.person, "plc/modbus");
    expect(live.map(({ id }) => id)).toEqual(["engineers"]);
  });
});
