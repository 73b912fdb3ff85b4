/**
 * What a gateway carries: each protocol with a client of its kind, its refusals, its end and its
 * recording. None of the assets is dialled by control. Slow: a broker, a gateway, a plant.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { AttributeIds, DataType } from "node-opcua";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AlarmView } from "../../broker/api/shapes/alarms.ts";
import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { OpcuaTicketView } from "../../broker/api/shapes/native.ts";
import type { SiteEventView } from "../../broker/api/shapes/sessions.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import { encodeClientMessage } from "../../protocols/rfb/client-message.ts";
import { OPCUA_LOGIN } from "../../simulators/assets/opcua-server.ts";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import { WEB_PANEL_LOGIN } from "../../simulators/assets/web-panel.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { BehindGateway, UNTIL } from "../kit/behind-gateway.ts";
import { runProgram } from "../kit/child.ts";
import { connected } from "../kit/console-user.ts";
import { approveTool, askAtDoor, sftpAtDoor } from "../kit/native-client.ts";
import { opcuaChildOf } from "../kit/opcua-child.ts";
import { type SignedIn, signInOpcua, signOut } from "../kit/opcua-client.ts";
import { testWith } from "../kit/programs.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { EnteredPanel } from "../kit/web-plant.ts";
import { SALLYPORT } from "../kit/witnesses.ts";

const SLOW = { timeout: 180_000 };
const RAW = "echo/service";
const SCREEN = "hmi-treatment/screen";
const WEB = "panel-treatment/web";
const OPCUA = "opc-treatment/opcua";
const MALWARE = "content that the scanner knows";
const testSsh = testWith(["ssh", "sftp"]);
const folder = makeFolder();

let behind: BehindGateway;
let echo: Server;
let scanner: Server;
const scanning = new Set<Socket>();

beforeAll(async () => {
  echo = createServer((socket) => void socket.on("error", () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  scanner = createServer(scan);
  const clamd = path.join(folder, "clamd.ctl");
  await new Promise<void>((resolve) => scanner.listen(clamd, resolve));
  behind = await BehindGateway.open({
    gateways: ["dmz-a"],
    endpoints: [OPCUA, SCREEN, WEB, "switch-works/ssh"],
    environment: {
      ...{ SALLYPORT_SSH_PORT: "0", SALLYPORT_OPCUA_PORT: "0", SALLYPORT_PANEL_PORT: "0" },
    },
    theirs: { SALLYPORT_CLAMD: clamd },
    edit: (text) =>
      withEcho(text).replace("size-max: 1048576 }", "size-max: 1048576, scan: true }"),
  });
  const logins = {
    ...{ "switch-works/ssh": SWITCH_LOGIN, [OPCUA]: OPCUA_LOGIN, [WEB]: WEB_PANEL_LOGIN },
    [SCREEN]: { user: "", password: "waterhmi" },
  };
  for (const [endpoint, login] of Object.entries(logins)) {
    const credential = { kind: "password", ...login };
    const set = await person().ask("POST", "/api/credentials", { endpoint, credential });
    expect(set.status).toBeLessThan(300);
  }
}, 240_000);

afterAll(async () => {
  await behind?.close();
  echo?.close();
  for (const socket of scanning) socket.destroy();
  scanner?.close();
  removeFolder(folder);
});

const person = () => behind.site.first;

/** Answers as clamd does. */
function scan(socket: Socket): void {
  scanning.add(socket);
  let heard = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    if (!heard.subarray(-4).equals(Buffer.alloc(4))) return;
    socket.write(heard.includes(MALWARE) ? "stream: Test.Evil FOUND\0" : "stream: OK\0");
  });
}

function withEcho(text: string): string {
  const { port } = echo.address() as AddressInfo;
  return text
    .replace(
      "\nprofiles:\n",
      `
  - id: echo
    name: Echo
    zone: treatment
    endpoints:
      - { id: service, protocol: tcp, address: "127.0.0.1:${port}", allow-local: true, gateways: [dmz-a] }
profiles:
  - { id: all-bytes, rules: [{ name: tool, permit: program, raw: true }] }
`,
    )
    .replace(
      "\ngrants:\n",
      '\ngrants:\n  - { id: engineers-echo, subject: "role:engineer", endpoint: echo/service, profile: all-bytes }\n',
    );
}

async function grantOf(endpoint: string, profile: string): Promise<string> {
  const { body } = await person().ask<{
    assets: { endpoints: { id: string; grants: { id: string; profile: string }[] }[] }[];
  }>("GET", "/api/plant");
  const all = body.assets.flatMap(({ endpoints }) => endpoints);
  const found = all.find(({ id }) => id === endpoint)?.grants.find((g) => g.profile === profile);
  return found?.id ?? "none";
}

async function opened(endpoint: string, profile: string): Promise<string> {
  const grant = await grantOf(endpoint, profile);
  const answer = await person().ask("POST", "/api/sessions", { endpoint, grant });
  expect(answer.text).toContain('"id"');
  return answer.body.id;
}

/** Opens a session, says this, and answers what comes back. */
async function said(endpoint: string, profile: string, bytes: number[]) {
  const id = await opened(endpoint, profile);
  const socket = await connected(person().socket());
  onTestFinished(() => void socket.disconnect());
  const heard: number[] = [];
  socket.on("bytes", (_id, _channel, more) => {
    heard.push(...new Uint8Array(more));
    socket.emit("credit", id, "main", more.byteLength);
  });
  const answer = await new Promise<LiveAnswer>((done) => socket.emit("attach", id, "main", done));
  expect(answer).toMatchObject({ ok: true });
  socket.emit("bytes", id, "main", Uint8Array.from(bytes));
  return { id, heard };
}

/** Sessions whose recordings are proved at the end. */
const recorded: string[] = [];

test("a screen and plain bytes are carried, and their recordings handed over", SLOW, async () => {
  const raw = await said(RAW, "all-bytes", [1, 2, 3]);
  await expect.poll(() => raw.heard, UNTIL).toEqual([1, 2, 3]);
  // ClientInit; what answers tells the size of the screen.
  const screen = await said(SCREEN, "panel-view", [1]);
  await expect
    .poll(() => screen.heard.slice(0, 4), UNTIL)
    .toEqual([800 >> 8, 800 & 255, 480 >> 8, 480 & 255]);
  for (const { id } of [raw, screen]) {
    await behind.end(id);
    recorded.push(id);
  }
  expect(behind.gateways.get("dmz-a")?.output).not.toContain("waterhmi");
});

async function sshPort(): Promise<number> {
  return (await person().ask<{ ssh: { port: number } }>("GET", "/api/native")).body.ssh.port;
}

testSsh("a shell is carried: typed, answered, cut with the reason", SLOW, async () => {
  const tool = await askAtDoor(await sshPort(), "switch-works");
  onTestFinished(() => tool.stop());
  const session = await approveTool(person(), tool, "switch-maintenance");
  await tool.says(/sw-works[>#]/);
  tool.type("show version\r");
  await tool.says(/switch/i);
  const cut = { reason: "the line is dangerous" };
  expect((await person().ask("POST", `/api/sessions/${session}/end`, cut)).status).toBe(200);
  await tool.says(/Sallyport: .*dangerous/);
  await tool.ended;
  recorded.push(session);
});

testSsh("what a profile does not name is refused, and the switch hears nothing", SLOW, async () => {
  const tool = await askAtDoor(await sshPort(), "switch-works", [], ["-tt"]);
  onTestFinished(() => tool.stop());
  const session = await approveTool(person(), tool, "switch-look");
  await tool.says(/Sallyport: shell is not permitted in this session/);
  await tool.ended;
  recorded.push(session);
});

testSsh(
  "files go there and back whole; one with malware is kept on the gateway",
  SLOW,
  async () => {
    const tool = await sftpAtDoor(await sshPort(), "switch-works");
    onTestFinished(() => tool.stop());
    const session = await approveTool(person(), tool, "switch-maintenance");
    // Several times what may be on its way at once.
    const at = (name: string) => path.join(folder, name);
    const [own, back, evil] = [at("own.bin"), at("back.bin"), at("evil.bin")];
    const content = randomBytes(1_000_000);
    writeFileSync(own, content);
    writeFileSync(evil, MALWARE);
    tool.type(`put ${own} /config/big.cfg\nget /config/big.cfg ${back}\nlpwd\n`);
    await tool.says(/Local working directory/);
    const there = behind.site.plant.switch.files;
    expect(sha256(there.get("/config/big.cfg") ?? "")).toBe(sha256(content));
    expect(sha256(readFileSync(back))).toBe(sha256(content));
    tool.type(`put ${evil} /config/evil.cfg\n`);
    await tool.says(/malware was found in it/);
    expect(there.get("/config/evil.cfg")).toBeUndefined();
    const kept = path.join(behind.dataOf("dmz-a"), "quarantine", `${sha256(MALWARE)}.age`);
    const events = async () =>
      (await person().ask<SiteEventView[]>("GET", "/api/events")).body.map(({ text }) => text);
    await expect
      .poll(events, UNTIL)
      .toContainEqual(expect.stringContaining(`kept in ${kept} on the gateway dmz-a`));
    expect(readdirSync(path.dirname(kept))).toEqual([path.basename(kept)]);
    tool.type("bye\n");
    await tool.ended;
    recorded.push(session);
  },
);

interface Address {
  readonly address: string;
}

async function entered(id: string): Promise<EnteredPanel> {
  const headers = { "user-agent": "test" };
  const admit = await person().ask<Address>("POST", `/api/sessions/${id}/panel`, {}, { headers });
  const url = new URL(admit.body.address);
  const first = await new EnteredPanel(id, url, "").get(url.pathname + url.search);
  const cookie = /__Host-sallyport-panel=[\w-]+/.exec(`${first.headers["set-cookie"]}`)?.[0];
  return new EnteredPanel(id, url, cookie ?? "");
}

test(
  "a web panel is carried, signed in at the gateway; what no rule names never arrives",
  SLOW,
  async () => {
    const id = await opened(WEB, "web-operate");
    const panel = await entered(id);
    const page = await panel.get("/overview.html");
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain("Raw tank T101");
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const set = (speed: number) => panel.ask("POST", "/setpoint.cgi", form, `speed=${speed}`);
    expect((await set(31)).status).toBeLessThan(400);
    await expect.poll(() => behind.site.plant.process.setpoints.p101Speed, UNTIL).toBe(31);
    const asked = behind.site.plant.web.asked.length;
    expect((await set(49)).status).toBe(403);
    for (const elsewhere of ["/admin.cgi", "//169.254.169.254/", "/../etc/passwd"]) {
      expect((await panel.get(elsewhere)).status).toBeGreaterThanOrEqual(400);
    }
    expect(behind.site.plant.web.asked).toHaveLength(asked);
    const socket = panel.socket("/live");
    await new Promise((resolve) => socket.once("message", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await behind.end(id);
    await closed;
    recorded.push(id);
  },
);

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

async function opcuaTool(profile: string): Promise<{ tool: SignedIn; session: string }> {
  const grant = await grantOf(OPCUA, profile);
  const body = { endpoint: OPCUA, grant };
  const begun = await person().ask<ToSign>("POST", "/api/opcua-tickets/options", body);
  const { text, options } = begun.body;
  const response = person().authenticator.assert(options);
  const signed = { text, response };
  const { body: ticket } = await person().ask<OpcuaTicketView>(
    "POST",
    "/api/opcua-tickets",
    signed,
  );
  const url = `opc.tcp://127.0.0.1:${ticket.port}/${ticket.path}`;
  const { user, ticket: password, session } = ticket;
  const security = SECURE[0] ?? NO_SECURITY;
  const tool = await signInOpcua({ url, folder, security, user, password });
  onTestFinished(() => signOut(tool));
  return { tool, session };
}

test(
  "OPC UA is carried with Sign & Encrypt: read, written within bounds, frozen, ended",
  SLOW,
  async () => {
    const { tool, session } = await opcuaTool("opcua-operate");
    const speed = "ns=2;s=P101.SpeedSetpoint";
    const read = () => tool.session.read({ nodeId: speed, attributeId: AttributeIds.Value });
    const write = async (value: number) => {
      const wanted = { value: { dataType: DataType.Double, value } };
      const at = { nodeId: speed, attributeId: AttributeIds.Value };
      return (await tool.session.write({ ...at, value: wanted })).name;
    };
    expect(await write(33)).toBe("Good");
    await expect.poll(async () => (await read()).value.value, UNTIL).toBe(33);
    expect(await write(49)).toBe("BadOutOfRange");
    const freeze = { reason: "wait" };
    await person().ask("POST", `/api/sessions/${session}/freeze`, freeze);
    expect(await write(34)).not.toBe("Good");
    expect((await read()).value.value).toBe(33);
    await behind.end(session);
    await expect(read()).rejects.toThrow();
    recorded.push(session);
  },
);

test(
  "all of them are sealed, proved offline, and their guards run again say the same",
  SLOW,
  async () => {
    for (const session of recorded) await behind.sealed(session);
    const data = path.join(behind.site.folder, "data");
    const run = (...flags: string[]) =>
      runProgram(process.execPath, [SALLYPORT, ...flags], { env: { SALLYPORT_DATA: data } });
    const policy = path.join(folder, "policy");
    writeFileSync(policy, `${(await run("log", "key")).output}quorum none\n`);
    const bundle = path.join(folder, "all.zip");
    const range = ["--since", "2020-01-01", "--out", bundle];
    // The end of the last one stands in the log with its next checkpoint.
    await expect.poll(async () => (await run("export", ...range)).code, UNTIL).toBe(0);
    const key = path.join(data, "evidence.key");
    const verified = await run("verify", bundle, "--policy", policy, "--key", key);
    expect(verified.output).toContain("None was removed");
    for (const session of recorded) {
      expect(verified.output).toMatch(new RegExp(`${session} .* sealed$`, "m"));
    }
    // A test that was tried again left a session of its first try.
    const same = /- same: .* of (\d+) sessions/.exec(verified.output)?.[1];
    expect(Number(same)).toBeGreaterThanOrEqual(recorded.length);
    expect(verified.code).toBe(0);
  },
);

// Behind the proof: a recording with a gap is no whole one.
test(
  "a gateway killed while a jog button is held lets go of it once it is back",
  SLOW,
  async () => {
    const { panel } = behind.site.plant;
    const jog = encodeClientMessage({ kind: "pointer", mask: 1, x: 400, y: 250 });
    const { id } = await said(SCREEN, "panel-operate", [1, ...jog]);
    await expect.poll(() => panel.pressed, UNTIL).toBe("jog");
    await behind.stop("dmz-a", "SIGKILL");
    expect(panel.pressed).toBe("jog");
    await behind.start("dmz-a");
    await expect.poll(() => panel.pressed, UNTIL).toBeUndefined();
    const events = async () =>
      (await person().ask<SiteEventView[]>("GET", "/api/events")).body.filter(
        ({ kind }) => kind === "screen:left-down",
      );
    await expect
      .poll(async () => (await events()).map(({ session }) => session), UNTIL)
      .toEqual([id]);
    expect(panel.heard.filter((what) => what.startsWith("jog"))).toEqual(["jog down", "jog up"]);
  },
);

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

test(
  "the gateway's OPC UA process is killed: its session ends, people are told, and it comes back",
  SLOW,
  async () => {
    const { tool } = await opcuaTool("opcua-operate");
    const speed = { nodeId: "ns=2;s=P101.SpeedSetpoint", attributeId: AttributeIds.Value };
    expect((await tool.session.read(speed)).statusCode.name).toBe("Good");
    const child = opcuaChildOf(behind.gateways.get("dmz-a")?.process.pid ?? 0) ?? 0;
    expect(child).toBeGreaterThan(0);
    process.kill(child, "SIGKILL");
    await behind.idle();
    const rings = async () => {
      const { body } = await person().ask<AlarmView[]>("GET", "/api/alarms");
      return body
        .filter(({ kind }) => kind === "gateway-opcua-failed")
        .map(({ state, text }) => `${state}: ${text}`);
    };
    const text = "The OPC UA process of the gateway dmz-a failed, and its sessions ended";
    const returned = expect.stringMatching(`^returned: ${text}: it ended with SIGKILL$`);
    await expect.poll(rings, UNTIL).toEqual([returned]);
    const again = await opcuaTool("opcua-operate");
    expect((await again.tool.session.read(speed)).statusCode.name).toBe("Good");
    await behind.end(again.session);
  },
);
