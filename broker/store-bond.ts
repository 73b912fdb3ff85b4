/**
 * Which database belongs to which data folder. State in the one and recordings, keys and the site
 * log in the other are of one site: a broker that finds them apart (another site's database, an
 * empty one by a mistyped name, a folder that is not the one it was) does not start, and neither
 * does a second broker with a folder of its own.
 *
 * The folder's part is written first and sealed last: a crash between leaves a claim that the next
 * start makes good.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { newId } from "./store/ids.ts";
import type { Queries } from "./store/schema.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import { StoreRefused } from "./store/store-failed.ts";
import { writeWhole } from "./write-whole.ts";

/** Name of the database's part. */
export const FOLDER_SETTING = "store-folder";
/** The folder's part. */
const FILE = "database.json";

const BOND = z.strictObject({ id: z.string().regex(/^[0-9a-z]{20}$/), sealed: z.boolean() });

export type Bond = z.output<typeof BOND>;

/** @throws StoreRefused if the file is damaged */
export function readBond(dataFolder: string): Bond | undefined {
  const file = path.join(dataFolder, FILE);
  if (!existsSync(file)) return undefined;
  try {
    return BOND.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new StoreRefused(`${file} is damaged: restore it from a backup`);
  }
}

/**
 * Changes nothing.
 * @param kept what the database says, if anything
 * @throws StoreRefused
 */
export function checkBond(
  dataFolder: string,
  kept: string | undefined,
  { hasEmbedded, where }: { readonly hasEmbedded: boolean; readonly where: string },
): void {
  const bond = readBond(dataFolder);
  if (kept !== undefined && kept !== bond?.id) {
    throw new StoreRefused(
      `the database ${where} belongs to another data folder than ${dataFolder}: start with that one, or with a database of its own`,
    );
  }
  if (kept === undefined && bond?.sealed) {
    throw new StoreRefused(
      `the database ${where} is not the one that ${dataFolder} belongs to: nothing of this site is in it`,
    );
  }
  if (!bond && hasEmbedded) {
    throw new StoreRefused(
      `${dataFolder} has an embedded database with the state of this site: move it with \`sallyport store move\``,
    );
  }
}

/** After `checkBond`. */
export async function bindTo(dataFolder: string, queries: Queries): Promise<void> {
  const bond = readBond(dataFolder) ?? { id: newId(), sealed: false };
  if (bond.sealed) return;
  write(dataFolder, bond);
  if ((await readSetting(queries, FOLDER_SETTING)) === undefined) {
    await writeSetting(queries, FOLDER_SETTING, bond.id);
  }
  write(dataFolder, { ...bond, sealed: true });
}

function write(dataFolder: string, bond: Bond): void {
  writeWhole(path.join(dataFolder, FILE), `${JSON.stringify(bond)}\n`);
}
