/**
 * A request whose body comes late: what its sender lost while it was on its way counts no more,
 * and nobody's long body is waited for before it is known who sends it.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { approveMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";

let site: RunningBroker;
beforeAll(async () => {
  site = await startRunningBroker();
});
afterAll(() => site.close());

interface Sent {
  readonly path: string;
  readonly body: object;
  readonly headers: Readonly<Record<string, string>>;
}

function opened(): Socket {
  const { port, hostname } = new URL(site.broker.address);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  return socket;
}

function head(path: string, headers: Readonly<Record<string, string | number>>): string {
  const all = { host: new URL(site.broker.address).host, connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends all but the body; resolves once the broker has begun to look at it. */
async function begun({ path, body, headers }: Sent): Promise<() => Promise<string>> {
  const payload = JSON.stringify(body);
  const socket = opened();
  const length = Buffer.byteLength(payload);
  const type = { "content-type": "application/json", "content-length": length };
  socket.write(head(path, { ...type, expect: "100-continue", ...headers }));
  const [first] = await once(socket, "data");
  expect(String(first)).toMatch(/^HTTP\/1\.1 100 /);
  return async () => {
    const answer: string[] = [];
    socket.on("data", (bytes) => answer.push(String(bytes)));
    socket.write(payload);
    await once(socket, "close");
    return answer.join("").split("\r\n")[0] ?? "";
  };
}

function asBrowser({ cookieHeader }: ConsoleUser) {
  const origin = site.broker.address;
  return { cookie: cookieHeader, origin, "sec-fetch-site": "same-origin" };
}

function lock(by: ConsoleUser) {
  const body = { kind: "asset", target: "plc-treatment", reason: "A body that came late" };
  return begun({ path: "/api/locks", body, headers: asBrowser(by) });
}

async function locks(): Promise<number> {
  return (await site.first.ask<readonly object[]>("GET", "/api/locks")).body.length;
}

function change(who: ConsoleUser, to: object) {
  return site.first.ask("PATCH", `/api/people/${who.me?.person.id}`, to);
}

test("an act whose body comes after its person was disabled is not done", async () => {
  const shift = await site.invite("Late", ["supervisor"]);
  const finish = await lock(shift);
  expect((await change(shift, { disabled: true })).status).toBe(200);
  expect(await finish()).toMatch(/ 401 /);
  expect(await locks()).toBe(0);
});

test("an act whose body comes after its person lost the right is not done", async () => {
  const shift = await site.invite("Former", ["supervisor"]);
  const finish = await lock(shift);
  expect((await change(shift, { roles: ["auditor"] })).status).toBe(200);
  expect(await finish()).toMatch(/ 404 /);
  expect(await locks()).toBe(0);
});

test("an act whose body comes after its person signed out is not done", async () => {
  const shift = await site.invite("Leaver", ["supervisor"]);
  const finish = await lock(shift);
  expect((await shift.ask("POST", "/api/sign-out", {})).status).toBe(204);
  expect(await finish()).toMatch(/ 401 /);
  expect(await locks()).toBe(0);
});

test("a request whose body comes after its token was revoked is not made", async () => {
  const ann = await site.invite("Ann", ["engineer"]);
  const key = MachineKeyPair.create();
  const machine = new BrokerClient({ origin: site.broker.address }, key);
  const { user_code, number, device_code } = await machine.ask("POST /api/device/authorization", {
    body: {
      ...{ key: key.publicKey, machine: "test", tool: "test" },
      token: { name: "late", lifeMs: 3_600_000, bound: false, rights: ["session:open"] },
    },
  });
  expect(await approveMachine(ann, user_code, number)).toBe(204);
  const { access_token } = await machine.ask("POST /api/device/token", { body: { device_code } });
  const headers = { authorization: `Bearer ${access_token}` };
  const wanted = {
    ...{ endpoints: ["plc-treatment/modbus"], profile: "read-only", durationMs: 3_600_000 },
    reason: "By a program",
  };
  const finish = await begun({ path: "/api/requests", body: wanted, headers });
  const own = await ann.ask<readonly { readonly id: string }[]>("GET", "/api/me/tokens");
  const [token] = own.body;
  expect((await ann.ask("DELETE", `/api/me/tokens/${token?.id}`)).status).toBe(204);
  expect(await finish()).toMatch(/ 401 /);
  expect((await ann.ask<readonly object[]>("GET", "/api/requests")).body).toEqual([]);
});

test("a stranger's long body is refused before it is sent", async () => {
  const socket = opened();
  const type = { "content-type": "application/scim+json", "content-length": 1_000_000 };
  socket.write(head("/api/scim/v2/Groups", { ...type, authorization: "Bearer guessed" }));
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 404 /);
});
