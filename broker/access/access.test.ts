import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { type Somebody, TestIdentity } from "../../test/kit/identity.ts";
import type { Plant } from "../plant/model.ts";
import { parsePlant } from "../plant/parse-plant.ts";
import { comparePlants, type PlantChange } from "../plant/plant-change.ts";
import type { Role } from "../store/model.ts";
import type { Access, ControlledSession, LeaseCause, NewGrant } from "./access.ts";
import { openAccess } from "./open-access.ts";
import type { Permit, PermitClaims } from "./permit.ts";
import { verifyPermit } from "./permits.ts";

const HOUR_MS = 3_600_000;

function plantText(changes: { readonly [from: string]: string } = {}): string {
  const text = `site: { id: nord, name: Nord, time-zone: Europe/Vienna }
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
  - id: other
    name: Other
    zone: cell
    vendor: Test
    model: Test
    description: Another device.
    endpoints:
      - { id: modbus, protocol: modbus, address: 10.1.2.4:502, units: [1], tags: [] }
profiles:
  - id: read
    description: Look.
    rules: [{ permit: observe }]
  - id: everything
    description: All.
    rules: [{ permit: [observe, operate, configure, program, transfer] }]
grants:
  - { id: engineers, subject: "role:engineer", endpoint: plc/modbus, profile: read }
`;
  return Object.entries(changes).reduce((all, [from, to]) => all.replace(from, to), text);
}

/** A plant in force that a test edits. */
class EditedPlant {
  private plant = parse(plantText());
  private readonly listeners = new Set<(plant: Plant, change: PlantChange) => void>();

  current(): Plant {
    return this.plant;
  }

  onChanged(listener: (plant: Plant, change: PlantChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  edit(changes: { readonly [from: string]: string }): void {
    const before = this.plant;
    this.plant = parse(plantText(changes));
    for (const listener of this.listeners) listener(this.plant, comparePlants(before, this.plant));
  }
}

function parse(text: string): Plant {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant;
}

/** A live session reduced to what access does to it. */
class Opened implements ControlledSession {
  readonly claims: PermitClaims;
  readonly told: string[] = [];
  readonly closed: Promise<void>;
  private close = () => {};

  constructor(claims: PermitClaims) {
    this.claims = claims;
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }

  lease(classes: readonly string[], cause: LeaseCause): void {
    this.told.push(`${cause.rule}: ${classes.join(" ")}`);
  }

  end(cause: LeaseCause): void {
    this.told.push(`end ${cause.rule}`);
    this.close();
  }
}

const key = generateKeyPairSync("ed25519");

let site: TestIdentity;
let plant: EditedPlant;
let access: Access<Opened>;
let ada: Somebody;
/** What happens between the permit and the session. */
let meanwhile: () => Promise<void>;

beforeEach(async () => {
  meanwhile = async () => {};
  site = await TestIdentity.open();
  plant = new EditedPlant();
  access = await open();
  ada = await site.firstPerson();
});

function open(): Promise<Access<Opened>> {
  return openAccess<Opened>({
    store: site.store,
    plant,
    people: site.identity.people,
    signIns: site.identity.signIns,
    permitKey: key.privateKey,
    clock: site.clock,
    host: {
      async open(permit: Permit): Promise<Opened> {
        const verified = verifyPermit(permit, key.publicKey, site.clock.wallMs());
        if (verified.kind !== "valid") throw new Error(verified.kind);
        await meanwhile();
        return new Opened(verified.claims);
      },
    },
  });
}

function grantTo(who: Somebody, more: Partial<NewGrant> = {}): NewGrant {
  return {
    personId: who.me.person.id,
    endpoint: "plc/modbus",
    profile: "everything",
    fromMs: site.clock.wallMs(),
    untilMs: site.clock.wallMs() + HOUR_MS,
    reason: "service of the pump",
    ...more,
  };
}

describe("opening", () => {
  test("an engineer opens by the standing grant, and the permit says all the session needs", async () => {
    const session = await access.openSession(ada.me, "plc/modbus");
    const nowMs = site.clock.wallMs();
    expect(session.claims).toMatchObject({
      site: { id: "nord" },
      subject: { id: ada.me.person.id, name: "Ada", roles: ["administrator", "engineer"] },
      grant: { id: "engineers" },
      asset: { id: "plc", zone: "cell" },
      endpoint: { host: "10.1.2.3", port: 502 },
      profile: { id: "read" },
      plantDigest: plant.current().digest,
      capabilities: ["observe"],
      limits: { idleMs: 15 * 60_000, leaseMs: 60_000, untilMs: nowMs + 12 * HOUR_MS },
    });
  });

  test("the best grant is taken unless one is named, and its end is the session's", async () => {
    const grant = await access.createGrant(ada.me.person, grantTo(ada));
    const best = await access.openSession(ada.me, "plc/modbus");
    expect(best.claims.grant).toEqual({ id: grant.id, untilMs: grant.untilMs });
    expect(best.claims.limits.untilMs).toBe(grant.untilMs);
    expect(best.claims.capabilities).toHaveLength(5);
    const named = await access.openSession(ada.me, "plc/modbus", "engineers");
    expect(named.claims.profile.id).toBe("read");
  });

  test("a vendor holds at most what the role allows, on what is granted, and sees only that", async () => {
    const ven = await site.invited(ada.me, "Ven", ["vendor"]);
    const [plc, other] = plant.current().assets;
    if (!plc || !other) throw new Error("no assets");
    expect(access.mayView(ven.me.person, plc)).toBe(false);
    await expect(access.openSession(ven.me, "plc/modbus")).rejects.toMatchObject({
      code: "not-found",
    });
    await access.createGrant(ada.me.person, grantTo(ven));
    expect(access.mayView(ven.me.person, plc)).toBe(true);
    expect(access.mayView(ven.me.person, other)).toBe(false);
    const session = await access.openSession(ven.me, "plc/modbus");
    expect(session.claims.capabilities).toEqual(["observe", "operate", "configure", "program"]);
  });

  test.each<readonly Role[]>([["administrator"], ["supervisor"], ["auditor"]])(
    "the role %s opens nothing, even with a grant",
    async (role) => {
      const eve = await site.invited(ada.me, "Eve", [role]);
      await access.createGrant(ada.me.person, grantTo(eve));
      await expect(access.openSession(eve.me, "plc/modbus")).rejects.toMatchObject({
        code: "not-allowed",
      });
    },
  );

  test("no grant, a coming one, an ended one, somebody else's, an unknown endpoint: nothing opens", async () => {
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    const nowMs = site.clock.wallMs();
    const own = await access.createGrant(
      ada.me.person,
      grantTo(ada, { endpoint: "other/modbus", fromMs: nowMs + 1_000 }),
    );
    const refused = { code: "no-grant" };
    const openOther = (who = ada, id?: string) => access.openSession(who.me, "other/modbus", id);
    await expect(openOther()).rejects.toMatchObject(refused);
    site.clock.advance(1_000);
    await openOther();
    await expect(openOther(ben)).rejects.toMatchObject(refused);
    await expect(openOther(ben, own.id)).rejects.toMatchObject(refused);
    site.clock.advance(HOUR_MS);
    const back = await site.signIn(ada.authenticator);
    await expect(access.openSession(back, "other/modbus")).rejects.toMatchObject(refused);
    for (const id of ["nothing/modbus", "plc/ssh", "plc", "plc/modbus/x", "", "__proto__/x"]) {
      await expect(access.openSession(back, id)).rejects.toMatchObject({ code: "not-found" });
    }
  });

  test("an assertion older than 15 minutes asks for a new one", async () => {
    for (let n = 0; n < 2; n++) {
      site.clock.advance(8 * 60_000);
      site.identity.signIns.seen(ada.me.signIn.id);
    }
    const stale = site.identity.signIns.get(ada.me.signIn.id);
    if (!stale) throw new Error("signed out");
    await expect(access.openSession(stale, "plc/modbus")).rejects.toMatchObject({
      code: "step-up-required",
    });
    const fresh = await site.stepUp(ada);
    await access.openSession(fresh, "plc/modbus");
  });

  test("who signed out or was disabled since the request came opens nothing", async () => {
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    await site.identity.signIns.signOut(ben.me);
    await expect(access.openSession(ben.me, "plc/modbus")).rejects.toMatchObject({
      code: "not-allowed",
    });
  });

  test("what changes between the permit and the session ends the session at once", async () => {
    const grant = await access.createGrant(ada.me.person, grantTo(ada));
    meanwhile = () => access.revokeGrant(ada.me.person, grant.id);
    await expect(access.openSession(ada.me, "plc/modbus")).rejects.toMatchObject({
      code: "no-grant",
    });
  });
});

describe("a live session", () => {
  let ben: Somebody;

  beforeEach(async () => {
    ben = await site.invited(ada.me, "Ben", ["engineer"]);
  });

  test("ends in the turn in which its grant is revoked, before the store has heard of it", async () => {
    const grant = await access.createGrant(ada.me.person, grantTo(ben));
    const session = await access.openSession(ben.me, "plc/modbus");
    const revoked = access.revokeGrant(ada.me.person, grant.id);
    expect(session.told).toEqual(["end grant-revoked"]);
    expect(access.liveGrants(ben.me.person, "plc/modbus")).toHaveLength(1);
    await revoked;
    expect((await site.events()).at(-1)).toBe("event grant:revoked");
  });

  test("ends even if the store cannot keep the revocation, and who asked is told", async () => {
    const grant = await access.createGrant(ada.me.person, grantTo(ben));
    const session = await access.openSession(ben.me, "plc/modbus");
    await site.store.close();
    await expect(access.revokeGrant(ada.me.person, grant.id)).rejects.toThrow(/closed/);
    expect(session.told).toEqual(["end grant-revoked"]);
  });

  test("ends when its person is disabled, with that as the rule", async () => {
    const session = await access.openSession(ben.me, "plc/modbus");
    await site.identity.people.change(ada.me, ben.me.person.id, { disabled: true });
    expect(session.told).toEqual(["end person-disabled"]);
  });

  test("ends when its role is taken, and when the role that the grant names is taken", async () => {
    const session = await access.openSession(ben.me, "plc/modbus");
    await site.identity.people.change(ada.me, ben.me.person.id, { roles: ["supervisor"] });
    expect(session.told).toEqual(["end role-changed"]);
    const cleo = await site.invited(ada.me, "Cleo", ["engineer"]);
    const other = await access.openSession(cleo.me, "plc/modbus");
    await site.identity.people.change(ada.me, cleo.me.person.id, { roles: ["vendor"] });
    expect(other.told).toEqual(["end role-changed"]);
  });

  test("is leased less when the new role allows less", async () => {
    await access.createGrant(ada.me.person, grantTo(ben));
    const session = await access.openSession(ben.me, "plc/modbus");
    await site.identity.people.change(ada.me, ben.me.person.id, { roles: ["vendor"] });
    expect(session.told).toEqual(["role-changed: observe operate configure program"]);
    await site.identity.people.change(ada.me, ben.me.person.id, { name: "Benjamin" });
    expect(session.told).toHaveLength(1);
  });

  test("ends with its sign-in, not with another one of the same person", async () => {
    const phone = await site.signIn(ben.authenticator);
    const session = await access.openSession(ben.me, "plc/modbus");
    const onPhone = await access.openSession(phone, "plc/modbus");
    await site.identity.signIns.end(ben.me, phone.signIn.id);
    expect(onPhone.told).toEqual(["end sign-in-ended"]);
    expect(session.told).toEqual([]);
    site.clock.advance(15 * 60_000);
    expect(session.told).toEqual(["end sign-in-ended"]);
  });

  test.each([
    ["the endpoint's address", { "10.1.2.3": "10.1.2.9" }, "end plant-changed"],
    ["the profile", { "[{ permit: observe }]": "[{ permit: operate }]" }, "end plant-changed"],
    ["the grant's subject", { "role:engineer": "role:vendor" }, "end plant-changed"],
    ["the grant's profile", { "profile: read }": "profile: everything }" }, "end plant-changed"],
    ["the grant, removed", { "id: engineers": "id: renamed" }, "end grant-revoked"],
    ["another asset", { "10.1.2.4": "10.1.2.9" }, undefined],
    ["a description", { "The device.": "The very device." }, undefined],
    ["another profile", { "description: All.": "description: Everything." }, undefined],
  ])("hears of a plant file that changes %s", async (_, changes, told) => {
    const session = await access.openSession(ben.me, "plc/modbus", "engineers");
    plant.edit(changes);
    expect(session.told).toEqual(told ? [told] : []);
  });

  test("ends when the plant file moved the end of its grant forward", async () => {
    const session = await access.openSession(ben.me, "plc/modbus", "engineers");
    const until = new Date(site.clock.wallMs() + 10 * 60_000).toISOString();
    plant.edit({ "profile: read }": `profile: read, until: "${until}" }` });
    expect(session.told).toEqual([]);
    site.clock.advance(10 * 60_000 - 1);
    expect(session.told).toEqual([]);
    site.clock.advance(1);
    expect(session.told).toEqual(["end grant-end"]);
  });

  test("is forgotten once it is closed, and a failing one does not save the others", async () => {
    const closed = await access.openSession(ben.me, "plc/modbus");
    closed.end({ rule: "owner-ended", reason: "" });
    await closed.closed;
    const failing = await access.openSession(ben.me, "plc/modbus");
    failing.end = () => {
      throw new Error("it does not end");
    };
    const last = await access.openSession(ben.me, "plc/modbus");
    expect(() => plant.edit({ "10.1.2.3": "10.1.2.9" })).toThrow(AggregateError);
    expect(closed.told).toEqual(["end owner-ended"]);
    expect(last.told).toEqual(["end plant-changed"]);
  });
});

describe("grants", () => {
  test("only an administrator makes and revokes them", async () => {
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    const grant = await access.createGrant(ada.me.person, grantTo(ben));
    const refused = { code: "not-allowed" };
    await expect(access.createGrant(ben.me.person, grantTo(ben))).rejects.toMatchObject(refused);
    await expect(access.revokeGrant(ben.me.person, grant.id)).rejects.toMatchObject(refused);
  });

  test("one for oneself raises an alarm, one for another does not", async () => {
    await access.createGrant(ada.me.person, grantTo(ada));
    expect((await site.events()).at(-1)).toBe("alarm grant:created");
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    await access.createGrant(ada.me.person, grantTo(ben));
    expect((await site.events()).at(-1)).toBe("event grant:created");
  });

  test("are refused where they make no sense", async () => {
    const nowMs = site.clock.wallMs();
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
      const made = access.createGrant(ada.me.person, grantTo(ada, more));
      await expect(made).rejects.toMatchObject({ code });
    }
  });

  test("of the console outlive a restart, revoked ones stay revoked, and all are listed", async () => {
    const ben = await site.invited(ada.me, "Ben", ["engineer"]);
    const kept = await access.createGrant(ada.me.person, grantTo(ben));
    const revoked = await access.createGrant(ada.me.person, grantTo(ben));
    await access.revokeGrant(ada.me.person, revoked.id);
    access.close();
    await site.restart();
    access = await open();
    const live = access.liveGrants(ben.me.person, "plc/modbus");
    expect(live.map(({ id }) => id)).toEqual([kept.id, "engineers"]);
    const list = await access.grants();
    expect(
      list.map(({ id, state, subject, createdBy }) => [id, state, subject, createdBy]),
    ).toEqual(
      expect.arrayContaining([
        ["engineers", "live", "role:engineer", "plant file"],
        [kept.id, "live", "Ben", "Ada"],
        [revoked.id, "revoked", "Ben", "Ada"],
      ]),
    );
    await expect(access.revokeGrant(ada.me.person, revoked.id)).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(access.revokeGrant(ada.me.person, "engineers")).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("two revocations at once: one counts, the other finds nothing", async () => {
    const grant = await access.createGrant(ada.me.person, grantTo(ada));
    const both = await Promise.allSettled([
      access.revokeGrant(ada.me.person, grant.id),
      access.revokeGrant(ada.me.person, grant.id),
    ]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });

  test("whoever listens hears of new, revoked and edited grants", async () => {
    let changes = 0;
    access.onGrantsChanged(() => {
      changes += 1;
    });
    const grant = await access.createGrant(ada.me.person, grantTo(ada));
    await access.revokeGrant(ada.me.person, grant.id);
    plant.edit({ "id: engineers": "id: renamed" });
    expect(changes).toBe(3);
  });

  test("of a removed endpoint or profile count for nothing", async () => {
    await access.createGrant(ada.me.person, grantTo(ada));
    plant.edit({ "id: everything": "id: all" });
    const live = access.liveGrants(ada.me.person, "plc/modbus");
    expect(live.map(({ id }) => id)).toEqual(["engineers"]);
  });
});
