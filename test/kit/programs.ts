/**
 * Programs that the foreign tests need and a machine may lack. Where one is missing the test is
 * skipped and says so; in continuous integration it must run.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "vitest";

export function found(program: string): boolean {
  if (program.includes("/")) return existsSync(program);
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => existsSync(path.join(folder, program)));
}

/** A `test` that needs programs or files; in continuous integration a missing one fails it. */
export function testWith(needed: readonly string[]): typeof test | ReturnType<typeof test.skipIf> {
  const missing = needed.filter((program) => !found(program));
  if (missing.length === 0) return test;
  if (process.env.CI) {
    test(`${missing.join(", ")} must be installed in continuous integration`, () => {
      throw new Error(`missing: ${missing.join(", ")}`);
    });
  }
  process.stderr.write(`foreign test skipped, missing: ${missing.join(", ")}\n`);
  return test.skipIf(true);
}
