/** Tokens by which programs use the API: what they reach, and what a thief gets. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PersonView } from "../../broker/api/shapes/people.ts";
import type { PlantView } from "../../broker/api/shapes/plant.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { ApiTokenView } from "../../broker/api/shapes/tokens.ts";
import { BrokerClient } from "../../broker/cli/remote/broker-client.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import type { TokenRight } from "../../broker/identity/token-scope.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { approveMachine, signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand, startCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const PATIENT = { timeout: 120_000 };
let site: RunningBroker;
let grace: ConsoleUser;
const home = makeFolder();

beforeAll(async () => {
  site = await startRunningBroker();
  grace = await site.invite("Grace", ["engineer"]);
  await signInMachine(home, grace);
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(home);
});

interface Asked {
  readonly rights: readonly TokenRight[];
  readonly assets?: readonly string[];
  readonly bound?: boolean;
}

/** Asked for at a machine, and agreed to by her; or the status where she may not. */
async function created(
  by: ConsoleUser,
  { bound = false, rights, assets }: Asked,
  key = MachineKeyPair.create(),
): Promise<string | number> {
  const machine = new BrokerClient({ origin: site.broker.address }, key);
  const asked = await machine.ask("POST /api/device/authorization", {
    body: {
      ...{ key: key.publicKey, machine: "test", tool: "test" },
      token: {
        ...{ name: "nightly", lifeMs: 3_600_000, bound, rights: [...rights] },
        ...(assets && { assets: [...assets] }),
      },
    },
  });
  const status = await approveMachine(by, asked.user_code, asked.number);
  if (status !== 204) return status;
  const { device_code } = asked;
  const made = await machine.ask("POST /api/device/token", { body: { device_code } });
  return made.access_token;
}

function bearer(token: string | number, method: string, url: string, body?: unknown) {
  const headers = { authorization: `Bearer ${token}`, origin: null, "sec-fetch-site": null };
  return grace.askPlainly<never>(method, url, body, { headers, cookies: false });
}

async function statusOf(token: string | number, method: string, url: string, body?: unknown) {
  return (await bearer(token, method, url, body)).status;
}

const RIGHTS = ["plant:view", "session:open", "recording:own"] as const;

test("a token reaches what it was made for, on its assets, and nothing else", PATIENT, async () => {
  const token = await created(grace, { rights: RIGHTS, assets: ["plc-treatment"] });
  const plant = (await bearer(token, "GET", "/api/plant")) as { readonly body: PlantView };
  expect(plant.body.assets.map(({ id }) => id)).toEqual(["plc-treatment"]);
  expect(await statusOf(token, "GET", "/api/recordings")).toBe(200);
  const me = (await bearer(token, "GET", "/api/me")) as { readonly body: { rights: string[] } };
  expect(me.body.rights).toEqual(RIGHTS);
  const wanted = (asset: string) => ({
    ...{ endpoints: [`${asset}/modbus`], profile: "read-only", durationMs: 3_600_000 },
    reason: "By a program",
  });
  // Not made for asking, and not for other assets.
  expect(await statusOf(token, "POST", "/api/requests", wanted("plc-treatment"))).toBe(404);
  for (const url of ["/api/events", "/api/health", "/api/review", "/api/people"]) {
    expect(await statusOf(token, "GET", url)).toBeGreaterThanOrEqual(403);
  }
  // What a person does with a passkey, and what gives more power, no token reaches.
  for (const [method, url] of [
    ["POST", "/api/sessions"],
    ["GET", "/api/me/tokens"],
    ["GET", "/api/me/passkeys"],
    ["POST", "/api/sign-out"],
    ["GET", "/api/policies"],
  ] as const) {
    expect(await statusOf(token, method, url, method === "POST" ? {} : undefined)).toBe(403);
  }
  const asking = await created(grace, { rights: ["session:open", "request:make"] });
  expect(await statusOf(asking, "POST", "/api/requests", wanted("plc-treatment"))).toBe(201);
});

test(
  "nobody gives a program what they do not hold, and what they lose it loses",
  PATIENT,
  async () => {
    expect(await created(grace, { rights: ["events:view"] })).toBe(403);
    const eve = await site.invite("Eve", ["engineer"]);
    const token = await created(eve, { rights: RIGHTS });
    expect(await statusOf(token, "GET", "/api/recordings")).toBe(200);
    const people = await site.first.ask<PersonView[]>("GET", "/api/people");
    const { id } = people.body.find(({ name }) => name === "Eve") ?? { id: "" };
    const change = (body: object) => site.first.ask("PATCH", `/api/people/${id}`, body);
    expect((await change({ roles: ["vendor"] })).status).toBe(200);
    expect(await statusOf(token, "GET", "/api/recordings")).toBe(404);
    expect((await change({ disabled: true })).status).toBe(200);
    expect(await statusOf(token, "GET", "/api/me")).toBe(401);
    // Let in again, a person has no programs that they did not make since.
    expect((await change({ disabled: false })).status).toBe(200);
    expect(await statusOf(token, "GET", "/api/me")).toBe(401);
  },
);

test("one that is bound ends when it comes without its key, as an alarm", PATIENT, async () => {
  const key = MachineKeyPair.create();
  const token = String(await created(grace, { rights: RIGHTS, bound: true }, key));
  const url = `${site.broker.address}/api/plant`;
  const keyed = async (by: MachineKeyPair) => {
    const dpop = await by.prove({ method: "GET", url, token, nowMs: Date.now() });
    const headers = { dpop, authorization: `DPoP ${token}` };
    return (await grace.askPlainly("GET", "/api/plant", undefined, { headers, cookies: false }))
      .status;
  };
  expect(await keyed(key)).toBe(200);
  expect(await statusOf(token, "GET", "/api/plant")).toBe(401);
  expect(await keyed(key)).toBe(401);
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  expect(body.find(({ kind }) => kind === "sign-in:stolen")?.text).toContain("nightly");
});

test(
  "it is listed with its use, and revoked at once by its person or an administrator",
  PATIENT,
  async () => {
    const [one, two] = [
      await created(grace, { rights: RIGHTS }),
      await created(grace, { rights: RIGHTS }),
    ];
    expect(await statusOf(one, "GET", "/api/plant")).toBe(200);
    const listed = async () => (await grace.ask<ApiTokenView[]>("GET", "/api/me/tokens")).body;
    const used = (await listed()).filter(({ lastUsedMs }) => lastUsedMs !== null);
    expect(used.length).toBeGreaterThan(0);
    const [newest, second] = await listed();
    const stranger = await site.invite("Ida", ["engineer"]);
    expect((await stranger.ask("DELETE", `/api/me/tokens/${newest?.id}`)).status).toBe(404);
    expect((await runCommand(home, ["token", "revoke", newest?.id ?? ""])).code).toBe(0);
    expect((await site.first.ask("DELETE", `/api/tokens/${second?.id}`)).status).toBe(204);
    expect(await statusOf(one, "GET", "/api/plant")).toBe(401);
    expect(await statusOf(two, "GET", "/api/plant")).toBe(401);
    const lists = await runCommand(home, ["token", "list", "--json"]);
    expect(JSON.parse(lists.output)).toHaveLength((await listed()).length);
    expect(JSON.parse(lists.output)[0]).toMatchObject({ personName: "Grace", marks: [] });
    // Everybody's, and the services, are the administrators' to look after.
    for (const words of [["token", "list", "--all"], ["workloads"]]) {
      expect((await runCommand(home, words)).code).toBe(4);
    }
  },
);

test("the command makes one, agreed to in the browser, and prints it once", PATIENT, async () => {
  const command = startCommand(home, [
    ...["token", "create", "--name", "by hand", "--rights", "plant:view", "--for", "1h"],
    ...["--bearer", "--json"],
  ]);
  const [, code = ""] = await command.says(/"code":"([A-Z-]+)"/);
  const [, number] = await command.says(/"number":(\d+)/);
  expect(await approveMachine(grace, code, Number(number))).toBe(204);
  const [, token = ""] = await command.says(/"token":"([^"]+)"/);
  expect(await command.ended).toBe(0);
  expect(await statusOf(token, "GET", "/api/plant")).toBe(200);
});

test("it is no cookie, no sign-in, and made up ones are refused", PATIENT, async () => {
  const token = await created(grace, { rights: RIGHTS });
  const cookie = { cookie: `__Host-sallyport=${token}; sallyport=${token}` };
  const answer = await grace.askPlainly("GET", "/api/me", undefined, {
    headers: cookie,
    cookies: false,
  });
  expect(answer.status).toBe(401);
  expect(await statusOf(`${token}x`, "GET", "/api/me")).toBe(401);
  expect(await statusOf("sallyport_", "GET", "/api/me")).toBe(401);
  // A page of another site that could send it all the same is held to be one.
  const headers = { authorization: `Bearer ${token}`, origin: "https://evil.example" };
  const foreign = await grace.askPlainly("POST", "/api/requests", {}, { headers, cookies: false });
  expect(foreign.status).toBe(403);
});
