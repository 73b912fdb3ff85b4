/** Tools that others have written, through `sallyport connect`, at the simulated plant. */
import path from "node:path";
import { AttributeIds } from "node-opcua";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import { runProgram } from "../kit/child.ts";
import { type Connecting, startConnecting } from "../kit/connecting.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { signInOpcua, signOut } from "../kit/opcua-client.ts";
import { testWith } from "../kit/programs.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { startBeside } from "../kit/vnc-screens.ts";
import { clickOn, startXvfb } from "../kit/x-display.ts";

const PATIENT = { timeout: 120_000 };
const CREDENTIALS = {
  "switch-works/ssh": { kind: "password", user: "operator", password: "waterworks" },
  "hmi-treatment/screen": { kind: "password", user: "", password: "waterhmi" },
  "opc-treatment/opcua": { kind: "password", user: "operator", password: "waterworks" },
} as const;

let site: RunningBroker;
let grace: ConsoleUser;
const folder = makeFolder();
const home = path.join(folder, "home");
const commands: Connecting[] = [];

beforeAll(async () => {
  site = await startRunningBroker();
  for (const [endpoint, credential] of Object.entries(CREDENTIALS)) {
    const set = await site.first.ask("POST", "/api/credentials", { endpoint, credential });
    expect(set.status).toBe(204);
  }
  grace = await site.invite("Grace", ["engineer"]);
  await signInMachine(home, grace);
}, 120_000);
afterEach(async () => {
  await Promise.all(commands.splice(0).map((command) => command.stop()));
});
afterAll(async () => {
  await site.close();
  removeFolder(folder);
});

async function connecting(...args: readonly string[]): Promise<Connecting> {
  const command = await startConnecting(home, args);
  commands.push(command);
  return command;
}

interface Counted {
  readonly id: string;
  readonly counts: { readonly observed: number; readonly changed: number };
}

async function countsOf({ session }: Connecting): Promise<Counted["counts"] | undefined> {
  const live = await grace.ask<Counted[]>("GET", "/api/sessions");
  return live.body.find(({ id }) => id === session)?.counts;
}

testWith(["mbpoll"])(
  "mbpoll reads, writes within bounds, and hears an exception",
  PATIENT,
  async () => {
    const { port } = await connecting("plc-treatment");
    const at = ["-m", "tcp", "-p", String(port), "-a", "1", "-1", "-q"];
    const read = await runProgram("mbpoll", [...at, "-t", "3", "-r", "1", "-c", "3", "127.0.0.1"]);
    expect(read.output).toMatch(/\[1\]:\s+\d+/);
    const wrote = await runProgram("mbpoll", [...at, "-r", "12", "127.0.0.1", "400"]);
    expect(wrote.output).toContain("Written 1 references");
    const bad = await runProgram("mbpoll", [...at, "-r", "12", "127.0.0.1", "60000"]);
    expect(bad.output).toMatch(/Illegal data value/i);
  },
);

testWith(["ssh"])("OpenSSH runs a command on the switch", PATIENT, async () => {
  const command = await connecting("switch-works");
  const { port } = command;
  const known = `[127.0.0.1]:${port} ${command.opened.tool.hostKey}`;
  const options = ["-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"];
  const trust = [
    "-o",
    `KnownHostsCommand=/bin/echo ${known}`,
    "-o",
    "UserKnownHostsFile=/dev/null",
  ];
  const at = [...options, ...trust, "-p", String(port), "127.0.0.1"];
  const shown = await runProgram("ssh", [...at, "show version"]);
  expect(shown).toMatchObject({ code: 0, output: expect.stringMatching(/version/i) });
  // A second connection of the same session; what no rule names is refused there too.
  const refused = await runProgram("ssh", [...at, "rm -rf /"]);
  expect(refused.code).not.toBe(0);
  // It costs both ends less than what OpenSSH names first.
  const told = await runProgram("ssh", ["-v", ...at, "show version"]);
  expect(told.stderr).toContain("client->server cipher: aes128-gcm@openssh.com");
});

testWith(["Xvfb", "xtigervncviewer", "xdotool"])(
  "TigerVNC's viewer shows the panel and clicks on it",
  PATIENT,
  async () => {
    const command = await connecting("hmi-treatment", "--profile", "panel-operate");
    const display = await startXvfb(1_024, 768);
    const to = ["-SecurityTypes", "None", `127.0.0.1::${command.port}`];
    const viewer = await startBeside("xtigervncviewer", to, { DISPLAY: display });
    const click = async () => {
      const output = await clickOn(display, "HMI", 255, 250);
      const changed = (await countsOf(command))?.changed ?? 0;
      return changed > 0 ? "changed" : `${output}${viewer.output}`;
    };
    await expect.poll(click, { timeout: 60_000, interval: 1_000 }).toBe("changed");
  },
);

testWith([])("an OPC UA client signs in with the ticket alone, and reads", PATIENT, async () => {
  // It begins with its first client, and then takes seconds that no connect timeout must count.
  await site.plant.opcua.ready();
  const { port, opened } = await connecting("opc-treatment");
  const url = `opc.tcp://127.0.0.1:${port}`;
  const asking = { url, folder, security: NO_SECURITY };
  await expect(signInOpcua({ ...asking, password: "guessed" })).rejects.toThrow();
  const { client, session } = await signInOpcua({
    ...asking,
    password: opened.tool.ticket ?? "",
  });
  const [value] = await session.read([{ nodeId: "ns=0;i=2259", attributeId: AttributeIds.Value }]);
  expect(value?.value.value).toBe(0);
  await signOut({ client, session });
});
