/** The cookie of a sign-in: how it is set, when it changes, when it is dead. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PersonView } from "../../broker/api/shapes/people.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { type Answer, ConsoleUser } from "../kit/console-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

const COOKIE = "__Host-sallyport";

let site: RunningBroker;
beforeAll(async () => {
  site = await startRunningBroker();
});
afterAll(() => site.close());

function setCookies(answer: Pick<Answer, "headers">): readonly string[] {
  return [answer.headers["set-cookie"] ?? []].flat();
}

test("the cookies are out of reach for scripts, other sites, other hosts and plain http", async () => {
  const user = await site.invite("Cookie", ["engineer"]);
  const options = await new ConsoleUser(site.broker.address).ask(
    "POST",
    "/api/sign-in/options",
    {},
  );
  for (const line of [...setCookies(await user.signIn()), ...setCookies(options)]) {
    expect(line).toMatch(/^__Host-sallyport(-browser)?=[\w-]{20,}; /);
    expect(line).toMatch(/; Path=\//);
    expect(line).toMatch(/; HttpOnly/);
    expect(line).toMatch(/; Secure/);
    expect(line).toMatch(/; SameSite=Strict/);
    expect(line).not.toMatch(/Domain=|Expires=|Max-Age=/i);
  }
});

test("a new sign-in in the same browser kills the token before it", async () => {
  const user = await site.invite("Token", ["engineer"]);
  const stale = new ConsoleUser(site.broker.address);
  for (const [name, value] of user.cookies) stale.cookies.set(name, value);
  expect((await user.signIn()).status).toBe(200);
  expect(user.cookies.get(COOKIE)).not.toBe(stale.cookies.get(COOKIE));
  expect((await stale.ask("GET", "/api/me")).status).toBe(401);
  expect((await user.ask("GET", "/api/me")).status).toBe(200);
});

test("confirming with the passkey changes the token", async () => {
  const user = await site.invite("Stepper", ["engineer"]);
  const before = user.cookies.get(COOKIE);
  expect((await user.stepUp()).status).toBe(200);
  expect(user.cookies.get(COOKIE)).not.toBe(before);
});

test("after signing out the token is dead and the cookie gone", async () => {
  const user = await site.invite("Leaver", ["engineer"]);
  const token = user.cookies.get(COOKIE) ?? "";
  expect((await user.ask("POST", "/api/sign-out", {})).status).toBe(204);
  expect(user.cookies.has(COOKIE)).toBe(false);
  user.cookies.set(COOKIE, token);
  expect((await user.ask("GET", "/api/me")).status).toBe(401);
});

test("a challenge is for the browser that asked for it", async () => {
  const user = await site.invite("Phished", ["engineer"]);
  const attacker = new ConsoleUser(site.broker.address);
  const begun = await attacker.ask<{ options: RequestOptions }>("POST", "/api/sign-in/options", {});
  const response = user.authenticator.assert(begun.body.options);
  const other = new ConsoleUser(site.broker.address);
  await other.ask("POST", "/api/sign-in/options", {});
  const answer = await other.ask("POST", "/api/sign-in", { response });
  expect([answer.status, answer.body.code]).toEqual([400, "challenge-invalid"]);
});

test("an enrolment link works once", async () => {
  const invited = await site.first.ask<{ link: { url: string } }>("POST", "/api/people", {
    ...{ name: "Once", email: "once@plant.example", employer: "Plant", roles: ["engineer"] },
  });
  const { url } = invited.body.link;
  expect((await new ConsoleUser(site.broker.address).enrol(url)).status).toBe(200);
  const again = await new ConsoleUser(site.broker.address).enrol(url);
  expect([again.status, again.body.code]).toEqual([404, "link-invalid"]);
});

test("somebody who is disabled is out at once", async () => {
  const user = await site.invite("Disabled", ["engineer"]);
  const id = user.me?.person.id;
  const change = await site.first.ask<PersonView>("PATCH", `/api/people/${id}`, { disabled: true });
  expect(change.body.state).toBe("disabled");
  expect((await user.ask("GET", "/api/me")).status).toBe(401);
  expect((await user.signIn()).status).toBe(403);
});

test("a role taken away is gone with the next request", async () => {
  const user = await site.invite("Demoted", ["supervisor"]);
  expect((await user.ask("GET", "/api/events")).status).toBe(200);
  await site.first.ask("PATCH", `/api/people/${user.me?.person.id}`, { roles: ["vendor"] });
  expect((await user.ask("GET", "/api/events")).status).toBe(404);
});

test("nobody becomes auditor and engineer at once", async () => {
  const user = await site.invite("Both", ["engineer"]);
  const roles = { roles: ["engineer", "auditor"] };
  const answer = await site.first.ask("PATCH", `/api/people/${user.me?.person.id}`, roles);
  expect([answer.status, answer.body.code]).toEqual([409, "roles-conflict"]);
});

test("nothing secret is in the log", async () => {
  const user = await site.invite("Logged", ["engineer"]);
  await user.signIn();
  const log = readFileSync(site.broker.log, "utf8");
  expect(log).toContain('"path":"/api/sign-in"');
  for (const secret of [...user.cookies.values(), ...site.first.cookies.values()]) {
    expect(log).not.toContain(secret);
  }
  expect(log).not.toMatch(/token=|challenge|clientDataJSON/);
});
