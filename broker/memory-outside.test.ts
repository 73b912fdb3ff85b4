import { expect, test } from "vitest";
import { runProgram } from "../test/kit/child.ts";
import { growingPercent } from "./memory-outside.ts";

const MIB = 1_048_576;

test("a small heap may grow, and a large one is V8's to judge", () => {
  expect(growingPercent(20 * MIB)).toBeGreaterThan(100);
  expect(growingPercent(500 * MIB)).toBe(0);
});

/** Makes 2 GiB of messages, of which nothing is left, and tells of the collections of all garbage. */
const PASSES = `
  import { PerformanceObserver } from "node:perf_hooks";
  import { countMemoryOutside } from "${import.meta.dirname}/memory-outside.ts";
  if (process.argv[1] === "counted") countMemoryOutside();
  let full = 0;
  const seen = new PerformanceObserver((list) => {
    full += list.getEntries().filter(({ detail }) => detail.kind === 4).length;
  });
  seen.observe({ entryTypes: ["gc"] });
  const kept = Array.from({ length: 200_000 }, (_, n) => ({ n }));
  for (let turn = 0; turn < 256; turn++) {
    for (let n = 0; n < 256; n++) Buffer.allocUnsafeSlow(32_768);
    await new Promise((next) => setImmediate(next));
  }
  await new Promise((next) => setTimeout(next, 50));
  process.stdout.write(String(full + kept.length - 200_000));
`;

async function collections(how: "counted" | "plain"): Promise<number> {
  const args = ["--input-type=module-typescript", "-e", PASSES, how];
  const { code, output } = await runProgram(process.execPath, args);
  expect(code, output).toBe(0);
  return Number(output);
}

test("what passes outside the heap is no reason to collect all garbage again and again", async () => {
  expect(await collections("counted")).toBeLessThan(await collections("plain"));
}, 120_000);
