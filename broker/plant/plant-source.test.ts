import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { systemClock } from "../clock.ts";
import { FILE_BYTES_MAX } from "./plant-limits.ts";
import { LOOK_MS, PlantFileInvalid, PlantSource } from "./plant-source.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

interface Watched {
  readonly file: string;
  readonly source: PlantSource;
  readonly heard: string[];
}

async function open(clock = systemClock): Promise<Watched> {
  const file = path.join(temporaryFolder(), "plant.yaml");
  writeFileSync(file, EXAMPLE);
  const source = await PlantSource.open({ path: file, clock });
  onTestFinished(() => source.close());
  const heard: string[] = [];
  source.onChanged((plant, change) => {
    expect(source.current()).toBe(plant);
    heard.push(`changed ${[...change.profiles.changed].join(" ")}`);
  });
  source.onProblem((problem) => heard.push(problem ?? "no problem"));
  return { file, source, heard };
}

test("a valid edit counts at once and says what it changed", async () => {
  const { file, source, heard } = await open();
  writeFileSync(file, EXAMPLE.replace("max: 45", "max: 44"));
  await source.check();
  expect(heard).toEqual(["changed pump-tuning"]);
  expect(source.current().profiles[2]?.rules[1]?.limits.max).toBe(44);
});

test("an invalid edit keeps the plant, names the place, and is over when a valid one comes", async () => {
  const { file, source, heard } = await open();
  const { digest } = source.current();
  writeFileSync(file, EXAMPLE.replace("max: 45", "mxa: 45").replace("sl-t: 1", "sl-t: 7"));
  await source.check();
  await source.check();
  expect(source.current().digest).toBe(digest);
  expect(source.problem()).toMatch(/^plant\.yaml:7:\d+ .* – and 1 more problem$/);
  expect(heard).toEqual([source.problem()]);
  writeFileSync(file, EXAMPLE);
  await source.check();
  expect(source.problem()).toBeUndefined();
  expect(heard.slice(1)).toEqual(["no problem"]);
});

test("a file that is gone, a folder in its place and bytes that are no text keep the plant", async () => {
  const { file, source } = await open();
  rmSync(file);
  await source.check();
  expect(source.problem()).toBe("plant.yaml cannot be read: it does not exist");
  mkdirSync(file);
  await source.check();
  expect(source.problem()).toBe("plant.yaml cannot be read: it is not a file");
  rmdirSync(file);
  writeFileSync(file, new Uint8Array([0xff, 0xfe, 0x80]));
  await source.check();
  expect(source.problem()).toBe("plant.yaml cannot be read: it is not UTF-8 text");
  writeFileSync(file, Buffer.alloc(FILE_BYTES_MAX + 1, "x"));
  await source.check();
  expect(source.problem()).toMatch(/it is larger than/);
  expect(source.current().site.id).toBe("nordwasser");
});

test("an edit is noticed whether the file is written over or replaced by renaming", async () => {
  const { file, heard } = await open();
  writeFileSync(file, EXAMPLE.replace("max: 45", "max: 44"));
  await vi.waitFor(() => expect(heard).toHaveLength(1), 10_000);
  writeFileSync(`${file}.new`, EXAMPLE.replace("max: 45", "max: 43"));
  renameSync(`${file}.new`, file);
  await vi.waitFor(() => expect(heard).toHaveLength(2), 10_000);
});

test("the slow look finds what the watch cannot see: an edit behind a link", async () => {
  const clock = new TestClock();
  const target = path.join(temporaryFolder(), "real.yaml");
  const link = path.join(temporaryFolder(), "plant.yaml");
  writeFileSync(target, EXAMPLE);
  symlinkSync(target, link);
  const source = await PlantSource.open({ path: link, clock });
  onTestFinished(() => source.close());
  writeFileSync(target, EXAMPLE.replace("max: 45", "max: 44"));
  clock.advance(LOOK_MS);
  await vi.waitFor(
    () => expect(source.current().profiles[2]?.rules[1]?.limits.max).toBe(44),
    10_000,
  );
});

test("a text that is known is not read again, and what stays the same is the very same", async () => {
  const { file, source } = await open();
  const { assets } = source.current();
  expect(source.readAlready(EXAMPLE)).toMatchObject({ kind: "plant", plant: source.current() });
  const edited = EXAMPLE.replace("name: Distribution PLC", "name: The other PLC");
  expect(source.readAlready(edited)).toBeUndefined();
  writeFileSync(file, edited);
  await source.check();
  const now = source.current().assets;
  expect(source.readAlready(edited)).toMatchObject({ plant: source.current() });
  expect(source.readAlready(EXAMPLE)).toBeUndefined();
  const others = now.filter((asset) => !assets.includes(asset));
  expect(others.map(({ name }) => name)).toEqual(["The other PLC"]);
  expect(now).toHaveLength(assets.length);
});

test("what is no plant is read anew each time", async () => {
  const { file, source } = await open();
  rmSync(file);
  await source.check();
  expect(source.readAlready("")).toBeUndefined();
  writeFileSync(file, "site: [");
  await source.check();
  expect(source.readAlready("site: [")).toBeUndefined();
  writeFileSync(file, EXAMPLE);
  await source.check();
  expect(source.problem()).toBeUndefined();
});

test("after closing nothing counts any more", async () => {
  const { file, source, heard } = await open();
  writeFileSync(file, EXAMPLE.replace("max: 45", "max: 44"));
  const checking = source.check();
  source.close();
  await checking;
  expect(heard).toEqual([]);
});

test("a listener that left is not called", async () => {
  const { file, source } = await open();
  const leave = source.onChanged(() => {
    throw new Error("called after leaving");
  });
  leave();
  writeFileSync(file, EXAMPLE.replace("max: 45", "max: 44"));
  await source.check();
  expect(source.current().profiles[2]?.rules[1]?.limits.max).toBe(44);
});

test("opening an invalid or missing file fails with all its problems in the error", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "plant.yaml");
  await expect(PlantSource.open({ path: file, clock: systemClock })).rejects.toThrow(
    "plant.yaml cannot be read: it does not exist",
  );
  writeFileSync(file, EXAMPLE.replace("sl-t: 1", "sl-t: 7"));
  const failure = await PlantSource.open({ path: file, clock: systemClock }).catch((e) => e);
  expect(failure).toBeInstanceOf(PlantFileInvalid);
  expect(failure.problems).toHaveLength(1);
  expect(failure.message).toMatch(/^plant\.yaml:7:\d+ "7" is not taken/);
});
