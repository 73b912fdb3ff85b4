import { expect, test } from "vitest";
import { largePlant } from "../../test/kit/large-plant.ts";
import { systemClock } from "../clock.ts";
import { plantWords } from "./change-words.ts";
import { parsePlant } from "./parse-plant.ts";
import { comparePlants } from "./plant-change.ts";
import { parseAside } from "./plant-file.ts";
import { assetParts, headOf } from "./plant-parts.ts";

/** More than comes in one part. */
const TEXT = largePlant(120);
/** A thread begins slowly on a busy machine. */
const WITHIN_MS = 120_000;

function plantOf(text: string) {
  const parsed = parsePlant(text, "p");
  if (parsed.kind !== "plant") throw new Error(parsed.problems[0]?.message);
  return parsed.plant;
}

test(
  "a plant comes between threads in parts that nobody stands still for, and whole",
  async () => {
    const plant = plantOf(TEXT);
    const parts = [...assetParts(plant)];
    expect(parts.map((part) => part.length)).toEqual([100, 20]);
    expect({ ...headOf(plant), assets: parts.flat() }).toEqual(plant);
    expect(await parseAside(TEXT, "p", systemClock)).toMatchObject({ kind: "plant", plant });
  },
  WITHIN_MS,
);

test(
  "of an edited plant only what is other is another object, and is told so",
  async () => {
    const plant = plantOf(TEXT);
    const text = TEXT.replace("name: Controller 17\n", "name: The controller 17\n").replace(
      "name: L110.Point3, register: 40004",
      "name: L110.Point3, register: 40104",
    );
    const parsed = await parseAside(text, "p", systemClock, plant);
    const edited = parsed.kind === "plant" ? parsed.plant : plant;
    expect(edited).toEqual(plantOf(text));
    const fresh = edited.assets.filter((asset) => !plant.assets.includes(asset));
    expect(fresh.map(({ id }) => id)).toEqual(["plc-17", "plc-110"]);
    expect(plantWords(plant, edited)).toEqual(plantWords(plant, plantOf(text)));
    expect(plantWords(plant, edited).changes.map(({ kind, id }) => [kind, id])).toEqual([
      ["asset", "plc-17"],
      ["tag", "plc-110/modbus L110.Point3"],
    ]);
    const { endpoints, assets } = comparePlants(plant, edited);
    expect([...endpoints.changed]).toEqual(["plc-110/modbus"]);
    expect([...assets.changed]).toEqual(["plc-17", "plc-110"]);
  },
  WITHIN_MS,
);
