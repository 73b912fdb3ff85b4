import { mkdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parseKey } from "../protocols/log/note.ts";
import { temporaryFolder } from "../test/kit/temporary.ts";
import { systemClock } from "./clock.ts";
import { mirrorEvents } from "./event-mirror.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import { checkLog } from "./evidence/log/check-log.ts";
import type { LogEvent } from "./evidence/log/leaf.ts";
import { LogBook } from "./evidence/log/log-book.ts";
import { sha256 } from "./evidence/log/sha256.ts";
import { openStore } from "./store/store.ts";

async function run(
  folder: string,
  work: (record: (text: string) => Promise<void>) => Promise<void>,
) {
  const clock = systemClock;
  const store = await openStore({ path: path.join(folder, "sallyport.db"), clock });
  const directory = path.join(folder, "log");
  const recordings = path.join(folder, "recordings");
  const book = await LogBook.open({ directory, recordings, name: "t", build: "t", clock });
  // Before the mirror listens: as after a crash between an event and its leaf.
  await store.log.record({ kind: "test:early", priority: "event", text: "early" });
  const stop = await mirrorEvents(store, book);
  await work(async (text) => {
    await store.log.record({ kind: "test:event", priority: "event", text });
  });
  await book.close();
  await stop();
  await store.close();
  const key = parseKey(book.siteLog?.key ?? "", sha256);
  const names: string[] = [];
  await checkLog(
    diskVolume,
    path.join(directory, "1"),
    key?.publicKey ?? new Uint8Array(0),
    (leaf) => {
      const { kind, name, text } = JSON.parse(new TextDecoder().decode(leaf));
      if (kind === "event") names.push(`${name} ${text}`);
    },
  );
  return names;
}

test("an event that is older by its id and was kept later is not passed over", async () => {
  const store = await openStore({ path: path.join(temporaryFolder(), "sallyport.db") });
  const seen: string[] = [];
  let works = true;
  const book = {
    note: (leaf: LogEvent, kept = () => {}) => {
      if (!works) return;
      seen.push(String(leaf.text));
      kept();
    },
  };
  const record = (text: string) => store.log.record({ kind: "t:e", priority: "event", text });
  const stop = await mirrorEvents(store, book);
  // The id is taken first, in an act that ends last; a crash keeps its leaf out of the log.
  const late = await store.log.write(store.queries, { kind: "t:e", priority: "event", text: "A" });
  const later = await record("B");
  expect(late.id < later.id).toBe(true);
  await stop();
  works = false;
  const broken = await mirrorEvents(store, book);
  await record("C");
  await broken();
  works = true;
  const again = await mirrorEvents(store, book);
  await again();
  expect(seen).toEqual(["B", "A", "C"]);
  const once = await mirrorEvents(store, book);
  await once();
  expect(seen).toHaveLength(3);
  await store.close();
});

test("each event is in the log once, also those that a crash kept out of it", async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "recordings"));
  await run(folder, async (record) => {
    await record("one");
    await record("two");
  });
  const names = await run(folder, async (record) => record("three"));
  expect(names).toEqual([
    "test:early early",
    "test:event one",
    "test:event two",
    "test:early early",
    "test:event three",
  ]);
});
