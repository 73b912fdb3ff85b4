import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExportedSite, exportSite } from "../../../test/kit/bundle.ts";
import { makeFolder, removeFolder } from "../../../test/kit/temporary.ts";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { runVerify } from "../../cli/verify.ts";
import { BundleDesk } from "./bundle-desk.ts";
import { BundleRefused } from "./write-bundle.ts";

const folder = makeFolder();
let site: ExportedSite;

beforeAll(async () => {
  site = await exportSite(folder, ["s-1", "s-2"]);
});
afterAll(() => removeFolder(folder));

function newDesk(clock = new TestClock()): BundleDesk {
  return new BundleDesk({ ...site.source, clock, comments: async () => [] });
}

async function taken(desk: BundleDesk, session = "s-1") {
  const zip = await desk.take(session);
  if (!zip) throw new Error("others are taking theirs");
  return zip;
}

test("what is taken is proved offline", async () => {
  const file = path.join(folder, "taken.zip");
  writeFileSync(file, await buffer(await taken(newDesk())));
  let printed = "";
  const out = { write: (text: string) => (printed += text) };
  expect(await runVerify({ bundle: file, policy: site.policyFile, session: "s-1" }, out)).toBe(0);
  expect(printed).toMatch(/^PROVED\n/);
});

test("some are taken at a time; each that is done, let go of or refused makes room", async () => {
  const desk = newDesk();
  const first = await Promise.all([taken(desk), taken(desk), taken(desk, "s-2")]);
  expect(await desk.take("s-1")).toBeUndefined();
  const [one, two] = first;
  one?.destroy();
  if (one) await once(one, "close");
  if (two) await buffer(two);
  await expect(desk.take("s-none")).rejects.toThrow(BundleRefused);
  const again = [await taken(desk), await taken(desk)];
  expect(await desk.take("s-1")).toBeUndefined();
  for (const zip of [...first, ...again]) zip.destroy();
});

test("whoever takes nothing any more keeps nobody waiting", async () => {
  const clock = new TestClock();
  const desk = newDesk(clock);
  const stalled = await Promise.all([taken(desk), taken(desk), taken(desk)]);
  const ends = stalled.map((zip) => once(zip, "error"));
  clock.advance(61_000);
  await Promise.all(ends);
  await buffer(await taken(desk));
});
