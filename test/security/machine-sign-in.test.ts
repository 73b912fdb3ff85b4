/** The `sallyport` command at a broker: who is let in, with what, and what a thief gets. */
import { chmodSync, cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SignInView } from "../../broker/api/shapes/people.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { MachineKeyPair } from "../../broker/cli/remote/machine-key.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { approveMachine, askToSignIn, signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

let site: RunningBroker;
let engineer: ConsoleUser;
/** Of a machine on which the engineer is signed in until the last test. */
let home: string;
const folders: string[] = [];

beforeAll(async () => {
  site = await startRunningBroker();
  engineer = await site.invite("Grace", ["engineer"]);
  home = await signedIn();
}, 120_000);
afterAll(async () => {
  await site.close();
  for (const folder of folders) removeFolder(folder);
});

function newHome(): string {
  const folder = makeFolder();
  folders.push(folder);
  return path.join(folder, "home");
}

async function signedIn(): Promise<string> {
  const home = newHome();
  await signInMachine(home, engineer);
  return home;
}

interface Kept {
  readonly token: string;
}

function accountFile(home: string): string {
  const [name = ""] = readdirSync(path.join(home, "sign-ins"));
  return path.join(home, "sign-ins", name);
}

function tokenIn(home: string): string {
  return (JSON.parse(readFileSync(accountFile(home), "utf8")) as Kept).token;
}

async function eventsOf(kind: string): Promise<readonly SiteEventView[]> {
  const events = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return events.body.filter((event) => event.kind === kind);
}

/** As the command asks, with a key and a token of the test's choosing. */
async function askWith(key: MachineKeyPair, token: string, url = "/api/me") {
  const full = `${site.broker.address}${url}`;
  const dpop = await key.prove({ method: "GET", url: full, token, nowMs: Date.now() });
  const headers = { dpop, authorization: `DPoP ${token}` };
  return engineer.ask("GET", url, undefined, { headers, cookies: false });
}

test("a person at their machine sees what they may", async () => {
  const who = await runCommand(home, ["whoami"]);
  expect(who).toMatchObject({ code: 0, output: expect.stringContaining("Grace") });
  const assets = await runCommand(home, ["assets", "--json"]);
  expect(JSON.parse(assets.output)).toContainEqual(
    expect.objectContaining({ endpoint: "plc-treatment/modbus", protocol: "modbus" }),
  );
  for (const list of ["grants", "sessions", "recordings"]) {
    expect(await runCommand(home, [list])).toMatchObject({ code: 0, errors: "" });
  }
}, 90_000);

test("its files are for their owner alone, and are not read otherwise", async () => {
  for (const file of [accountFile(home), path.join(home, "machine.key")]) {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
  const loose = newHome();
  cpSync(home, loose, { recursive: true });
  chmodSync(accountFile(loose), 0o644);
  expect(await runCommand(loose, ["whoami"])).toMatchObject({
    code: 1,
    errors: expect.stringContaining("chmod 600"),
  });
}, 60_000);

test("its token is no cookie and no bearer, and reaches only what is for commands", async () => {
  const token = tokenIn(home);
  const bearer = { authorization: `Bearer ${token}` };
  const cookie = { cookie: `__Host-sallyport=${token}` };
  const unproved = { authorization: `DPoP ${token}` };
  for (const headers of [bearer, cookie, unproved]) {
    const answer = await engineer.ask("GET", "/api/me", undefined, { headers, cookies: false });
    expect(answer.status).toBe(401);
  }
  const key = MachineKeyPair.open(path.join(home, "machine.key"));
  expect((await askWith(key, token)).status).toBe(200);
  for (const url of ["/api/me/passkeys", "/api/me/sign-ins", "/api/native", "/api/devices/X"]) {
    expect((await askWith(key, token, url)).body.code).toBe("browser-only");
  }
}, 60_000);

test("what is asked for in words reaches who must agree", async () => {
  const words = ["--profile", "read-only", "--for", "2h", "--reason", "Look at the inflow"];
  const made = await runCommand(home, ["request", "plc-treatment/modbus", ...words, "--json"]);
  expect(JSON.parse(made.output)).toMatchObject({ state: "waiting", durationMs: 7_200_000 });
  const bad = await runCommand(home, ["request", "no-such/modbus", ...words]);
  expect(bad.code).toBe(4);
  expect((await runCommand(home, ["end", "no-such-session"])).code).toBe(4);
}, 90_000);

test("what is asked for again under the same key is made once", async () => {
  const wanted = {
    ...{ endpoints: ["plc-treatment/modbus"], profile: "read-only", durationMs: 3_600_000 },
    reason: "Once",
  };
  const headers = { "idempotency-key": "0123456789-abc" };
  const ask = (body: object) => engineer.ask("POST", "/api/requests", body, { headers });
  const [first, again] = [await ask(wanted), await ask(wanted)];
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body.id).toBe(first.body.id);
  expect((await ask({ ...wanted, reason: "Twice" })).body.code).toBe("idempotency-mismatch");
});

test("a wrong number in the browser ends the asking, and is told as an alarm", async () => {
  const asking = await askToSignIn(newHome(), site.broker.address);
  const wrong = asking.number === 99 ? 10 : asking.number + 1;
  expect(await approveMachine(engineer, asking.code, wrong)).toBe(409);
  expect(await approveMachine(engineer, asking.code, asking.number)).toBe(404);
  expect(await asking.ended).toBe(4);
  expect(asking.errors).toContain("refused");
  expect((await eventsOf("sign-in:mismatched"))[0]).toMatchObject({ priority: "alarm" });
}, 90_000);

test("a copied token is worth nothing on another machine, ends, and raises an alarm", async () => {
  const victim = await signedIn();
  const thief = newHome();
  // The thief's machine has a key of its own; of the victim they have the token's file.
  MachineKeyPair.open(path.join(thief, "machine.key"));
  cpSync(path.join(victim, "sign-ins"), path.join(thief, "sign-ins"), { recursive: true });
  const stolen = await runCommand(thief, ["assets", "--broker", site.broker.address]);
  expect(stolen.code).toBe(3);
  expect((await runCommand(victim, ["assets"])).code).toBe(3);
  const alarms = await eventsOf("sign-in:stolen");
  expect(alarms[0]).toMatchObject({ priority: "alarm", subjectName: "Grace" });
}, 90_000);

test("the console lists the machine and ends it; logging out forgets it", async () => {
  const list = await engineer.ask<SignInView[]>("GET", "/api/me/sign-ins");
  const own = list.body.filter(({ machine }) => machine !== undefined);
  expect(own).toMatchObject([{ address: expect.any(String), current: false }]);
  await engineer.ask("DELETE", `/api/me/sign-ins/${own[0]?.id}`);
  expect((await runCommand(home, ["assets"])).code).toBe(3);
  expect((await runCommand(home, ["logout"])).code).toBe(0);
  expect(readdirSync(path.join(home, "sign-ins"))).toEqual([]);
}, 60_000);
