import { createHash } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { PlantHistory } from "./plant-history.ts";

const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

function opened(folder = temporaryFolder()) {
  const history = PlantHistory.open(folder, new TestClock());
  const add = (text: string) => history.add(text, digestOf(text));
  return { folder, history, add };
}

const told = (history: PlantHistory) =>
  history.versions().map(({ sequence, byName, note }) => `${sequence} ${byName}: ${note}`);

test("who announced a text is the author of the version; all else came from the host", async () => {
  const { folder, history, add } = opened();
  await add("one");
  await history.announce({ digest: digestOf("two"), by: "ada", byName: "Ada", note: "a pump" });
  await add("two");
  await add("two");
  await add("three");
  await add("one");
  const all = [
    "1 The host: the plant file at the first start",
    "2 Ada: a pump",
    "3 The host: the file was changed on the host",
    "4 The host: the file on the host is that of version 1 again",
  ];
  expect(told(history)).toEqual(all);
  expect(history.announced()).toBeUndefined();
  const again = PlantHistory.open(folder, new TestClock());
  expect(told(again)).toEqual(all);
  expect(await again.text(2)).toBe("two");
});

test("an announcement outlives a crash, and is worth nothing for another text", async () => {
  const { folder, history, add } = opened();
  await add("one");
  await history.announce({ digest: digestOf("two"), by: "ada", byName: "Ada", note: "a pump" });
  const after = opened(folder);
  expect(after.history.announced()).toMatchObject({ byName: "Ada" });
  await after.add("other");
  expect(told(after.history).at(-1)).toMatch(/^2 The host/);
  await after.history.forget(digestOf("two"));
  expect(opened(folder).history.announced()).toBeUndefined();
});

test("a text that was altered on disk is told, and a spoilt entry stops no start", async () => {
  const { folder, history, add } = opened();
  await add("one");
  await add("two");
  writeFileSync(path.join(folder, `${digestOf("one")}.yaml.gz`), gzipSync("forged"));
  await expect(history.text(1)).rejects.toThrow(/altered/);
  await expect(history.text(9)).rejects.toThrow(/no version 9/);
  writeFileSync(path.join(folder, "000002.json"), "{");
  const again = opened(folder);
  expect(told(again.history)).toHaveLength(1);
  await again.add("three");
  expect(again.history.last?.sequence).toBe(3);
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});
