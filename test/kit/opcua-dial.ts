/** A connection to an asset of this machine, for legs that run in the test's own process. */
import type { DialledSocket } from "../../broker/legs/opcua/asset-channel.ts";
import { dialAsset } from "../../broker/legs/opcua/dial-asset.ts";

const CONNECT_TIMEOUT_MS = 3_000;

export function dials(port: number): () => Promise<DialledSocket> {
  const at = { address: "127.0.0.1", port, connectTimeoutMs: CONNECT_TIMEOUT_MS };
  return async () => ({ socket: await dialAsset(at) });
}
