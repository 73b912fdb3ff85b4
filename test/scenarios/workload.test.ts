/**
 * A service works through the broker without a person: it shows a certificate or a token, gets
 * minutes, and loses them with whatever it rests on.
 */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import type { WorkloadsView } from "../../broker/api/shapes/workloads.ts";
import { CommandFailed } from "../../broker/cli/remote/exit-codes.ts";
import { Home } from "../../broker/cli/remote/home.ts";
import { loginWorkload, workloadSourceOf } from "../../broker/cli/remote/workload-login.ts";
import { modbusRequest, RawTool, startConnecting } from "../kit/connecting.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { type CommandDone, runCommand } from "../kit/sallyport-command.ts";
import { type LeafTerms, SpiffeAuthority, TokenSigner } from "../kit/spiffe.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

/** A process starts, a session opens and ends: on a busy machine. */
const PATIENT = { timeout: 180_000 };
const SOON = { timeout: 60_000, interval: 200 };
const PLC = "plc-treatment/modbus";
const READ_LEVEL = modbusRequest(7, 4, 0, 1);
const HISTORIAN = "spiffe://plant.example/historian";
const SUBJECT = "repo:plant/checks:ref:refs/heads/main";

let site: RunningBroker;
let authority: SpiffeAuthority;
let ci: TokenSigner;
const folder = makeFolder();
const at = (...names: readonly string[]) => path.join(folder, ...names);

const FILE = `
trust:
  - domain: plant.example
    bundle: bundle.pem
issuers:
  - issuer: https://ci.example
    keys: keys.json
    once: true
workloads:
  - { id: historian, name: Process historian, owner: ada@plant.example, spiffe: "${HISTORIAN}", life: 5m }
  - id: checks
    owner: nobody@plant.example
    jwt: { issuer: "https://ci.example", subject: "${SUBJECT}", claims: { environment: works } }
`;

beforeAll(async () => {
  authority = await SpiffeAuthority.make();
  ci = await TokenSigner.make();
  writeFileSync(at("bundle.pem"), authority.pem);
  writeFileSync(at("keys.json"), ci.keySet);
  writeFileSync(at("workloads.yaml"), FILE);
  await newSvid();
  site = await startRunningBroker({
    SALLYPORT_WORKLOADS: at("workloads.yaml"),
    SALLYPORT_WORKLOAD_PORT: "0",
    SALLYPORT_FIRST_EMAIL: "ada@plant.example",
  });
  await grant("workload:historian");
  await grant("workload:checks");
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

async function newSvid(terms: LeafTerms = {}, by = authority): Promise<void> {
  const { certificate, key } = await by.issue(terms);
  writeFileSync(at("svid.key"), key);
  writeFileSync(at("svid.pem"), certificate);
}

async function listed(): Promise<WorkloadsView> {
  return (await site.first.ask<WorkloadsView>("GET", "/api/workloads")).body;
}

async function workload(handle: string) {
  const found = (await listed()).workloads.find((each) => each.handle === handle);
  if (!found) throw new Error(`there is no ${handle}`);
  return found;
}

async function grant(handle: string): Promise<void> {
  const { id: personId } = await workload(handle);
  const nowMs = Date.now();
  const made = await site.first.ask("POST", "/api/grants", {
    ...{ personId, endpoint: PLC, profile: "read-only", reason: "Keeps the levels" },
    ...{ fromMs: nowMs - 60_000, untilMs: nowMs + 3_600_000 },
  });
  expect(made.status).toBe(201);
}

function ca(): string {
  return path.join(site.folder, "data/tls/site-ca.pem");
}

/** As `sallyport login` does it, without a process of its own. */
async function login(home: string, ...more: readonly string[]): Promise<CommandDone> {
  const done = { output: "" };
  const flags = Object.fromEntries(
    more.flatMap((each, n) => (n % 2 === 0 ? [[each.slice(2), more[n + 1]]] : [])),
  );
  const files = workloadSourceOf(flags);
  if (!files) throw new Error("nothing proves it");
  const out = { write: (text: string) => (done.output += text) };
  const address = { origin: site.broker.address, ca: ca() };
  try {
    await loginWorkload(new Home({ SALLYPORT_HOME: home }), address, files, { json: true }, out);
    return { ...done, code: 0, errors: "" };
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { ...done, code: error.exitCode, errors: error.message };
  }
}

const bySvid = ["--svid", at("svid.pem"), "--key", at("svid.key")];

async function refusals(): Promise<readonly string[]> {
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return body.filter(({ kind }) => kind === "workload:refused").map(({ text }) => text);
}

test(
  "a service with a certificate reads the plant, and a renewed one cuts nothing",
  PATIENT,
  async () => {
    const home = at("historian");
    const args = ["login", site.broker.address, "--ca", ca(), ...bySvid, "--json"];
    const done = await runCommand(home, args);
    expect(done).toMatchObject({ code: 0, output: expect.stringContaining("Process historian") });
    const who = await runCommand(home, ["whoami", "--json"]);
    expect(JSON.parse(who.output)).toMatchObject({
      person: { email: "workload:historian", roles: ["workload"] },
      rights: ["plant:view", "session:open"],
    });
    const command = await startConnecting(home, [PLC]);
    const tool = new RawTool(command.port);
    expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
    // Another certificate of the same service, with the same key of its machine.
    await newSvid();
    const before = await workload("workload:historian");
    for (let n = 0; n < 2; n += 1) expect((await login(home, ...bySvid)).code).toBe(0);
    // The token that the command began with is gone: it goes on with the newest.
    expect((await new RawTool(command.port).ask(READ_LEVEL, 11))[7]).toBe(4);
    const after = await workload("workload:historian");
    expect(after).toMatchObject({ state: "active", live: 1, marks: [] });
    expect(after.lastUsedMs).toBeGreaterThan(before.lastUsedMs ?? Infinity);
    expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
    // Whoever shuts it out in the console ends what it has open, at once.
    const change = (disabled: boolean) =>
      site.first.ask("PATCH", `/api/people/${after.id}`, { disabled });
    expect((await change(true)).status).toBe(200);
    expect(await tool.over).toBe("end");
    expect(await command.ended).toBe(6);
    expect((await login(home, ...bySvid)).code).toBe(4);
    expect((await change(false)).status).toBe(200);
  },
);

test(
  "a bundle that is taken away ends what rests on it, and lets nobody in again",
  PATIENT,
  async () => {
    const home = at("revoked");
    expect((await login(home, ...bySvid)).code).toBe(0);
    const command = await startConnecting(home, [PLC]);
    const tool = new RawTool(command.port);
    expect((await tool.ask(READ_LEVEL, 11))[7]).toBe(4);
    rmSync(at("bundle.pem"));
    expect(await tool.over).toBe("end");
    expect(await command.ended).toBe(6);
    expect(command.lines("ended")[0]).toMatchObject({
      reason: expect.stringContaining("not trusted any more"),
    });
    expect(await login(home, ...bySvid)).toMatchObject({ code: 4 });
    expect((await listed()).trust[0]).toMatchObject({ keys: 0 });
    writeFileSync(at("bundle.pem"), authority.pem);
    await expect.poll(async () => (await listed()).trust[0]?.keys, SOON).toBe(1);
    expect((await login(home, ...bySvid)).code).toBe(0);
  },
);

test("certificates that prove nothing are refused, and seen", PATIENT, async () => {
  const home = at("forged");
  const stranger = await SpiffeAuthority.make();
  const cases: readonly (readonly [RegExp, LeafTerms, SpiffeAuthority])[] = [
    [/CERT_HAS_EXPIRED/, { untilMs: Date.now() - 1_000 }, authority],
    [/refused/, {}, stranger],
    [/2 URIs/, { uris: [HISTORIAN, "spiffe://plant.example/x"] }, authority],
    [/is no workload of this site/, { uris: ["spiffe://plant.example/unknown"] }, authority],
  ];
  for (const [why, terms, by] of cases) {
    await newSvid(terms, by);
    expect(await login(home, ...bySvid)).toMatchObject({ code: 4 });
    await expect
      .poll(async () => (await refusals()).some((text) => why.test(text)), SOON)
      .toBe(true);
  }
  const alarms = await site.first.ask<readonly { readonly kind: string }[]>("GET", "/api/alarms");
  expect(JSON.stringify(alarms.body)).toContain("workload-refused");
  await newSvid();
});

test("a token of a CI run counts once, with the key that showed it first", PATIENT, async () => {
  const home = at("ci");
  const claims = { sub: SUBJECT, aud: site.broker.address, environment: "works" };
  writeFileSync(at("token"), await ci.sign({ ...claims, jti: "run-1" }));
  expect((await login(home, "--jwt", at("token"))).code).toBe(0);
  const again = await login(at("thief"), "--jwt", at("token"));
  expect(again).toMatchObject({ code: 4, errors: expect.stringContaining("proves no workload") });
  const wrong = [
    { ...claims, jti: "run-2", aud: "https://else.example" },
    { ...claims, jti: "run-3", environment: "test" },
    { ...claims, jti: "run-4", sub: "repo:plant/other:ref:refs/heads/main" },
  ];
  for (const each of wrong) {
    writeFileSync(at("token"), await ci.sign(each));
    expect((await login(at("thief"), "--jwt", at("token"))).code).toBe(4);
  }
  await expect.poll(async () => (await refusals()).join("\n"), SOON).toContain("a second time");
  const command = await startConnecting(home, [PLC]);
  expect((await new RawTool(command.port).ask(READ_LEVEL, 11))[7]).toBe(4);
  expect(await command.stop()).toBe(0);
});

test("what it is given is worth nothing on another machine", PATIENT, async () => {
  const home = at("copied");
  expect((await login(home, ...bySvid)).code).toBe(0);
  const thief = at("copy");
  mkdirSync(thief, { mode: 0o700 });
  cpSync(path.join(home, "sign-ins"), path.join(thief, "sign-ins"), { recursive: true });
  copyFileSync(path.join(home, "last"), path.join(thief, "last"));
  // Without what proves it: the token alone was copied.
  const [name = ""] = readdirSync(path.join(thief, "sign-ins"));
  const file = path.join(thief, "sign-ins", name);
  const { workload: _, ...kept } = JSON.parse(readFileSync(file, "utf8")) as Record<
    string,
    unknown
  >;
  writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
  expect((await runCommand(thief, ["whoami"])).code).toBe(3);
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  expect(body.map(({ kind }) => kind)).toContain("sign-in:stolen");
});

test("what needs a person stays closed to it", PATIENT, async () => {
  const home = at("person");
  expect((await login(home, ...bySvid)).code).toBe(0);
  const words = ["--profile", "read-only", "--for", "2h", "--reason", "More"];
  expect((await runCommand(home, ["request", PLC, ...words])).code).toBe(4);
  expect((await runCommand(home, ["connect", "plc-distribution"])).code).toBe(4);
  const { id } = await workload("workload:historian");
  const asked = [
    site.first.ask("PATCH", `/api/people/${id}`, { roles: ["engineer"] }),
    site.first.ask("POST", `/api/people/${id}/recovery`, { reason: "It lost its key" }),
    site.first.ask("POST", `/api/people/${id}/enrolment-link`, {}),
    site.first.ask("POST", "/api/people", {
      ...{ name: "X", email: "x@plant.example", employer: "Plant", roles: ["workload"] },
    }),
  ];
  for (const answer of await Promise.all(asked)) expect(answer.status).toBeGreaterThanOrEqual(400);
});

test("an administrator sees in the command which of them are unused or end", PATIENT, async () => {
  const home = at("ada");
  await signInMachine(home, site.first, ["--ca", ca()]);
  const { code, output } = await runCommand(home, ["workloads"]);
  expect(code).toBe(0);
  expect(output).toMatch(/^workload:historian +ada@plant\.example +active /m);
  expect(output).toMatch(/^workload:checks .* no-owner$/m);
});

test("an edit that is wrong is told with its place, and changes nothing", PATIENT, async () => {
  writeFileSync(at("workloads.yaml"), FILE.replace("owner: nobody", "ovner: nobody"));
  await expect.poll(async () => (await listed()).problem, SOON).toContain("workloads.yaml:12:5");
  expect((await workload("workload:checks")).state).toBe("active");
  writeFileSync(at("workloads.yaml"), FILE.slice(0, FILE.indexOf("  - id: checks")));
  await expect.poll(async () => (await workload("workload:checks")).state, SOON).toBe("unnamed");
  expect((await listed()).problem).toBeNull();
});
