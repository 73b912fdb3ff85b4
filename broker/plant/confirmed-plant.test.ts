import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { systemClock } from "../clock.ts";
import { ConfirmedPlant } from "./confirmed-plant.ts";
import { NotHeld, PlantFileInvalid, PlantSource } from "./plant-source.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);
const CHANGED = EXAMPLE.replace("max: 45", "max: 44");
const limitOf = (source: PlantSource) => source.current().profiles[2]?.rules[1]?.limits.max;

interface Place {
  readonly file: string;
  readonly data: string;
}

function place(): Place {
  const data = temporaryFolder();
  const file = path.join(temporaryFolder(), "plant.yaml");
  writeFileSync(file, EXAMPLE);
  return { file, data };
}

async function start({ file, data }: Place) {
  const confirmed = new ConfirmedPlant(data);
  const source = await PlantSource.open({ path: file, clock: systemClock, confirmed });
  onTestFinished(() => source.close());
  const heard: string[] = [];
  source.onChanged(({ digest }) => heard.push(`changed ${digest.slice(0, 6)}`));
  source.onHeld((held) => heard.push(`held ${held?.plant.digest.slice(0, 6)}`));
  return { source, confirmed, heard };
}

test("a valid change waits, also over a restart, and counts once exactly it is confirmed", async () => {
  const at = place();
  const { source, heard } = await start(at);
  writeFileSync(at.file, CHANGED);
  await source.check();
  await source.check();
  const digest = source.held()?.plant.digest ?? "";
  expect(limitOf(source)).toBe(45);
  expect(source.problem()).toBeUndefined();
  source.close();
  const again = await start(at);
  expect(limitOf(again.source)).toBe(45);
  expect(again.source.held()?.text).toBe(CHANGED);
  await expect(again.source.confirm("0".repeat(64))).rejects.toBeInstanceOf(NotHeld);
  await again.source.confirm(digest);
  expect(limitOf(again.source)).toBe(44);
  expect(again.source.held()).toBeUndefined();
  expect(again.source.currentText()).toBe(CHANGED);
  const short = digest.slice(0, 6);
  expect(heard).toEqual([`held ${short}`]);
  expect(again.heard).toEqual(["held undefined", `changed ${short}`]);
  again.source.close();
  expect(limitOf((await start(at)).source)).toBe(44);
});

test("what was shown is what counts: another edit meanwhile is another change", async () => {
  const at = place();
  const { source } = await start(at);
  writeFileSync(at.file, CHANGED);
  await source.check();
  const shown = source.held()?.plant.digest ?? "";
  writeFileSync(at.file, EXAMPLE.replace("max: 45", "max: 99"));
  await source.check();
  await expect(source.confirm(shown)).rejects.toBeInstanceOf(NotHeld);
  expect(limitOf(source)).toBe(45);
  writeFileSync(at.file, EXAMPLE);
  await source.check();
  expect(source.held()).toBeUndefined();
});

test("an invalid file at a start leaves the confirmed plant in force and says so", async () => {
  const at = place();
  (await start(at)).source.close();
  writeFileSync(at.file, "site: [");
  const { source } = await start(at);
  expect(limitOf(source)).toBe(45);
  expect(source.problem()).toContain("plant.yaml");
  expect(source.held()).toBeUndefined();
});

test("a confirmed text that was damaged is no plant: a person must look", async () => {
  const at = place();
  const { confirmed, source } = await start(at);
  source.close();
  expect(statSync(confirmed.path).mode & 0o777).toBe(0o600);
  writeFileSync(confirmed.path, "nonsense: [");
  await expect(start(at)).rejects.toBeInstanceOf(PlantFileInvalid);
  await confirmed.forget();
  expect(existsSync(confirmed.path)).toBe(false);
  expect(limitOf((await start(at)).source)).toBe(45);
});
