/** Endpoints whose bytes nobody decodes, through `sallyport connect`: recorded, and said to be so. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import {
  type AddressInfo,
  createServer,
  connect as dial,
  type Server,
  type Socket,
} from "node:net";
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
/** Answers once it has heard the end: how many bytes came, and twice as many back. */
let late: Server;
let answered = 0;
/** Says at once all that it has to say, and goes on hearing. */
let first: Server;
let uploaded = 0;
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
  late = createServer({ allowHalfOpen: true }, (socket) => {
    let count = 0;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      count += bytes.length;
    });
    socket.on("end", () => {
      socket.end(Buffer.concat([Buffer.from(String(count)), Buffer.alloc(2 * count, 1)]));
      answered = count;
    });
  }).listen(0, "127.0.0.1");
  first = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      uploaded += bytes.length;
    });
    socket.end("ready");
  }).listen(0, "127.0.0.1");
  await Promise.all([asset, late, first].map((server) => once(server, "listening")));
  const [port, latePort, firstPort] = [asset, late, first].map(
    (server) => (server.address() as AddressInfo).port,
  );
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
      - { id: late, protocol: tcp, address: "127.0.0.1:${latePort}", allow-local: true }
      - { id: first, protocol: tcp, address: "127.0.0.1:${firstPort}", allow-local: true }
profiles:
  - { id: tool, rules: [{ name: vendor tool, permit: program, raw: true }] }
  - { id: everything, rules: [{ name: all classes, permit: [observe, operate, program] }] }
grants:
  - { id: a, subject: "role:engineer", endpoint: drive/service, profile: tool }
  - { id: c, subject: "role:engineer", endpoint: drive/late, profile: tool }
  - { id: d, subject: "role:engineer", endpoint: drive/first, profile: tool }
  - { id: b, subject: "role:engineer", endpoint: drive/other, profile: everything }
`,
  );
  site = await startRunningBroker({ SALLYPORT_PLANT: plant });
  await signInMachine(home, site.first);
}, 120_000);
afterAll(async () => {
  await site.close();
  for (const server of [asset, late, first]) server.close();
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

/** Says nothing before it has heard all, as a tool without lengths does. */
async function listenLong(command: { readonly port: number }, asked: Buffer): Promise<Buffer> {
  const socket = dial({ port: command.port, host: "127.0.0.1", allowHalfOpen: true });
  const parts: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => parts.push(bytes));
  socket.end(asked);
  await once(socket, "end");
  return Buffer.concat(parts);
}

test("a tool that has said its last still hears all of the answer", PATIENT, async () => {
  const command = await startConnecting(home, ["drive/late"]);
  const asked = Buffer.alloc(BIG, "how many are these?");
  const answer = await listenLong(command, asked);
  expect(answer.toString("latin1", 0, 7)).toBe(String(BIG));
  expect(answer.length).toBe(7 + 2 * BIG);
  // Its connection is over, the session goes on: another one is answered as well.
  expect((await listenLong(command, Buffer.from("a"))).length).toBe(1 + 2);
  expect((await listenLong(command, Buffer.alloc(0))).length).toBe(1);
  expect(await command.stop()).toBe(0);
});

test("an asset that has said its last still hears the tool", PATIENT, async () => {
  const command = await startConnecting(home, ["drive/first"]);
  const socket = dial({ port: command.port, host: "127.0.0.1", allowHalfOpen: true });
  const heard: Buffer[] = [];
  socket.on("data", (bytes: Buffer) => heard.push(bytes));
  socket.write("a");
  await once(socket, "end");
  expect(Buffer.concat(heard).toString()).toBe("ready");
  socket.end(Buffer.alloc(BIG, 7));
  await expect.poll(() => uploaded, { timeout: 60_000 }).toBe(1 + BIG);
  expect(await command.ended).toBe(6);
});

test(
  "a tool that reads slowly gets all that the asset said before it closed",
  PATIENT,
  async () => {
    const command = await startConnecting(home, ["drive/late"]);
    const socket = dial({ port: command.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(Buffer.alloc(BIG, 7)).pause();
    await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThan(0);
    let length = 0;
    socket.on("data", (bytes: Buffer) => {
      length += bytes.length;
      socket.pause();
      setTimeout(() => socket.resume(), 5);
    });
    socket.resume();
    await once(socket, "end");
    expect(length).toBe(7 + 2 * BIG);
    expect(await command.stop()).toBe(0);
  },
);

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
