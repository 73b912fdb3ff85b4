/** The roads of the OPC UA bench: to the asset itself, through a blind relay, through the broker. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { thumbprintOf } from "../../broker/legs/opcua/identity.ts";
import type { ChannelSecurity } from "../../broker/legs/opcua/security.ts";
import { NO_SECURITY } from "../../broker/legs/opcua/security.ts";
import { startChild } from "../kit/child.ts";
import { startConduit } from "../kit/conduit-child.ts";
import { startHaproxy } from "./haproxy.ts";

export const BENCH_LOGIN = { user: "operator", password: "waterworks" } as const;
export const VALUES = 1_000;
/** The namespace of the asset's values. */
export const NAMESPACE = 1;

export const SIGNED: ChannelSecurity = { policy: "Basic256Sha256", mode: "SignAndEncrypt" };
export const SECURITIES = { none: NO_SECURITY, sign: SIGNED } as const;
export type SecurityName = keyof typeof SECURITIES;

export type RoadName = "direct" | "relay" | "broker";

export interface Road {
  readonly name: RoadName;
  readonly port: number;
  /** Of the process between client and asset. */
  readonly pid: number | undefined;
}

export interface Roads {
  readonly asset: number;
  readonly roads: Readonly<Record<SecurityName, readonly Road[]>>;
}

type Stops = (() => Promise<unknown>)[];

const ASSET = path.join(import.meta.dirname, "opcua-asset.ts");
/** The library takes its time to load and to make a key. */
const ASSET_READY_MS = 60_000;

export async function openRoads(folder: string, stops: Stops): Promise<Roads> {
  const asset = await startChild(process.execPath, [ASSET, path.join(folder, "asset")], {
    ready: /listening on (\d+)/,
    withinMs: ASSET_READY_MS,
  });
  stops.push(() => asset.stop());
  const port = Number(asset.ready[1]);
  const relay = await startHaproxy(folder, port);
  stops.push(() => relay.stop());
  const blind: readonly Road[] = [
    { name: "direct", port, pid: undefined },
    { name: "relay", port: relay.port, pid: relay.pid },
  ];
  const none = await startBroker(folder, "none", port, stops);
  const sign = await startBroker(folder, "sign", port, stops);
  return {
    asset: asset.process.pid ?? 0,
    roads: { none: [...blind, none], sign: [...blind, sign] },
  };
}

async function startBroker(
  folder: string,
  name: SecurityName,
  port: number,
  stops: Stops,
): Promise<Road> {
  const pem = readFileSync(path.join(folder, "asset", "certificate.pem"), "utf8");
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const plant = path.join(folder, `${name}.yaml`);
  writeFileSync(plant, plantText(port, SECURITIES[name], thumbprintOf(der)));
  const own = path.join(folder, name);
  mkdirSync(own);
  const conduit = await startConduit({
    ...{ plant, profile: "everything", endpoint: "asset/opcua" },
    recordings: path.join(own, "recordings"),
    env: { CONDUIT_USER: BENCH_LOGIN.user, CONDUIT_PASSWORD: BENCH_LOGIN.password },
  });
  stops.push(() => conduit.stop());
  return { name: "broker", port: conduit.port, pid: conduit.process.pid };
}

function plantText(port: number, { policy, mode }: ChannelSecurity, certificate: string): string {
  const security = mode === "None" ? "None" : `${policy}/${mode}`;
  return `site: { id: bench, name: Test bench, time-zone: UTC }
zones: [{ id: cell, name: Cell, level: 1, sl-t: 2 }]
assets:
  - id: asset
    name: Asset
    zone: cell
    endpoints:
      - id: opcua
        protocol: opcua
        address: 127.0.0.1:${port}
        allow-local: true
        security: ${security}
        certificates: ["${certificate}"]
        limits: { in-flight: 64, requests-per-second: 100000 }
profiles:
  - id: everything
    rules: [{ name: all, permit: [observe, operate] }]
`;
}
