/** Uploads of a person's own client that a profile has scanned: what rings, what is kept, what a cut leaves. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, vi } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { NativeAskView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { sftpAtDoor } from "../kit/native-client.ts";
import { testWith } from "../kit/programs.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

// Slow: a broker with a simulated switch.
const SLOW = { timeout: 240_000 };
/** The least there can be. */
const QUOTA = { SALLYPORT_RECORDING_MIB_MAX: "16" };
const WITHIN = { timeout: 90_000, interval: 50 };
const folder = makeFolder();
const socketFile = path.join(folder, "clamd.ctl");
const testSftp = testWith(["sftp"]);
const testAge = testWith(["sftp", "age"]);

let site: RunningBroker;
let eva: ConsoleUser;
let port: number;
let scanner: Server;
/** What it answers; none leaves the asking waiting. */
let answer: string | undefined = "stream: OK\0";
const asked = new Set<Socket>();

beforeAll(async () => {
  scanner = createServer((socket) => {
    asked.add(socket);
    let heard = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      if (answer !== undefined && heard.subarray(-4).equals(Buffer.alloc(4))) socket.write(answer);
    });
  });
  await new Promise<void>((resolve) => scanner.listen(socketFile, resolve));
  site = await startRunningBroker({
    SALLYPORT_SSH_PORT: "0",
    ...QUOTA,
    SALLYPORT_CLAMD: socketFile,
  });
  const file = path.join(site.folder, "plant.yaml");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("size-max: 1048576 }", "size-max: 1048576, scan: true }"));
  await vi.waitUntil(async () => {
    const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
    return body.some(({ kind }) => kind === "plant:changed");
  }, WITHIN);
  const doors = await site.first.ask<{ ssh: { port: number } }>("GET", "/api/native");
  port = doors.body.ssh.port;
  eva = await site.invite("Eva", ["engineer"]);
  const credential = { kind: "password", ...SWITCH_LOGIN };
  const endpoint = "switch-works/ssh";
  await site.first.ask("POST", "/api/credentials", { endpoint, credential });
}, 120_000);

afterAll(async () => {
  await site?.close();
  for (const socket of asked) socket.destroy();
  scanner?.close();
  removeFolder(folder);
});

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

/** Eva's client, approved in her browser. */
async function sftp() {
  const tool = await sftpAtDoor(port, "switch-works");
  onTestFinished(() => tool.stop());
  const ask = await eva.ask<NativeAskView>("GET", `/api/native/${tool.id}`);
  const grant = ask.body.grants.find(({ profile }) => profile === "switch-maintenance")?.id;
  const asking = { number: tool.number, grant };
  const begun = await eva.ask<ToSign>("POST", `/api/native/${tool.id}/options`, asking);
  const { text, options } = begun.body;
  const response = eva.authenticator.assert(options);
  const opened = await eva.ask<{ session: string }>("POST", `/api/native/${tool.id}`, {
    ...{ text, response },
  });
  const send = (to: string, content: string) => {
    const own = path.join(folder, path.basename(to));
    writeFileSync(own, content);
    tool.type(`put ${own} ${to}\n`);
  };
  return {
    session: opened.body.session,
    ended: tool.ended,
    /** The broker's own words come on another stream than the tool's. */
    says: tool.says,
    send,
    /** Answers what it said from here until it was done. */
    put: async (to: string, content: string) => {
      const before = tool.output.length;
      send(to, content);
      tool.type("lpwd\n");
      await tool.says(/Local working directory/);
      return tool.output.slice(before);
    },
  };
}

const there = () => site.plant.switch.files;

async function events(kind: string): Promise<readonly SiteEventView[]> {
  const { body } = await site.first.ask<SiteEventView[]>("GET", "/api/events");
  return body.filter((event) => event.kind === kind);
}

async function rings(kind: string): Promise<void> {
  await vi.waitUntil(async () => {
    const { body } = await site.first.ask<AlarmView[]>("GET", "/api/alarms");
    return body.some((alarm) => alarm.kind === kind);
  }, WITHIN);
}

testSftp("what is clean is there, as it was sent", SLOW, async () => {
  answer = "stream: OK\0";
  const { put } = await sftp();
  expect(await put("/config/clean.cfg", "vlan 10\n")).not.toMatch(/Sallyport|denied/);
  expect(there().get("/config/clean.cfg")?.toString()).toBe("vlan 10\n");
});

testAge("what is found is refused, rings, and is kept sealed to the site alone", SLOW, async () => {
  answer = "stream: Test.Evil FOUND\0";
  const { put, says } = await sftp();
  await put("/config/startup.cfg", "evil content");
  await says(/malware was found in it/);
  expect(there().get("/config/startup.cfg")?.toString()).toBe("hostname sw-works\n");
  await rings("malware-found");
  const [event] = await vi.waitUntil(async () => {
    const found = await events("file:malware");
    return found.length > 0 && found;
  }, WITHIN);
  expect(event?.text).toMatch(/the scanner found Test\.Evil in it \(SHA-256 [0-9a-f]{64}\)/);
  const quarantine = path.join(site.folder, "data", "quarantine");
  const [name = ""] = readdirSync(quarantine);
  const sealed = path.join(quarantine, name);
  expect(readFileSync(sealed, "latin1")).not.toContain("evil content");
  const key = path.join(site.folder, "data", "evidence.key");
  const opened = execFileSync("age", ["-d", "-i", key, sealed]).toString();
  expect(opened).toBe("evil content");
});

testSftp("a scanner that answers nonsense lets nothing through, and rings", SLOW, async () => {
  answer = "whatever\0";
  const { put, says } = await sftp();
  await put("/config/nonsense.cfg", "x");
  await says(/could not be scanned/);
  expect(there().has("/config/nonsense.cfg")).toBe(false);
  await rings("scanner-away");
});

testSftp("a session that is cut while a file is scanned sends none of it", SLOW, async () => {
  answer = undefined;
  asked.clear();
  const { send, session, ended } = await sftp();
  send("/config/late.cfg", "too late");
  await vi.waitUntil(() => asked.size > 0, WITHIN);
  const cut = await site.first.ask("POST", `/api/sessions/${session}/end`, { reason: "stop" });
  expect(cut.status).toBeLessThan(300);
  for (const socket of asked) socket.write("stream: OK\0");
  await ended;
  await vi.waitUntil(async () => {
    const all = await events("session:ended");
    return all.some((event) => event.session === session);
  }, WITHIN);
  expect(there().has("/config/late.cfg")).toBe(false);
});

testSftp("a session that would record without end is ended by its quota, whole", SLOW, async () => {
  answer = "stream: OK\0";
  const { send, session } = await sftp();
  const large = "x".repeat(1_000_000);
  for (let n = 0; n < 24; n += 1) send("/config/large.cfg", large);
  // Not for the tool's own end: without a next command it does not look.
  await rings("recording-quota");
  const end = await vi.waitUntil(async () => {
    const all = await events("session:ended");
    return all.find((event) => event.session === session);
  }, WITHIN);
  expect(end?.text).toContain("(quota): its recording is larger than the 16 MiB");
  await vi.waitUntil(async () => {
    const { body } = await eva.ask<{ state: string }>("GET", `/api/recordings/${session}`);
    return body.state === "sealed";
  }, WITHIN);
});
