/** Endpoints whose bytes nobody decodes, through `sallyport connect`: recorded, and said to be so. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawTool, startConnecting } from "../kit/connecting.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const PATIENT = { timeout: 120_000 };
const BIG = 3_000_000;
const folder = makeFolder();
const home = path.join(folder, "home");
/** Greets first, echoes, and ends its side behind a farewell. */
let asset: Server;
let site: RunningBroker;
let connections = 0;

beforeAll(async () => {
  asset = createServer((socket: Socket) => {
    connections += 1;
    socket.on("error", () => undefined);
    socket.write("hello\n");
    socket.on("data", (bytes) => {
      socket.write(bytes);
      if (bytes.toString("latin1").includes("quit")) socket.end("bye\n");
    });
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
      - { id: other, protocol: tcp, address: "127.0.0.1:${port}", allow-local: true }
profiles:
  - { id: tool, rules: [{ name: vendor tool, permit: program, raw: true }] }
  - { id: everything, rules: [{ name: all classes, permit: [observe, operate, program] }] }
grants:
  - { id: a, subject: "role:engineer", endpoint: drive/service, profile: tool }
  - { id: b, subject: "role:engineer", endpoint: drive/other, profile: everything }
`,
  );
  site = await startRunningBroker({ SALLYPORT_PLANT: plant });
  await signInMachine(home, site.first);
}, 120_000);
afterAll(async () => {
  await site.close();
  asset.close();
  removeFolder(folder);
});

test("bytes pass whole both ways, and the asset's last ones before its end", PATIENT, async () => {
  const command = await startConnecting(home, ["drive/service"]);
  const tool = new RawTool(command.port);
  expect((await tool.next(6)).toString()).toBe("hello\n");
  const big = Buffer.alloc(BIG, "0123456789abcdef");
  expect((await tool.ask(big, BIG)).equals(big)).toBe(true);
  expect((await tool.ask(Buffer.from("quit"), 8)).toString()).toBe("quitbye\n");
  expect(await tool.over).toBe("end");
  const code = await command.ended;
  expect(code).toBe(6);
  await recorded(command.session);
});

interface Shown {
  readonly state: string;
  readonly protocol: string;
}

/** As pcapng, the bytes stand there as they were, and each says that nobody decoded it. */
async function recorded(session: string): Promise<void> {
  const { first } = site;
  const ask = () => first.ask<Shown>("GET", `/api/recordings/${session}`);
  await expect.poll(async () => (await ask()).body.state, { timeout: 30_000 }).toBe("sealed");
  expect((await ask()).body.protocol).toBe("tcp");
  const capture = await first.ask("GET", `/api/recordings/${session}/export?format=pcapng`);
  expect(capture.status).toBe(200);
  for (const words of ["hello\n", "0123456789abcdef", "quit", "bye\n", "not decoded"]) {
    expect(capture.text.includes(words), words).toBe(true);
  }
}

test("a profile that permits all classes does not mean what it cannot see", PATIENT, async () => {
  const before = connections;
  const command = await startConnecting(home, ["drive/other"]);
  const tool = new RawTool(command.port);
  tool.socket.write("anything");
  expect(["end", "close", "ECONNRESET"]).toContain(await tool.over);
  expect(await command.ended).toBe(6);
  expect(command.lines("event")).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({ verdict: "deny", rule: "default-deny" }),
    }),
  );
  // Dialled perhaps, but no byte of the tool's was passed on, nor of the asset's back.
  expect(connections - before).toBeLessThanOrEqual(1);
});
