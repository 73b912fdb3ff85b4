/** A bundle that lies in a folder: only plain files, under names that a bundle has. */
import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  BundleUnreadable,
  bytesMaxOf,
  isBundleFolder,
  isBundleName,
  NAMES_MAX,
  type OpenBundle,
} from "./bundle-names.ts";

/** @throws BundleUnreadable */
export function openFolder(folder: string): OpenBundle {
  const names: string[] = [];
  list(folder, "", names);
  return {
    names,
    read: async (name) => {
      sizeOf(folder, name);
      return new Uint8Array(readFileSync(path.join(folder, name)));
    },
    digest: (name) => digestOf(path.join(folder, name), sizeOf(folder, name)),
    close: async () => {},
  };
}

function list(folder: string, inside: string, names: string[]): void {
  for (const short of readdirSync(path.join(folder, inside))) {
    const name = inside === "" ? short : `${inside}/${short}`;
    if (isBundleFolder(name)) {
      if (!lstatSync(path.join(folder, name)).isDirectory()) {
        throw new BundleUnreadable(`${name} is no folder`);
      }
      list(folder, name, names);
      continue;
    }
    if (!isBundleName(name)) {
      throw new BundleUnreadable(`${JSON.stringify(name)} does not belong into a bundle`);
    }
    sizeOf(folder, name);
    names.push(name);
    if (names.length > NAMES_MAX) throw new BundleUnreadable("there are too many files in it");
  }
}

/** Links are refused: they lead out of the bundle. */
function sizeOf(folder: string, name: string): number {
  const stats = lstatSync(path.join(folder, name));
  if (!stats.isFile()) throw new BundleUnreadable(`${name} is not a plain file`);
  if (stats.size > bytesMaxOf(name)) throw new BundleUnreadable(`${name} is too large`);
  return stats.size;
}

async function digestOf(file: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  const end = Math.max(0, size - 1);
  if (size > 0) for await (const piece of createReadStream(file, { end })) hash.update(piece);
  return hash.digest("hex");
}
