/** Signing in through a real identity provider (`oidc-provider`), and signing out there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AccountsView, ReturnedView } from "../../broker/api/shapes/providers.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { CLIENT_SECRET, OidcSite, OidcVisitor } from "../kit/oidc-site.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const folder = makeFolder();
const ENDPOINT = { endpoint: "plc-treatment/modbus" };
let provider: OidcSite;
let site: RunningBroker;
let ada: ConsoleUser;

beforeAll(async () => {
  process.env.OIDC_SITE_SECRET = CLIENT_SECRET;
  provider = await OidcSite.start();
  site = await siteWith("site", provider.yaml());
  provider.serve(site.broker.address);
  ada = await site.invite("Ada", ["engineer", "supervisor"]);
  await link(ada, "ada-at-works");
}, 120_000);
afterAll(async () => {
  await site?.close();
  await provider?.close();
  removeFolder(folder);
});

function siteWith(name: string, yaml: string): Promise<RunningBroker> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, yaml);
  return startRunningBroker({ SALLYPORT_PROVIDERS: file });
}

/** By a signed act of the first administrator. */
async function link(person: ConsoleUser, subject: string, act = "link-account", by = site.first) {
  const path = `/api/people/${person.me?.person.id}/accounts`;
  const body = { act, issuer: provider.issuer, subject };
  const begun = await by.ask<{ text: string; options: RequestOptions }>(
    "POST",
    `${path}/options`,
    body,
  );
  expect(begun.status).toBe(200);
  const { text, options } = begun.body;
  const response = by.authenticator.assert(options);
  return by.ask<AccountsView>("POST", path, { text, response });
}

/** To the provider and back, in a browser that is signed in there as `login`. */
async function through(user: ConsoleUser, login: string, visitor = new OidcVisitor(provider)) {
  const begun = await user.ask<{ url: string }>("POST", "/api/sign-in/through/works", {});
  expect(begun.status).toBe(200);
  const back = await visitor.visit(begun.body.url, login);
  const query = new URL(back).search;
  return user.ask<ReturnedView>("POST", "/api/sign-in/through/works/return", { query });
}

/** The same person in another browser. */
function elsewhere(person: ConsoleUser): ConsoleUser {
  const other = new ConsoleUser(person.address);
  return Object.assign(other, { authenticator: person.authenticator });
}

test("whom the provider names is only expected: the passkey of that person signs in", async () => {
  const user = elsewhere(ada);
  const returned = await through(user, "ada-at-works");
  expect(returned.body).toEqual({ kind: "expected", provider: "Works account", name: "Ada" });
  expect((await user.ask("GET", "/api/me")).status).toBe(401);
  expect((await user.signIn({ through: "provider" })).status).toBe(200);
  expect((await user.ask("GET", "/api/me")).status).toBe(200);
  // What was expected is used up.
  const again = await user.signIn({ through: "provider" });
  expect([again.status, again.body.code]).toEqual([409, "provider-expired"]);
});

test("the passkey of somebody else does not sign in as whom the provider named", async () => {
  const user = elsewhere(site.first);
  expect((await through(user, "ada-at-works")).status).toBe(200);
  const refused = await user.signIn({ through: "provider" });
  expect([refused.status, refused.body.code]).toEqual([403, "other-person"]);
  expect((await user.ask("GET", "/api/me")).status).toBe(401);
});

test("an account that nobody linked opens nothing, whatever its name", async () => {
  for (const login of ["mallory", "ada@plant.example", "Ada-at-works"]) {
    const refused = await through(new ConsoleUser(site.broker.address), login);
    expect([login, refused.status, refused.body]).toMatchObject([
      login,
      403,
      { code: "account-unknown" },
    ]);
  }
});

test("signing out at the provider ends the sign-in and its live session at once, and no other", async () => {
  const visitor = new OidcVisitor(provider);
  const [user, alone] = [elsewhere(ada), elsewhere(ada)];
  await through(user, "ada-at-works", visitor);
  expect((await user.signIn({ through: "provider" })).status).toBe(200);
  expect((await alone.signIn()).status).toBe(200);
  const opened = await user.ask("POST", "/api/sessions", ENDPOINT);
  expect(opened.status).toBe(201);
  await visitor.signOut();
  await expect.poll(async () => (await user.ask("GET", "/api/me")).status).toBe(401);
  const live = () => site.first.ask<readonly { readonly id: string }[]>("GET", "/api/sessions");
  await expect
    .poll(async () => (await live()).body.some(({ id }) => id === opened.body.id))
    .toBe(false);
  expect((await alone.ask("GET", "/api/me")).status).toBe(200);
  const events = await site.first.ask<{ readonly kind: string }[]>("GET", "/api/events");
  expect(JSON.stringify(events.body)).toContain("provider:logout");
});

test("somebody links an account of their own, and unlinking it ends what was begun through it", async () => {
  const ben = await site.invite("Ben", ["engineer"]);
  const visitor = new OidcVisitor(provider);
  const begun = await ben.ask<{ url: string }>("POST", "/api/me/accounts/works", {});
  const back = new URL(await visitor.visit(begun.body.url, "ben-at-works"));
  const path = "/api/sign-in/through/works/return";
  const foreign = await elsewhere(ben).ask("POST", path, { query: back.search });
  expect([foreign.status, foreign.body.code]).toEqual([409, "attempt-stale"]);
  const linked = await ben.ask<ReturnedView>("POST", path, { query: back.search });
  expect(linked.body).toEqual({ kind: "linked", provider: "Works account" });
  const mine = await ben.ask<AccountsView>("GET", "/api/me/accounts");
  expect(mine.body.accounts).toMatchObject([{ subject: "ben-at-works" }]);
  // Nobody else gets it.
  const taken = await link(ada, "ben-at-works");
  expect(taken.status).toBe(409);

  const user = elsewhere(ben);
  await through(user, "ben-at-works", visitor);
  expect((await user.signIn({ through: "provider" })).status).toBe(200);
  const account = { issuer: provider.issuer, subject: "ben-at-works" };
  expect((await ben.ask("DELETE", "/api/me/accounts", account)).status).toBe(204);
  expect((await user.ask("GET", "/api/me")).status).toBe(401);
  expect((await ben.ask("GET", "/api/me")).status).toBe(200);
  expect((await through(user, "ben-at-works", visitor)).status).toBe(403);
});

test("while the provider is away people hear what to do, and the passkey goes on", async () => {
  const away = await OidcSite.start();
  onTestFinished(() => away.close());
  away.isAway = true;
  const other = await siteWith("away", away.yaml());
  onTestFinished(() => other.close());
  const user = elsewhere(other.first);
  const begun = await user.ask("POST", "/api/sign-in/through/works", {});
  expect([begun.status, begun.body.code]).toEqual([503, "provider-away"]);
  expect(begun.body.message).toContain("Works account does not answer now.");
  expect(begun.body.message).toContain("with your passkey alone");
  expect((await user.signIn()).status).toBe(200);
}, 60_000);

test("where the site asks for it the passkey alone is not enough, but for whom it names", async () => {
  const other = await siteWith(
    "required",
    provider.yaml("", "required-for: employees\nexcept: [administrator@localhost]\n"),
  );
  onTestFinished(async () => {
    await other.close();
    provider.serve(site.broker.address);
  });
  provider.serve(other.broker.address);
  // Enrolling makes the passkey; signing in takes more.
  const eve = await other.invite("Eve", ["engineer"]);
  expect((await eve.ask("GET", "/api/me")).status).toBe(401);
  const alone = await eve.signIn();
  expect([alone.status, alone.body.code]).toEqual([403, "provider-required"]);
  const people = await other.first.ask<{ id: string; name: string }[]>("GET", "/api/people");
  const id = people.body.find(({ name }) => name === "Eve")?.id ?? "";
  Object.assign(eve, { me: { person: { id } } });
  expect((await link(eve, "eve-at-works", "link-account", other.first)).status).toBe(200);
  expect((await through(eve, "eve-at-works")).status).toBe(200);
  expect((await eve.signIn({ through: "provider" })).status).toBe(200);
  // A vendor is nobody's employee.
  const vic = await other.invite("Vic", ["vendor"]);
  expect((await vic.ask("GET", "/api/me")).status).toBe(200);
  // The one for emergencies gets in, and an alarm tells of it.
  expect((await other.first.signIn()).status).toBe(200);
  const events = await other.first.ask("GET", "/api/events");
  expect(JSON.stringify(events.body)).toContain("sign-in:emergency");
}, 60_000);
