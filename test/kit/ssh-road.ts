/** SSH clients that we did not write, through the whole road: conduit, guard, tape, a real asset. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import { runProgram } from "./child.ts";
import { type ConduitChild, startConduit } from "./conduit-child.ts";
import type { SshAsset } from "./ssh-assets.ts";
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
export async function sshRoad(asset: SshAsset, rules: string): Promise<SshRoad> {
  const folder = temporaryFolder();
  const plant = path.join(folder, "plant.yaml");
  writeFileSync(plant, plantText(asset, rules));
  const recordings = path.join(folder, "recordings");
  const conduit = await startConduit({
    ...{ plant, profile: "under-test", recordings, endpoint: "device/ssh" },
    env: { CONDUIT_USER: asset.user, CONDUIT_PRIVATE_KEY: asset.privateKey },
  });
  onTestFinished(async () => {
    await conduit.stop();
  });
  return { conduit, asset, recordings, here: temporaryFolder() };
}

export function plantText(asset: Pick<SshAsset, "port" | "fingerprint">, rules: string): string {
  return `site: { id: bench, name: Test bench, time-zone: Europe/Vienna }
zones:
  - { id: cell, name: Cell, level: 1, sl-t: 2 }
conduits: []
assets:
  - id: device
    name: Device
    zone: cell
    vendor: Test
    model: Test
    description: The device under test.
    endpoints:
      - id: ssh
        protocol: ssh
        address: 127.0.0.1:${asset.port}
        allow-local: true
        host-keys: ["${asset.fingerprint}"]
        limits: { connections: 64, requests-per-second: 1000000, in-flight: 64, queue: 4096, connect-timeout: 10s, response-timeout: 10s }
profiles:
  - id: under-test
    description: What the test asks for.
    on-recorder-failure: freeze
    rules:
${rules.replace(/^/gm, "      ")}
grants: []
`;
}

/** Options of OpenSSH's clients: no file of who runs it is read, and the first key is believed. */
export const OPENSSH: readonly string[] = [
  ...["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"],
  ...["-o", "LogLevel=ERROR", "-o", "IdentityAgent=none"],
];

/** `ssh` with a command, or with options only. */
export function ssh({ conduit }: Pick<SshRoad, "conduit">, ...args: readonly string[]) {
  return runProgram("ssh", [...OPENSSH, "-p", String(conduit.port), ...args]);
}

export const HOST = "any@127.0.0.1";
