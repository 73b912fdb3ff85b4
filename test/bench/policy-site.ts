/** 1,000 live sessions of 50 people on 20 endpoints, resting on the real access over a real store. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Access, ControlledSession, LeaseCause } from "../../broker/access/access.ts";
import { DecisionPoint } from "../../broker/access/decision-point.ts";
import { openAccess } from "../../broker/access/open-access.ts";
import { systemClock } from "../../broker/clock.ts";
import type { SignedActions } from "../../broker/identity/signed-actions.ts";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import type { Person, SignIn } from "../../broker/store/model.ts";
import { insertPerson } from "../../broker/store/people.ts";
import { openStore, type Store } from "../../broker/store/store.ts";
import { TestPolicies } from "../kit/policies.ts";

const PEOPLE = 50;
const ENDPOINTS = 20;
export const SESSIONS = PEOPLE * ENDPOINTS;

export interface PolicySite {
  readonly access: Access<WatchedSession>;
  readonly policies: TestPolicies;
  readonly sessions: readonly WatchedSession[];
  readonly first: Person;
  close(): Promise<void>;
}

/** What access does to a session, and when it last did. */
export class WatchedSession implements ControlledSession {
  classes: readonly string[] = [];
  ended = false;
  toldMs = 0;
  readonly closed: Promise<void>;
  readonly conditions: readonly never[] = [];
  private close = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.close = resolve;
    });
  }

  lease(classes: readonly string[]): void {
    this.classes = classes;
    this.toldMs = performance.now();
  }

  end(_cause: LeaseCause): void {
    this.ended = true;
    this.toldMs = performance.now();
    this.close();
  }

  renew(): void {
    this.toldMs = performance.now();
  }

  lapse(): void {}
  meet(): void {}
  freeze(): void {}
  moveEnd(): void {}
}

export async function openPolicySite(): Promise<PolicySite> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "sallyport-bench-"));
  const store = await openStore({ path: path.join(folder, "store.db") });
  const people = Array.from({ length: PEOPLE }, (_, n) => personOf(n));
  for (const person of people) await keep(store, person);
  const policies = new TestPolicies();
  const access = await openOn(store, policies, people);
  const sessions: WatchedSession[] = [];
  for (const person of people) {
    for (let n = 0; n < ENDPOINTS; n += 1) {
      const who = { person, signIn: signInOf(person), assertionAgeMs: 1 };
      sessions.push(await access.openSession(who, `plc-${n}/modbus`));
    }
  }
  const [first] = people;
  if (!first) throw new Error("nobody");
  const close = async () => {
    access.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { access, policies, sessions, first, close };
}

async function openOn(store: Store, policies: TestPolicies, people: readonly Person[]) {
  const plant = { current: () => PLANT, onChanged: () => () => {} };
  const nobodyListens = () => () => {};
  return openAccess<WatchedSession>({
    ...{ store, plant, clock: systemClock },
    people: {
      onChanged: nobodyListens,
      inviteVendor: () => Promise.reject(new Error("not here")),
      newVendorLink: () => Promise.reject(new Error("not here")),
    },
    signIns: {
      get: (id) => askerOf(people.find((person) => person.id === id)),
      onEnded: nobodyListens,
      onAsserted: nobodyListens,
    },
    // Nothing is signed here.
    signedActions: {} as SignedActions,
    decisions: new DecisionPoint({ policies, plant, clock: systemClock }),
    permitKey: generateKeyPairSync("ed25519").privateKey,
    host: { open: async () => new WatchedSession() },
  });
}

function askerOf(person: Person | undefined) {
  return person && { person, signIn: signInOf(person), assertionAgeMs: 1 };
}

function personOf(n: number): Person {
  return {
    ...{ id: `person-${n}`, name: `Person ${n}`, email: `p${n}@plant.example`, employer: "Nord" },
    // The first one also locks and grants.
    roles: n === 0 ? ["administrator", "engineer"] : ["engineer"],
    ...{ state: "active", passkeys: 1, lastSignInMs: null, createdMs: 0 },
  };
}

async function keep({ queries }: Store, person: Person): Promise<void> {
  await insertPerson(queries, { ...person, userHandle: person.id });
  await queries.updateTable("people").set({ enrolled_ms: 1 }).where("id", "=", person.id).execute();
}

/** Its id is the person's, so that it is found again. */
function signInOf({ id }: Person): SignIn {
  const nowMs = Date.now();
  return {
    ...{ id, personId: id, passkeyId: "key", address: "192.0.2.1", userAgent: "bench" },
    ...{ createdMs: nowMs, lastSeenMs: nowMs, assertedMs: nowMs, synced: false },
    absoluteEndsMs: nowMs + 3_600_000,
  };
}

const PLANT = plantOf();

function plantOf() {
  const ids = Array.from({ length: ENDPOINTS }, (_, n) => `plc-${n}`);
  const assets = ids.map(
    (id, n) => `  - { id: ${id}, name: ${id}, zone: cell, vendor: T, model: T, description: A PLC.,
      endpoints: [{ id: modbus, protocol: modbus, address: 10.1.2.${n + 1}:502, units: [1], tags: [] }] }`,
  );
  const grants = ids.map(
    (id) => `  - { id: g-${id}, subject: "role:engineer", endpoint: ${id}/modbus, profile: all }`,
  );
  const parsed = parsePlant(
    [
      "site: { id: nord, name: Nord, time-zone: Europe/Vienna }",
      "zones: [{ id: cell, name: Cell, level: 1, sl-t: 2 }]",
      "conduits: []",
      "assets:",
      ...assets,
      "profiles: [{ id: all, description: All., rules: [{ permit: [observe, operate] }] }]",
      "grants:",
      ...grants,
    ].join("\n"),
    "bench.yaml",
  );
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant;
}
