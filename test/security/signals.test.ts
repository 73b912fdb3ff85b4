/** Signals over the wire: who may send, what they do to live sessions, and what we tell others. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { expect, onTestFinished, test } from "vitest";
import type { PersonsDeviceView } from "../../broker/api/shapes/devices.ts";
import type { PoliciesView, PolicyActivationView } from "../../broker/api/shapes/policies.ts";
import type { LiveSessionView, SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { SignalsView } from "../../broker/api/shapes/signals.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { AUTHORIZATION, byEmail, SignalSender } from "../kit/signal-sender.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { startWebReceiver } from "../kit/web-receiver.ts";

const AUDIENCE = "https://sallyport.example";
const FORM = "application/secevent+jwt";
const OPENING = { endpoint: "plc-treatment/modbus" };

async function openSite(more = "", rest = "") {
  const sender = await SignalSender.create(AUDIENCE);
  const file = path.join(temporaryFolder(), "integrations.yaml");
  writeFileSync(file, sender.yaml(more) + rest);
  const site = await startRunningBroker({ SALLYPORT_INTEGRATIONS: file });
  onTestFinished(() => site.close());
  const ann = await site.invite("Ann", ["engineer"]);
  const push = (token: string, authorization = AUTHORIZATION) =>
    fetch(`${site.broker.address}/api/signals`, {
      method: "POST",
      headers: { "content-type": FORM, accept: "application/json", authorization },
      body: token,
    });
  const opened = async () =>
    (await ann.ask<LiveSessionView>("POST", "/api/sessions", OPENING)).body;
  const classes = async (id: string) =>
    (await ann.ask<LiveSessionView>("GET", `/api/sessions/${id}`)).body.capabilities;
  const signals = async () => (await site.first.ask<SignalsView>("GET", "/api/signals")).body;
  return {
    site,
    ann,
    sender,
    push,
    opened,
    classes,
    signals,
    subject: byEmail("ann@plant.example"),
  };
}

const EXAMPLES = new URL("../../deploy/examples/more-policies/", import.meta.url);

/** Beside the policies that are there. */
async function inForce(site: RunningBroker, names: readonly string[]): Promise<void> {
  const now = (await site.first.ask<PoliciesView>("GET", "/api/policies")).body;
  const more = names.flatMap((name) =>
    [`${name}.cedar`, `${name}.tests.yaml`].map((file) => ({
      name: file,
      text: readFileSync(new URL(file, EXAMPLES), "utf8"),
    })),
  );
  const change = { files: [...now.files, ...more], basedOn: now.version.digest, reason: "test" };
  const done = await site.first.ask<PolicyActivationView>("POST", "/api/policies", change);
  expect(done.body.check).toMatchObject({ valid: true, failures: [] });
}

test("a signal, what was decided and what it did to live sessions are one story", async () => {
  const { site, ann, sender, push, opened, classes, signals, subject } = await openSite();
  const high = { subject, event: { principal: "USER", current_level: "HIGH" } };
  const first = await opened();
  expect((await push(await sender.set("risk-level-change", high))).status).toBe(202);
  expect(await classes(first.id)).toEqual(["observe"]);
  const [atRisk] = (await signals()).stories;
  expect(atRisk).toMatchObject({ about: "Ann", effects: [{ session: first.id }] });
  expect((await signals()).demands).toMatchObject([{ person: "Ann", asks: "view-only" }]);

  // Nobody lifts what is asked of themselves; somebody else does, and says why.
  const [demand] = (await signals()).demands;
  const lifting = { key: demand?.key, reason: "called back, all is well" };
  expect((await ann.ask("POST", "/api/signals/lifting", lifting)).status).toBe(404);
  expect((await site.first.ask("POST", "/api/signals/lifting", lifting)).status).toBe(204);
  expect(await classes(first.id)).toContain("operate");

  const changed = { credential_type: "pin", change_type: "update" };
  await push(await sender.set("credential-change", { subject, event: changed }));
  expect(await classes(first.id)).toEqual(["observe"]);
  const asked = await ann.ask("POST", "/api/sessions", OPENING);
  expect(asked.body.code).toBe("step-up-required");
  await ann.stepUp();
  expect(await classes(first.id)).toContain("operate");

  const revoked = await push(await sender.set("session-revoked", { subject }));
  expect(revoked.status).toBe(202);
  const [cut] = (await signals()).stories;
  expect(cut?.effects.map(({ text }) => text)).toEqual([
    "1 sign-in ended",
    expect.stringContaining("ended"),
  ]);
  const told = async () => {
    const path = `/api/events?contains=${cut?.sign}`;
    const { body } = await site.first.ask<SiteEventView[]>("GET", path);
    return body.map(({ kind }) => kind).toSorted();
  };
  // The end of the session is noted behind it.
  await expect.poll(told, { timeout: 30_000 }).toEqual(["session:ended", "signal:taken"]);
  expect((await ann.ask("GET", "/api/me")).status).toBe(401);
}, 60_000);

test("a device that is not compliant by another system is none, whatever it says of itself", async () => {
  const { site, sender, push, signals, opened, classes } = await openSite();
  const all = (await site.first.ask<PersonsDeviceView[]>("GET", "/api/devices")).body;
  const hers = all.find(({ person }) => person.name === "Ann");
  await site.first.ask("PATCH", `/api/devices/${hers?.id}`, { inventory: "LT-7" });
  await inForce(site, ["healthy-devices", "risky-people"]);
  const subject = { format: "complex", device: { format: "opaque", id: "LT-7" } };
  const says = (current_status: string) =>
    sender.set("device-compliance-change", { subject, event: { current_status } });
  const compliant = async () => {
    const now = (await site.first.ask<PersonsDeviceView[]>("GET", "/api/devices")).body;
    return now.find(({ id }) => id === hers?.id)?.compliant;
  };
  expect((await push(await says("compliant"))).status).toBe(202);
  expect(await compliant()).toBe(true);
  const session = await opened();
  expect(session.capabilities).toContain("operate");
  expect((await push(await says("not-compliant"))).status).toBe(202);
  expect(await compliant()).toBe(false);
  expect(await classes(session.id)).toEqual(["observe"]);
  expect((await signals()).stories[0]).toMatchObject({ effects: [{ session: session.id }] });
}, 60_000);

test("the door answers as RFC 8935 says, and is none where no transmitter is named", async () => {
  const { site, sender, push, subject } = await openSite();
  const token = await sender.set("session-revoked", { subject });
  const strange = await push(token, "Bearer somebody-else-0123456789");
  expect([strange.status, (await strange.json()).err]).toEqual([401, "authentication_failed"]);
  const wrong = await push(await sender.set("session-revoked", { claims: { aud: "x" } }));
  expect([wrong.status, (await wrong.json()).err]).toEqual([400, "invalid_audience"]);
  const asJson = await fetch(`${site.broker.address}/api/signals`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: AUTHORIZATION },
    body: JSON.stringify({ token }),
  });
  expect([asJson.status, (await asJson.json()).err]).toEqual([400, "invalid_request"]);
  const long = await push("e".repeat(70_000));
  expect(long.status).toBe(413);
  const off = await startRunningBroker();
  onTestFinished(() => off.close());
  for (const [method, at] of [
    ["POST", "/api/signals"],
    ["GET", "/api/signals/keys"],
    ["GET", "/.well-known/ssf-configuration"],
  ] as const) {
    const headers = { authorization: AUTHORIZATION, "content-type": FORM };
    const asked = { method, headers, ...(method === "POST" && { body: token }) };
    expect([at, (await fetch(off.broker.address + at, asked)).status]).toEqual([at, 404]);
  }
}, 60_000);

test("others hear of our sessions by tokens that our published key verifies, until they take them", async () => {
  const receiver = await startWebReceiver((response, nth) => {
    // Not known there at first: that is no fault of the event.
    const error = JSON.stringify({ err: "authentication_failed" });
    if (nth === 1) response.writeHead(400).end(error);
    else response.writeHead(202).end();
  });
  const to = `signals-to:\n  - { name: soc, url: "${receiver.url}", audience: "https://soc.example" }\n`;
  const { site, ann, opened } = await openSite("", to);
  const session = await opened();
  await ann.ask("POST", `/api/sessions/${session.id}/end`, { reason: "done" });
  const keys = await (await fetch(`${site.broker.address}/api/signals/keys`)).json();
  const about = await (await fetch(`${site.broker.address}/.well-known/ssf-configuration`)).json();
  expect(about.jwks_uri).toBe(`${site.broker.address}/api/signals/keys`);
  const said = () =>
    Promise.all(
      receiver.heard.map(async ({ body, headers }) => {
        expect(headers["content-type"]).toBe(FORM);
        const { payload } = await jwtVerify(body, createLocalJWKSet(keys as JSONWebKeySet), {
          ...{ issuer: about.issuer, audience: "https://soc.example", typ: "secevent+jwt" },
        });
        return payload;
      }),
    );
  const subject = {
    user: { format: "email", email: "ann@plant.example" },
    session: { format: "opaque", id: session.id },
  };
  // What was sent again because its answer came late counts once.
  const told = async () => [
    ...new Set(
      (await said())
        .filter(({ sub_id }) => isDeepStrictEqual(sub_id, { format: "complex", ...subject }))
        .map((each) => Object.keys(each.events ?? {})[0]),
    ),
  ];
  await expect
    .poll(told, { timeout: 60_000 })
    .toEqual([
      "https://schemas.openid.net/secevent/caep/event-type/session-established",
      "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    ]);
  const [first, again] = await said();
  expect(again?.jti).toBe(first?.jti);
}, 120_000);

test("signals are fetched from who is asked for them, and acknowledged once they are durable", async () => {
  const sender = await SignalSender.create(AUDIENCE);
  const token = await sender.set("session-revoked", { subject: byEmail("ann@plant.example") });
  const forged = await (await SignalSender.create(AUDIENCE)).set("session-revoked");
  const waiting = new Map([
    ["one", token],
    ["two", forged],
  ]);
  const errors: Record<string, unknown> = {};
  const idp = await startWebReceiver((response, _nth, body) => {
    const { ack, setErrs = {} } = JSON.parse(body);
    for (const jti of [...ack, ...Object.keys(setErrs)]) waiting.delete(jti);
    Object.assign(errors, setErrs);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ sets: Object.fromEntries(waiting) }));
  });
  const file = path.join(temporaryFolder(), "integrations.yaml");
  writeFileSync(file, "siem: []\n");
  const site = await startRunningBroker({ SALLYPORT_INTEGRATIONS: file });
  onTestFinished(() => site.close());
  const ann = await site.invite("Ann", ["engineer"]);
  writeFileSync(file, `${sender.yaml(`    poll: "${idp.url}"\n`)}`);
  await expect.poll(() => waiting.size, { timeout: 60_000 }).toBe(0);
  expect(errors).toEqual({ two: { err: "invalid_key", description: "it is forged" } });
  expect(idp.heard[0]?.headers.authorization).toBe(AUTHORIZATION);
  expect((await ann.ask("GET", "/api/me")).status).toBe(401);
}, 120_000);
