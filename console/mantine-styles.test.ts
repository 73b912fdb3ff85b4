import { existsSync, globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const pages = fileURLToPath(new URL(".", import.meta.url));
const styles = fileURLToPath(new URL("../node_modules/@mantine/core/styles/", import.meta.url));
const CORE_IMPORT = /import\s*\{([^}]*)\}\s*from "@mantine\/core"/g;

function componentsUsed(): Set<string> {
  const names = new Set<string>();
  for (const file of globSync("**/*.tsx", { cwd: pages })) {
    const source = readFileSync(pages + file, "utf8");
    for (const [, list = ""] of source.matchAll(CORE_IMPORT))
      for (const name of list.split(",")) names.add(name.trim());
  }
  return names;
}

test("every Mantine component that is used has its styles in the bundle", () => {
  const imported = readFileSync(`${pages}mantine-styles.ts`, "utf8");
  const missing = [...componentsUsed()].filter(
    (name) =>
      existsSync(`${styles}${name}.css`) &&
      !imported.includes(`"@mantine/core/styles/${name}.css"`),
  );
  expect(componentsUsed().size).toBeGreaterThan(10);
  expect(missing).toEqual([]);
});
