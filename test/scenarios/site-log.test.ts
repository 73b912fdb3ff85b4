/** What happens at a site is in its log: who came, what they opened, what became of it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { checkLog } from "../../broker/evidence/log/check-log.ts";
import { openFileSigner } from "../../broker/evidence/log/signer.ts";
import { runProgram, startChild } from "../kit/child.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { begunLog, SALLYPORT, startWitness } from "../kit/witnesses.ts";

interface Leaf {
  readonly kind: string;
  readonly name?: string;
  readonly session?: string;
  readonly state?: string;
}

async function leavesOf(data: string): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  const { publicKey } = openFileSigner(path.join(data, "site-log/keys/1.pem"));
  const checked = await checkLog(diskVolume, path.join(data, "site-log/1"), publicKey, (entry) =>
    leaves.push(JSON.parse(new TextDecoder().decode(entry))),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  return leaves;
}

test("enrolment, session and end are leaves of the site log, the session's before it begins", async () => {
  const running = await startRunningBroker();
  onTestFinished(() => running.close());
  const opened = await running.first.ask("POST", "/api/sessions", {
    endpoint: "plc-treatment/modbus",
  });
  expect(opened.status).toBe(201);
  const session = opened.body.id as string;
  const data = path.join(running.folder, "data");
  await running.first.ask("POST", `/api/sessions/${session}/end`, { reason: "done" });
  await running.broker.close();
  const leaves = await leavesOf(data);
  const kinds = leaves.filter((leaf) => leaf.session === session).map(({ kind }) => kind);
  expect(kinds[0]).toBe("session.open");
  expect(kinds).toContain("session.close");
  const names = leaves.flatMap(({ name }) => name ?? []);
  expect(names).toEqual(expect.arrayContaining(["session:opened", "session:ended"]));
  expect(names.some((name) => name.startsWith("enrolment") || name.startsWith("passkey"))).toBe(
    true,
  );
  expect(leaves.map(({ kind }) => kind)).toContain("plant.loaded");
});

test("without its site log a broker lets people in, and no session begins", async () => {
  const running = await startRunningBroker();
  const data = path.join(running.folder, "data");
  onTestFinished(() => running.close());
  const open = () =>
    running.first.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  rmSync(path.join(data, "site-log"), { recursive: true });
  const refused = await open();
  expect(refused.status).toBe(503);
  expect(refused.body.code).toBe("recorder-unavailable");
  expect((await running.first.ask("GET", "/api/me")).status).toBe(200);
  const health = await running.first.ask("GET", "/api/health");
  expect(JSON.stringify(health.body)).toContain("site log");
});

test("who starts a broker whose log cannot begin is told so, and why", async () => {
  const folder = temporaryFolder();
  const said: string[] = [];
  const socket = path.join(folder, "nobody.sock");
  const running = await startRunningBroker(
    { SALLYPORT_LOG_SIGNER: socket },
    { say: (line) => said.push(line) },
  );
  onTestFinished(() => running.close());
  expect(said.join("\n")).toContain("no session can begin: the site log cannot be written");
});

test("a session is exported beside the running broker and proved with two witnesses", async () => {
  const folder = temporaryFolder();
  const data = path.join(folder, "data");
  const key = await begunLog(data);
  const lines = [await startWitness(folder, "w1", key), await startWitness(folder, "w2", key)];
  const policy = path.join(folder, "policy");
  writeFileSync(policy, `log ${key}\n${lines.join("\n")}\ngroup both all w1 w2\nquorum both\n`);
  const settings = { SALLYPORT_DATA: data, SALLYPORT_WITNESS_POLICY: policy };
  const running = await startRunningBroker(settings);
  onTestFinished(() => running.close());
  const opened = await running.first.ask("POST", "/api/sessions", {
    endpoint: "plc-treatment/modbus",
  });
  const session = opened.body.id as string;
  await running.first.ask("POST", `/api/sessions/${session}/end`, { reason: "done" });
  await comment(running.first, session, "Why was it opened at all?");
  const checkpoint = () => readFileSync(path.join(data, "site-log/1/checkpoint"), "utf8");
  const bundle = path.join(folder, "bundle");
  const sallyport = (...flags: string[]) =>
    runProgram(process.execPath, [SALLYPORT, ...flags], { env: { SALLYPORT_DATA: data } });
  await expect
    .poll(
      async () => {
        if (!/^— w1 .*\n— w2 /m.test(checkpoint())) return 1;
        rmSync(bundle, { recursive: true, force: true });
        return (await sallyport("export", session, "--out", bundle)).code;
      },
      { timeout: 100_000, interval: 200 },
    )
    .toBe(0);
  const verified = await sallyport("verify", bundle, "--policy", policy);
  expect(verified.output).toContain("PROVED");
  expect(verified.output).toContain(`session  ${session}`);
  expect(verified.output).toMatch(/seen by w1 at .* and w2 at /);
  expect(verified.code).toBe(0);
  expect(verified.output).toMatch(/^Comments .*no part of the verdict/m);
  expect(verified.output).toMatch(/record 0 of \w+: "Why was it opened at all\?"/);
  const range = path.join(folder, "all.zip");
  const asked = ["--since", "2020-01-01", "--asset", "plc-treatment", "--out", range];
  const ranged = await sallyport("export", ...asked);
  expect(ranged.output).toMatch(/^[12] sessions: 0 deleted by policy/m);
  const withKey = ["--policy", policy, "--key", path.join(data, "evidence.key")];
  const again = await sallyport("verify", range, ...withKey);
  expect(again.output).toContain("None was removed");
  expect(again.output).toMatch(/Run again\n {2}- not run: \w+: nothing in it went to a guard/);
  expect(again.code).toBe(0);
  writeFileSync(path.join(bundle, `recordings/${session}/index`), "changed");
  const refused = await sallyport("verify", bundle, "--policy", policy, "--json");
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.output)).toMatchObject({ verdict: "refused" });
  expect((await sallyport("log", "key")).output).toBe(`log ${key}\n`);
  await running.broker.close();
  const stopped = path.join(folder, "stopped.zip");
  expect((await sallyport("export", session, "--out", stopped)).code).toBe(0);
  writeFileSync(policy, `log ${key}\nquorum none\n`);
  const offline = await sallyport("verify", stopped, "--policy", policy);
  // By now the log tells of the comment, too.
  expect(offline.output).toMatch(/record 0 of \w+: "Why was it opened at all\?"$/m);
  const rotated = (await sallyport("log", "rotate")).output.trim();
  expect(rotated).toMatch(/^localhost\/waterworks\/log\/2\+/);
  expect((await sallyport("log", "key")).output).toBe(`log ${key}\nlog ${rotated}\n`);
}, 240_000);

async function comment(user: ConsoleUser, session: string, text: string): Promise<void> {
  const { body } = await user.ask<{ startedMs: number }>("GET", `/api/recordings/${session}`);
  const said = { sequence: 0, wallMs: body.startedMs, text };
  expect((await user.ask("POST", `/api/recordings/${session}/comments`, said)).status).toBe(201);
}

test("a broker's log is signed by a process of its own, and goes on for a while without it", async () => {
  const folder = temporaryFolder();
  const socket = path.join(folder, "run/signer.sock");
  mkdirSync(path.dirname(socket), { mode: 0o700 });
  const data = path.join(folder, "signer");
  const flags = ["--name", "localhost/nordwasser", "--socket", socket, "--data", data];
  const startSigner = () =>
    startChild(process.execPath, [SALLYPORT, "signer", ...flags], { ready: /^listening/m });
  const signer = await startSigner();
  const broker = path.join(folder, "data");
  const settings = { SALLYPORT_DATA: broker, SALLYPORT_LOG_SIGNER: socket };
  const running = await startRunningBroker(settings);
  onTestFinished(() => running.close());
  const checkpoint = () => readFileSync(path.join(broker, "site-log/1/checkpoint"), "utf8");
  expect(existsSync(path.join(broker, "site-log/keys/1.pem"))).toBe(false);
  const open = () =>
    running.first.ask("POST", "/api/sessions", { endpoint: "plc-treatment/modbus" });
  await signer.stop("SIGKILL");
  const opened = await open();
  expect(opened.status, opened.text).toBeLessThan(300);
  const health = async () => JSON.stringify((await running.first.ask("GET", "/api/health")).body);
  await expect.poll(health, { timeout: 15_000 }).toContain("The site log is not signed");
  const before = checkpoint();
  const back = await startSigner();
  onTestFinished(() => void back.stop());
  await expect.poll(checkpoint, { timeout: 15_000 }).not.toBe(before);
  await expect.poll(health).toContain("The site log is signed again");
}, 90_000);
