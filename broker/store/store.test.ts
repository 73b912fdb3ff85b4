/** What every database under the store must do; a dialect is added by adding a line. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  dialDatabase,
  noPostgres,
  startPostgres,
  type TestPostgres,
  testWithPostgres,
} from "../../test/kit/postgres.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import {
  countChallenges,
  countOfBinding,
  deleteOldestChallenges,
  insertChallenge,
  takeChallenge,
} from "./challenges.ts";
import { findLink, replaceLink, takeLink } from "./enrolment-links.ts";
import { insertGrant, listGrants, listOpenGrants, revokeGrant } from "./grants.ts";
import { newId } from "./ids.ts";
import type { Passkey, SiteEvent } from "./model.ts";
import { deletePasskey, findPasskey, insertPasskey, notePasskeyUse, rpIds } from "./passkeys.ts";
import { findPerson, findPersonByEmail, insertPerson, listPeople, updatePerson } from "./people.ts";
import type { PostgresPlace } from "./postgres-place.ts";
import { openPostgresStore } from "./postgres-store.ts";
import { approveRecovery, insertRecovery, listOpenRecoveries } from "./recoveries.ts";
import { readSetting, writeSetting } from "./settings.ts";
import { deleteSignIn, insertSignIn, listSignIns, rotateSignIn } from "./sign-ins.ts";
import { openStore, STORE_RESERVE_BYTES, type Store } from "./store.ts";
import { UniqueViolation } from "./store-failed.ts";

interface Dialect {
  readonly name: string;
  readonly open: (folder: string, clock: TestClock) => Promise<Store>;
}

const SQLITE: Dialect = {
  name: "SQLite",
  open: (folder, clock) => openStore({ path: join(folder, "store.db"), clock }),
};
const POSTGRES: Dialect = {
  name: "PostgreSQL",
  open: async (folder, clock) => {
    const place = places.get(folder) ?? (await server?.database());
    if (!place) throw new Error("there is no server");
    places.set(folder, place);
    return openPostgresStore({ place, dial: dialDatabase, clock });
  },
};
/** Of each test's folder. */
const places = new Map<string, PostgresPlace>();
let server: TestPostgres | undefined;
const hasPostgres = noPostgres() === undefined;

beforeAll(async () => {
  if (hasPostgres) server = await startPostgres();
}, 120_000);
afterAll(() => server?.stop());

if (!hasPostgres) testWithPostgres()("the store on PostgreSQL", () => {});

const DIALECTS: readonly Dialect[] = hasPostgres ? [SQLITE, POSTGRES] : [SQLITE];

describe.each(DIALECTS)("the store on $name", ({ open }) => {
  let folder: string;
  let clock: TestClock;
  let store: Store;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
    clock = new TestClock();
    store = await open(folder, clock);
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test("a person is found again after a restart, with roles, state and passkeys", async () => {
    const id = await addPerson(store, "anna@plant.example");
    await insertPasskey(store.queries, passkey(id));
    await updatePerson(store.queries, id, { enrolledMs: 5, lastSignInMs: 6 });
    await store.close();
    store = await open(folder, clock);
    expect(await findPersonByEmail(store.queries, "anna@plant.example")).toEqual({
      id,
      name: "Anna",
      email: "anna@plant.example",
      employer: "Nord",
      roles: ["administrator", "engineer"],
      state: "active",
      passkeys: 1,
      lastSignInMs: 6,
      createdMs: clock.wallMs(),
    });
  });

  test("an e-mail address belongs to one person", async () => {
    await addPerson(store, "anna@plant.example");
    await expect(addPerson(store, "anna@plant.example")).rejects.toThrow(UniqueViolation);
  });

  test("disabling and enabling shows in the state", async () => {
    const id = await addPerson(store, "anna@plant.example");
    expect((await findPerson(store.queries, id))?.state).toBe("invited");
    await updatePerson(store.queries, id, { disabledMs: 9 });
    expect((await findPerson(store.queries, id))?.state).toBe("disabled");
    await updatePerson(store.queries, id, { disabledMs: null });
    expect((await findPerson(store.queries, id))?.state).toBe("invited");
  });

  test("a passkey needs its person and a new id", async () => {
    const id = await addPerson(store, "anna@plant.example");
    const own = passkey(id);
    await insertPasskey(store.queries, own);
    expect(await findPasskey(store.queries, own.id)).toEqual(own);
    await expect(insertPasskey(store.queries, own)).rejects.toThrow(UniqueViolation);
    await expect(insertPasskey(store.queries, passkey("nobody"))).rejects.toThrow(/FOREIGN/i);
    expect(await rpIds(store.queries)).toEqual(["localhost"]);
    expect(await deletePasskey(store.queries, "nobody", own.id)).toBe(false);
    expect(await deletePasskey(store.queries, id, own.id)).toBe(true);
  });

  test("a passkey's counter only goes up, and of two equal ones one counts", async () => {
    const id = await addPerson(store, "anna@plant.example");
    const counting = { ...passkey(id), counter: 7 };
    await insertPasskey(store.queries, counting);
    const use = (counter: number) =>
      notePasskeyUse(store.queries, counting.id, { counter, backedUp: false, atMs: 1 });
    expect(await Promise.all([use(8), use(8)])).toEqual([true, false]);
    expect(await use(0)).toBe(false);
    expect(await use(3)).toBe(false);
    expect(await use(9)).toBe(true);
  });

  test("an authenticator that does not count may go on not counting", async () => {
    const id = await addPerson(store, "anna@plant.example");
    const silent = passkey(id);
    await insertPasskey(store.queries, silent);
    const use = { counter: 0, backedUp: true, atMs: 1 };
    expect(await notePasskeyUse(store.queries, silent.id, use)).toBe(true);
    expect(await notePasskeyUse(store.queries, silent.id, use)).toBe(true);
    expect((await findPasskey(store.queries, silent.id))?.backedUp).toBe(true);
  });

  test("a challenge is taken once, for its purpose, its binding and its time", async () => {
    const of = { hash: "h", purpose: "sign-in", binding: "b" };
    const challenge = { ...of, address: "192.0.2.1", expiresMs: 1_000 };
    await insertChallenge(store.queries, challenge);
    const counted = (address: string) => countChallenges(store.queries, ["sign-in"], address);
    expect(await counted("192.0.2.1")).toEqual({ fromAddress: 1, all: 1 });
    expect(await counted("192.0.2.2")).toEqual({ fromAddress: 0, all: 1 });
    expect(await countOfBinding(store.queries, "192.0.2.1", "b")).toBe(1);
    const take = (changed: object, nowMs = 999) =>
      takeChallenge(store.queries, { ...challenge, ...changed }, nowMs);
    await insertChallenge(store.queries, { ...challenge, hash: "older", expiresMs: 999 });
    await deleteOldestChallenges(store.queries, ["sign-in"], 1);
    expect(await take({ hash: "older" }, 1)).toBe(false);
    expect(await take({ purpose: "step-up" })).toBe(false);
    expect(await take({ binding: "other" })).toBe(false);
    expect(await take({}, 1_000)).toBe(false);
    const both = await Promise.all([take({}), take({})]);
    expect(both.filter(Boolean)).toHaveLength(1);
  });

  test("a newer enrolment link voids the older one, and a link is taken once", async () => {
    const personId = await addPerson(store, "anna@plant.example");
    const link = { personId, kind: "invitation" as const, createdMs: 0, expiresMs: 100 };
    await replaceLink(store.queries, { ...link, tokenHash: "old" });
    await replaceLink(store.queries, { ...link, tokenHash: "new" });
    expect(await findLink(store.queries, "old", 1)).toBeUndefined();
    expect(await findLink(store.queries, "new", 1)).toMatchObject(link);
    expect(await findLink(store.queries, "new", 100)).toBeUndefined();
    const taken = await Promise.all([
      takeLink(store.queries, "new", 1),
      takeLink(store.queries, "new", 1),
    ]);
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  test("a recovery is approved once and not after its end", async () => {
    const personId = await addPerson(store, "anna@plant.example");
    const recovery = {
      id: "r",
      personId,
      requestedBy: personId,
      requestedMs: 0,
      expiresMs: 100,
      reason: "lost phone",
    };
    await insertRecovery(store.queries, recovery);
    expect(await listOpenRecoveries(store.queries, 99)).toEqual([recovery]);
    expect(await listOpenRecoveries(store.queries, 100)).toEqual([]);
    expect(await approveRecovery(store.queries, "r", { by: personId, atMs: 100 })).toBe(false);
    expect(await approveRecovery(store.queries, "r", { by: personId, atMs: 50 })).toBe(true);
    expect(await approveRecovery(store.queries, "r", { by: personId, atMs: 51 })).toBe(false);
  });

  test("a revoked grant leaves the open ones and stays in the list", async () => {
    const personId = await addPerson(store, "anna@plant.example");
    const grant = {
      id: "g",
      personId,
      endpoint: "plc/modbus",
      profile: "read",
      fromMs: 0,
      untilMs: 100,
      reason: "service",
      createdBy: personId,
      createdMs: 0,
      revokedMs: null,
      revokedBy: null,
      requestId: null,
      weekly: null,
      sessionsMax: null,
    };
    await insertGrant(store.queries, grant);
    expect(await listOpenGrants(store.queries, 99)).toEqual([grant]);
    expect(await listOpenGrants(store.queries, 100)).toEqual([]);
    expect(await revokeGrant(store.queries, "g", { by: personId, atMs: 50 })).toBe(true);
    expect(await revokeGrant(store.queries, "g", { by: personId, atMs: 60 })).toBe(false);
    expect(await listOpenGrants(store.queries, 51)).toEqual([]);
    expect(await listGrants(store.queries, 10)).toEqual([
      { ...grant, revokedMs: 50, revokedBy: personId },
    ]);
  });

  test("a sign-in gets a new token only while it exists", async () => {
    const personId = await addPerson(store, "anna@plant.example");
    const signIn = {
      ...{ id: "s", personId, passkeyId: "p", address: "192.0.2.1", userAgent: "Browser" },
      ...{ createdMs: 0, lastSeenMs: 0, assertedMs: 0, synced: true, absoluteEndsMs: 100 },
    };
    await insertSignIn(store.queries, { signIn, tokenHash: "one" });
    const rotated = { signIn: { ...signIn, assertedMs: 5 }, tokenHash: "two" };
    expect(await rotateSignIn(store.queries, rotated)).toBe(true);
    expect(await listSignIns(store.queries)).toEqual([rotated]);
    await deleteSignIn(store.queries, "s");
    expect(await rotateSignIn(store.queries, rotated)).toBe(false);
  });

  test("a setting is written over", async () => {
    expect(await readSetting(store.queries, "colour")).toBeUndefined();
    await writeSetting(store.queries, "colour", "grey");
    await writeSetting(store.queries, "colour", "blue");
    expect(await readSetting(store.queries, "colour")).toBe("blue");
  });

  test("a transaction that throws leaves nothing and tells nobody", async () => {
    const heard: SiteEvent[] = [];
    store.log.onEvent((event) => heard.push(event));
    const act = store.act(async (queries, record) => {
      await addPersonWith(queries, "anna@plant.example");
      await record({ kind: "person:invited", priority: "event", text: "Anna was invited" });
      throw new Error("after all no");
    });
    await expect(act).rejects.toThrow("after all no");
    expect(await listPeople(store.queries)).toEqual([]);
    expect(await store.log.list()).toEqual([]);
    expect(heard).toEqual([]);
  });

  test("nobody else's statement runs inside a transaction", async () => {
    const inside = store.transaction(async (queries) => {
      await addPersonWith(queries, "anna@plant.example");
      await new Promise((resolve) => setTimeout(resolve, 20));
      return (await listPeople(queries)).length;
    });
    const [seen] = await Promise.all([inside, addPerson(store, "ben@plant.example")]);
    expect(seen).toBe(1);
    expect(await listPeople(store.queries)).toHaveLength(2);
  });

  test("transactions wait for each other: none overwrites what another one read", async () => {
    await writeSetting(store.queries, "n", "0");
    const add = () =>
      store.transaction(async (queries) => {
        const before = Number(await readSetting(queries, "n"));
        await writeSetting(queries, "n", String(before + 1));
      });
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await readSetting(store.queries, "n")).toBe("20");
  });

  test("one bad statement does not take its neighbours along", async () => {
    const results = await Promise.allSettled([
      addPerson(store, "a@plant.example"),
      addPerson(store, "b@plant.example"),
      addPerson(store, "b@plant.example"),
      addPerson(store, "c@plant.example"),
      sql`select nonsense from nowhere`.execute(store.queries),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
    ]);
    expect(await listPeople(store.queries)).toHaveLength(3);
  });

  test("events come newest first, in pages, in order across a restart and a clock step back", async () => {
    const record = (text: string) => store.log.record({ kind: "test", priority: "event", text });
    await record("one");
    await record("two");
    await store.close();
    clock = new TestClock(clock.wallMs() - 3_600_000);
    store = await open(folder, clock);
    await record("three");
    const [three, two] = await store.log.list({ limit: 2 });
    expect([three?.text, two?.text]).toEqual(["three", "two"]);
    const rest = await store.log.list({ before: two?.id ?? "" });
    expect(rest.map((event) => event.text)).toEqual(["one"]);
  });

  test("the text of an event is one line that cannot speak to a terminal", async () => {
    const event = await store.log.record({
      kind: "test",
      priority: "alarm",
      text: "name\r\nforged line \u001b[31mred\u202e\u0000 end",
    });
    expect(event.text).toBe("name forged line [31mred end");
  });

  test("a second opening of the same database is refused", async () => {
    await expect(open(folder, clock)).rejects.toThrow(/another process has the database open/);
  });
});

function addPerson(store: Store, email: string): Promise<string> {
  return addPersonWith(store.queries, email);
}

async function addPersonWith(queries: Store["queries"], email: string): Promise<string> {
  const id = newId();
  await insertPerson(queries, {
    id,
    name: "Anna",
    email,
    employer: "Nord",
    roles: ["administrator", "engineer"],
    userHandle: newId(),
    createdMs: new TestClock().wallMs(),
  });
  return id;
}

function passkey(personId: string): Passkey {
  return {
    id: newId(),
    personId,
    label: "Key",
    rpId: "localhost",
    publicKey: "AAAA",
    algorithm: -7,
    counter: 0,
    transports: ["usb", "nfc"],
    aaguid: "00000000-0000-0000-0000-000000000000",
    userVerified: true,
    backupEligible: true,
    backedUp: false,
    createdMs: 1,
    lastUsedMs: null,
  };
}

test("file and journal have their room beforehand: a full disk does not keep people out", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
  const path = join(folder, "store.db");
  const sizes = () => [path, `${path}-wal`].map((file) => statSync(file).size);
  const reserveBytes = STORE_RESERVE_BYTES;
  const store = await openStore({ path, clock: new TestClock(), reserveBytes });
  const before = sizes();
  expect(Math.min(...before)).toBeGreaterThan(4 * 1024 * 1024);
  for (let n = 0; n < 2_000; n += 1) {
    await writeSetting(store.queries, `s${n % 50}`, "x".repeat(500));
  }
  expect(sizes()).toEqual(before);
  await store.close();
  rmSync(folder, { recursive: true });
});

test("the files are their owner's alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
  const store = await SQLITE.open(folder, new TestClock());
  await addPerson(store, "anna@plant.example");
  for (const name of ["store.db", "store.db-wal"]) {
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
  await store.close();
  rmSync(folder, { recursive: true });
});
