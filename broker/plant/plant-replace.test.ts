/** The plant file, written from the console while its host may edit it too. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { ConfirmedPlant } from "./confirmed-plant.ts";
import { parsePlant } from "./parse-plant.ts";
import { type PlantReplacement, PlantSource } from "./plant-source.ts";
import { PlantFileChanged, PlantFileReadOnly, whyReadOnly } from "./plant-writer.ts";

// Each text is read in a thread of its own, which a busy machine starts in seconds.
vi.setConfig({ testTimeout: 120_000 });

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);
const FRESH = EXAMPLE.replace("max: 45", "max: 44");

async function opened(more: { file?: string; confirmed?: ConfirmedPlant } = {}) {
  const { file = path.join(temporaryFolder(), "plant.yaml"), confirmed } = more;
  writeFileSync(file, EXAMPLE, { mode: 0o640 });
  const source = await PlantSource.open({
    path: file,
    clock: systemClock,
    ...(confirmed && { confirmed }),
  });
  onTestFinished(() => source.close());
  const heard: string[] = [];
  source.onChanged(({ digest }) => heard.push(digest));
  return { file, source, heard };
}

function change(
  source: PlantSource,
  text: string,
  more: Partial<PlantReplacement> = {},
): PlantReplacement {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  const { plant, warnings } = parsed;
  return {
    ...{ text, plant, warnings, begin: async () => {} },
    ...{ onDisk: source.onDisk()?.digest ?? "", inForce: source.current().digest },
    ...more,
  };
}

test("a change is in the file and in force when it resolves, once, with the file's own mode", async () => {
  const { file, source, heard } = await opened();
  const done = change(source, FRESH);
  expect(await source.replace(done)).toBe("in-force");
  expect(readFileSync(file, "utf8")).toBe(FRESH);
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(path.dirname(file))).toEqual(["plant.yaml"]);
  await source.check();
  await source.check();
  expect(heard).toEqual([done.plant.digest]);
});

test("an edit on the host since then is never written over, seen by the watch or not", async () => {
  const { file, source } = await opened();
  const late = change(source, FRESH);
  const hosts = EXAMPLE.replace("max: 45", "max: 41");
  writeFileSync(file, hosts);
  await expect(source.replace(late)).rejects.toThrow(PlantFileChanged);
  expect(readFileSync(file, "utf8")).toBe(hosts);
  const between = change(source, FRESH, { begin: async () => writeFileSync(file, EXAMPLE) });
  await expect(source.replace(between)).rejects.toThrow(PlantFileChanged);
  expect(readFileSync(file, "utf8")).toBe(EXAMPLE);
});

test("of two changes made from the same file one counts", async () => {
  const { file, source, heard } = await opened();
  const [one, other] = [change(source, FRESH), change(source, `${FRESH}# other\n`)];
  const done = await Promise.allSettled([source.replace(one), source.replace(other)]);
  expect(done.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  expect(readFileSync(file, "utf8")).toBe(FRESH);
  expect(heard).toEqual([one.plant.digest]);
});

test("a broken file on the host can be mended from the console", async () => {
  const { file, source } = await opened();
  writeFileSync(file, "site: {");
  await source.check();
  expect(source.problem()).toBeDefined();
  expect(source.onDisk()?.text).toBe("site: {");
  await source.replace(change(source, FRESH));
  expect(source.problem()).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(FRESH);
});

test("a file that nobody may write says so and stays", async () => {
  const { file, source } = await opened();
  expect(await whyReadOnly(file)).toBeUndefined();
  chmodSync(file, 0o444);
  await source.check();
  expect(await whyReadOnly(file)).toBe("nobody may write it");
  await expect(source.replace(change(source, FRESH))).rejects.toThrow(PlantFileReadOnly);
  expect(readFileSync(file, "utf8")).toBe(EXAMPLE);
  expect(source.currentText()).toBe(EXAMPLE);
});

test("a link is followed: what it names is replaced", async () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, "mounted"));
  const real = path.join(folder, "mounted", "plant.yaml");
  writeFileSync(real, EXAMPLE);
  const file = path.join(folder, "plant.yaml");
  symlinkSync(real, file);
  const { source } = await opened({ file });
  await source.replace(change(source, FRESH));
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, "utf8")).toBe(FRESH);
});

test("where two are asked for, it is written and waits; a restart finds it waiting", async () => {
  const confirmed = new ConfirmedPlant(temporaryFolder());
  const { file, source, heard } = await opened({ confirmed });
  const done = change(source, FRESH);
  expect(await source.replace(done)).toBe("held");
  expect(source.held()?.plant.digest).toBe(done.plant.digest);
  expect(heard).toEqual([]);
  source.close();
  const again = await PlantSource.open({ path: file, clock: systemClock, confirmed });
  onTestFinished(() => again.close());
  expect(again.current().digest).toBe(done.inForce);
  expect(again.held()?.plant.digest).toBe(done.plant.digest);
  // What is in force, written back, is how a proposal is taken back.
  await again.replace(change(again, EXAMPLE));
  expect(again.held()).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(EXAMPLE);
});

test("what fails before the file is touched changes nothing", async () => {
  const { file, source } = await opened();
  const full = new Error("no space left");
  const failing = change(source, FRESH, { begin: () => Promise.reject(full) });
  await expect(source.replace(failing)).rejects.toBe(full);
  expect(readFileSync(file, "utf8")).toBe(EXAMPLE);
  await source.replace(change(source, FRESH));
  expect(readFileSync(file, "utf8")).toBe(FRESH);
});
