import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import {
  BEGIN,
  BLOCK_HEAD_LENGTH,
  FILE_HEAD_LENGTH,
  fileHead,
  finishBlock,
  openChunk,
  readChunks,
  sizeChunk,
} from "./block.ts";
import { diskVolume } from "./disk-volume.ts";
import { WriteAheadReader } from "./write-ahead-reader.ts";

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const EARLIER = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);

function block(text: string, id = ID): Uint8Array {
  const out = new ByteWriter();
  out.length = BLOCK_HEAD_LENGTH;
  out.raw(Buffer.from(text));
  finishBlock(out.bytes.subarray(0, out.length), id);
  return out.take();
}

function fileOf(...parts: readonly Uint8Array[]): string {
  const file = path.join(temporaryFolder(), "0000000001.wal");
  writeFileSync(file, Buffer.concat([fileHead(ID), ...parts]));
  return file;
}

async function read(file: string, until = Number.MAX_SAFE_INTEGER): Promise<string[]> {
  const reader = new WriteAheadReader(diskVolume, file);
  const found: string[] = [];
  await reader.readTo(until, async (payload) => {
    found.push(Buffer.from(payload).toString());
  });
  await reader.close();
  return found;
}

test("blocks are read in order up to the zeros behind them", async () => {
  const large = "x".repeat(1_500_000);
  const file = fileOf(block("one"), block(large), block("three"), new Uint8Array(4096));
  expect(await read(file)).toEqual(["one", large, "three"]);
});

test("a torn block ends the file, wherever it is torn", async () => {
  const [first, second] = [block("first"), block("second and last")];
  const file = fileOf(first, second);
  const whole = readFileSync(file).length;
  for (let length = whole - 1; length > FILE_HEAD_LENGTH + first.length; length--) {
    truncateSync(file, length);
    expect(await read(file)).toEqual(["first"]);
  }
});

test("a block with a wrong byte anywhere does not count", async () => {
  const second = block("second");
  for (let at = 0; at < second.length; at++) {
    const broken = second.slice();
    broken[at] = (broken[at] ?? 0) ^ 0x10;
    expect(await read(fileOf(block("first"), broken, block("third")))).toEqual(["first"]);
  }
});

test("what an earlier use of the file left behind does not count", async () => {
  expect(await read(fileOf(block("now"), block("then", EARLIER)))).toEqual(["now"]);
});

test("reading goes on where it stood, and not past what is known to be durable", async () => {
  const [first, second] = [block("first"), block("second")];
  const file = fileOf(first, second);
  const reader = new WriteAheadReader(diskVolume, file);
  const found: string[] = [];
  const visit = async (payload: Uint8Array): Promise<void> => {
    found.push(Buffer.from(payload).toString());
  };
  await reader.readTo(FILE_HEAD_LENGTH + first.length, visit);
  expect(found).toEqual(["first"]);
  appendFileSync(file, block("third"));
  await reader.readTo(Number.MAX_SAFE_INTEGER, visit);
  expect(found).toEqual(["first", "second", "third"]);
  await reader.close();
});

test("a file that is none of ours has no blocks", async () => {
  const file = path.join(temporaryFolder(), "0000000001.wal");
  writeFileSync(file, Buffer.concat([Buffer.alloc(FILE_HEAD_LENGTH), block("first")]));
  expect(await read(file)).toEqual([]);
});

test("chunks are read back as they were put, and noise gives no error", () => {
  const out = new ByteWriter();
  const at = openChunk(out, 7, BEGIN, 3, 0, "s-1");
  out.raw(Buffer.from("abc"));
  sizeChunk(out, at, 3);
  openChunk(out, 8, 0, 1, 99, "");
  const chunks = [...readChunks(out.take())];
  expect(chunks).toMatchObject([
    { slot: 7, flags: BEGIN, segment: 3, offset: 0, session: "s-1" },
    { slot: 8, flags: 0, segment: 1, offset: 99, session: "" },
  ]);
  expect(Buffer.from(chunks[0]?.bytes ?? []).toString()).toBe("abc");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect([...readChunks(noise)].length).toBeLessThan(noise.length + 1);
    }),
  );
});
