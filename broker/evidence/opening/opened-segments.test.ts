import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { TEST_KEYS } from "../../../test/kit/evidence-keys.ts";
import { encryptTo } from "../age-file.ts";
import { sha256Hex } from "../seal.ts";
import { OPENED_BYTES_MAX, OpenedSegments } from "./opened-segments.ts";
import { SegmentOpener } from "./segment-opener.ts";

const identities = TEST_KEYS.identities;

async function sealed(text: string) {
  const bytes = await encryptTo(zstdCompressSync(Buffer.from(text)), [TEST_KEYS.site]);
  return { sealed: bytes, sha256: sha256Hex(bytes) };
}

function textOf(plain: Uint8Array | undefined): string {
  return new TextDecoder().decode(plain);
}

test("what is asked for again is opened once, and other bytes of the same name never", async () => {
  const opened = new OpenedSegments(TEST_KEYS, true);
  let reads = 0;
  const read = async () => {
    reads += 1;
    return sealed(`read ${reads}`);
  };
  expect(textOf(await opened.get("s", "0.seg", read))).toBe("read 1");
  expect(textOf(await opened.get("s", "0.seg", read))).toBe("read 1");
  expect(textOf(await opened.get("t", "0.seg", read))).toBe("read 2");
  opened.forget("s");
  expect(textOf(await opened.get("s", "0.seg", read))).toBe("read 3");
  expect(textOf(await opened.get("t", "0.seg", read))).toBe("read 2");
});

test("bytes that are not as they were sealed are refused, and read again the next time", async () => {
  const opened = new OpenedSegments(TEST_KEYS, true);
  const good = await sealed("whole");
  const changed = { ...good, sealed: good.sealed.map((byte, n) => (n === 100 ? byte ^ 1 : byte)) };
  await expect(opened.get("s", "0.seg", async () => changed)).rejects.toThrow("its hash differs");
  expect(textOf(await opened.get("s", "0.seg", async () => good))).toBe("whole");
});

test("memory is bounded by bytes, and what was used last stays", async () => {
  const opened = new OpenedSegments(TEST_KEYS, true);
  const half = "x".repeat(1024 * 1024);
  const one = await sealed(half);
  let reads = 0;
  const read = async () => {
    reads += 1;
    return one;
  };
  const fits = Math.floor(OPENED_BYTES_MAX / (half.length + 512));
  await opened.get("s", "first", read);
  for (let n = 1; n < fits; n += 1) await opened.get("s", `${n}`, read);
  await opened.get("s", "first", read);
  expect(reads).toBe(fits);
  await opened.get("s", "one more", read);
  await opened.get("s", "first", read);
  expect(reads).toBe(fits + 1);
  await opened.get("s", "1", read);
  expect(reads).toBe(fits + 2);
}, 30_000);

test("what somebody waits for comes before what is only expected", async () => {
  const opener = new SegmentOpener(identities, true);
  const order: string[] = [];
  const one = await sealed("x");
  const asked = [
    ...["a", "b", "c"].map((name) =>
      opener.open(one, "later").then(() => order.push(`expected ${name}`)),
    ),
    opener.open(one, "now").then(() => order.push("waited for")),
  ];
  await Promise.all(asked);
  expect(order).toEqual(["expected a", "waited for", "expected b", "expected c"]);
});

test("the thread opens, and one that is stopped leaves nobody waiting", async () => {
  const opener = new SegmentOpener(identities, false);
  const one = await sealed("in a thread");
  expect(textOf(await opener.open(one, "now"))).toBe("in a thread");
  const wrong = { ...one, sha256: "0".repeat(64) };
  await expect(opener.open(wrong, "now")).rejects.toThrow("its hash differs");
  const pending = expect(opener.open(one, "later")).rejects.toThrow("stopping");
  await opener.stop();
  await pending;
  await expect(opener.open(one, "now")).rejects.toThrow("stopping");
});
