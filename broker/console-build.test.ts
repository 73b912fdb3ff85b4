import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/kit/temporary.ts";
import { putInPlace } from "./console-build.ts";

const BUILDS = 6;

test("of builds that end at once each is put in place whole, and nothing is left beside", async () => {
  const base = temporaryFolder();
  const folder = path.join(base, "console");
  const builds = Array.from({ length: BUILDS }, (_, n) => {
    const fresh = `${folder}.${n}.tmp`;
    mkdirSync(path.join(fresh, "assets"), { recursive: true });
    for (const name of ["index.html", "assets/a.js"]) writeFileSync(path.join(fresh, name), `${n}`);
    return fresh;
  });
  await Promise.all(builds.map((fresh) => putInPlace(fresh, folder)));
  expect(readdirSync(base)).toEqual(["console"]);
  const page = readFileSync(path.join(folder, "index.html"), "utf8");
  expect(readFileSync(path.join(folder, "assets/a.js"), "utf8")).toBe(page);
});

test("what is in the way and is no folder of a build is told", async () => {
  const base = temporaryFolder();
  await expect(putInPlace(path.join(base, "none"), path.join(base, "console"))).rejects.toThrow();
});
