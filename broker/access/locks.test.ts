import { beforeEach, describe, expect, test } from "vitest";
import { TestAccess } from "../../test/kit/access.ts";
import type { Somebody } from "../../test/kit/identity.ts";
import type { Lock } from "../store/model.ts";
import type { Locks } from "./locks.ts";

let kit: TestAccess;
let sam: Somebody;

beforeEach(async () => {
  kit = await TestAccess.open();
  sam = await kit.site.invited(kit.ada.me, "Sam", ["supervisor"]);
});

const reason = "gas alarm in the cell";
const person = (who: Somebody) => who.me.person;

function lockSite(by = sam) {
  return kit.access.locks.lock(person(by), { kind: "site", target: "nord", reason });
}

async function signed(who: Somebody, lock: Lock): Promise<string> {
  const { signedActions } = kit.site.identity;
  const { text, options } = await signedActions.options(who.me, "lock", { lift: lock.id });
  const response = who.authenticator.assert(options);
  return (await signedActions.prove(who.me, "lock", { text, response })).action.id;
}

async function lift(who: Somebody, lock: Lock) {
  return kit.access.locks.lift(person(who), lock.id, await signed(who, lock));
}

describe("a lock", () => {
  test.each([
    ["person", (): string => person(kit.ada).id],
    ["asset", (): string => "plc"],
    ["zone", (): string => "cell"],
    ["site", (): string => "nord"],
  ] as const)(
    "of a %s cuts at once, refuses new sessions and says who and why",
    async (kind, of) => {
      const session = await kit.access.openSession(kit.ada.me, "plc/modbus");
      const locks: Locks = kit.access.locks;
      const locking = locks.lock(person(sam), { kind, target: of(), reason });
      expect(session.told).toEqual(["end lockdown"]);
      await expect(kit.access.openSession(kit.ada.me, "plc/modbus")).rejects.toMatchObject({
        ...{
          code: "locked",
          message: expect.stringMatching(/^Sam locked .+: gas alarm in the cell$/),
        },
      });
      expect(await locking).toMatchObject({ kept: true, lock: { kind } });
      expect(await kit.site.events()).toContain("alarm lock:set");
    },
  );

  test("of something else leaves a session alone", async () => {
    const session = await kit.access.openSession(kit.ada.me, "plc/modbus");
    const { locks } = kit.access;
    await locks.lock(person(sam), { kind: "asset", target: "other", reason });
    await locks.lock(person(sam), { kind: "person", target: person(sam).id, reason });
    expect(session.told).toEqual([]);
  });

  test("that comes between the permit and the session ends it before its first byte", async () => {
    kit.meanwhile = async () => void (await lockSite());
    await expect(kit.access.openSession(kit.ada.me, "plc/modbus")).rejects.toThrow("gas alarm");
  });

  test("stays through a restart", async () => {
    await lockSite();
    await kit.restart();
    expect(kit.access.locks.list()).toMatchObject([{ kind: "site", reason, lockedByName: "Sam" }]);
    const ada = await kit.site.signIn(kit.ada.authenticator);
    await expect(kit.access.openSession(ada, "plc/modbus")).rejects.toThrow("gas alarm");
  });

  test("counts although the store is slow, and says that it is not kept yet", async () => {
    const session = await kit.access.openSession(kit.ada.me, "plc/modbus");
    const { promise, resolve: go } = Promise.withResolvers<void>();
    const busy = kit.site.store.transaction(() => promise);
    const locking = lockSite();
    expect(session.told).toEqual(["end lockdown"]);
    kit.site.clock.advance(2_000);
    expect((await locking).kept).toBe(false);
    go();
    await busy;
  });

  test("of what is locked already is the lock that is there", async () => {
    const first = await lockSite();
    expect((await lockSite(kit.ada)).lock.id).toBe(first.lock.id);
  });

  test("needs a reason and something that exists", async () => {
    const { locks } = kit.access;
    const lock = (kind: "asset" | "person", target: string, why = reason) =>
      locks.lock(person(sam), { kind, target, reason: why });
    await expect(lock("asset", "nothing")).rejects.toMatchObject({ code: "not-found" });
    await expect(lock("person", "nobody")).rejects.toMatchObject({ code: "not-found" });
    await expect(lock("asset", "plc", " ")).rejects.toMatchObject({ code: "input-invalid" });
    expect(locks.list()).toEqual([]);
  });
});

describe("lifting", () => {
  test("one person lifts the lock of an asset; sessions open again", async () => {
    const wanted = { kind: "asset", target: "plc", reason } as const;
    const { lock } = await kit.access.locks.lock(person(sam), wanted);
    expect(await lift(sam, lock)).toBe("lifted");
    await kit.access.openSession(kit.ada.me, "plc/modbus");
    expect(await kit.site.events()).toContain("event lock:lifted");
  });

  test("of the site stays where who agreed first may not lift it any more, until two do who may", async () => {
    const mia = await kit.site.invited(kit.ada.me, "Mia", ["supervisor"]);
    const { lock } = await lockSite();
    expect(await lift(sam, lock)).toBe("agreed");
    await kit.site.identity.people.change(kit.ada.me, person(sam).id, { disabled: true });
    expect(await lift(mia, lock)).toBe("agreed");
    expect(kit.access.locks.list()).toMatchObject([{ liftBy: person(mia).id }]);
    expect(await lift(kit.ada, lock)).toBe("lifted");
    expect(kit.access.locks.list()).toEqual([]);
  });

  test("the site's needs two different people, also over a restart", async () => {
    const { lock } = await lockSite();
    expect(await lift(sam, lock)).toBe("agreed");
    await expect(lift(sam, lock)).rejects.toMatchObject({ code: "not-allowed" });
    await kit.restart();
    expect(kit.access.locks.list()).toMatchObject([{ liftByName: "Sam" }]);
    const again = { ...kit.ada, me: await kit.site.signIn(kit.ada.authenticator) };
    expect(await lift(again, lock)).toBe("lifted");
    await kit.access.openSession(again.me, "plc/modbus");
  });

  test("a locked person lifts nothing", async () => {
    const wanted = { kind: "person", target: person(sam).id, reason } as const;
    const { lock } = await kit.access.locks.lock(person(kit.ada), wanted);
    await expect(lift(sam, lock)).rejects.toMatchObject({ code: "not-allowed" });
  });
});
