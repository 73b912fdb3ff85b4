import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewaysView } from "../../broker/api/shapes/gateways.ts";
import { BEGIN, CLOSE } from "../../broker/evidence/block.ts";
import { dialControl, fetchAuthority } from "../../broker/legs/planes/control-dialer.ts";
import { newKey } from "../../broker/planes/gateway/join.ts";
import { type JoinLine, parseJoinLine } from "../../broker/planes/join-line.ts";
import { Link } from "../../broker/planes/link.ts";
import type { ToGateway } from "../../broker/planes/messages.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import { parseHeader } from "../../protocols/tape/header.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { makeAuthority } from "../kit/certificates.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";

let running: RunningBroker;

beforeAll(async () => {
  running = await startRunningBroker({ SALLYPORT_GATEWAY_PORT: "0" });
}, 60_000);

afterAll(async () => {
  await running?.close();
});

interface Told {
  readonly kind: string;
  readonly text: string;
}

interface Proof {
  readonly certificate: string;
  readonly key: string;
}

/** Speaks the link as it likes: what a gateway in the wrong hands can do. */
class AnyGateway {
  readonly heard: ToGateway[] = [];
  closed: string | undefined;
  readonly link: Link;
  private readonly line: JoinLine;

  private constructor(link: Link, line: JoinLine) {
    this.link = link;
    this.line = line;
    link.start({
      message: (message) => void this.heard.push(message as ToGateway),
      bytes: () => {},
      records: () => {},
      closed: (reason) => {
        this.closed = reason;
      },
    });
  }

  static async dial(line: JoinLine, proof?: Proof): Promise<AnyGateway> {
    const { serverName, fingerprint } = line;
    const authority = await fetchAuthority(line, serverName, fingerprint);
    const socket = await dialControl(line, { authority, serverName }, proof);
    return new AnyGateway(new Link(socket), line);
  }

  /** Lets itself in by a new line, and says hello. */
  static async join(name: string): Promise<{ gateway: AnyGateway; proof: Proof; line: JoinLine }> {
    const line = await invited(name);
    const proof = await enrolled(line);
    const gateway = await AnyGateway.dial(line, proof);
    gateway.beat();
    gateway.link.send({ kind: "caught-up" });
    await until(`${name} is connected`, async () =>
      (await listed()).some((each) => each.name === name && each.state === "connected"),
    );
    return { gateway, proof, line };
  }

  beat(): void {
    this.link.send({ kind: "hello", build: "any" });
    this.link.send({ kind: "beat", beat: 1 });
  }

  async hears<K extends ToGateway["kind"]>(kind: K): Promise<Extract<ToGateway, { kind: K }>> {
    let found: ToGateway | undefined;
    await until(`it is told ${kind}`, () => {
      found = this.heard.find((message) => message.kind === kind);
      return found !== undefined;
    });
    return found as Extract<ToGateway, { kind: K }>;
  }

  async isCut(): Promise<void> {
    await until("it is cut off", () => this.closed !== undefined);
  }

  again(proof: Proof): Promise<AnyGateway> {
    return AnyGateway.dial(this.line, proof);
  }
}

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const lateMs = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > lateMs) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function invited(name: string): Promise<JoinLine> {
  const answer = await running.first.ask<{ line: string }>("POST", "/api/gateways", { name });
  const line = parseJoinLine(answer.body.line ?? "");
  if (!line) throw new Error(`no line: ${answer.text}`);
  return line;
}

async function enrolled(line: JoinLine): Promise<Proof> {
  const { publicKeyPem: publicKey, keyPem: key } = newKey();
  const stranger = await AnyGateway.dial(line);
  stranger.link.send({ kind: "enrol", token: line.token, publicKey });
  const { certificate } = await stranger.hears("enrolled");
  return { certificate, key };
}

async function listed(): Promise<GatewaysView["gateways"]> {
  return (await running.first.ask<GatewaysView>("GET", "/api/gateways")).body.gateways;
}

async function noted(kind: string, words: RegExp): Promise<void> {
  await until(`${kind} ${words}`, async () => {
    const { body } = await running.first.ask<Told[]>("GET", "/api/events");
    return body.some((event) => event.kind === kind && words.test(event.text));
  });
}

/** The plant file names these gateways for the treatment PLC from now on. */
async function serve(names: readonly string[]): Promise<void> {
  const file = join(running.folder, "plant.yaml");
  const text = readFileSync(file, "utf8").replace(/\n {8}gateways: .*/, "");
  const line = `        gateways: [${names.join(", ")}]`;
  writeFileSync(file, text.replace("        units: [2]", `        units: [2]\n${line}`));
  await until("the plant file is in force", async () =>
    (await listed()).some(({ name, endpoints }) => name === names[0] && endpoints.length > 0),
  );
}

/** Another session, which the gateway says it has opened. */
async function openedOn(gateway: AnyGateway): Promise<{ id: string; number: number }> {
  const before = gateway.heard.length;
  const endpoint = "plc-distribution/modbus";
  const opening = running.first.ask("POST", "/api/sessions", { endpoint });
  let asked: ToGateway | undefined;
  await until("it is asked to open", () => {
    asked = gateway.heard.slice(before).find(({ kind }) => kind === "open");
    return asked !== undefined;
  });
  const { ask, session: number } = asked as Extract<ToGateway, { kind: "open" }>;
  gateway.link.send({ kind: "reply", ask, value: null });
  return { id: (await opening).body.id, number };
}

function tape(header: Header, firstSequence: number): Uint8Array {
  const out = new ByteWriter();
  const encoder = new TapeEncoder(out);
  encoder.begin(header);
  const body = { kind: "end", rule: "owner-ended", reason: "made up" } as const;
  encoder.append(firstSequence, header.startedMs, 1, body);
  return Uint8Array.from(out.bytes.subarray(0, out.length));
}

test("a token lets one machine in, once, and another is told nothing", {
  timeout: 90_000,
}, async () => {
  const line = await invited("dmz-token");
  const proof = await enrolled(line);
  const second = await AnyGateway.dial(line);
  second.link.send({ kind: "enrol", token: line.token, publicKey: newKey().publicKeyPem });
  expect((await second.hears("goodbye")).reason).toMatch(/was used/);
  await noted("gateway:refused", /wanted to join/);
  const fingerprint = createHash("sha256")
    .update(new X509Certificate(proof.certificate).raw)
    .digest("hex");
  await expect(fetchAuthority(line, line.serverName, fingerprint)).rejects.toThrow(/another site/);
});

test("who has no certificate that counts is refused, and people are told", {
  timeout: 90_000,
}, async () => {
  const { gateway, proof, line } = await AnyGateway.join("dmz-certificates");
  const twice = await gateway.again(proof);
  expect((await twice.hears("goodbye")).reason).toMatch(/connected already/);

  const { publicKeyPem: publicKey, keyPem: key } = newKey();
  gateway.link.send({ kind: "renew-certificate", publicKey });
  const renewed = { certificate: (await gateway.hears("certificate")).certificate, key };
  gateway.link.close();
  await until("it is away", async () =>
    (await listed()).some(({ name, state }) => name === "dmz-certificates" && state === "away"),
  );
  const next = await gateway.again(renewed);
  await next.hears("welcome");
  next.link.close();
  await until("the older certificate counts no more", async () => {
    const old = await gateway.again(proof);
    await until("it is answered", () => old.heard.length > 0 || old.closed !== undefined);
    return old.heard.some(({ kind }) => kind === "goodbye");
  });
  await noted("gateway:refused", /old certificate/);

  const elsewhere = makeAuthority(temporaryFolder()).issue("dmz-certificates", "DNS:localhost");
  const foreign = await AnyGateway.dial(line, elsewhere).catch(() => undefined);
  if (foreign) await until("it is cut off", () => foreign.closed !== undefined);
  await noted("gateway:refused", /does not count/);

  const [known] = (await listed()).filter(({ name }) => name === "dmz-certificates");
  const revoked = await running.first.ask("DELETE", `/api/gateways/${known?.id}`);
  expect(revoked.status).toBe(204);
  const after = await gateway.again(renewed);
  expect((await after.hears("goodbye")).reason).toMatch(/revoked/);
});

test("a machine that joins in another's place ends that one's connection, not only its certificate", {
  timeout: 90_000,
}, async () => {
  const { gateway, proof } = await AnyGateway.join("dmz-replaced");
  const beating = setInterval(() => gateway.beat(), 300);
  try {
    const line = await invited("dmz-replaced");
    expect(gateway.closed).toBeUndefined();
    await enrolled(line);
    await gateway.isCut();
    const again = await gateway.again(proof);
    expect((await again.hears("goodbye")).reason).toMatch(/old certificate/);
  } finally {
    clearInterval(beating);
  }
});

test("what is repeated, reordered or not understood ends the connection", {
  timeout: 90_000,
}, async () => {
  const { gateway, proof } = await AnyGateway.join("dmz-words");
  gateway.link.send({ kind: "rights", session: 1, classes: ["program"] });
  await gateway.isCut();
  await noted("gateway:distrusted", /not understood/);

  await until("it is away", async () =>
    (await listed()).some(({ name, state }) => name === "dmz-words" && state === "away"),
  );
  const again = await gateway.again(proof);
  const frame = Buffer.from(
    `000000140100000001${Buffer.from('{"kind":"beat"}').toString("hex")}`,
    "hex",
  );
  // Its count says 1 where the first of a connection is 0.
  (again.link as unknown as { socket: { write(bytes: Buffer): void } }).socket.write(frame);
  await again.isCut();
});

test("a gateway appends to the sessions that were opened on it, and to nothing else", {
  timeout: 120_000,
}, async () => {
  const { gateway } = await AnyGateway.join("dmz-own");
  const { gateway: other } = await AnyGateway.join("dmz-other");
  const beating = setInterval(() => {
    gateway.beat();
    other.beat();
  }, 300);
  try {
    await serve(["dmz-own"]);
    const endpoint = "plc-distribution/modbus";
    const opening = running.first.ask("POST", "/api/sessions", { endpoint });
    const open = await gateway.hears("open");
    gateway.link.send({ kind: "reply", ask: open.ask, value: null });
    const session = await opening;
    expect(session.status).toBe(201);
    const id = session.body.id;
    const header = parseHeader(open.header);
    if (!header) throw new Error("no header");
    const chunk = { session: id, segment: 0, offset: 0, bytes: tape(header, 0) };

    other.link.send({
      kind: "over",
      session: open.session,
      cause: { rule: "x", reason: "x" },
      dropped: 0,
    });
    other.link.sendRecords(1, { ...chunk, flags: BEGIN });
    await other.isCut();
    await noted("gateway:distrusted", /not opened on it/);
    const live = await running.first.ask("GET", `/api/sessions/${id}`);
    expect(live.status).toBe(200);

    const flooded = await openedOn(gateway);
    for (let told = 0; told < 1_000; told += 1) {
      gateway.link.send({ kind: "alarm", session: flooded.number, text: `alarm ${told}` });
    }
    await until("the session of which it tells too much is over", async () => {
      const answer = await running.first.ask("GET", `/api/sessions/${flooded.id}`);
      return answer.status === 404;
    });
    await noted("session:ended", /more of it than anybody reads/);
    expect((await running.first.ask("GET", `/api/sessions/${id}`)).status).toBe(200);

    const renamed = { ...header, subject: { ...header.subject, name: "Somebody else" } };
    const bytes = tape(renamed, 0);
    gateway.link.sendRecords(1, { ...chunk, segment: 1, bytes, flags: BEGIN | CLOSE });
    await gateway.isCut();
    await noted("gateway:distrusted", /something else of the session/);
    await until("its recording is closed as what it is", async () => {
      const { body } = await running.first.ask<{ state: string }>("GET", `/api/recordings/${id}`);
      return body.state === "gap";
    });
    expect((await running.first.ask("GET", `/api/sessions/${id}`)).status).toBe(404);
  } finally {
    clearInterval(beating);
  }
});
