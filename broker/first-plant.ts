/**
 * The plant file where none is configured: a copy of the example in the data folder, made once
 * and then the site's own to edit. It describes the simulated plant.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "./credentials/credentials.ts";
import { PACKAGE_FOLDER } from "./settings.ts";

const EXAMPLE = join(PACKAGE_FOLDER, "deploy/examples/water-plant.yaml");
/** The first port that the example names, the treatment PLC's; the others follow. */
const EXAMPLE_PORT = 15_020;

/** What the simulated devices are signed in to with. Known to everybody: they are toys. */
const EXAMPLE_CREDENTIALS = {
  "opc-treatment/opcua": { kind: "password", user: "operator", password: "waterworks" },
  "panel-treatment/web": { kind: "password", user: "operator", password: "waterworks" },
  "switch-works/ssh": { kind: "password", user: "operator", password: "waterworks" },
  "hmi-treatment/screen": { kind: "password", user: "", password: "waterhmi" },
} as const;

const SETTER = { name: "The example plant", firstStart: true } as const;

/**
 * @param openCredentials asked for only where the example is copied now
 * @returns the path of the plant file in the data folder
 */
export async function firstPlantFile(
  dataFolder: string,
  simulatorPort: number,
  openCredentials: () => Pick<Credentials, "set">,
): Promise<string> {
  const path = join(dataFolder, "plant.yaml");
  if (existsSync(path)) return path;
  // Before the file: a start that dies between the two does both again.
  const credentials = openCredentials();
  for (const [endpoint, credential] of Object.entries(EXAMPLE_CREDENTIALS)) {
    await credentials.set(SETTER, endpoint, credential);
  }
  const example = readFileSync(EXAMPLE, "utf8").replace(/(?<=\b127\.0\.0\.1:)(\d+)/g, (port) =>
    String(Number(port) - EXAMPLE_PORT + simulatorPort),
  );
  writeFileSync(path, example, { mode: 0o600, flag: "wx" });
  return path;
}
