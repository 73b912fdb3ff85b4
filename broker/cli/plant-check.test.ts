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
  const { code, printed } = await check(EXAMPLE);
  expect(code).toBe(PLANT_VALID);
  const count = (pattern: RegExp) => EXAMPLE.match(pattern)?.length;
  const assets = count(/^ {4}zone: /gm);
  const [, , , grants = ""] =
    /^FILE is valid: (.*), 0 warnings\n$/.exec(printed)?.[1]?.split(", ") ?? [];
  expect(printed).toMatch(new RegExp(`^FILE is valid: ${assets} assets, \\d+ tags, `));
  expect(grants).toBe(`${count(/^ {2}- \{ id: \S+, subject: /gm)} grants`);
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
