/** What runs when its person is stopped, stops: a download of evidence too (promise 4). */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startConnecting } from "../kit/connecting.ts";
import type { ConsoleUser } from "../kit/console-user.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const PATIENT = { timeout: 240_000 };
/** Twice as much is recorded: more than the system keeps for a reader that reads nothing. */
const BIG = 8 * 1024 * 1024;
const folder = makeFolder();
const home = path.join(folder, "home");
let asset: Server;
let site: RunningBroker;

beforeAll(async () => {
  asset = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(asset, "listening");
  const { port } = asset.address() as AddressInfo;
  const plant = path.join(folder, "plant.yaml");
  writeFileSync(
    plant,
    `site: { id: works, name: Works, time-zone: UTC }
zones: [{ id: z, name: Treatment, level: 1, sl-t: 1 }]
assets:
  - id: drive
    name: Drive
    zone: z
    endpoints:
      - { id: service, protocol: tcp, address: "127.0.0.1:${port}", allow-local: true }
profiles:
  - { id: tool, rules: [{ name: vendor tool, permit: program, raw: true }] }
grants:
  - { id: a, subject: "role:engineer", endpoint: drive/service, profile: tool }
`,
  );
  site = await startRunningBroker({ SALLYPORT_PLANT: plant });
  await signInMachine(home, site.first);
}, 180_000);
afterAll(async () => {
  await site.close();
  asset.close();
  removeFolder(folder);
});

async function recorded(): Promise<string> {
  const command = await startConnecting(home, ["drive/service"]);
  const tool = connect({ port: command.port, host: "127.0.0.1", allowHalfOpen: true });
  tool.end(Buffer.alloc(BIG, "0123456789abcdef"));
  let echoed = 0;
  for await (const part of tool) echoed += (part as Buffer).length;
  expect(echoed).toBe(BIG);
  await command.stop();
  const shown = () =>
    site.first.ask<{ state: string }>("GET", `/api/recordings/${command.session}`);
  await expect.poll(async () => (await shown()).body.state, { timeout: 60_000 }).toBe("sealed");
  return command.session;
}

/** Begun, and not read further. */
async function beginDownload(auditor: ConsoleUser, session: string): Promise<IncomingMessage> {
  const where = `${auditor.address}/api/recordings/${session}/export?format=pcapng`;
  const asked = get(where, { agent: false, headers: { cookie: auditor.cookieHeader } });
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  return answer;
}

/** Reads what still comes: whether it came to its end. */
async function cameWhole(answer: IncomingMessage): Promise<boolean> {
  answer.on("error", () => undefined);
  answer.resume();
  await new Promise((resolve) => answer.once("close", resolve));
  return answer.complete;
}

test("a download that runs ends with its person, and with the right to it", PATIENT, async () => {
  const { first } = site;
  const untouched = await site.invite("Una", ["auditor"]);
  const disabled = await site.invite("Dis", ["auditor"]);
  const demoted = await site.invite("Dem", ["auditor"]);
  const session = await recorded();
  const takers = [untouched, disabled, demoted];
  const running = await Promise.all(takers.map((each) => beginDownload(each, session)));
  const change = async (user: ConsoleUser, to: object) => {
    const { status } = await first.ask("PATCH", `/api/people/${user.me?.person.id}`, to);
    expect(status).toBe(200);
  };
  await change(disabled, { disabled: true });
  await change(demoted, { roles: ["vendor"] });
  // The broker runs in this process: what it looks at every second it has looked at before.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await Promise.all(running.map(cameWhole))).toEqual([true, false, false]);
});
