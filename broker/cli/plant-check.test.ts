import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { PLANT_INVALID, PLANT_UNREADABLE, PLANT_VALID, runPlantCheck } from "./plant-check.ts";

const EXAMPLE = readFileSync(
  new URL("../../deploy/examples/water-plant.yaml", import.meta.url),
  "utf8",
);

async function check(text: string | undefined): Promise<{ code: number; printed: string }> {
  const file = path.join(temporaryFolder(), "plant.yaml");
  if (text !== undefined) writeFileSync(file, text);
  let printed = "";
  const code = await runPlantCheck(file, { write: (line) => (printed += line) });
  return { code, printed: printed.replaceAll(file, "FILE") };
}

test("a valid file is summed up and ends with 0", async () => {
  expect(await check(EXAMPLE)).toEqual({
    code: PLANT_VALID,
    printed: "FILE is valid: 2 assets, 44 tags, 6 profiles, 4 grants, 0 warnings\n",
  });
});

test("warnings are printed and do not fail", async () => {
  const { code, printed } = await check(EXAMPLE.replace("to: distribution, ", "to: treatment, "));
  expect(code).toBe(PLANT_VALID);
  expect(printed).toMatch(/^FILE:\d+:\d+ no conduit carries modbus .* \[warning\]\nFILE is valid/);
});

test("every problem has a line with its place, and the end is 1", async () => {
  const broken = EXAMPLE.replace("sl-t: 1", "sl-t: 7").replace("scale: 0.1", "scale: 0");
  const { code, printed } = await check(broken);
  expect(code).toBe(PLANT_INVALID);
  const rows = printed.trimEnd().split("\n");
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/^FILE:7:\d+ "7" is not taken; .* \(zones\[0\]\.sl-t\)$/);
  expect(rows[1]).toMatch(/^FILE:\d+:\d+ a scale of 0 /);
  expect(rows[2]).toBe("FILE is not valid: 2 problems");
});

test("a file that cannot be read ends with 2", async () => {
  expect(await check(undefined)).toEqual({
    code: PLANT_UNREADABLE,
    printed: "FILE cannot be read: it does not exist\n",
  });
});
