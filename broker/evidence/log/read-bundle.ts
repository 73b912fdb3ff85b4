/**
 * A bundle from a folder that anybody may have made: only names that a bundle has, only plain
 * files, bounded in number and size. Segments are hashed as they are read and never kept.
 */
import { createHash } from "node:crypto";
import { createReadStream, lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Bundle } from "../../../protocols/log/bundle.ts";
import { sha256Hex } from "./sha256.ts";

/** The folder is no bundle; the message is for a person. */
export class BundleUnreadable extends Error {
  override readonly name = "BundleUnreadable";
}

/** Names in a folder of a bundle: a recording of a week has some ten thousand segments. */
const NAMES_MAX = 200_000;
/** Descriptions and leaves are read into memory. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;
const ALL_BYTES_MAX = 256 * 1024 * 1024;
/** No segment is larger; a file that never ends must not be read for ever. */
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024;

/** Folders of a bundle, and what may be in each. */
const FOLDERS: readonly (readonly [folder: string, names: RegExp, folders: readonly string[]])[] = [
  ["", /^bundle\.json$/, ["log", "recording"]],
  ["log", /^(?:checkpoint|earlier|(?:0|[1-9]\d{0,15})\.(?:json|tlog-proof))$/, []],
  ["recording", /^(?:manifest\.json|index|close\.json)$/, ["segments"]],
  ["recording/segments", /^(?:0|[1-9]\d{0,8})\.seg$/, []],
];

/** @throws BundleUnreadable */
export async function readBundle(folder: string): Promise<Bundle> {
  const contents = new Map<string, Uint8Array>();
  const digests = new Map<string, string>();
  let bytesLeft = ALL_BYTES_MAX;
  for (const [inside, names, folders] of FOLDERS) {
    for (const name of namesIn(path.join(folder, inside), inside, names, folders)) {
      const full = path.join(folder, inside, name);
      const short = inside === "" ? name : `${inside}/${name}`;
      const size = sizeOf(
        full,
        short,
        inside.endsWith("segments") ? SEGMENT_BYTES_MAX : FILE_BYTES_MAX,
      );
      if (inside.endsWith("segments")) {
        digests.set(short, await digestOf(full, size));
        continue;
      }
      bytesLeft -= size;
      if (bytesLeft < 0) throw new BundleUnreadable("the bundle is too large to be one");
      const bytes = readFileSync(full);
      if (short !== "bundle.json") digests.set(short, sha256Hex(bytes));
      contents.set(short, bytes);
    }
  }
  const inventory = contents.get("bundle.json");
  if (!inventory) throw new BundleUnreadable("there is no bundle.json in it");
  contents.delete("bundle.json");
  return { inventory: new TextDecoder().decode(inventory), digests, contents };
}

function namesIn(
  folder: string,
  inside: string,
  allowed: RegExp,
  folders: readonly string[],
): readonly string[] {
  let entries: readonly string[];
  try {
    if (!lstatSync(folder).isDirectory()) throw new BundleUnreadable(`${inside} is no folder`);
    entries = readdirSync(folder);
  } catch (error) {
    if (error instanceof BundleUnreadable) throw error;
    // A recording without a single segment has no folder of them.
    if (inside !== "") return [];
    throw new BundleUnreadable("it is not a folder that can be read");
  }
  if (entries.length > NAMES_MAX) throw new BundleUnreadable("there are too many files in it");
  const files = entries.filter((name) => !folders.includes(name));
  const strange = files.find((name) => !allowed.test(name));
  if (strange === undefined) return files;
  throw new BundleUnreadable(`${JSON.stringify(strange)} does not belong into a bundle`);
}

/** Links are refused: they lead out of the bundle. */
function sizeOf(file: string, name: string, bytesMax: number): number {
  const stats = lstatSync(file);
  if (!stats.isFile()) throw new BundleUnreadable(`${name} is not a plain file`);
  if (stats.size > bytesMax) throw new BundleUnreadable(`${name} is too large`);
  return stats.size;
}

async function digestOf(file: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  const end = Math.max(0, size - 1);
  if (size > 0) for await (const piece of createReadStream(file, { end })) hash.update(piece);
  return hash.digest("hex");
}
