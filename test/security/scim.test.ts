/**
 * An identity provider tells who works here (SCIM 2.0, RFC 7643 and 7644): a walk through what the
 * standard asks for, and what it must never be able to do.
 */
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const TOKEN = "a-token-of-the-provider-0123456789";
const FILE = join(tmpdir(), `sallyport-scim-${process.pid}`);
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

let site: RunningBroker;

beforeAll(async () => {
  writeFileSync(FILE, `${TOKEN}\n`, { mode: 0o600 });
  site = await startRunningBroker({
    SALLYPORT_SCIM_TOKEN_FILE: FILE,
    SALLYPORT_SCIM_ROLES: "OT Engineers=engineer, Shift leads=supervisor, Audit=auditor",
  });
}, 60_000);
afterAll(async () => {
  await site.close();
  rmSync(FILE, { force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ScimBody;
}

/** What is looked at of users, groups, lists and errors. */
interface ScimBody {
  readonly schemas: readonly string[];
  readonly id: string;
  readonly meta: { readonly location: string; readonly version: string };
  readonly externalId?: string;
  readonly name: { readonly familyName?: string };
  readonly displayName: string;
  readonly active: boolean;
  readonly groups: readonly object[];
  readonly members: readonly object[];
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly { readonly id: string }[];
  readonly status: string;
  readonly scimType?: string;
}

async function scim(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const answer = await fetch(`${site.broker.address}/api/scim/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body !== undefined && { "content-type": "application/scim+json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: text === "" ? {} : JSON.parse(text),
  };
}

function user(userName: string, more: object = {}) {
  return { schemas: [USER], userName, ...more };
}

async function made(userName: string, more: object = {}): Promise<string> {
  const answer = await scim("POST", "/Users", user(userName, more));
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations });

/** By the link that an administrator sends. */
async function enrolled(id: string): Promise<ConsoleUser> {
  const path = `/api/people/${id}/enrolment-link`;
  const link = await site.first.ask<{ readonly url: string }>("POST", path, {});
  expect(link.status).toBeLessThan(300);
  const person = new ConsoleUser(site.broker.address);
  await person.enrol(link.body.url);
  return person;
}

async function inGroup(name: string, ...members: string[]): Promise<string> {
  const body = {
    schemas: [GROUP],
    displayName: name,
    members: members.map((value) => ({ value })),
  };
  const answer = await scim("POST", "/Groups", body);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const ENDPOINT = { endpoint: "plc-treatment/modbus" };

test("without its token nobody gets an answer, and the error is one of SCIM", async () => {
  const wrong = { authorization: `Bearer ${TOKEN}x` };
  for (const headers of [wrong, { authorization: "" }, { authorization: `Basic ${TOKEN}` }]) {
    for (const path of ["/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/Users/x"]) {
      const { status, body } = await scim("GET", path, undefined, headers);
      expect([path, status, body.status]).toEqual([path, 401, "401"]);
      expect(body.schemas).toEqual(["urn:ietf:params:scim:api:messages:2.0:Error"]);
    }
  }
  // A new token counts at once, and the old one no more.
  writeFileSync(FILE, "another-token-of-the-provider-0123456789", { mode: 0o600 });
  expect((await scim("GET", "/Users")).status).toBe(401);
  writeFileSync(FILE, TOKEN, { mode: 0o600 });
  expect((await scim("GET", "/Users")).status).toBe(200);
});

test("says what it can do", async () => {
  const config = await scim("GET", "/ServiceProviderConfig");
  expect(config.headers.get("content-type")).toContain("application/scim+json");
  expect(config.body).toMatchObject({ patch: { supported: true }, bulk: { supported: false } });
  const types = await scim("GET", "/ResourceTypes");
  expect(types.body.Resources.map(({ id }) => id)).toEqual(["User", "Group"]);
  const schemas = await scim("GET", "/Schemas");
  expect(schemas.body.Resources.map(({ id }) => id)).toEqual([USER, GROUP]);
});

test("a user is made, found, replaced, changed and removed", async () => {
  const sent = user("ada@corp.example", {
    externalId: "00u1",
    name: { givenName: "Ada", familyName: "Berg" },
    emails: [{ value: "other@corp.example" }, { value: "ada.berg@corp.example", primary: true }],
    title: "is not kept here",
  });
  const created = await scim("POST", "/Users", sent);
  expect(created.status).toBe(201);
  const { id, meta } = created.body;
  expect(created.headers.get("location")).toBe(meta.location);
  expect(created.headers.get("etag")).toBe(meta.version);
  expect(created.body).toMatchObject({
    ...{ schemas: [USER], userName: "ada@corp.example", externalId: "00u1", active: true },
    displayName: "Ada Berg",
    emails: [{ value: "ada.berg@corp.example", primary: true }],
  });
  expect((await scim("GET", `/Users/${id}`)).body).toEqual(created.body);

  const again = await scim("POST", "/Users", sent);
  expect([again.status, again.body.scimType]).toEqual([409, "uniqueness"]);

  for (const filter of [
    'userName eq "ADA@corp.example"',
    'externalId eq "00u1"',
    `id eq "${id}"`,
    'emails.value eq "ada.berg@corp.example"',
  ]) {
    const found = await scim("GET", `/Users?filter=${encodeURIComponent(filter)}`);
    expect([filter, found.body.totalResults]).toEqual([filter, 1]);
  }
  const nobody = await scim("GET", `/Users?filter=${encodeURIComponent('userName eq "x"')}`);
  expect(nobody.body).toMatchObject({ totalResults: 0, Resources: [] });

  const replaced = await scim(
    "PUT",
    `/Users/${id}`,
    user("ada@corp.example", { displayName: "A" }),
  );
  expect(replaced.body).toMatchObject({ displayName: "A", active: true });
  expect(replaced.body.externalId).toBeUndefined();
  expect(replaced.body.meta.version).not.toBe(meta.version);

  const old = await scim("PUT", `/Users/${id}`, sent, { "if-match": meta.version });
  expect(old.status).toBe(412);
  const version = replaced.body.meta.version;
  const named = patch({ op: "Replace", path: "name.familyName", value: "Meyer" });
  const fresh = await scim("PATCH", `/Users/${id}`, named, { "if-match": version });
  expect([fresh.status, fresh.body.name.familyName]).toEqual([200, "Meyer"]);
  const same = await scim("PATCH", `/Users/${id}`, named);
  expect(same.body.meta.version).toBe(fresh.body.meta.version);

  expect((await scim("DELETE", `/Users/${id}`)).status).toBe(204);
  for (const method of ["GET", "DELETE"]) {
    expect((await scim(method, `/Users/${id}`)).status).toBe(404);
  }
});

test("lists come in pages", async () => {
  for (let n = 0; n < 5; n++) await made(`page${n}@corp.example`);
  const all = await scim("GET", "/Users");
  const { totalResults } = all.body;
  expect(totalResults).toBeGreaterThanOrEqual(5);
  const seen: string[] = [];
  for (let startIndex = 1; startIndex <= totalResults; startIndex += 2) {
    const page = await scim("GET", `/Users?startIndex=${startIndex}&count=2`);
    expect(page.body).toMatchObject({ totalResults, startIndex });
    expect(page.body.itemsPerPage).toBe(page.body.Resources.length);
    seen.push(...page.body.Resources.map(({ id }) => id));
  }
  expect(seen).toEqual(all.body.Resources.map(({ id }) => id));
  const none = await scim("GET", "/Users?startIndex=-3&count=0");
  expect(none.body).toMatchObject({ startIndex: 1, itemsPerPage: 0, totalResults });
});

test("what is no user, no change and no filter is refused in the words of the standard", async () => {
  const id = await made("wrong@corp.example");
  const cases: readonly (readonly [string, string, unknown, number])[] = [
    ["POST", "/Users", {}, 400],
    ["POST", "/Users", user(""), 400],
    ["POST", "/Users", user("no address"), 400],
    ["POST", "/Users", [], 400],
    ["POST", "/Users", user("b@c.example", { active: "perhaps" }), 400],
    ["PATCH", `/Users/${id}`, patch(), 400],
    ["PATCH", `/Users/${id}`, patch({ op: "copy", path: "active", value: true }), 400],
    ["PATCH", `/Users/${id}`, patch({ op: "remove" }), 400],
    ["PATCH", `/Users/${id}`, patch({ op: "replace", path: "a b c", value: 1 }), 400],
    ["PATCH", `/Users/${id}`, patch({ op: "remove", path: "userName" }), 400],
    ["PATCH", "/Users/nobody", patch({ op: "replace", path: "active", value: false }), 404],
    ["GET", `/Users?filter=${encodeURIComponent('userName sw "a"')}`, undefined, 400],
    ["GET", `/Users?filter=${encodeURIComponent('password eq "a"')}`, undefined, 400],
  ];
  for (const [method, path, body, status] of cases) {
    const answer = await scim(method, path, body);
    expect([method, path, answer.status, answer.body.status]).toEqual([
      ...[method, path, status],
      String(status),
    ]);
  }
});

test("an attribute that is not kept is let be, whatever its name", async () => {
  const id = await made("odd@corp.example");
  const before = await scim("GET", `/Users/${id}`);
  for (const path of ["nickName", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
    const answer = await scim("PATCH", `/Users/${id}`, patch({ op: "replace", path, value: 1 }));
    expect([path, answer.status]).toEqual([path, 200]);
    expect(answer.body.name).toEqual(before.body.name);
  }
});

test("who was invited here is nobody to the provider", async () => {
  const own = site.first.me?.person.id;
  const gone = patch({ op: "replace", path: "active", value: false });
  expect((await scim("PATCH", `/Users/${own}`, gone)).status).toBe(404);
  expect((await scim("DELETE", `/Users/${own}`)).status).toBe(404);
  expect((await scim("PUT", `/Users/${own}`, user("x@corp.example"))).status).toBe(404);
  const body = { schemas: [GROUP], displayName: "Shift leads", members: [{ value: own }] };
  expect((await scim("POST", "/Groups", body)).status).toBe(400);
  const people = await site.first.ask<{ id: string; email: string; state: string }[]>(
    "GET",
    "/api/people",
  );
  const first = people.body.find((person) => person.id === own);
  expect(first?.state).toBe("active");
  const theirs = await scim("POST", "/Users", user(first?.email ?? ""));
  expect([theirs.status, theirs.body.scimType]).toEqual([409, "uniqueness"]);
});

test("a group gives a role by the site's map, and takes it again", async () => {
  const id = await made("group@corp.example");
  const group = await inGroup("OT Engineers", id);
  const person = await enrolled(id);
  expect(person.me?.person.roles).toEqual(["engineer"]);
  expect((await scim("GET", `/Users/${id}`)).body.groups).toMatchObject([{ value: group }]);
  expect((await person.ask("POST", "/api/sessions", ENDPOINT)).status).toBe(201);

  const filter = encodeURIComponent('displayName eq "ot engineers"');
  expect((await scim("GET", `/Groups?filter=${filter}`)).body.totalResults).toBe(1);
  const conflict = { schemas: [GROUP], displayName: "Audit", members: [{ value: id }] };
  expect((await scim("POST", "/Groups", conflict)).status).toBe(409);

  const leaves = patch({ op: "Remove", path: `members[value eq "${id}"]` });
  expect((await scim("PATCH", `/Groups/${group}`, leaves)).body.members).toEqual([]);
  expect((await person.ask("POST", "/api/sessions", ENDPOINT)).status).toBe(404);
  const back = patch({ op: "add", path: "members", value: [{ value: id }] });
  expect((await scim("PATCH", `/Groups/${group}`, back)).body.members).toMatchObject([
    { value: id },
  ]);
  const renamed = patch({ op: "replace", value: { displayName: "Nobody's" } });
  expect((await scim("PATCH", `/Groups/${group}`, renamed)).body.displayName).toBe("Nobody's");
  expect((await scim("GET", `/Users/${id}`)).body.groups).toMatchObject([{ display: "Nobody's" }]);
  const me = await person.ask<{ person: { roles: string[] } }>("GET", "/api/me");
  expect(me.body.person.roles).toEqual([]);
  expect((await scim("DELETE", `/Groups/${group}`)).status).toBe(204);
  expect((await scim("GET", `/Groups/${group}`)).status).toBe(404);
});

test.each([
  [
    "PATCH with a path",
    (id: string) =>
      scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value: false })),
  ],
  [
    "PATCH as some providers send it",
    (id: string) =>
      scim("PATCH", `/Users/${id}`, patch({ op: "Replace", value: { active: "False" } })),
  ],
  [
    "PUT",
    (id: string) => scim("PUT", `/Users/${id}`, user(`out${id}@corp.example`, { active: false })),
  ],
  ["DELETE", (id: string) => scim("DELETE", `/Users/${id}`)],
] as const)("who leaves by %s is out at once, and their session with them", async (name, leave) => {
  const id = await made(`out-${name.replaceAll(" ", "-")}@corp.example`);
  const group = await inGroup(`Engineers of ${name}`, id);
  const person = await enrolled(id);
  const roles = { roles: ["engineer"] };
  expect((await site.first.ask("PATCH", `/api/people/${id}`, roles)).status).toBe(200);
  const session = await person.ask<{ id: string }>("POST", "/api/sessions", ENDPOINT);
  expect(session.status).toBe(201);

  expect((await leave(id)).status).toBeLessThan(300);
  expect((await person.ask("GET", "/api/me")).status).toBe(401);
  const live = await site.first.ask<{ id: string }[]>("GET", "/api/sessions");
  expect(live.body.map((each) => each.id)).not.toContain(session.body.id);
  const people = await site.first.ask<{ id: string; state: string }[]>("GET", "/api/people");
  expect(people.body.find((each) => each.id === id)?.state).toBe("disabled");
  expect((await scim("DELETE", `/Groups/${group}`)).status).toBe(204);
});

test("who comes back may sign in again, but not past an administrator", async () => {
  const id = await made("back@corp.example");
  const person = await enrolled(id);
  const active = (value: boolean) =>
    scim("PATCH", `/Users/${id}`, patch({ op: "replace", path: "active", value }));
  expect((await active(false)).body.active).toBe(false);
  // Nobody is let in again by what is not said.
  expect((await scim("PUT", `/Users/${id}`, user("back@corp.example"))).body.active).toBe(false);
  const silent = patch({ op: "remove", path: "active" });
  expect((await scim("PATCH", `/Users/${id}`, silent)).status).toBe(400);
  expect((await active(true)).body.active).toBe(true);
  await person.signIn();
  expect((await person.ask("GET", "/api/me")).status).toBe(200);
  expect((await site.first.ask("PATCH", `/api/people/${id}`, { disabled: true })).status).toBe(200);
  expect((await active(true)).body.active).toBe(false);
  expect((await person.ask("GET", "/api/me")).status).toBe(401);
});

test("the last administrator is signed out everywhere and stays, with an alarm", async () => {
  const id = await made("last@corp.example");
  const roles = { roles: ["administrator"] };
  expect((await site.first.ask("PATCH", `/api/people/${id}`, roles)).status).toBe(200);
  const last = await enrolled(id);
  const first = `/api/people/${site.first.me?.person.id}`;
  expect((await last.ask("PATCH", first, { disabled: true })).status).toBe(200);

  const leaves = patch({ op: "replace", path: "active", value: false });
  const refused = await scim("PATCH", `/Users/${id}`, leaves);
  expect([refused.status, refused.body.scimType]).toEqual([409, "mutability"]);
  expect((await last.ask("GET", "/api/me")).status).toBe(401);
  await last.signIn();
  const told = async () => {
    const path = "/api/events?contains=last%20administrator";
    return (await last.ask<{ kind: string }[]>("GET", path)).body.map(({ kind }) => kind).sort();
  };
  await expect
    .poll(told, { timeout: 20_000 })
    .toEqual(["alarm:raised", "person:last-administrator-left"]);
  expect((await scim("DELETE", `/Users/${id}`)).status).toBe(409);
  expect((await scim("GET", `/Users/${id}`)).body.active).toBe(true);
});
