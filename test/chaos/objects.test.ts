/**
 * Recordings and a real S3-compatible server (Ceph's RADOS gateway), with everything between them
 * that can go wrong. It takes half a minute, most of it for the server to come up.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import type { LogStateView } from "../../broker/api/shapes/log.ts";
import { examine } from "../../broker/cli/doctor.ts";
import { exportBundle } from "../../broker/cli/export.ts";
import { runVerify } from "../../broker/cli/verify.ts";
import { systemClock } from "../../broker/clock.ts";
import { readConfig } from "../../broker/config.ts";
import { diskVolume } from "../../broker/evidence/disk-volume.ts";
import { openEvidence } from "../../broker/evidence/evidence.ts";
import { writeBundle } from "../../broker/evidence/log/write-bundle.ts";
import { Copies, type CopiesParts } from "../../broker/evidence/objects/copies.ts";
import { CopyLink } from "../../broker/evidence/objects/copy-link.ts";
import type { CopyPlace } from "../../broker/evidence/objects/copy-messages.ts";
import { openCopyWork } from "../../broker/evidence/objects/open-copy-work.ts";
import { readStored } from "../../broker/evidence/objects/stored.ts";
import { readPoints } from "../../protocols/modbus/build.ts";
import { exportSite } from "../kit/bundle.ts";
import { TEST_KEYS } from "../kit/evidence-keys.ts";
import { found } from "../kit/programs.ts";
import {
  KEYS,
  RADOS_PROGRAMS,
  type RadosGateway,
  startRadosGateway,
  testWithRados,
} from "../kit/rados-gateway.ts";
import { copyPlaces, makeRecordings, sha256Of } from "../kit/recordings-made.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { type Deed, StoreBetween } from "../kit/store-between.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../kit/temporary.ts";
import { TestClock } from "../kit/test-clock.ts";
import { WorkedSession } from "../kit/worked-session.ts";
import { seeded } from "./seeded.ts";

const testHere = testWithRados();
const SLOW = { timeout: 180_000 };
const MIB = 1024 * 1024;
const HOUR = 60 * 60_000;
const COPIER = new URL("./object-copier.ts", import.meta.url).pathname;

let server: RadosGateway;
let made = "";

beforeAll(async () => {
  if (!RADOS_PROGRAMS.every(found)) return;
  made = makeFolder();
  const sizes = { "s-large": 12 * MIB, "s-1": 300_000, "s-2": 20_000, "s-3": 1_000 };
  const [started] = await Promise.all([startRadosGateway(), makeRecordings(made, sizes)]);
  server = started;
}, 240_000);
afterAll(async () => {
  await server?.stop();
  if (made !== "") removeFolder(made);
});

interface Site {
  readonly directory: string;
  readonly between: StoreBetween;
  readonly place: CopyPlace;
}

async function site(options: { lock?: boolean; of?: readonly string[] } = {}): Promise<Site> {
  const directory = path.join(temporaryFolder(), "evidence");
  for (const session of options.of ?? readdirSync(path.join(made, "recordings"))) {
    const [from, to] = [made, directory].map((at) => path.join(at, "recordings", session));
    mkdirSync(path.join(to ?? "", "segments"), { recursive: true });
    for (const name of readdirSync(from ?? "", { recursive: true, encoding: "utf8" })) {
      if (name !== "segments") copyFileSync(path.join(from ?? "", name), path.join(to ?? "", name));
    }
  }
  const between = await new StoreBetween(server.port).open();
  onTestFinished(() => between.close());
  const { recordings, states } = copyPlaces(directory);
  const place: CopyPlace = {
    ...{ recordings, states, endpoint: between.endpoint, bucket: await server.bucket(options) },
    ...{ region: "us-east-1", style: "path", credentials: keysIn(path.dirname(directory)), ca: "" },
    ...{ networks: [], partBytes: 5 * MIB, quietMs: 1_500 },
  };
  return { directory, between, place };
}

function keysIn(folder: string): string {
  const file = path.join(folder, "s3.keys");
  const { accessKeyId, secretAccessKey } = KEYS;
  const lines = [`aws_access_key_id = ${accessKeyId}`, `aws_secret_access_key=${secretAccessKey}`];
  writeFileSync(file, `[default]\n${lines.join("\n")}\n`, { mode: 0o600 });
  return file;
}

function copiesOf({ place }: Site, clock: TestClock, more: Partial<CopiesParts> = {}): Copies {
  const copies = new Copies({
    ...{ volume: diskVolume, recordings: place.recordings, clock, work: new CopyLink(place) },
    rules: { lock: undefined, local: { kind: "forever" } },
    keyOf: (session) => `north/${session}.tar`,
    needsRoom: () => false,
    isIndexed: () => true,
    changed: () => {},
    differs: () => {},
    wentAway: () => {},
    ...more,
  });
  onTestFinished(() => copies.stop());
  copies.start();
  return copies;
}

async function until(
  copies: Copies,
  clock: TestClock,
  isSo: () => boolean,
  stepMs = 15_000,
): Promise<void> {
  for (let steps = 0; steps < 2_000; steps += 1) {
    await copies.passed;
    if (isSo()) return;
    clock.advance(stepMs);
  }
  throw new Error(`it never came to be: ${JSON.stringify(copies.state)}`);
}

async function contentOf({ place }: Site, key: string): Promise<Uint8Array> {
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: key });
  const { Body } = await server.client().send(command);
  return (await Body?.transformToByteArray()) ?? new Uint8Array();
}

/** Each in the store once, byte for byte what the state says, and nothing half sent beside it. */
async function expectStored(given: Site, sessions: readonly string[]): Promise<void> {
  const { place, directory } = given;
  const Bucket = place.bucket;
  const listed = await server.client().send(new ListObjectVersionsCommand({ Bucket }));
  const keys = (listed.Versions ?? []).map(({ Key }) => Key).sort();
  expect(keys).toEqual(sessions.map((session) => `north/${session}.tar`).sort());
  for (const session of sessions) {
    const stored = await readStored(copyPlaces(directory), session);
    expect(sha256Of(await contentOf(given, `north/${session}.tar`))).toBe(stored?.archive.sha256);
  }
  const left = await server.client().send(new ListMultipartUploadsCommand({ Bucket }));
  expect(left.Uploads ?? []).toEqual([]);
}

testHere(
  "through refusals, cuts, lies and changed answers each comes through, and once",
  SLOW,
  async () => {
    const given = await site({ lock: true });
    const random = seeded(7);
    const deeds: readonly Deed[] = ["cut", "fail", "lie", "change", "truncate"];
    let worst = 0;
    given.between.deed = () => {
      // Never for ever: each request comes through at some time.
      if (random() > 0.3) return undefined;
      worst += 1;
      return deeds[Math.floor(random() * deeds.length)];
    };
    const clock = new TestClock(Date.now() + HOUR);
    const copies = copiesOf(given, clock);
    await until(copies, clock, () => copies.state.stored === 4);
    expect(worst).toBeGreaterThan(5);
    await expectStored(given, ["s-large", "s-1", "s-2", "s-3"]);
    // The large one went in parts.
    expect(given.between.seen.some(({ path: at }) => /partNumber=3/.test(at))).toBe(true);
  },
);

testHere(
  "a store that hangs, trickles or refuses for an hour holds up nothing and loses nothing",
  SLOW,
  async () => {
    const given = await site({ of: ["s-1", "s-2"] });
    const clock = new TestClock(Date.now() + HOUR);
    given.between.deed = ({ method }) => (method === "PUT" ? "hang" : undefined);
    const copies = copiesOf(given, clock);
    await until(copies, clock, () => copies.state.away !== undefined);
    expect(copies.state.away?.cause).toContain("said nothing for 1.5 s");
    given.between.deed = ({ method }) => (method === "GET" ? "trickle" : undefined);
    await until(copies, clock, () => copies.state.away?.cause.includes("said nothing") === true);
    await given.between.close();
    const backMs = clock.wallMs() + HOUR;
    await until(copies, clock, () => clock.wallMs() >= backMs, 60_000);
    expect(copies.state).toMatchObject({ waiting: 2, stored: 0 });
    expect(copies.state.away?.cause).toContain("ECONNREFUSED");
    given.between.deed = () => undefined;
    await given.between.open();
    await until(copies, clock, () => copies.state.stored === 2);
    expect(copies.state.away).toBeUndefined();
    await expectStored(given, ["s-1", "s-2"]);
  },
);

testHere(
  "killed in the middle of an upload it goes on with the parts that are missing",
  SLOW,
  async () => {
    const given = await site({ of: ["s-large"] });
    const { between, place, directory } = given;
    const parts = () =>
      between.seen.filter(({ method, path: at }) => method === "PUT" && /partNumber/.test(at));
    const args = [directory, between.endpoint, place.bucket, place.credentials, "s-large"];
    const copier = () => spawn(process.execPath, [COPIER, ...args], { stdio: "pipe" });
    // The third part never comes to its end.
    between.deed = ({ path: at }) => (/partNumber=3/.test(at) ? "hang" : undefined);
    const first = copier();
    await expect.poll(() => parts().length, { timeout: 60_000 }).toBe(3);
    first.kill("SIGKILL");
    await once(first, "exit");
    between.deed = () => undefined;
    between.seen.length = 0;
    const second = copier();
    const [code] = await once(second, "exit");
    expect(code).toBe(0);
    expect(parts().map(({ path: at }) => /partNumber=(\d+)/.exec(at)?.[1])).toEqual(["3"]);
    await expectStored(given, ["s-large"]);
  },
);

testHere(
  "a lock is on what went in one piece and in parts, and nobody deletes it",
  SLOW,
  async () => {
    const given = await site({ lock: true, of: ["s-large", "s-2"] });
    const clock = new TestClock(Date.now() + HOUR);
    const lock = { mode: "COMPLIANCE", forMs: 40 * 24 * HOUR } as const;
    const copies = copiesOf(given, clock, { rules: { lock, local: { kind: "forever" } } });
    await until(copies, clock, () => copies.state.stored === 2);
    for (const session of ["s-large", "s-2"]) {
      const stored = await readStored(copyPlaces(given.directory), session);
      expect(stored?.lock?.mode).toBe("COMPLIANCE");
      const Key = `north/${session}.tar`;
      const remove = { Bucket: given.place.bucket, Key, VersionId: stored?.version };
      await expect(server.client().send(new DeleteObjectCommand(remove))).rejects.toThrow();
      // Who has the credentials can put another in front of it: the one that was proven is still read.
      const put = { Bucket: given.place.bucket, Key, Body: "something else" };
      await server.client().send(new PutObjectCommand(put));
      const work = await openCopyWork(given.place, diskVolume, () => []);
      const close = readFileSync(path.join(given.place.recordings, session, "close.json"));
      const there = await work.read(session, "close.json");
      expect(sha256Of(there ?? new Uint8Array())).toBe(sha256Of(close));
    }
  },
);

testHere(
  "what only the store has is played, exported and proved, and a store that lies is found out",
  SLOW,
  async () => {
    const given = await site({ of: [] });
    const folder = temporaryFolder();
    const exported = await exportSite(folder, ["s-a", "s-b"]);
    const directory = path.join(folder, "evidence");
    const { recordings, states } = copyPlaces(directory);
    const place = { ...given.place, recordings, states };
    const link = new CopyLink(place);
    onTestFinished(() => link.close());
    const asked = { nowMs: Date.now(), lock: undefined, held: false };
    await link.copy({ ...asked, session: "s-a", key: "north/s-a.tar" });
    await link.takeAway("s-a", Date.now());
    const segments = path.join(directory, "recordings", "s-a", "segments");
    expect(readdirSync(segments)).toEqual([]);

    const stored = {
      isOnlyThere: (session: string) => session === "s-a",
      read: (session: string, name: string) => link.read(session, name),
      changed: () => {},
    };
    const options = { directory, keys: TEST_KEYS, build: "test", clock: systemClock, stored };
    const evidence = await openEvidence(options);
    onTestFinished(() => evidence.close());
    const whole = await evidence.recordings.get("s-a");
    expect(whole?.segments.length).toBeGreaterThan(3);
    for (const { number } of whole?.segments ?? []) {
      expect((await evidence.recordings.segment("s-a", number))?.length).toBeGreaterThan(100);
    }
    const source = { ...exported.source, stored: stored.read };
    const out = path.join(folder, "from-store.zip");
    await writeBundle(source, "s-a", out);
    let said = "";
    const toProve = { bundle: out, policy: exported.policyFile };
    const code = await runVerify(toProve, {
      write: (piece) => {
        said += piece;
      },
    });
    expect(said).toContain("s-a");
    expect(code).toBe(0);
    // The index for searching is made from it too.
    const search = evidence.openSearch(() => {});
    await expect.poll(() => evidence.isIndexed("s-a"), { timeout: 60_000 }).toBe(true);
    expect(search.progress().behind).toBe(0);

    given.between.deed = ({ method }) => (method === "GET" ? "change" : undefined);
    await expect(link.read("s-a", "segments/1.seg")).rejects.toMatchObject({ name: "CopyDiffers" });
    await given.between.close();
    await expect(link.read("s-a", "segments/1.seg")).rejects.toThrow("ECONNREFUSED");
  },
);

testHere(
  "a whole broker copies what it recorded, says how it stands, and exports from the store alone",
  async () => {
    const { between, place } = await site({ of: [] });
    const settings = {
      SALLYPORT_OBJECTS: `${between.endpoint}/${place.bucket}/plants`,
      SALLYPORT_OBJECTS_CREDENTIALS: place.credentials,
    };
    const running = await startRunningBroker(settings);
    onTestFinished(() => running.close());
    const { first, folder } = running;
    const session = await WorkedSession.open(first);
    await session.ask(readPoints(1, "input-registers", 0, 1));
    await session.end();
    const partOf = async () =>
      (await first.ask<HealthView>("GET", "/api/health")).body.parts.find(
        ({ name }) => name === "object store",
      );
    const within = { timeout: 90_000 };
    await expect.poll(async () => (await partOf())?.text, within).toContain("1 recording is in");
    expect((await partOf())?.state).toBe("ok");
    const log = await first.ask<LogStateView>("GET", "/api/log");
    expect(log.body.copies?.isWell).toBe(true);
    const listing = new ListObjectVersionsCommand({ Bucket: place.bucket });
    const [copy] = (await server.client().send(listing)).Versions ?? [];
    expect(copy?.Key).toMatch(new RegExp(`^plants/[^/]+/${session.id}\\.tar$`));

    const data = path.join(folder, "data");
    const config = readConfig({
      ...settings,
      SALLYPORT_DATA: data,
      SALLYPORT_PLANT: path.join(folder, "plant.yaml"),
    });
    const found = (await examine(config, false)).find(({ name }) => name === "object store");
    expect(found).toMatchObject({ state: "attention", text: expect.stringContaining("answers") });

    const { recordings, states } = copyPlaces(path.join(data, "evidence"));
    const work = await openCopyWork({ ...place, recordings, states }, diskVolume, () => []);
    await work.takeAway(session.id, Date.now());
    expect(readdirSync(path.join(recordings, session.id, "segments"))).toEqual([]);
    const out = path.join(folder, "out.zip");
    // The log must be signed behind its end first.
    await expect
      .poll(() => exportBundle(config, { session: session.id, out }).catch(String), within)
      .toContain("Check it with");
    expect(readFileSync(out).includes("segments/0.seg")).toBe(true);
  },
  SLOW.timeout,
);
