/**
 * Every route, for nobody, for each role, and under other spellings; what each may reach is in
 * `route-reach.ts`.
 */
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FROM_DEVICE } from "../../broker/api/from-device.ts";
import type { AttachAnswer } from "../../broker/api/shapes/live.ts";
import type { DeviceAuthorization } from "../../broker/api/shapes/machines.ts";
import type { DoorsView } from "../../broker/api/shapes/native.ts";
import type { RoleName } from "../../broker/api/shapes/people.ts";
import type { GrantView } from "../../broker/api/shapes/plant.ts";
import type { PoliciesView, PolicyActivationView } from "../../broker/api/shapes/policies.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import { type ApiDocument, clientText } from "../../deploy/release/client-text.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { ConsoleUser, connected, type UserSocket } from "../kit/console-user.ts";
import { type AskingClient, askAtDoor } from "../kit/native-client.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { REACH, ROLES } from "./route-reach.ts";

const CLIENT = path.resolve(import.meta.dirname, "../../broker/cli/remote/api/routes.ts");
const READS = Object.keys(REACH).filter((name) => name.startsWith("GET /api"));
const CHANGES = Object.keys(REACH).filter((name) => !name.startsWith("GET"));

let site: RunningBroker;
let nobody: ConsoleUser;
/** By role; the session, recording and grant used as examples belong to the engineer. */
const users = new Map<RoleName, ConsoleUser>();
let tool: AskingClient | undefined;
/** Of the engineer, who works in the session: else it would end in the middle of a slow walk. */
let working: UserSocket | undefined;
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  site = await startRunningBroker({
    SALLYPORT_POLICY_SECOND_ADMINISTRATOR: "1",
    SALLYPORT_SSH_PORT: "0",
    SALLYPORT_OPCUA_PORT: "0",
    SALLYPORT_PANEL_PORT: "0",
  });
  nobody = new ConsoleUser(site.broker.address);
  for (const role of ROLES) users.set(role, await site.invite(`A${role}`, [role]));
  const engineer = as("engineer");
  const endpoint = "plc-treatment/modbus";
  const session = await engineer.ask("POST", "/api/sessions", { endpoint });
  expect(session.status).toBe(201);
  const page = await connected(engineer.socket());
  working = page;
  const attached = await new Promise<AttachAnswer>((resolve) =>
    page.emit("attach", session.body.id, "main", resolve),
  );
  expect(attached.ok).toBe(true);
  const grant = await site.first.ask("POST", "/api/grants", {
    ...{ personId: engineer.me?.person.id, endpoint, profile: "read-only", reason: "test" },
    ...{ fromMs: Date.now(), untilMs: Date.now() + 600_000 },
  });
  expect(grant.status).toBe(201);
  const glass = await breakGlass(endpoint, engineer.me?.person.id ?? "");
  ids = {
    "break-glass": glass,
    "policy-proposals": await proposal(),
    assets: "plc-treatment",
    sessions: session.body.id,
    recordings: session.body.id,
    people: engineer.me?.person.id ?? "",
    grants: grant.body.id,
    passkeys: engineer.authenticator.keys[0]?.id ?? "",
    "sign-ins": engineer.me?.signInId ?? "",
    recoveries: "none",
    holds: "none",
    native: await nativeAsk(engineer),
    devices: await commandAsks(),
    integrations: "none",
    policies: "1",
    versions: "1",
    locks: "none",
    shares: "none",
    requests: "none",
    alarms: "none",
    entries: "1-0",
    vendors: "none",
  };
}, 60_000);
afterAll(async () => {
  tool?.stop();
  working?.disconnect();
  await site.close();
});

/** A native tool waits at the door until all is walked. */
async function nativeAsk(engineer: ConsoleUser): Promise<string> {
  const doors = await engineer.ask<DoorsView>("GET", "/api/native");
  tool = await askAtDoor(doors.body.ssh?.port ?? 0, "sw-works");
  return tool.id;
}

/** A command waits to be signed in until all is walked. */
async function commandAsks(): Promise<string> {
  const key = MachineKeyPair.create().publicKey;
  const asking = { key, machine: "laptop", tool: "test" };
  const path = "/api/device/authorization";
  const answer = await nobody.ask<DeviceAuthorization>("POST", path, asking);
  return answer.body.user_code;
}

async function proposal(): Promise<string> {
  const { first } = site;
  const now = await first.ask<PoliciesView>("GET", "/api/policies");
  const { files, version } = now.body;
  const change = { files: [...files], basedOn: version.digest, reason: "test" };
  change.files.push({ name: "more.cedar", text: "// Nothing yet.\n" });
  const answer = await first.ask<PolicyActivationView>("POST", "/api/policies", change);
  expect(answer.status).toBe(200);
  return answer.body.proposal ?? "";
}

/** An administrator breaks it for the engineer. */
async function breakGlass(endpoint: string, holder: string): Promise<string> {
  const { first } = site;
  const wanted = { endpoint, holder, profile: "read-only", durationMs: 600_000, reason: "test" };
  const path = "/api/break-glass";
  const begun = await first.ask<ToSign>("POST", `${path}/options`, wanted);
  const { text, options } = begun.body;
  const response = first.authenticator.assert(options);
  const opened = await first.ask("POST", path, { text, response });
  expect(opened.status).toBe(201);
  return opened.body.id;
}

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

function as(role: RoleName): ConsoleUser {
  const user = users.get(role);
  if (!user) throw new Error(`no ${role}`);
  return user;
}

function split(name: string): [method: string, path: string] {
  const [method = "", pattern = ""] = name.split(" ");
  const path = pattern
    .replace(/\/([a-z-]+)\/\{id\}/, (_, noun) => `/${noun}/${encodeURIComponent(ids[noun] ?? "")}`)
    .replace("{number}", "0")
    .replace("{sequence}", "0")
    .replace(/\/consistency$/, "/consistency?log=1&from=0&to=1")
    .replace(/(recordings\/[^/]+)\/export$/, "$1/export?format=csv");
  return [method, path];
}

/** Alike for what does not exist and what one may not see. */
const NOTHING = { status: 404, code: "not-found" };

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, object>>;
}

test("every route of the broker has a line here, and every line a route", async () => {
  const document = await as("auditor").ask<Document>("GET", "/api/openapi.json");
  expect(document.body.openapi).toBe("3.1.0");
  const routes = Object.entries(document.body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(routes.sort()).toEqual(Object.keys(REACH).sort());
});

test("the command's client is as the broker's document says", async () => {
  const { body } = await as("auditor").ask<ApiDocument>("GET", "/api/openapi.json");
  // `npm run client` writes it anew.
  await expect(clientText(body)).toMatchFileSnapshot(CLIENT);
});

test("what must be signed by the person's device are routes of people, and no misspelt ones", () => {
  for (const name of FROM_DEVICE) {
    expect([name, REACH[name.replaceAll(/:([a-z]+)/g, "{$1}")]]).toEqual([name, expect.any(Array)]);
  }
});

test.each(Object.entries(REACH).filter(([, reach]) => Array.isArray(reach)))(
  "%s is closed to who is not signed in",
  async (name) => {
    const [method, path] = split(name);
    const body = method === "GET" ? undefined : {};
    for (const user of [nobody, withForgedCookie()]) {
      const answer = await user.ask(method, path, body);
      expect([answer.status, answer.body.code]).toEqual([401, "signed-out"]);
    }
  },
);

function withForgedCookie(): ConsoleUser {
  const forger = new ConsoleUser(site.broker.address);
  forger.cookies.set("__Host-sallyport", "A".repeat(43));
  return forger;
}

test.each(Object.entries(REACH).filter(([, reach]) => Array.isArray(reach)))(
  "%s is nothing to each role without the right",
  async (name, reach) => {
    const [method, path] = split(name);
    const body = method === "GET" ? undefined : {};
    for (const role of ROLES.filter((each) => !reach.includes(each))) {
      const answer = await as(role).ask(method, path, body);
      expect({ role, status: answer.status, code: answer.body.code }).toEqual({ role, ...NOTHING });
    }
  },
);

/** There is no signed act in this test; consents, panels, videos, plans and what was tried are shown to the one person they are of. */
const NOT_FOUND =
  /\/acts\/\{act\}$|\/consents\/\{id\}$|\/panel$|\/videos\/\{video\}|\/(what-if|plant-plans)\/\{id\}$/;
/** No file passed in the recording of this test. */
const NO_FILE = "/files/{sequence}";
/** The session of this test goes on. */
const BUNDLE = "GET /api/recordings/{id}/bundle";
const FOUND = READS.filter(
  (name) => !NOT_FOUND.test(name) && !name.endsWith(NO_FILE) && name !== BUNDLE,
);

test.each(FOUND)("%s answers each role with the right", async (name) => {
  const [method, path] = split(name);
  const reach = REACH[name];
  for (const role of Array.isArray(reach) ? reach : []) {
    const answer = await as(role).ask(method, path);
    expect({ role, status: answer.status }).toEqual({ role, status: 200 });
  }
});

test("there is no bundle of a session that goes on, which who may have it is told", async () => {
  const [method, path] = split(BUNDLE);
  const reach = REACH[BUNDLE];
  for (const role of Array.isArray(reach) ? reach : []) {
    const { status, body } = await as(role).ask(method, path);
    expect({ role, status, code: body.code }).toEqual({ role, status: 409, code: "no-bundle" });
  }
});

test.each(CHANGES)("%s is refused when another site sends it", async (name) => {
  const [method, path] = split(name);
  const foreign: Record<string, string | null>[] = [
    { origin: null },
    { origin: "http://evil.example" },
    { "sec-fetch-site": "cross-site" },
  ];
  for (const headers of foreign) {
    const answer = await site.first.ask(method, path, {}, { headers });
    expect([answer.status, answer.body.code]).toEqual([403, "forbidden-origin"]);
  }
});

/** Ways to write a path that have got around rules elsewhere. */
const SPELLINGS: readonly ((path: string) => string)[] = [
  (path) => `${path}/`,
  (path) => `${path}.json`,
  (path) => `${path}.css`,
  (path) => `${path}%2ejson`,
  (path) => `${path};a=b`,
  (path) => `${path}%00`,
  (path) => `${path}%20`,
  (path) => `${path}?.css`,
  (path) => `${path}#x`,
  (path) => path.toUpperCase(),
  (path) => path.replace("/api/", "/Api/"),
  (path) => path.replace("/api/", "/api//"),
  (path) => `/${path}`,
  (path) => path.replace("/api/", "/api/./"),
  (path) => path.replace("/api/", "/api/me/../"),
  (path) => path.replace("/api/", "/assets/../api/"),
  (path) => path.replace("/api/", "/assets/..%2fapi/"),
  (path) => path.replace("/api/", "/%61pi/"),
  (path) => path.replace("/api/", "/api%2f"),
  (path) => path.replace("/api/", "/%2561pi/"),
  (path) => path.replace("/api/", "\\api\\"),
  (path) => `http://localhost${path}`,
];

/** Says the names of the buttons on the sign-in page, to whoever asks. */
const BUTTONS = "GET /api/sign-in/through";

test.each(READS.filter((name) => name !== BUTTONS))(
  "no spelling of %s lets in who may not",
  async (name) => {
    const [method, path] = split(name);
    const reach = REACH[name];
    const wrong = ROLES.find((role) => !reach?.includes(role));
    for (const spell of SPELLINGS) {
      for (const user of [nobody, ...(wrong ? [as(wrong)] : [])]) {
        const answer = await user.ask(method, spell(path));
        expect({ path: spell(path), open: isData(answer) }).toEqual({
          path: spell(path),
          open: false,
        });
      }
    }
  },
  60_000,
);

/** A page of the console is for everybody; anything else that succeeds is not. */
function isData(answer: { status: number; text: string }): boolean {
  return answer.status < 400 && !answer.text.includes("csp-nonce");
}

test.each(["PUT", "HEAD", "OPTIONS", "TRACE", "GET"])(
  "another method (%s) on a path is no way in",
  async (method) => {
    for (const name of Object.keys(REACH)) {
      const [own, path] = split(name);
      if (own === method || REACH[`${method} ${name.split(" ")[1]}`]) continue;
      const answer = await nobody.ask(method, path);
      expect({ name, refused: answer.status >= 400 }).toEqual({ name, refused: true });
    }
  },
);

test("an override header or parameter does not change the method", async () => {
  const [, path] = split("DELETE /api/grants/{id}");
  const headers = { "x-http-method-override": "DELETE" };
  const answer = await site.first.ask("GET", `${path}?_method=DELETE`, undefined, { headers });
  expect(answer.status).toBe(404);
  const grants = await site.first.ask<GrantView[]>("GET", "/api/grants");
  expect(grants.body.map((grant) => grant.id)).toContain(ids.grants);
});

test("a vendor sees neither assets, sessions nor recordings of others", async () => {
  const vendor = as("vendor");
  expect((await vendor.ask("GET", "/api/plant")).body).toMatchObject({
    ...{ assets: [], zones: [], conduits: [], profiles: [], problem: null },
  });
  expect((await vendor.ask("GET", "/api/sessions")).body).toEqual([]);
  const opened = await vendor.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  const unknown = await vendor.ask("POST", "/api/sessions", { endpoint: "no-such/modbus" });
  expect([opened.status, opened.body]).toEqual([unknown.status, unknown.body]);
});

test("an engineer finds nothing of another engineer's session", async () => {
  const other = await site.invite("Other", ["engineer"]);
  expect((await other.ask("GET", "/api/sessions")).body).toEqual([]);
  expect((await other.ask("GET", "/api/recordings")).body).toEqual([]);
  for (const name of [
    "GET /api/sessions/{id}",
    "GET /api/recordings/{id}",
    "GET /api/recordings/{id}/segments/{number}",
    "POST /api/sessions/{id}/end",
    "DELETE /api/me/sign-ins/{id}",
  ]) {
    const [method, path] = split(name);
    const body = method === "POST" ? { reason: "" } : undefined;
    const answer = await other.ask(method, path, body);
    expect({ name, status: answer.status }).toEqual({ name, status: 404 });
  }
});

test("what the answers show of the plant leaves out addresses for who manages nothing", async () => {
  const shown = (await as("engineer").ask("GET", "/api/plant")).text;
  expect(shown).toContain("plc-treatment");
  expect(shown).not.toContain("127.0.0.1");
  expect((await site.first.ask("GET", "/api/plant")).text).toContain("127.0.0.1");
});

test("an auditor who looks into a recording is noted", async () => {
  const [method, path] = split("GET /api/recordings/{id}");
  await as("auditor").ask(method, path);
  await as("auditor").ask(method, path);
  const events = await as("auditor").ask<SiteEventView[]>("GET", "/api/events");
  const views = events.body.filter((event) => event.kind === "recording:viewed");
  const names = views
    .filter((event) => event.session === ids.recordings)
    .map((each) => each.subjectName);
  expect(names.filter((name) => name === "Aauditor")).toEqual(["Aauditor"]);
});
