/**
 * A gateway in the hands of a control that is somebody else, or an older self: what it says is
 * answered with a refusal, or ends the connection, and no packet reaches the asset.
 */
import { generateKeyPairSync } from "node:crypto";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { type Duplex, duplexPair } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readPoints } from "../../../protocols/modbus/build.ts";
import { ModbusClient } from "../../../protocols/modbus/client.ts";
import { testClaims, testEndpoint } from "../../../test/kit/claims.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import type { PermitClaims } from "../../access/permit.ts";
import { mintPermit } from "../../access/permits.ts";
import { OpcuaProcess } from "../../legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../legs/opcua/kept-identity.ts";
import { tapeHeader } from "../../sessions/tape-header.ts";
import { Link } from "../link.ts";
import { BEAT_MS, type FromGateway, LEASE_MS } from "../messages.ts";
import { ControlLink } from "./control-link.ts";
import { type GatewayRecorder, openGatewayRecorder } from "./gateway-recorder.ts";
import { OpcuaNews } from "./opcua-news.ts";

const BUILD = "test";
const control = generateKeyPairSync("ed25519");
const somebody = generateKeyPairSync("ed25519");
const permitKey = control.publicKey.export({ type: "spki", format: "pem" }).toString();

/** Speaks to the gateway as it likes. */
class AnyControl {
  readonly heard: FromGateway[] = [];
  readonly link: Link;
  /** Beneath the link. */
  readonly wire: Duplex;
  private asks = 0;

  constructor(wire: Duplex) {
    this.wire = wire;
    this.link = new Link(wire);
    this.link.start({
      message: (message) => void this.heard.push(message as FromGateway),
      bytes: () => {},
      records: () => {},
      closed: () => {},
    });
  }

  /** Gives the lease that the gateway asked for last. */
  async lease(): Promise<void> {
    const beat = await vi.waitUntil(
      () => this.heard.findLast((each) => each.kind === "beat"),
      UNTIL,
    );
    this.link.send({ kind: "lease", beat: beat.beat });
  }

  /** What became of it: `done`, or the code of the refusal. */
  async ask(message: object): Promise<string> {
    const ask = ++this.asks;
    this.link.send({ ...message, ask });
    const answer = await vi.waitUntil(
      () =>
        this.heard.find(
          (each) => (each.kind === "reply" || each.kind === "refused") && each.ask === ask,
        ),
      UNTIL,
    );
    return answer.kind === "refused" ? answer.code : "done";
  }

  open(session: number, claims: PermitClaims, key = control.privateKey): Promise<string> {
    const header = tapeHeader(claims, BUILD, clock.wallMs());
    const permit = mintPermit(claims, key);
    return this.ask({ kind: "open", session, permit, header, credential: null, pins: [] });
  }
}

let clock: TestClock;
let plc: Server;
let recording: GatewayRecorder;
let opcua: OpcuaProcess;
let opcuaNews: OpcuaNews;
let gateway: ControlLink;
let any: AnyControl;
let connections: number;
let said: string[];

beforeEach(async () => {
  clock = new TestClock();
  connections = 0;
  said = [];
  plc = createServer((socket) => {
    socket.on("error", () => {});
    connections += 1;
  });
  await new Promise<void>((resolve) => plc.listen(0, "127.0.0.1", resolve));
  const folder = temporaryFolder();
  recording = await openGatewayRecorder(join(folder, "tapes"), clock, () => {});
  const file = join(folder, "opcua.pem");
  opcuaNews = new OpcuaNews((line) => void said.push(line));
  opcua = new OpcuaProcess(file, keptIdentity(file), opcuaNews);
  const [socket, wire] = duplexPair();
  gateway = new ControlLink({
    ...{ socket, clock, build: BUILD, recording, permitKey },
    means: { opcua, opcuaNews, scanner: undefined, quarantine: async () => undefined },
    renewed: (certificate) => void said.push(certificate),
    said: (line) => void said.push(line),
  });
  any = new AnyControl(wire);
});

afterEach(async () => {
  gateway.close("the test is over");
  await gateway.ended;
  await recording.close();
  await opcua.close();
  await new Promise((resolve) => plc.close(resolve));
});

function claimsOf(session: string): PermitClaims {
  const { port } = plc.address() as AddressInfo;
  return testClaims({ nowMs: clock.wallMs(), session, endpoint: testEndpoint({ port }) });
}

const READ = new ModbusClient().request(readPoints(1, "holding-registers", 11, 1)).bytes;
const UNTIL = { timeout: 30_000, interval: 10 };
const attach = (session: number) => ({ kind: "attach", session, channel: 1, peer: "test" });

test("what control signed is opened once, under a lease, and reaches its asset", async () => {
  await any.lease();
  const claims = claimsOf("session-a");
  expect(await any.open(1, claims)).toBe("done");
  expect(await any.ask(attach(1))).toBe("done");
  any.link.sendBytes(1, 1, READ);
  await vi.waitUntil(() => connections === 1, UNTIL);
  expect(await any.open(2, claims)).toBe("permit-invalid");
});

test("a permit that control did not sign, or that was altered or has expired, opens nothing", async () => {
  await any.lease();
  const claims = claimsOf("session-b");
  expect(await any.open(1, claims, somebody.privateKey)).toBe("permit-invalid");
  const header = tapeHeader(claims, BUILD, clock.wallMs());
  const signed = mintPermit(claims, control.privateKey);
  const more = signed.claims.replace('["observe","operate"]', '["observe","program"]');
  expect(more).not.toBe(signed.claims);
  const asking = { kind: "open", session: 2, header, credential: null, pins: [] };
  const altered = { claims: more, signature: signed.signature };
  expect(await any.ask({ ...asking, permit: altered })).toBe("permit-invalid");
  const old = { ...claims, expiresMs: clock.wallMs() };
  expect(await any.open(3, old)).toBe("permit-expired");
  expect(await any.ask({ ...asking, permit: signed, header: { ...header, session: "x" } })).toBe(
    "permit-invalid",
  );
  for (const session of [1, 2, 3]) expect(await any.ask(attach(session))).toBe("session-ended");
  expect(connections).toBe(0);
});

test("without a lease that it asked for nothing is opened, attached, asked or identified", async () => {
  const claims = claimsOf("session-c");
  const permit = mintPermit(claims, control.privateKey);
  any.link.send({ kind: "lease", beat: 4_711 });
  expect(await any.open(1, claims)).toBe("gateway-still");
  expect(await any.ask({ kind: "identify", permit })).toBe("gateway-still");
  await any.lease();
  expect(await any.open(2, claims)).toBe("done");

  const used = any.heard.findLast((each) => each.kind === "beat");
  clock.advance(LEASE_MS + BEAT_MS);
  expect(said.at(-1)).toMatch(/the lease is out/);
  any.link.send({ kind: "lease", beat: used?.beat });
  expect(await any.ask(attach(2))).toBe("gateway-still");
  expect(await any.ask({ kind: "read-after", session: 2 })).toBe("gateway-still");
  any.link.sendBytes(2, 1, READ);
  expect(connections).toBe(0);
  await any.lease();
  expect(await any.ask(attach(2))).toBe("done");
  any.link.sendBytes(2, 1, READ);
  await vi.waitUntil(() => connections === 1, UNTIL);
});

/** Whole frames as they stand on the wire; `count` is that of the sender's first. */
const frame = (kind: number, body: Buffer, count = 0) => {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(5 + body.length, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt32BE(count, 5);
  return Buffer.concat([head, body]);
};
const MESSAGE = 1;
const words = (text: string) => frame(MESSAGE, Buffer.from(text));

const NOT_LISTENED_TO: readonly (readonly [string, () => Buffer])[] = [
  ["a frame longer than any may be", () => Buffer.from("7fffffff0100000000", "hex")],
  ["a frame of no length", () => Buffer.from("000000000100000000", "hex")],
  ["a message that is too long", () => frame(MESSAGE, Buffer.alloc(9 * 1024 * 1024, 0x20))],
  ["no JSON", () => words("{")],
  ["a kind that nobody knows", () => words('{"kind":"run","command":"sh"}')],
  ["a repeated frame", () => frame(MESSAGE, Buffer.from('{"kind":"ack","through":1}'), 7)],
  ["records", () => frame(3, Buffer.alloc(14))],
  ["another key for permits", () => words('{"kind":"welcome","permitKey":"x"}')],
  ["rights that are none", () => words('{"kind":"rights","session":1,"classes":["root"]}')],
];

test.each(NOT_LISTENED_TO)("%s ends the connection, and nothing else", async (_, bytes) => {
  any.wire.write(bytes());
  expect(await gateway.ended).not.toBe("");
  expect(connections).toBe(0);
});

test("a flood of messages leaves the gateway its turn: what waits is heard in slices", async () => {
  await any.lease();
  let turns = 0;
  let counting = true;
  const count = () => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const many = Array.from({ length: 200_000 }, (_, at) =>
    frame(MESSAGE, Buffer.from('{"kind":"unwatch","session":1,"watcher":1}'), at + 1),
  );
  any.wire.write(Buffer.concat(many));
  (any.link as unknown as { sent: number }).sent = many.length + 1;
  const claims = claimsOf("session-d");
  expect(await any.open(1, claims)).toBe("done");
  counting = false;
  // All of them take hundreds of milliseconds; without slices they would be one turn.
  expect(turns).toBeGreaterThan(20);
});

test("control hears what becomes of the OPC UA process, and by the next connection that it still fails", async () => {
  const told = (control: AnyControl) =>
    control.heard.flatMap((each) => (each.kind === "opcua" ? [each.failed] : []));
  opcuaNews.failed("it ended with SIGKILL");
  opcuaNews.well();
  await vi.waitUntil(() => told(any).length === 2, UNTIL);
  expect(told(any)).toEqual(["it ended with SIGKILL", null]);
  opcuaNews.failed("and again");
  const next: (string | null)[] = [];
  opcuaNews.tellControl((failed) => void next.push(failed));
  opcuaNews.well();
  expect(next).toEqual(["and again", null]);
});
