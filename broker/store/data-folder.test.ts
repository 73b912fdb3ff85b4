import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPrivateFile, prepareDataFolder } from "./data-folder.ts";

let parent: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "sallyport-folder-"));
});

afterEach(() => rmSync(parent, { recursive: true }));

test("a new data folder is its owner's alone", () => {
  const path = prepareDataFolder(join(parent, "a", "data"));
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(prepareDataFolder(path)).toBe(path);
});

test("a data folder that others can enter is refused, with the command that repairs it", () => {
  const path = join(parent, "data");
  mkdirSync(path, { mode: 0o700 });
  chmodSync(path, 0o750);
  expect(() => prepareDataFolder(path)).toThrow(`run chmod 700 ${path}`);
});

test("a file in it that others can read is refused", () => {
  const path = prepareDataFolder(join(parent, "data"));
  const key = join(path, "permit.key");
  writeFileSync(key, "secret", { mode: 0o600 });
  prepareDataFolder(path);
  chmodSync(key, 0o640);
  expect(() => prepareDataFolder(path)).toThrow(`run chmod 600 ${key}`);
  expect(() => checkPrivateFile(key)).toThrow(`run chmod 600 ${key}`);
});

test("a file in its place is refused", () => {
  const path = join(parent, "data");
  writeFileSync(path, "");
  expect(() => prepareDataFolder(path)).toThrow();
});
