import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { copyBytes } from "../../protocols/copy-bytes.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { AUDITOR, TEST_KEYS } from "../../test/kit/evidence-keys.ts";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import {
  BEGIN,
  BLOCK_HEAD_LENGTH,
  fileHead,
  finishBlock,
  openChunk,
  readChunks,
  sizeChunk,
} from "./block.ts";
import { BlockSeal } from "./block-seal.ts";
import { diskVolume } from "./disk-volume.ts";
import { WriteAheadReader } from "./write-ahead-reader.ts";

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const EARLIER = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);

const OURS = await BlockSeal.make(TEST_KEYS);

/** A block as it stands at `position`. */
function block(text: string, position: number, id = ID): Uint8Array {
  const plain = new Uint8Array(BLOCK_HEAD_LENGTH + Buffer.byteLength(text));
  plain.set(Buffer.from(text), BLOCK_HEAD_LENGTH);
  const sealed = copyBytes(OURS.seal.seal(plain, position));
  finishBlock(sealed, id);
  return sealed;
}

/** Texts stand in it as blocks, one behind the other. */
function fileOf(...parts: readonly (string | Uint8Array)[]): string {
  const file = path.join(temporaryFolder(), "0000000001.wal");
  writeFileSync(file, fileHead(ID, OURS.wrapped));
  for (const part of parts) append(file, part);
  return file;
}

function append(file: string, part: string | Uint8Array): void {
  appendFileSync(file, typeof part === "string" ? block(part, statSync(file).size) : part);
}

async function read(file: string, until = Number.MAX_SAFE_INTEGER): Promise<string[]> {
  const reader = new WriteAheadReader(diskVolume, file, TEST_KEYS);
  const found: string[] = [];
  await reader.readTo(until, async (payload) => {
    found.push(Buffer.from(payload).toString());
  });
  await reader.close();
  return found;
}

test("blocks are read in order up to the zeros behind them", async () => {
  const large = "x".repeat(1_500_000);
  const file = fileOf("one", large, "three", new Uint8Array(4096));
  expect(await read(file)).toEqual(["one", large, "three"]);
});

test("a torn block ends the file, wherever it is torn", async () => {
  const file = fileOf("first");
  const first = statSync(file).size;
  append(file, "second and last");
  for (let length = statSync(file).size - 1; length > first; length--) {
    truncateSync(file, length);
    expect(await read(file)).toEqual(["first"]);
  }
});

test("a block with a wrong byte anywhere does not count", async () => {
  const second = block("second", statSync(fileOf("first")).size);
  for (let at = 0; at < second.length; at++) {
    const broken = second.slice();
    broken[at] = (broken[at] ?? 0) ^ 0x10;
    expect(await read(fileOf("first", broken, "third"))).toEqual(["first"]);
  }
});

test("what an earlier use of the file left behind does not count", async () => {
  expect(await read(fileOf("now", block("then", 9999, EARLIER)))).toEqual(["now"]);
});

test("reading goes on where it stood, and not past what is known to be durable", async () => {
  const file = fileOf("first");
  const first = statSync(file).size;
  append(file, "second");
  const reader = new WriteAheadReader(diskVolume, file, TEST_KEYS);
  const found: string[] = [];
  const visit = async (payload: Uint8Array): Promise<void> => {
    found.push(Buffer.from(payload).toString());
  };
  await reader.readTo(first, visit);
  expect(found).toEqual(["first"]);
  append(file, "third");
  await reader.readTo(Number.MAX_SAFE_INTEGER, visit);
  expect(found).toEqual(["first", "second", "third"]);
  await reader.close();
});

test("nothing of what was recorded can be read in the file", async () => {
  const file = fileOf("P101.SpeedSetpoint", "P101.SpeedSetpoint");
  expect(readFileSync(file).includes("SpeedSetpoint")).toBe(false);
});

test("a block that is whole but sealed by somebody else, or moved, is no end but an alarm", async () => {
  const moved = block("second", 12_345);
  await expect(read(fileOf("first", moved))).rejects.toThrow("was changed");
});

test("a file to another key than the site's is not taken for an empty one", async () => {
  const keys = { ...TEST_KEYS, identities: [AUDITOR.identity] };
  const reader = new WriteAheadReader(diskVolume, fileOf("first"), keys);
  await expect(reader.readTo(9999, async () => {})).rejects.toThrow("another key");
  await reader.close();
});

test("a file of version 1, whose blocks were plain, is still read", async () => {
  const out = new ByteWriter();
  out.length = BLOCK_HEAD_LENGTH;
  out.raw(Buffer.from("plain"));
  finishBlock(out.bytes.subarray(0, out.length), ID);
  const head = Buffer.concat([Buffer.from("SPWF\0\0\0\x01"), ID]);
  const file = path.join(temporaryFolder(), "0000000001.wal");
  writeFileSync(file, Buffer.concat([head, out.take(), new Uint8Array(5000)]));
  expect(await read(file)).toEqual(["plain"]);
});

test("a file that is none of ours has no blocks", async () => {
  const file = path.join(temporaryFolder(), "0000000001.wal");
  writeFileSync(file, Buffer.concat([Buffer.alloc(4096), block("first", 4096)]));
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
  const [first] = chunks;
  expect(Buffer.from(first?.payload.subarray(first.start, first.end) ?? []).toString()).toBe("abc");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect([...readChunks(noise)].length).toBeLessThan(noise.length + 1);
    }),
  );
});
