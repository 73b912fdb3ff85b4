import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { parseCheckpoint } from "../../../protocols/log/checkpoint.ts";
import { leafHash, verifyConsistency, verifyInclusion } from "../../../protocols/log/merkle.ts";
import { parseKey, parseNote } from "../../../protocols/log/note.ts";
import { StagedVolume } from "../../../test/kit/staged-volume.ts";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { diskVolume } from "../disk-volume.ts";
import { checkLog } from "./check-log.ts";
import { leafOf } from "./leaf.ts";
import { sha256 } from "./sha256.ts";
import { type LogMemory, SiteLog, type SiteLogOptions } from "./site-log.ts";

function optionsIn(directory: string, more: Partial<SiteLogOptions> = {}): SiteLogOptions {
  const clock = new TestClock();
  return { directory, name: "sallyport.example/north", build: "test", clock, ...more };
}

function newDirectory(): string {
  return path.join(temporaryFolder(), "log");
}

function publicKeyOf(log: SiteLog): Uint8Array {
  const key = parseKey(log.key, sha256);
  if (!key) throw new Error("no key");
  return key.publicKey;
}

async function entriesOf(directory: string, log: SiteLog, number = 1): Promise<string[]> {
  const found: string[] = [];
  const checked = await checkLog(
    diskVolume,
    path.join(directory, String(number)),
    publicKeyOf(log),
    (entry) => found.push(new TextDecoder().decode(entry)),
  );
  expect(checked).toMatchObject({ kind: "whole" });
  return found;
}

const numbered = (number: number) => ({ kind: "test", number, text: "x".repeat(number % 50) });

async function appendMany(log: SiteLog, from: number, count: number): Promise<number[]> {
  const kept = Array.from({ length: count }, (_, at) => log.append(numbered(from + at)));
  return (await Promise.all(kept)).map(({ index }) => index);
}

test("what was appended is in the log in order, and stays there over a restart", async () => {
  const directory = newDirectory();
  const options = optionsIn(directory);
  const log = await SiteLog.open(options);
  const indexes = await appendMany(log, 0, 700);
  expect(indexes).toEqual(indexes.map((_, at) => at + (indexes[0] ?? 0)));
  await log.close();
  const again = await SiteLog.open(options);
  await appendMany(again, 700, 5);
  await again.close();
  const entries = await entriesOf(directory, again);
  const kinds = entries.map((entry) => JSON.parse(entry).kind as string);
  expect(kinds.filter((kind) => kind !== "test")).toEqual([
    "log.opened",
    "log.started",
    "log.started",
  ]);
  const numbers = entries.flatMap((entry) => JSON.parse(entry).number ?? []);
  expect(numbers).toEqual(Array.from({ length: 705 }, (_, at) => at));
});

test("leaves and consistency with every earlier checkpoint are proved", async () => {
  const log = await SiteLog.open(optionsIn(newDirectory()));
  const seen = [log.checkpoint];
  for (let round = 0; round < 12; round += 1) {
    await appendMany(log, round * 61, 61);
    await log.publish();
    seen.push(log.checkpoint);
  }
  const { size, root } = log.checkpoint;
  for (const earlier of seen) {
    const proof = await log.consistency(earlier.size, size);
    expect(verifyConsistency(earlier.size, size, proof, earlier.root, root, sha256)).toBe(true);
  }
  const { index } = await log.append(numbered(1));
  await log.publish();
  const now = log.checkpoint;
  const leaf = leafHash(leafOf(numbered(1), new TestClock().wallMs()), sha256);
  const proof = await log.inclusion(index, now.size);
  expect(verifyInclusion(leaf, index, now.size, proof, now.root, sha256)).toBe(true);
  await log.close();
});

test("a checkpoint follows the first leaf within ten seconds, and none follows silence", async () => {
  const clock = new TestClock();
  const log = await SiteLog.open(optionsIn(newDirectory(), { clock }));
  const published: number[] = [];
  log.onCheckpoint(({ size }) => published.push(size));
  await log.publish();
  await appendMany(log, 0, 3);
  const { size } = log;
  expect(published.at(-1)).toBeLessThan(size);
  clock.advance(10_000);
  await log.publish();
  expect(published.at(-1)).toBe(size);
  const count = published.length;
  clock.advance(30_000);
  await log.publish();
  expect(published).toHaveLength(count);
  await log.close();
});

test("a heartbeat says once a minute how many sessions are open", async () => {
  const directory = newDirectory();
  const clock = new TestClock();
  const log = await SiteLog.open(optionsIn(directory, { clock, openSessions: () => 7 }));
  clock.advance(60_000);
  clock.advance(60_000);
  await log.close();
  const beats = (await entriesOf(directory, log)).filter((entry) => entry.includes("heartbeat"));
  expect(beats.map((entry) => JSON.parse(entry).openSessions)).toEqual([7, 7]);
});

test("partial tiles of checkpoints long gone are removed", async () => {
  const directory = newDirectory();
  const log = await SiteLog.open(optionsIn(directory));
  for (let round = 0; round < 10; round += 1) {
    await appendMany(log, round, 1);
    await log.publish();
  }
  expect(readdirSync(path.join(directory, "1/tile/0/000.p"))).toHaveLength(2);
  expect(readdirSync(path.join(directory, "1/tile/entries/000.p"))).toHaveLength(2);
  await appendMany(log, 10, 300);
  for (let round = 0; round < 3; round += 1) {
    await appendMany(log, 400 + round, 1);
    await log.publish();
  }
  await log.close();
  expect(existsSync(path.join(directory, "1/tile/0/000.p"))).toBe(false);
  expect(readdirSync(path.join(directory, "1/staging"))).toHaveLength(1);
});

test("the key is its owner's alone, and the log's folder holds no secret", async () => {
  const directory = newDirectory();
  const log = await SiteLog.open(optionsIn(directory));
  await log.close();
  expect(statSync(path.join(directory, "keys/1.pem")).mode & 0o077).toBe(0);
  const note = parseNote(readFileSync(path.join(directory, "1/checkpoint")));
  expect(parseCheckpoint(note?.text ?? "")?.origin).toBe("sallyport.example/north/log/1");
  const names = readdirSync(path.join(directory, "1"));
  expect(names.filter((name) => name.includes("pem"))).toEqual([]);
});

test("an event that is too long is refused, and the log goes on", async () => {
  const log = await SiteLog.open(optionsIn(newDirectory()));
  await expect(log.append({ kind: "long", text: "x".repeat(66_000) })).rejects.toThrow(RangeError);
  await log.append(numbered(1));
  expect(log.state.kind).toBe("ready");
  await log.close();
});

test("while the disk fails nothing is acknowledged, and afterwards the log says so", async () => {
  const directory = newDirectory();
  const volume = new StagedVolume();
  const clock = new TestClock();
  const log = await SiteLog.open(optionsIn(directory, { volume, clock }));
  const states: string[] = [];
  log.onState((state) => states.push(state.kind));
  volume.failure = new Error("ENOSPC: no space left");
  await expect(log.append(numbered(1))).rejects.toThrow("ENOSPC");
  await expect(log.append(numbered(2))).rejects.toThrow("ENOSPC");
  expect(log.state).toMatchObject({ kind: "failed", cause: "ENOSPC: no space left" });
  clock.advance(1_000);
  await expect(log.publish()).rejects.toThrow("ENOSPC");
  volume.failure = undefined;
  clock.advance(1_000);
  await log.publish();
  expect(states).toEqual(["failed", "ready"]);
  await log.append(numbered(3));
  await log.close();
  const entries = (await entriesOf(directory, log)).map((entry) => JSON.parse(entry));
  expect(entries.flatMap(({ number }) => number ?? [])).toEqual([3]);
  expect(entries.find(({ kind }) => kind === "log.gap")).toMatchObject({
    cause: "ENOSPC: no space left",
  });
});

test("a change of key begins a log that names the old one's end, which names the new key", async () => {
  const directory = newDirectory();
  const first = await SiteLog.open(optionsIn(directory));
  await appendMany(first, 0, 3);
  await first.close();
  const second = await SiteLog.open(optionsIn(directory, { rotate: true }));
  await second.close();
  const third = await SiteLog.open(optionsIn(directory));
  await third.close();
  expect(third.key).toBe(second.key);
  expect(third.origin).toBe("sallyport.example/north/log/2");
  const old = await entriesOf(directory, first, 1);
  expect(JSON.parse(old.at(-1) ?? "")).toMatchObject({ kind: "log.rotated", key: second.key });
  const begun = JSON.parse((await entriesOf(directory, second, 2))[0] ?? "");
  const checkpoint = readFileSync(path.join(directory, "1/checkpoint"), "utf8");
  expect(begun).toMatchObject({ kind: "log.continued", key: second.key, previous: checkpoint });
});

test("a change of key that was cut short is finished by the next opening", async () => {
  const directory = newDirectory();
  const first = await SiteLog.open(optionsIn(directory));
  await first.close();
  const second = await SiteLog.open(optionsIn(directory, { rotate: true }));
  await second.close();
  rmSync(path.join(directory, "2"), { recursive: true });
  const again = await SiteLog.open(optionsIn(directory));
  await again.close();
  expect(again.key).toBe(second.key);
  expect(await entriesOf(directory, again, 2)).toHaveLength(2);
});

function memory(): LogMemory {
  let kept: string | undefined;
  return {
    read: async () => kept,
    write: async (note) => {
      kept = note;
    },
  };
}

test("a log that was put back, rewritten or taken away is not continued", async () => {
  const folder = temporaryFolder();
  const directory = path.join(folder, "log");
  const remembered = memory();
  const options = optionsIn(directory, { memory: remembered });
  const log = await SiteLog.open(options);
  await log.close();
  await cp(directory, path.join(folder, "backup"), { recursive: true });
  const later = await SiteLog.open(options);
  await appendMany(later, 0, 10);
  await later.close();

  rmSync(directory, { recursive: true });
  await expect(SiteLog.open(options)).rejects.toThrow("the site log is gone");
  await cp(path.join(folder, "backup"), directory, { recursive: true });
  await expect(SiteLog.open(options)).rejects.toThrow(/the site log went back: it has 2 leaves/);
  const fork = await SiteLog.open(optionsIn(directory));
  await appendMany(fork, 100, 50);
  await fork.close();
  await expect(SiteLog.open(options)).rejects.toThrow("the site log was rewritten");
});

/** Files of a closed log, and what opening it says once one byte of them has changed. */
test("no byte of checkpoint, tiles or entries can change without being noticed", async () => {
  const folder = temporaryFolder();
  const directory = path.join(folder, "log");
  const log = await SiteLog.open(optionsIn(directory));
  await appendMany(log, 0, 300);
  await log.close();
  const files = ["checkpoint", "tile/0/000", "tile/0/001.p/46", "tile/1/000.p/1"];
  files.push("tile/entries/000", "tile/entries/001.p/46");
  for (const [round, name] of files.entries()) {
    const file = path.join(directory, "1", name);
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    const at = (round * 7919 + 13) % whole.length;
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(file, changed);
    await expect(SiteLog.open(optionsIn(directory)), name).rejects.toThrow("site log");
    writeFileSync(file, whole);
  }
  rmSync(path.join(directory, "1/checkpoint"));
  await expect(SiteLog.open(optionsIn(directory))).rejects.toThrow("its checkpoint is gone");
});

test("half a block at the end of the staging file is passed over", async () => {
  const directory = newDirectory();
  const clock = new TestClock();
  const log = await SiteLog.open(optionsIn(directory, { clock }));
  await log.publish();
  await appendMany(log, 0, 10);
  await appendMany(log, 10, 10);
  const copy = path.join(temporaryFolder(), "copy");
  await cp(directory, copy, { recursive: true });
  await log.close();
  const staging = path.join(copy, "1/staging");
  const newest = readdirSync(staging).sort((a, b) => Number(b) - Number(a))[0] ?? "";
  const file = path.join(staging, newest);
  writeFileSync(file, readFileSync(file).subarray(0, -5));
  const again = await SiteLog.open(optionsIn(copy));
  await again.close();
  const numbers = (await entriesOf(copy, again)).flatMap((entry) => JSON.parse(entry).number ?? []);
  expect(numbers).toEqual(Array.from({ length: 10 }, (_, at) => at));
});

test("a log that was refused can be replaced by a person, and the new one says what happened", async () => {
  const folder = temporaryFolder();
  const directory = path.join(folder, "log");
  const options = optionsIn(directory, { memory: memory() });
  const log = await SiteLog.open(options);
  await log.close();
  rmSync(path.join(directory, "1/tile"), { recursive: true });
  await expect(SiteLog.open(options)).rejects.toThrow("cannot be read back");
  const why = { reason: "the disk was broken", by: "root on this machine" };
  const key = await SiteLog.replace(options, why);
  const again = await SiteLog.open(options);
  await again.close();
  expect(again.key).toBe(key);
  const first = JSON.parse((await entriesOf(directory, again, 2))[0] ?? "");
  expect(first).toMatchObject({ kind: "log.replaced", ...why });
  expect(first.remembered).toContain("sallyport.example/north/log/1\n");
  rmSync(directory, { recursive: true });
  await SiteLog.replace(options, why);
  const third = await SiteLog.open(options);
  await third.close();
  expect(third.origin).toBe("sallyport.example/north/log/3");
});
