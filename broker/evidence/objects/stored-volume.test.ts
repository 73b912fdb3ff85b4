import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { refusalOf } from "../../api/problem.ts";
import { diskVolume } from "../disk-volume.ts";
import { readWhole } from "../volume.ts";
import { FETCHED_BYTES_MAX, StoredAway, StoredVolume } from "./stored-volume.ts";

let recordings = "";
let reads: string[];
let volume: StoredVolume;
let segmentBytes = 1_000;

beforeEach(() => {
  recordings = temporaryFolder();
  reads = [];
  segmentBytes = 1_000;
  mkdirSync(path.join(recordings, "s-1", "segments"), { recursive: true });
  volume = new StoredVolume(diskVolume, recordings, {
    isOnlyThere: (session) => session === "s-1",
    read: async (session, name) => {
      reads.push(`${session}/${name}`);
      if (name === "segments/9.seg") throw new StoredAway("it is in the object store alone: late");
      return name.endsWith(".frame") ? undefined : randomBytes(segmentBytes);
    },
  });
});

const fileOf = (number: number, kind = "seg", session = "s-1") =>
  path.join(recordings, session, "segments", `${number}.${kind}`);
const read = (number: number) => readWhole(volume, fileOf(number), 10_000_000);

test("what is here is read here, and what is nowhere is missing as ever", async () => {
  writeFileSync(fileOf(0), "here");
  expect(Buffer.from(await read(0)).toString()).toBe("here");
  await expect(readWhole(volume, fileOf(1, "seg", "s-2"), 100)).rejects.toThrow("ENOENT");
  await expect(volume.open(path.join(recordings, "s-1", "close.json"), "read")).rejects.toThrow();
  expect(await volume.exists(fileOf(1, "frame"))).toBe(false);
  expect(reads).toEqual(["s-1/segments/1.frame"]);
});

test("two that want the same fetch it once, and it stays in memory", async () => {
  const [one, other] = await Promise.all([read(1), read(1)]);
  expect(other).toEqual(one);
  expect(await read(1)).toEqual(one);
  expect(reads).toHaveLength(1);
});

test("memory is bounded by bytes: the least recently read goes first", async () => {
  segmentBytes = FETCHED_BYTES_MAX / 8;
  for (let number = 0; number < 8; number += 1) await read(number);
  await read(0);
  await read(20);
  await read(0);
  expect(reads).toHaveLength(9);
  await read(1);
  expect(reads).toHaveLength(10);
});

test("what cannot be had now is tried again at the next read, and people are told so", async () => {
  const failed = await read(9).catch((error: unknown) => error);
  await expect(read(9)).rejects.toThrow("object store alone");
  expect(reads).toHaveLength(2);
  const wrapped = new Error("segment 9 cannot be read", { cause: failed });
  for (const error of [failed, wrapped]) {
    expect(refusalOf(error)).toMatchObject({ status: 503, problem: { code: "recording-away" } });
  }
  expect(refusalOf(new Error("our own fault"))).toBeUndefined();
});

test("nothing is ever written to what the store has", async () => {
  const file = await volume.open(fileOf(1), "read");
  await expect(file.write(new Uint8Array(1), 0)).rejects.toThrow("only read");
  await expect(file.truncate(0)).rejects.toThrow("only read");
});
