import { generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { TEST_LIMITS, testClaims, testEndpoint } from "../../test/kit/claims.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { MemoryLeg } from "../../test/kit/memory-leg.ts";
import { frame, RawDevice, replyTo } from "../../test/kit/raw-device.ts";
import { StagedVolume } from "../../test/kit/staged-volume.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import type { Permit, PermitClaims } from "../access/permit.ts";
import { mintPermit } from "../access/permits.ts";
import { openEvidence } from "../evidence/evidence.ts";
import type { ModbusEndpoint } from "../plant/model.ts";
import type { SessionHooks } from "./session-hooks.ts";
import { createSessionHost } from "./session-host.ts";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");

async function start(hooks: SessionHooks = {}) {
  const clock = new TestClock();
  const volume = new StagedVolume();
  const directory = temporaryFolder();
  const evidence = await openEvidence({ directory, keys: TEST_KEYS, build: "test", clock, volume });
  const { recorder } = evidence;
  const host = createSessionHost({ recorder, permitKey: publicKey, clock, build: "test", hooks });
  onTestFinished(async () => {
    volume.failure = undefined;
    await host.shutdown();
    await evidence.close();
  });
  let count = 0;
  const permit = (changes: Partial<PermitClaims> = {}): Permit => {
    const session = `session-${++count}`;
    return mintPermit(
      { ...testClaims({ nowMs: clock.wallMs(), session }), ...changes },
      privateKey,
    );
  };
  const on = (changes: Partial<ModbusEndpoint>) => permit({ endpoint: testEndpoint(changes) });
  return { host, clock, volume, evidence, permit, on };
}

async function device(): Promise<RawDevice> {
  const plc = await RawDevice.start();
  plc.onFrame = (each) => plc.send(replyTo(each));
  onTestFinished(() => plc.close());
  return plc;
}

async function until(holds: () => boolean): Promise<void> {
  for (let n = 0; n < 5_000 && !holds(); n++) await new Promise(setImmediate);
  expect(holds()).toBe(true);
}

const READ = frame("0001 0000 0006 01 03 0064 0001");

test("from a permit to a device and back", async () => {
  const { host, on } = await start();
  const plc = await device();
  const session = await host.open(on({ port: plc.port }));
  expect(host.get(session.claims.session)).toBe(session);
  const client = new MemoryLeg();
  await session.attach(client, "test");
  client.feed(READ);
  await until(() => client.written.length === 1);
  session.end({ rule: "owner-ended", reason: "done" });
  expect(await session.closed).toMatchObject({ rule: "owner-ended" });
  expect(host.list()).toEqual([]);
});

test("all sessions on an endpoint share one connection", async () => {
  const { host, on } = await start();
  const plc = await device();
  const clients: MemoryLeg[] = [];
  for (let n = 0; n < 5; n++) {
    const client = new MemoryLeg();
    await (await host.open(on({ port: plc.port }))).attach(client, "test");
    client.feed(READ);
    clients.push(client);
  }
  await until(() => clients.every(({ written }) => written.length === 1));
  expect(plc.connections).toBe(1);
});

test("dedicated connections are one each and no more than the endpoint has", async () => {
  const { host, on } = await start();
  const plc = await device();
  const limits = { ...TEST_LIMITS, connectionsMax: 2 };
  const changes = { port: plc.port, connection: "dedicated", limits } as const;
  const session = await host.open(on(changes));
  const [first, second, third] = [new MemoryLeg(), new MemoryLeg(), new MemoryLeg()];
  await session.attach(first, "1");
  await session.attach(second, "2");
  await expect(session.attach(third, "3")).rejects.toMatchObject({ code: "endpoint-busy" });
  expect(third.closed).toBe(true);
  first.feed(READ);
  second.feed(READ);
  await until(() => first.written.length + second.written.length === 2);
  expect(plc.connections).toBe(2);
  first.hangUp();
  await session.attach(new MemoryLeg(), "4");
});

test("a permit opens one session once, in its time, signed by our key, unaltered", async () => {
  const { host, permit, clock } = await start();
  const good = permit();
  await host.open(good);
  await expect(host.open(good)).rejects.toMatchObject({ code: "permit-invalid" });
  const altered = { ...permit(), claims: good.claims };
  await expect(host.open(altered)).rejects.toMatchObject({ code: "permit-invalid" });
  const late = permit();
  clock.advance(30_000);
  await expect(host.open(late)).rejects.toMatchObject({ code: "permit-expired" });
  await expect(host.open(good)).rejects.toMatchObject({ code: "permit-expired" });
});

test("an endpoint takes no more sessions than it may, and a closed one gives its place back", async () => {
  const { host, on } = await start();
  const limits = { ...TEST_LIMITS, connectionsMax: 1 };
  const first = await host.open(on({ limits }));
  await expect(host.open(on({ limits }))).rejects.toMatchObject({ code: "endpoint-busy" });
  first.end({ rule: "owner-ended", reason: "done" });
  await host.open(on({ limits }));
});

test.each(["127.0.0.1", "localhost", "169.254.1.1", "0.0.0.0", "::1"])(
  "the address %s is refused unless the plant file allows it",
  async (host) => {
    const { host: sessions, on } = await start();
    const refused = on({ host, allowLocal: false });
    await expect(sessions.open(refused)).rejects.toMatchObject({ code: "address-refused" });
  },
);

test("no session begins while nothing can be recorded", async () => {
  const { host, permit, volume, evidence } = await start();
  const session = await host.open(permit());
  volume.failure = new Error("no space left on device");
  session.watch("person-2", () => {});
  await expect(host.open(permit())).rejects.toMatchObject({ code: "recorder-unavailable" });
  expect(evidence.recorder.state.kind).toBe("failed");
});

test("shutdown ends all, seals all, and opens no more", async () => {
  const ended: string[] = [];
  const { host, permit, evidence } = await start({
    onEnd: ({ claims }, { rule }) => ended.push(`${claims.session} ${rule}`),
  });
  await host.open(permit());
  await host.open(permit());
  await host.shutdown();
  expect(ended).toEqual(["session-1 shutdown", "session-2 shutdown"]);
  const list = await evidence.recordings.list();
  expect(list.map(({ state }) => state)).toEqual(["sealed", "sealed"]);
  await expect(host.open(permit())).rejects.toMatchObject({ code: "shutdown" });
});
