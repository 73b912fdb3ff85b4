import { appendFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { diskVolume } from "../disk-volume.ts";
import { earlierCheckpoints } from "./history.ts";

test("the newest checkpoint of at most a size is found first, in a file of any length", async () => {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 20_000 }, (_, at) =>
    JSON.stringify({ size: at * 10, note: `note ${at} ${"x".repeat(at % 300)}` }),
  );
  writeFileSync(path.join(folder, "history"), `${lines.join("\n")}\n`);
  for (const size of [0, 1, 9, 10, 11, 95_000, 123_456, 199_989, 199_990, 500_000]) {
    const [first] = await earlierCheckpoints(diskVolume, folder, size);
    expect(first?.size, String(size)).toBe(Math.min(199_990, Math.floor(size / 10) * 10));
  }
});

test("torn lines are passed over, and no file is no history", async () => {
  const folder = temporaryFolder();
  expect(await earlierCheckpoints(diskVolume, folder, 5)).toEqual([]);
  writeFileSync(path.join(folder, "history"), '{"size":1,"no');
  appendFileSync(path.join(folder, "history"), '{"size":2,"note":"b"}\n{"size":3,"note":"c"}\n');
  expect(await earlierCheckpoints(diskVolume, folder, 5)).toEqual([{ size: 3, note: "c" }]);
});
