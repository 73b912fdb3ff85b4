/** SSH clients that we did not write, through the whole road: conduit, guard, tape, a real asset. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { runProgram } from "./child.ts";
import { type ConduitChild, startConduit } from "./conduit-child.ts";
import { OPENSSH, plantText } from "./ssh-plant.ts";
import type { SshAsset } from "./ssh-server.ts";
import { temporaryFolder } from "./temporary.ts";

export interface SshRoad {
  readonly conduit: ConduitChild;
  readonly asset: SshAsset;
  readonly recordings: string;
  /** Files of the client. */
  readonly here: string;
}

/**
 * The plant file's rules are YAML of a list.
 *
 *     await sshRoad(asset, "- { name: all, permit: [configure, transfer] }")
 */
export async function sshRoad(
  asset: SshAsset,
  rules: string,
  env: Readonly<Record<string, string>> = {},
  more: readonly string[] = [],
): Promise<SshRoad> {
  const folder = temporaryFolder();
  const plant = path.join(folder, "plant.yaml");
  writeFileSync(plant, plantText(asset, rules));
  const recordings = path.join(folder, "recordings");
  const conduit = await startConduit({
    ...{ plant, profile: "under-test", recordings, endpoint: "device/ssh", more },
    env: { CONDUIT_USER: asset.user, CONDUIT_PRIVATE_KEY: asset.privateKey, ...env },
  });
  onTestFinished(async () => {
    await conduit.stop();
  });
  return { conduit, asset, recordings, here: temporaryFolder() };
}

/** `ssh` with a command, or with options only. */
export function ssh({ conduit }: Pick<SshRoad, "conduit">, ...args: readonly string[]) {
  return runProgram("ssh", [...OPENSSH, "-p", String(conduit.port), ...args]);
}
