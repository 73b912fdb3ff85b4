/**
 * The plant file where none is configured: a copy of the example in the data folder, made once
 * and then the site's own to edit. It describes the simulated plant.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "./settings.ts";

const EXAMPLE = join(PACKAGE_FOLDER, "deploy/examples/water-plant.yaml");
/** The ports that the example names: the treatment PLC's and, one above, the distribution PLC's. */
const EXAMPLE_PORT = 15_020;

/** @returns the path of the plant file in the data folder */
export function firstPlantFile(dataFolder: string, simulatorPort: number): string {
  const path = join(dataFolder, "plant.yaml");
  if (existsSync(path)) return path;
  const example = readFileSync(EXAMPLE, "utf8").replace(/(?<=\b127\.0\.0\.1:)(\d+)/g, (port) =>
    String(Number(port) - EXAMPLE_PORT + simulatorPort),
  );
  writeFileSync(path, example, { mode: 0o600, flag: "wx" });
  return path;
}
