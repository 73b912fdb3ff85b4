/**
 * Which key or certificate an asset shows, without a session: only the beginning of a handshake,
 * so that an administrator can compare it on the spot and accept it.
 */
import type { OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { Endpoint, OpcUaEndpoint } from "../plant/model.ts";
import type { ShownIdentity } from "../plant/shown-identity.ts";
import type { PinnedAddress } from "./dial.ts";
import { SessionRefused } from "./session.ts";

/** Rejects with words for the person. The libraries are loaded where one is asked for. */
export async function identify(
  endpoint: Endpoint,
  to: PinnedAddress,
  opcua: OpcuaProcess | undefined,
): Promise<ShownIdentity> {
  const timeoutMs = endpoint.limits.connectTimeoutMs;
  switch (endpoint.protocol) {
    case "ssh": {
      const { showHostKey } = await import("../legs/ssh/show-host-key.ts");
      const { legacyAlgorithms } = endpoint;
      return showHostKey({ ...to, legacyAlgorithms, timeoutMs });
    }
    case "web": {
      const { showCertificate } = await import("../legs/web/show-certificate.ts");
      return showCertificate({ ...to, host: endpoint.host, timeoutMs });
    }
    case "vnc": {
      const { showScreenCertificate } = await import("../legs/vnc/show-certificate.ts");
      return showScreenCertificate({ ...to, host: endpoint.host, timeoutMs });
    }
    case "opcua":
      return opcuaCertificate(endpoint, to, opcua);
    default:
      throw new SessionRefused("protocol-unknown", "this protocol proves no identity");
  }
}

async function opcuaCertificate(
  { id, path, security, limits }: OpcUaEndpoint,
  to: PinnedAddress,
  opcua: OpcuaProcess | undefined,
): Promise<ShownIdentity> {
  if (!opcua) throw new Error("this broker has no certificate for OPC UA");
  const sessions = opcua.sessions({
    ...{ name: id, ...to, path, security, certificates: [] },
    connectTimeoutMs: limits.connectTimeoutMs,
    credential: async () => undefined,
  });
  return sessions.identify();
}
