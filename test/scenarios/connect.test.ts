/**
 * `sallyport connect`, as somebody with a native tool meets it: the command as a process of its
 * own, a whole broker, the simulated plant. What browsers do is done by the kit.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../broker/clock.ts";
import type { RequestOptions } from "../kit/authenticator.ts";
import { modbusRequest, RawTool, startConnecting } from "../kit/connecting.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { runCommand, startCommand } from "../kit/sallyport-command.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

/** A process starts, a session opens and ends: on a busy machine. */
const PATIENT = { timeout: 180_000 };
const PLC = "plc-treatment/modbus";
const COMMAND = path.resolve(import.meta.dirname, "../../broker/cli/sallyport.ts");
/** `T101.Level`, which anybody may read. */
const READ_LEVEL = modbusRequest(7, 4, 0, 1);
/** `P101.SpeedSetpoint`, far beyond its bounds. */
const WRITE_TOO_MUCH = modbusRequest(8, 6, 11, 60_000);

let site: RunningBroker;
let grace: ConsoleUser;
let home: string;
const folder = makeFolder();

beforeAll(async () => {
  site = await startRunningBroker({ SALLYPORT_SESSION_LEASE: "30s" });
  grace = await site.invite("Grace", ["engineer"]);
  home = folder;
  await signInMachine(home, grace);
}, 120_000);
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

interface Listed {
  readonly id: string;
  readonly counts: { readonly refused: number };
}

async function live(): Promise<readonly Listed[]> {
  return (await grace.ask<Listed[]>("GET", "/api/sessions")).body;
}

test(
  "a tool reads through it, a rule refuses it, and Ctrl-C ends the session",
  PATIENT,
  async () => {
    const command = await startConnecting(home, ["plc-treatment"]);
    expect(command.opened.tool).toEqual({ protocol: "modbus", units: [1] });
    const [one, two] = [new RawTool(command.port), new RawTool(command.port)];
    const level = await one.ask(READ_LEVEL, 11);
    expect([...level.subarray(0, 9)]).toEqual([0, 7, 0, 0, 0, 5, 1, 4, 2]);
    // Exception 03: the value is out of its bounds.
    expect([...(await two.ask(WRITE_TOO_MUCH, 9)).subarray(7)]).toEqual([0x86, 3]);
    await expect.poll(() => command.lines("event")).toHaveLength(1);
    const [refused] = command.lines("event");
    expect(refused?.event).toMatchObject({ kind: "decision", verdict: "deny" });
    expect(await live()).toMatchObject([{ id: command.session, counts: { refused: 1 } }]);
    expect(await command.stop()).toBe(0);
    expect(await one.over).toBe("end");
    expect(await two.over).toBe("end");
    expect(await live()).toEqual([]);
    await expect(new RawTool(command.port).ask(READ_LEVEL, 1)).rejects.toThrow("ECONNREFUSED");
  },
);

test(
  "it runs where nothing can be typed, and a sign-in that is over is told with the command for it",
  PATIENT,
  async () => {
    const own = makeFolder();
    try {
      const zoe = await site.invite("Zoe", ["engineer"]);
      await signInMachine(own, zoe);
      const args = [COMMAND, "connect", PLC, "--json"];
      const child = spawn(process.execPath, args, {
        env: { ...process.env, SALLYPORT_HOME: own },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const ended = once(child, "close");
      let errors = "";
      child.stderr.on("data", (bytes: Buffer) => {
        errors += bytes.toString();
      });
      await once(child.stdout, "data");
      child.kill("SIGINT");
      expect([(await ended)[0], errors]).toEqual([0, ""]);
      const signIns = (await zoe.ask<{ id: string; current: boolean }[]>("GET", "/api/me/sign-ins"))
        .body;
      for (const { id } of signIns.filter(({ current }) => !current)) {
        expect((await zoe.ask("DELETE", `/api/me/sign-ins/${id}`)).status).toBe(204);
      }
      const after = await runCommand(own, ["whoami"]);
      expect(after.code).toBe(3);
      expect(after.errors).toContain(`sallyport login ${zoe.address}`);
    } finally {
      removeFolder(own);
    }
  },
);

test(
  "who ends it from the console is heard, and the tool gets a clean close",
  PATIENT,
  async () => {
    const command = await startConnecting(home, [PLC]);
    const tool = new RawTool(command.port);
    await tool.ask(READ_LEVEL, 11);
    const path = `/api/sessions/${command.session}/end`;
    expect((await site.first.ask("POST", path, { reason: "Works are closed" })).status).toBe(200);
    expect(await tool.over).toBe("end");
    expect(await command.ended).toBe(6);
    expect(command.lines("ended")[0]).toMatchObject({
      rule: "cut",
      reason: expect.stringContaining("Works are closed"),
    });
  },
);

test(
  "an old sign-in needs the passkey in the browser, by number, for this session alone",
  PATIENT,
  async () => {
    let agedMs = 0;
    const monotonicMs = () => systemClock.monotonicMs() + agedMs;
    const clock = { ...systemClock, monotonicMs };
    const strict = await startRunningBroker({ SALLYPORT_ASSERTION_AGE_MAX: "1m" }, { clock });
    const ada = strict.first;
    const own = makeFolder();
    try {
      await signInMachine(own, ada);
      agedMs = 61_000;
      const command = await startConnecting(own, [PLC], async (asking) => {
        const [line = ""] = await asking.says(/^\{"kind":"ask".*$/m);
        const { url, number } = JSON.parse(line) as { url: string; number: number };
        const path = `/api${new URL(url).pathname}`;
        const other = await strict.invite("Eve", ["engineer"]);
        expect((await other.ask("POST", `${path}/options`, { number })).status).toBe(404);
        const begun = await ada.ask<ToSign>("POST", `${path}/options`, { number });
        const { text, options } = begun.body;
        const response = ada.authenticator.assert(options);
        expect((await ada.ask("POST", path, { text, response })).status).toBe(200);
      });
      const tool = new RawTool(command.port);
      await tool.ask(READ_LEVEL, 11);
      expect(await command.stop()).toBe(0);
    } finally {
      await strict.close();
      removeFolder(own);
    }
  },
);

interface ToSign {
  readonly text: string;
  readonly options: RequestOptions;
}

test("what one may not open is refused in words, and opens no port", PATIENT, async () => {
  const unknown = await runCommand(home, ["connect", "no-such-asset"]);
  expect(unknown).toMatchObject({ code: 4, errors: expect.stringContaining("no-such-asset") });
  const panel = await runCommand(home, ["connect", "panel-treatment/web"]);
  expect(panel).toMatchObject({ code: 4, errors: expect.stringContaining("browser") });
  const nobody = await runCommand(makeFolder(), ["connect", PLC]);
  expect(nobody.code).toBe(3);
  expect(await live()).toEqual([]);
});

test("a session of the browser goes over to the command, and back", PATIENT, async () => {
  await grace.stepUp();
  const opened = await grace.ask("POST", "/api/sessions", { endpoint: PLC });
  const command = await startConnecting(home, [opened.body.id, "--session"]);
  await new RawTool(command.port).ask(READ_LEVEL, 11);
  const again = await startConnecting(home, [opened.body.id, "--session"]);
  expect(await command.ended).toBe(6);
  expect(command.lines("ended")[0]).toMatchObject({ rule: "taken-over" });
  await new RawTool(again.port).ask(READ_LEVEL, 11);
  expect(await again.stop()).toBe(0);
});

test(
  "a command that is killed leaves no port, and no session beyond its grace",
  PATIENT,
  async () => {
    const command = await startConnecting(home, [PLC]);
    const tool = new RawTool(command.port);
    await tool.ask(READ_LEVEL, 11);
    command.process.kill("SIGKILL");
    await command.ended;
    expect(["end", "close", "ECONNRESET"]).toContain(await tool.over);
    await expect.poll(live, { timeout: 120_000 }).toEqual([]);
  },
);

test("the end of the sign-in ends the session and the command", PATIENT, async () => {
  const command = await startConnecting(home, [PLC]);
  const tool = new RawTool(command.port);
  await tool.ask(READ_LEVEL, 11);
  expect((await runCommand(home, ["logout"])).code).toBe(0);
  expect(await tool.over).toBe("end");
  expect(await command.ended).toBe(6);
  const denied = startCommand(home, ["connect", PLC]);
  expect(await denied.ended).toBe(3);
});

test(
  "over TLS the command trusts the site's own certificate, and nothing else",
  PATIENT,
  async () => {
    const secure = await startRunningBroker({ SALLYPORT_TLS: "site-ca" });
    const own = makeFolder();
    try {
      expect(secure.broker.address).toMatch(/^https:/);
      const untrusted = await runCommand(own, ["login", secure.broker.address]);
      expect(untrusted).toMatchObject({ code: 5, errors: expect.stringContaining("--ca") });
      const ca = path.join(secure.folder, "data/tls/site-ca.pem");
      await signInMachine(own, secure.first, ["--ca", ca]);
      const command = await startConnecting(own, [PLC]);
      await new RawTool(command.port).ask(READ_LEVEL, 11);
      expect(await command.stop()).toBe(0);
    } finally {
      await secure.close();
      removeFolder(own);
    }
  },
);
