import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { FailingVolume } from "../../../test/kit/failing-volume.ts";
import { MemoryObjectStore } from "../../../test/kit/memory-object-store.ts";
import { copyPlaces, makeRecordings, sha256Of } from "../../../test/kit/recordings-made.ts";
import { makeFolder, removeFolder, temporaryFolder } from "../../../test/kit/temporary.ts";
import { diskVolume } from "../disk-volume.ts";
import { RecordingFolder } from "../recording-folder.ts";
import type { Volume } from "../volume.ts";
import { CopyWork } from "./copy-work.ts";
import { type CopyPlaces, readStored, readUnderWay } from "./stored.ts";

const KEY = "north/s-1.tar";
const ASKED = { session: "s-1", key: KEY, nowMs: 1_770_000_000_000, lock: undefined, held: false };
/** Some ten parts of the recording. */
const PART_BYTES = 256 * 1024;

let made = "";
let directory = "";
let places: CopyPlaces;
let store: MemoryObjectStore;

beforeAll(async () => {
  made = makeFolder();
  await makeRecordings(made, { "s-1": 2_500_000 });
  return () => removeFolder(made);
}, 60_000);

beforeEach(() => {
  fresh();
});

function fresh(): void {
  directory = path.join(temporaryFolder(), "evidence");
  mkdirSync(directory);
  execFileSync("cp", ["-r", path.join(made, "recordings"), directory]);
  places = copyPlaces(directory);
  store = new MemoryObjectStore();
}

function work(volume: Volume = diskVolume): CopyWork {
  return new CopyWork({ ...places, volume, store, partBytes: PART_BYTES });
}

function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) =>
    /\.(seg|frame)$|^(manifest.json|index|close.json|progress)$/.test(name),
  );
  return Object.fromEntries(
    files.sort().map((name) => [name, sha256Of(readFileSync(path.join(folder, name)))]),
  );
}

function recordingFolder(): string {
  return path.join(places.recordings, "s-1");
}

/** In the store once, and the very same. */
async function expectProven(): Promise<void> {
  const stored = await readStored(places, "s-1");
  const versions = store.objects.get(KEY) ?? [];
  expect(versions).toHaveLength(1);
  expect(stored?.archive.sha256).toBe(sha256Of(versions[0]?.bytes ?? new Uint8Array()));
  expect(await readUnderWay(places, "s-1")).toBeUndefined();
  expect(store.uploads.size).toBe(0);
}

test("tar gives the very folder back", async () => {
  await work().copy(ASKED);
  await expectProven();
  const out = temporaryFolder();
  writeFileSync(path.join(out, "s-1.tar"), store.bytesOf(KEY) ?? "");
  execFileSync("tar", ["-xf", "s-1.tar"], { cwd: out });
  expect(contentOf(path.join(out, "s-1"))).toEqual(contentOf(recordingFolder()));
});

test("one that fits into a part goes in one request, and looks the same", async () => {
  await work().copy(ASKED);
  const inParts = store.bytesOf(KEY);
  fresh();
  await new CopyWork({ ...places, store }).copy(ASKED);
  expect(sha256Of(store.bytesOf(KEY) ?? new Uint8Array())).toBe(
    sha256Of(inParts ?? new Uint8Array()),
  );
  await expectProven();
});

test("whichever write of the state fails, the next attempt ends with one proven copy", async () => {
  const counting = new FailingVolume();
  await work(counting).copy(ASKED);
  const { count } = counting;
  expect(count).toBeGreaterThan(8);
  for (let failAt = 1; failAt <= count; failAt += 1) {
    fresh();
    const failing = new FailingVolume();
    Object.assign(failing, { failAt, forever: true });
    await expect(work(failing).copy(ASKED)).rejects.toThrow("injected");
    await work().copy(ASKED);
    await work().survey(["s-1"]);
    await expectProven();
  }
});

test("whichever request is the last before a crash, no part goes twice but the one under way", async () => {
  let requests = 0;
  store.before = () => {
    requests += 1;
  };
  const { archive } = await work().copy(ASKED);
  const all = requests;
  expect(all).toBeGreaterThan(archive.bytes / PART_BYTES);
  for (let last = 1; last < all; last += 1) {
    fresh();
    let seen = 0;
    store.before = () => {
      if (++seen > last) throw new Error("the power is gone");
    };
    await expect(work().copy(ASKED)).rejects.toThrow("power");
    store.before = () => {};
    await work().copy(ASKED);
    await expectProven();
    expect(store.sentBytes).toBeLessThanOrEqual(archive.bytes + PART_BYTES);
  }
});

test("an answer that never came is no reason to send what arrived", async () => {
  const put = store.complete.bind(store);
  store.complete = async (...given) => {
    await put(...given);
    throw new Error("cut after it was done");
  };
  await expect(work().copy(ASKED)).rejects.toThrow("cut");
  const sent = store.sentBytes;
  await work().copy(ASKED);
  expect(store.sentBytes).toBe(sent);
  await expectProven();
});

test("a store that says yes and keeps nothing, less or other bytes proves nothing", async () => {
  const lies = [
    () => undefined,
    (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 1),
    (bytes: Uint8Array) => bytes.map((byte, at) => (at === 70_000 ? byte ^ 1 : byte)),
    (bytes: Uint8Array) => new Uint8Array(bytes.length),
  ];
  for (const lie of lies) {
    fresh();
    store.kept = lie;
    await expect(work().copy(ASKED)).rejects.toThrow("is not what was sent");
    expect(await readStored(places, "s-1")).toBeUndefined();
    store.kept = (bytes) => bytes;
    await work().copy(ASKED);
    expect(store.bytesOf(KEY)).toHaveLength((await readStored(places, "s-1"))?.archive.bytes ?? -1);
  }
});

test("a recording that is not as it was sealed is never taken for good", async () => {
  const segment = path.join(recordingFolder(), "segments", "1.seg");
  const bytes = readFileSync(segment);
  bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  await expect(work().copy(ASKED)).rejects.toMatchObject({ name: "RecordingDamaged" });
  expect(store.objects.size).toBe(0);
});

test("an index that lost a line is not what the close says", async () => {
  const index = path.join(recordingFolder(), "index");
  const lines = readFileSync(index, "utf8").split("\n");
  writeFileSync(index, lines.slice(0, -2).join("\n").concat("\n"));
  await expect(work().copy(ASKED)).rejects.toMatchObject({ name: "RecordingDamaged" });
});

test("a lock that the store forgets is asked for again, and one that it never keeps is said", async () => {
  const lock = { mode: "COMPLIANCE", untilMs: ASKED.nowMs + 86_400_000 } as const;
  const lockOf = store.lockOf.bind(store);
  let asked = 0;
  store.lockOf = async (place) => (asked++ === 0 ? undefined : lockOf(place));
  expect((await work().copy({ ...ASKED, lock })).lock).toEqual(lock);
  fresh();
  store.lockOf = async () => undefined;
  await expect(work().copy({ ...ASKED, lock })).rejects.toThrow("does not keep the lock");
  expect(await readStored(places, "s-1")).toBeUndefined();
});

test("whichever step of letting go fails, each segment is here or proven to be there", async () => {
  const before = contentOf(recordingFolder());
  await work().copy(ASKED);
  const counting = new FailingVolume();
  const freed = await work(counting).takeAway("s-1", 2_000_000_000_000);
  expect(freed).toBeGreaterThan(2_000_000);
  expect(readdirSync(path.join(recordingFolder(), "segments"))).toEqual([]);
  for (let failAt = 1; failAt <= counting.count; failAt += 1) {
    fresh();
    await work().copy(ASKED);
    const failing = new FailingVolume();
    Object.assign(failing, { failAt, forever: true });
    await work(failing)
      .takeAway("s-1", 2_000_000_000_000)
      .catch(() => undefined);
    for (const [name, digest] of Object.entries(before)) {
      const file = path.join(recordingFolder(), name);
      const bytes = existsSync(file) ? readFileSync(file) : await work().read("s-1", name);
      expect(sha256Of(bytes ?? new Uint8Array())).toBe(digest);
    }
    await work().takeAway("s-1", 2_000_000_000_000);
    expect(readdirSync(path.join(recordingFolder(), "segments"))).toEqual([]);
  }
});

test("what is here and not in the copy stays here", async () => {
  await work().copy(ASKED);
  const segments = path.join(recordingFolder(), "segments");
  appendFileSync(path.join(segments, "0.seg"), "one byte more");
  writeFileSync(path.join(segments, "7.frame"), "made later");
  await work().takeAway("s-1", 1);
  expect(readdirSync(segments).sort()).toEqual(["0.seg", "7.frame"]);
});

test("bytes that are not those that were proven are never handed out", async () => {
  await work().copy(ASKED);
  const there = store.objects.get(KEY)?.at(-1)?.bytes;
  const { archive } = (await readStored(places, "s-1")) ?? { archive: { members: [] } };
  const segment = archive.members.find(({ name }) => name === "segments/0.seg");
  if (!there || !segment) throw new Error("there is no copy");
  expect(await work().read("s-1", "segments/0.seg")).toHaveLength(segment.bytes);
  there[segment.offset + 100] = (there[segment.offset + 100] ?? 0) ^ 1;
  await expect(work().read("s-1", "segments/0.seg")).rejects.toMatchObject({ name: "CopyDiffers" });
  expect(await work().read("s-1", "segments/99.seg")).toBeUndefined();
  expect(await work().read("s-1", "../s-2/segments/0.seg")).toBeUndefined();
});

test("a copy that is gone or another when it is looked at again counts as never made", async () => {
  await work().copy(ASKED);
  store.objects.delete(KEY);
  await expect(work().proveAgain("s-1", 1)).rejects.toThrow("is gone from the object store");
  expect(await work().survey(["s-1"])).toMatchObject([{ state: "waiting" }]);
  await work().copy(ASKED);
  await expectProven();
});

test("of what the site's rule deleted the tombstone is left there too, whatever fails", async () => {
  const folder = new RecordingFolder(diskVolume, places.recordings, "s-1");
  const bury = async (volume: Volume = diskVolume) => work(volume).bury("s-1", KEY);
  const tombstone = async () => {
    const close = await folderOf().readClose();
    if (!close) throw new Error("it is not closed");
    const { segments, records, bytes, root } = close;
    const rest = { segments, records, bytes, root };
    await folderOf().writeTombstone({
      format: 1,
      session: "s-1",
      deletedMs: 1,
      keepMs: 1,
      ...rest,
    });
    await folderOf().removeContent();
  };
  const folderOf = () => new RecordingFolder(diskVolume, places.recordings, "s-1");
  expect(await folder.readTombstone()).toBeUndefined();
  for (let failAt = 1; failAt < 4; failAt += 1) {
    fresh();
    await work().copy({ ...ASKED, held: true });
    await tombstone();
    const failing = new FailingVolume();
    Object.assign(failing, { failAt, forever: true });
    await bury(failing).catch(() => undefined);
    await bury();
    expect([...store.objects.keys()]).toEqual(["north/s-1.tombstone.json"]);
    expect(await work().survey(["s-1"])).toEqual([{ session: "s-1", state: "gone" }]);
  }
});

test("a lock keeps what the site's rule deleted, until it runs out", async () => {
  const lock = { mode: "COMPLIANCE", untilMs: ASKED.nowMs + 86_400_000 } as const;
  await work().copy({ ...ASKED, lock });
  writeFileSync(path.join(recordingFolder(), "tombstone.json"), "{}");
  await expect(work().bury("s-1", KEY)).rejects.toThrow("object lock");
  expect(store.objects.has(KEY)).toBe(true);
  for (const version of store.objects.get(KEY) ?? []) version.lock = undefined;
  await work().bury("s-1", KEY);
  expect(store.objects.has(KEY)).toBe(false);
});
