import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, removeFolder } from "../../../test/kit/temporary.ts";
import { ConsoleList } from "./console-list.ts";

function build(folder: string, script: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), script);
  for (const name of [script, `${script}.gz`]) writeFileSync(join(folder, "assets", name), "");
}

test("a console that is built anew under a running broker is found whole", () => {
  const parent = makeFolder();
  onTestFinished(() => removeFolder(parent));
  const folder = join(parent, "console");
  const list = new ConsoleList(folder);
  expect(list.find("/assets/one.js")).toBeUndefined();
  build(folder, "one.js");
  expect(list.find("/assets/one.js")).toBe("assets/one.js");
  build(`${folder}.next`, "two.js");
  rmSync(folder, { recursive: true });
  build(folder, "two.js");
  expect(list.find("/assets/two.js")).toBe("assets/two.js");
  expect(list.find("/assets/one.js")).toBeUndefined();
});

test("nothing is found by a path that leaves the folder, nor the page or its compressed twins", () => {
  const parent = makeFolder();
  onTestFinished(() => removeFolder(parent));
  const folder = join(parent, "console");
  writeFileSync(join(parent, "secret"), "");
  build(folder, "one.js");
  const list = new ConsoleList(folder);
  for (const path of ["/../secret", "/assets/../../secret", "/index.html", "/assets/one.js.gz"]) {
    expect(list.find(path), path).toBeUndefined();
  }
});
