import { expect, test } from "vitest";
import { EditedPlant } from "../../../test/kit/access.ts";
import { TestPolicies } from "../../../test/kit/policies.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { DecisionPoint } from "../../access/decision-point.ts";
import type { FeedItem } from "../../store/integration-feed.ts";
import type { Person, Role } from "../../store/model.ts";
import { concernedBy } from "./concerned.ts";

function somebody(id: string, role: Role, state: Person["state"] = "active"): Person {
  return {
    ...{ id, name: id, email: `${id}@plant.example`, employer: "Nord", roles: [role], state },
    ...{ passkeys: 1, lastSignInMs: null, createdMs: 0 },
  };
}

const PEOPLE = [
  somebody("ada", "administrator"),
  somebody("eve", "engineer"),
  somebody("sue", "supervisor"),
  somebody("sam", "supervisor"),
  somebody("old", "supervisor", "disabled"),
  somebody("aud", "auditor"),
  somebody("vic", "vendor", "invited"),
];

async function told(kind: string, who: string, priority: FeedItem["priority"] = "event") {
  const decisions = new DecisionPoint({
    ...{ policies: new TestPolicies(), plant: new EditedPlant(), clock: new TestClock() },
  });
  const requests = { seenBy: async () => [] };
  const person = { id: who, name: who, email: "", employer: "" };
  const item: FeedItem = {
    ...{ position: 1, id: "e", atMs: 0, kind, priority, text: "", session: null, about: {} },
    person,
  };
  const emails = await concernedBy({ people: async () => PEOPLE, decisions, requests }, item);
  return emails.map((email) => email.split("@")[0]).toSorted();
}

test("who may act on it is told, as people are now", async () => {
  expect(await told("hold:waiting", "eve", "alarm")).toEqual(["sam", "sue"]);
  expect(await told("lock:set", "eve", "alarm")).toEqual(["ada", "sam", "sue"]);
  expect(await told("recorder:failed", "", "alarm")).toEqual(["ada"]);
  expect(await told("clock:stepped", "", "alarm")).toEqual(["ada", "aud", "sam", "sue"]);
});

test("who asked for a held operation is not told to answer it", async () => {
  expect(await told("hold:waiting", "sue", "alarm")).toEqual(["sam"]);
});

test("what concerns one person goes to them alone, also before they enrolled, never once disabled", async () => {
  expect(await told("request:approved", "eve")).toEqual(["eve"]);
  expect(await told("grant:ending", "eve")).toEqual(["eve"]);
  expect(await told("person:invited", "vic")).toEqual(["vic"]);
  expect(await told("grant:ending", "old")).toEqual([]);
  expect(await told("grant:ending", "nobody")).toEqual([]);
});

test("a request that nobody may decide any more is told to nobody", async () => {
  expect(await told("request:made", "eve")).toEqual([]);
});
