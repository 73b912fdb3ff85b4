/** What the recorder says, loses and finds again when its volume or its sealing thread fails. */

import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header, TapeBody, TapeRecord } from "../../protocols/tape/record.ts";
import { TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { StagedVolume } from "../../test/kit/staged-volume.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { diskVolume } from "./disk-volume.ts";
import { type Evidence, openEvidence } from "./evidence.ts";
import type { EvidenceLimits } from "./limits.ts";
import { EVIDENCE_LIMITS } from "./limits.ts";
import type { TapeWriter } from "./recorder.ts";
import { SealerLink } from "./sealer-link.ts";
import { SessionRecorder } from "./session-recorder.ts";
import type { Volume } from "./volume.ts";
import { WriteAhead } from "./write-ahead.ts";
import { WriteAheadFiles } from "./write-ahead-files.ts";

const LIMITS: Partial<EvidenceLimits> = {
  writeAheadBytes: 64 * 1024,
  gatherBytesMax: 16 * 1024,
  reserveBytes: 16 * 1024,
  retryFirstMs: 5,
  retryMaxMs: 20,
};

const END: TapeBody = { kind: "end", rule: "cut", reason: "The shift supervisor cut it." };

function headerOf(session: string): Header {
  return {
    version: 1,
    build: "test",
    session,
    site: "north",
    subject: { id: "p-1", name: "Ada", roles: ["engineer"] },
    asset: { id: "plc", name: "PLC", zone: "treatment" },
    endpoint: { id: "modbus", protocol: "modbus" },
    grant: { id: "g-1", profile: "tuning", until: 0 },
    digests: { profile: "", plant: "" },
    tags: [],
    startedMs: Date.now(),
  };
}

function message(n: number, length = 8): TapeBody {
  const bytes = new Uint8Array(length);
  bytes[0] = n;
  return { kind: "bytes", channel: 1, from: "client", bytes };
}

function open(directory: string, volume?: Volume): Promise<Evidence> {
  const options = { directory, keys: TEST_KEYS, build: "test", clock: systemClock, limits: LIMITS };
  return openEvidence(volume === undefined ? options : { ...options, volume });
}

function durable(tape: TapeWriter): Promise<Error | undefined> {
  return new Promise((resolve) => tape.whenDurable(resolve));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
}

async function recordsOf(evidence: Evidence, session: string): Promise<readonly TapeRecord[]> {
  const recording = await evidence.recordings.get(session);
  const records: TapeRecord[] = [];
  for (const { number } of recording?.segments ?? []) {
    const bytes = await evidence.recordings.segment(session, number);
    records.push(...readSegment(bytes ?? new Uint8Array(0)).records);
  }
  return records;
}

test("a failing volume is said at once, and what it cost is a gap", async () => {
  const volume = new StagedVolume();
  const evidence = await open(temporaryFolder(), volume);
  const states: string[] = [];
  evidence.recorder.onState((state) => states.push(state.kind));
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(0));
  expect(await durable(tape)).toBeUndefined();
  volume.failure = new Error("EIO: the disk is gone");
  tape.append(message(1));
  expect((await durable(tape))?.message).toBe("EIO: the disk is gone");
  expect(evidence.recorder.state).toMatchObject({
    kind: "failed",
    cause: "EIO: the disk is gone",
  });
  tape.append(message(2));
  expect((await durable(tape))?.message).toBe("EIO: the disk is gone");
  await expect(evidence.recorder.open(headerOf("s-2"))).rejects.toThrow("the disk is gone");
  volume.failure = undefined;
  await until(() => evidence.recorder.state.kind === "ready");
  expect(tape.append(message(3))).toBe(4);
  expect(await durable(tape)).toBeUndefined();
  tape.append(END);
  await tape.close();
  expect(states.slice(-1)).toEqual(["ready"]);
  const records = await recordsOf(evidence, "s-1");
  expect(records.map((record) => [record.sequence, record.kind])).toEqual([
    [0, "bytes"],
    [1, "bytes"],
    [3, "gap"],
    [4, "bytes"],
    [5, "end"],
  ]);
  expect(await evidence.recordings.get("s-1")).toMatchObject({
    state: "gap",
    cause: "1 record is missing: EIO: the disk is gone",
  });
  await evidence.close();
});

test("writes into a file that was deleted under it are no records", async () => {
  const directory = temporaryFolder();
  const evidence = await open(directory);
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(0));
  expect(await durable(tape)).toBeUndefined();
  const states: string[] = [];
  evidence.recorder.onState((state) => states.push(state.kind));
  const [name = ""] = readdirSync(path.join(directory, "write-ahead"));
  const file = path.join(directory, "write-ahead", name);
  linkSync(file, path.join(directory, "kept"));
  rmSync(file);
  await pause(50);
  tape.append(message(1));
  expect((await durable(tape))?.message).toContain("was removed");
  expect(states[0]).toBe("failed");
  renameSync(path.join(directory, "kept"), file);
  await evidence.close();
});

test("a folder that was moved away and comes back has every record, once", async () => {
  const directory = path.join(temporaryFolder(), "evidence");
  const evidence = await open(directory);
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(0));
  expect(await durable(tape)).toBeUndefined();
  renameSync(directory, `${directory}.away`);
  await pause(50);
  tape.append(message(1));
  expect((await durable(tape))?.message).toContain("was removed");
  renameSync(`${directory}.away`, directory);
  await until(() => evidence.recorder.state.kind === "ready");
  tape.append(message(2));
  expect(await durable(tape)).toBeUndefined();
  tape.append(END);
  await tape.close();
  const records = await recordsOf(evidence, "s-1");
  expect(records.map((record) => record.sequence)).toEqual([0, 1, 2, 3]);
  await evidence.close();
});

test("a session that ends while nothing can be written is still closed, with its end", async () => {
  const directory = temporaryFolder();
  const volume = new StagedVolume();
  const evidence = await open(directory, volume);
  const tape = await evidence.recorder.open(headerOf("s-1"));
  tape.append(message(0));
  await durable(tape);
  volume.failure = new Error("EROFS: read-only");
  tape.append(message(1));
  await durable(tape);
  tape.append(END);
  await expect(tape.close()).rejects.toThrow("EROFS");
  expect((await evidence.recordings.get("s-1"))?.state).toBe("aborted");
  volume.failure = undefined;
  await until(() => evidence.recorder.state.kind === "ready");
  expect(await evidence.recordings.get("s-1")).toMatchObject({ state: "gap" });
  expect((await recordsOf(evidence, "s-1")).at(-1)).toMatchObject(END);
  await evidence.close();
});

test("a disk slower than the sessions freezes them instead of filling the memory", async () => {
  const volume = new StagedVolume();
  const evidence = await open(temporaryFolder(), volume);
  const tape = await evidence.recorder.open(headerOf("s-1"));
  volume.hold();
  tape.append(message(0));
  const first = durable(tape);
  await new Promise((resolve) => setTimeout(resolve, 10));
  let appended = 1;
  while (evidence.recorder.state.kind === "ready") tape.append(message(appended++, 1000));
  expect(appended).toBeLessThan(30);
  expect(evidence.recorder.state).toMatchObject({ cause: expect.stringContaining("slower") });
  const refused = durable(tape);
  volume.release();
  expect(await first).toBeUndefined();
  expect(await refused).toBeInstanceOf(Error);
  await until(() => evidence.recorder.state.kind === "ready");
  tape.append(END);
  await tape.close();
  expect(await evidence.recordings.get("s-1")).toMatchObject({ state: "gap" });
  await evidence.close();
});

test("callbacks come in the order of the calls, refusals too", async () => {
  const volume = new StagedVolume();
  const evidence = await open(temporaryFolder(), volume);
  const tape = await evidence.recorder.open(headerOf("s-1"));
  volume.hold();
  const order: number[] = [];
  for (let n = 0; n < 40; n++) {
    tape.append(message(n, 1000));
    tape.whenDurable(() => order.push(n));
    if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  volume.release();
  await until(() => order.length === 40);
  expect(order).toEqual(Array.from({ length: 40 }, (_, n) => n));
  await evidence.close();
});

test("folders and files that are none of ours do not disturb", async () => {
  const directory = temporaryFolder();
  await (await open(directory)).close();
  mkdirSync(path.join(directory, "recordings/backup"));
  writeFileSync(path.join(directory, "recordings/backup/notes.txt"), "mine");
  writeFileSync(path.join(directory, "recordings/README"), "mine");
  const evidence = await open(directory);
  expect(evidence.recorder.state).toEqual({ kind: "ready" });
  expect(await evidence.recordings.list()).toEqual([]);
  expect(await evidence.recordings.get("README")).toBeUndefined();
  await evidence.close();
  expect(readFileSync(path.join(directory, "recordings/backup/notes.txt"), "utf8")).toBe("mine");
});

test("a sealing thread that dies is started again, and nothing is missing", async () => {
  const directory = temporaryFolder();
  const recordings = path.join(directory, "recordings");
  const limits = { ...EVIDENCE_LIMITS, ...LIMITS };
  for (const name of ["recordings", "write-ahead"]) mkdirSync(path.join(directory, name));
  const files = new WriteAheadFiles(
    diskVolume,
    path.join(directory, "write-ahead"),
    limits,
    TEST_KEYS,
  );
  const troubles: (string | undefined)[] = [];
  const sealer = new SealerLink(
    {
      recordings,
      reserve: path.join(directory, "reserve"),
      build: "test",
      limits,
      keys: TEST_KEYS,
      clock: systemClock,
      volume: undefined,
      thread: dyingOnce(directory),
    },
    { freed: (number) => void files.free(number), trouble: (cause) => troubles.push(cause) },
  );
  const writeAhead: WriteAhead = new WriteAhead(files, limits, systemClock, {
    durable: (number, end, complete) =>
      sealer.durable({ number, path: files.pathOf(number) }, end, complete),
    handed: (payload) => sealer.handed(payload),
    failed: () => recorder.refresh(),
    ready: () => recorder.resume(),
  });
  const options = { volume: diskVolume, recordings, limits, clock: systemClock };
  const rules = { refusal: () => undefined };
  const recorder = new SessionRecorder({ ...options, ...rules, writeAhead, sealer });
  await writeAhead.start();
  const tape = await recorder.open(headerOf("s-1"));
  for (let n = 0; n < 200; n++) {
    tape.append(message(n));
    expect(await durable(tape)).toBeUndefined();
  }
  tape.append(END);
  await tape.close();
  await until(() => troubles.length > 1);
  expect(troubles).toEqual([expect.stringContaining("struck"), undefined]);
  const close = JSON.parse(readFileSync(path.join(recordings, "s-1/close.json"), "utf8"));
  expect(close).toMatchObject({ state: "sealed", records: 201 });
  await writeAhead.close();
  await sealer.stop();
});

/** A thread that ends with an error when it first hears something, and is the real one after that. */
function dyingOnce(directory: string): URL {
  const flag = JSON.stringify(path.join(directory, "died"));
  const real = JSON.stringify(new URL("./sealer-thread.ts", import.meta.url).href);
  const file = path.join(directory, "thread.mjs");
  writeFileSync(
    file,
    `import { existsSync, writeFileSync } from "node:fs";
     import { parentPort } from "node:worker_threads";
     if (existsSync(${flag})) await import(${real});
     else parentPort.on("message", () => {
       writeFileSync(${flag}, "");
       throw new Error("struck down");
     });`,
  );
  return pathToFileURL(file);
}
