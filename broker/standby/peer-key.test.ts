import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { DataFolderRefused, prepareDataFolder } from "../store/data-folder.ts";
import { PeerKey } from "./peer-key.ts";

test("the key is made once, for its owner alone; a damaged or open one is refused in a line for a person", () => {
  const folder = prepareDataFolder(temporaryFolder());
  expect(PeerKey.read(folder)).toBeUndefined();
  const seal = PeerKey.open(folder).seal("hello", "text");
  const file = join(folder, "peer.key");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(PeerKey.open(folder).isSeal(seal, "hello", "text")).toBe(true);
  expect(PeerKey.read(folder)?.isSeal(seal, "active broker", "text")).toBe(false);
  expect(PeerKey.read(folder)?.isSeal(seal, "hello", "te", "xt")).toBe(false);
  chmodSync(file, 0o640);
  expect(() => PeerKey.open(folder)).toThrow(DataFolderRefused);
  chmodSync(file, 0o600);
  writeFileSync(file, "");
  expect(() => PeerKey.open(folder)).toThrow(DataFolderRefused);
});
