/** The conduit's listener for web panels: any browser or tool that comes over loopback is let in. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { PanelLanes } from "../../broker/api/panel/panel-lanes.ts";
import { systemClock } from "../../broker/clock.ts";
import type { LiveSession } from "../../broker/sessions/session.ts";

export function listenWeb(sessionFor: () => Promise<LiveSession>) {
  const lanes = new Map<LiveSession, PanelLanes>();
  const lanesOf = async (): Promise<PanelLanes> => {
    const session = await sessionFor();
    const existing = lanes.get(session);
    if (existing) return existing;
    const made = new PanelLanes(session, () => systemClock.wallMs());
    lanes.set(session, made);
    void session.closed.then(() => lanes.delete(session));
    return made;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      await (await lanesOf()).serve(request, response, peerOf(request));
    } catch (error) {
      failed(error);
      response.writeHead(503).end();
    }
  };
  const upgrade = async (request: IncomingMessage, socket: Duplex, rest: Uint8Array) => {
    socket.on("error", () => socket.destroy());
    try {
      await (await lanesOf()).serveSocket(request, socket, rest, peerOf(request));
    } catch (error) {
      failed(error);
      socket.destroy();
    }
  };
  const server = createServer((request, response) => void serve(request, response));
  server.requestTimeout = 0;
  server.on("upgrade", (request, socket, rest) => void upgrade(request, socket, rest));
  server.on("close", () => server.closeAllConnections());
  return server;
}

function peerOf({ socket }: IncomingMessage): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

function failed(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
}
