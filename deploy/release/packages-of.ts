/** The packages that folders of sources import, with all that those need, as they are installed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** @returns paths such as `node_modules/fastify`, in order */
export function packagesOf(
  root: string,
  folders: readonly string[],
  except: ReadonlySet<string> = new Set(),
): readonly string[] {
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  const packages: Readonly<Record<string, Locked>> = lock.packages;
  const found = new Set<string>();
  const take = (name: string, from: string): void => {
    const at = placeOf(packages, name, from);
    // Optional ones of other machines are not installed.
    if (at === undefined || found.has(at) || !existsSync(path.join(root, at))) return;
    found.add(at);
    const { dependencies, optionalDependencies, peerDependencies } = packages[at] ?? {};
    const needed = { ...peerDependencies, ...optionalDependencies, ...dependencies };
    for (const each of Object.keys(needed)) take(each, at);
  };
  for (const name of importedBy(root, folders)) if (!except.has(name)) take(name, "");
  return [...found].toSorted();
}

/** As Node looks for it: in the package's own folder first, then outwards. */
function placeOf(
  packages: Readonly<Record<string, Locked>>,
  name: string,
  from: string,
): string | undefined {
  for (let at = from; at !== ""; at = outside(at)) {
    const place = `${at}/node_modules/${name}`;
    if (place in packages) return place;
  }
  const place = `node_modules/${name}`;
  return place in packages ? place : undefined;
}

/** The package that this one lies in; "" where it lies in none. */
function outside(at: string): string {
  return at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")));
}

function importedBy(root: string, folders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const folder of folders) {
    const files = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(?<!\.test|\.fuzz)\.ts$/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name));
    for (const file of files) {
      for (const name of packagesIn(readFileSync(file, "utf8"))) names.add(name);
    }
  }
  return names;
}

function packagesIn(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport|\bresolve)\s*\(?\s*"([^"]+)"/g);
  return [...found]
    .map(([, name = ""]) => name)
    .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
    .filter((name) => !builtinModules.includes(name))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}
