/** The conduit's listener for OPC UA: any user and ticket that comes over loopback is let in. */
import { createServer, type Server } from "node:net";
import type { OpcuaProcess } from "../../broker/legs/opcua/apart/opcua-process.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";

export function listenOpcua(sessionFor: () => Promise<LiveSession>, opcua: OpcuaProcess): Server {
  const clients = opcua.clients({
    plain: () => true,
    url: () => "opc.tcp://127.0.0.1",
    signIn: async () => ({
      attach: async (leg, peer) => (await sessionFor()).attach(leg, peer),
    }),
  });
  const options = { pauseOnConnect: true, noDelay: true };
  const server = createServer(options, (socket) => clients.serve(socket, () => undefined));
  server.once("close", () => clients.close());
  return server;
}
