import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { openSink, ZipStream } from "./bundle-sink.ts";

/** Larger than all that waits between a disk and a reader. */
const LARGE = 8 * 1024 * 1024;

function largeFile(): string {
  const file = path.join(temporaryFolder(), "large");
  writeFileSync(file, Buffer.alloc(LARGE, 7));
  return file;
}

/** What this process has open, as Linux tells. */
function opened(file: string): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === file;
    } catch {
      return false;
    }
  }).length;
}

test("a zip that is read as it is made is the zip that is written", async () => {
  const out = path.join(temporaryFolder(), "out.zip");
  const file = largeFile();
  const sinks = [openSink(out), new ZipStream()] as const;
  const read = buffer(sinks[1].output);
  for (const sink of sinks) {
    await sink.add("log/checkpoint", Buffer.from("text"));
    await sink.add("recordings/s-1/segments/1.seg", { file });
    await sink.finish();
  }
  expect(readFileSync(out).equals(await read)).toBe(true);
});

test("whoever stops reading ends it, and no file stays open", async () => {
  const file = largeFile();
  const zip = new ZipStream();
  const added = zip.add("recordings/s-1/segments/1.seg", { file });
  zip.output.once("data", () => zip.output.destroy());
  await expect(added).rejects.toThrow();
  await expect(zip.finish()).rejects.toThrow();
  await expect.poll(() => opened(file)).toBe(0);
});

test.each(["out.zip", "out"])(
  "a file that is missing ends %s, and leaves nothing",
  async (name) => {
    const out = path.join(temporaryFolder(), name);
    const sink = openSink(out);
    await expect(sink.add("recordings/s-1/index", { file: `${out}.none` })).rejects.toThrow(
      "ENOENT",
    );
    await sink.abandon();
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  },
);
