/** A plant file with one SSH endpoint, and the options of OpenSSH's clients towards the conduit. */
import type { SshAsset } from "./ssh-server.ts";

/** @param rules of the profile `under-test`: YAML of a list */
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

export const HOST = "any@127.0.0.1";
