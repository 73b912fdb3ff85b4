/** The conduit's listener for OPC UA: any user and ticket that comes over loopback is let in. */
import { createServer, type Server } from "node:net";
import { ClientListener } from "../../broker/legs/opcua/client-listener.ts";
import type { IdentitySource } from "../../broker/legs/opcua/kept-identity.ts";
import { NO_SECURITY, SECURE } from "../../broker/legs/opcua/security.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";

export async function listenOpcua(
  sessionFor: () => Promise<LiveSession>,
  identity: IdentitySource,
): Promise<Server> {
  const listener = new ClientListener({
    identity: await identity(),
    security: () => [...SECURE, NO_SECURITY],
    url: () => "opc.tcp://127.0.0.1",
    signIn: async () => ({
      attach: async (leg, peer) => (await sessionFor()).attach(leg, peer),
    }),
  });
  return createServer({ pauseOnConnect: true, noDelay: true }, (socket) => listener.serve(socket));
}
