import { expect, test } from "vitest";
import { largePlant } from "../../../test/kit/large-plant.ts";
import { parsePlant } from "../parse-plant.ts";
import { importPlant } from "./import-plant.ts";
import { PlantOutline } from "./insert-lines.ts";
import { outlineOf } from "./pieced-outline.ts";

/** So short that every list of more than an item is cut. */
const SHORT = 120;
const ASSETS = 12;

const TEXT = largePlant(ASSETS)
  .split("\n")
  .filter((row) => !/Point([2-9]|1\d)/.test(row))
  .join("\n");

const FORMS: readonly (readonly [string, string])[] = [
  ["a usual one", TEXT],
  ["one with remarks between", TEXT.replaceAll("\n  - id: plc", "\n\n  # the next\n  - id: plc")],
  ["one of Windows", TEXT.replaceAll("\n", "\r\n")],
  ["one whose lists stand no further in", TEXT.replaceAll(/^ {2}(?=\S)/gm, "")],
  ["one without assets", TEXT.replace(/^assets:[\s\S]*?^profiles:/m, "profiles:")],
  ["one that ends with its assets", TEXT.replace(/^profiles:[\s\S]*/m, "")],
  ["one without an end of its last line", TEXT.trimEnd()],
];

test.each(FORMS)("of %s, pieces of it tell the places that the whole tells", (_, text) => {
  const [whole, pieced] = [new PlantOutline(text), outlineOf(text, SHORT)];
  expect(pieced).not.toBeInstanceOf(PlantOutline);
  expect(pieced.assets()).toEqual(whole.assets());
  for (let at = 0; at <= ASSETS; at += 1) {
    const id = `plc-${at}`;
    expect(pieced.endpointsOf(id)).toEqual(whole.endpointsOf(id));
    for (const endpoint of ["modbus", "shell", "none"]) {
      expect(pieced.tagsOf(id, endpoint)).toEqual(whole.tagsOf(id, endpoint));
    }
  }
});

test("rows come into a file that is too long to be read whole", () => {
  const text = largePlant(60);
  const csv = "asset,endpoint,name,register,type\nplc-7,modbus,New.One,40100,uint16\n";
  const made = importPlant({ kind: "tags", text, csv });
  expect(made.problems).toEqual([]);
  const parsed = parsePlant(made.text, "p");
  const tags = parsed.kind === "plant" ? parsed.plant.assets[7]?.endpoints[0]?.tags : [];
  expect(tags?.at(-1)).toMatchObject({ name: "New.One", address: 99 });
  expect(made.text.length - text.length).toBeLessThan(120);
});
