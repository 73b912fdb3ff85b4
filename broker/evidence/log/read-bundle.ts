/** A bundle that somebody brings, as a zip file or as a folder. */
import { type Stats, statSync } from "node:fs";
import { openFolder } from "./bundle-folder.ts";
import { BundleUnreadable, type OpenBundle } from "./bundle-names.ts";
import { openZip } from "./bundle-zip.ts";

/** @throws BundleUnreadable if it is neither, or has something in it that no bundle has */
export async function openBundle(place: string): Promise<OpenBundle> {
  let stats: Stats;
  try {
    stats = statSync(place);
  } catch {
    throw new BundleUnreadable("it is not a folder or a zip file that can be read");
  }
  if (stats.isDirectory()) return openFolder(place);
  if (stats.isFile()) return openZip(place);
  throw new BundleUnreadable("it is neither a folder nor a file");
}
