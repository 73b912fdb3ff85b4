import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { CONNECT_PROTOCOL } from "../../api/shapes/connect.ts";
import { BrokerClient } from "./broker-client.ts";
import { MachineKeyPair } from "./machine-key.ts";
import { SessionLink } from "./session-link.ts";

const OPENED = {
  kind: "opened",
  session: {
    ...{ id: "s-1", endpoint: "plc/modbus", untilMs: 0, capabilities: ["observe", "of later"] },
    asset: { id: "plc", name: "PLC" },
  },
  tool: { protocol: "modbus" },
  leaseMs: 60_000,
};

let server: Server;
let link: SessionLink;
let told: string[];
/** What each connection is answered, in order: a message, or the status of a proxy. */
let answers: (string | number)[];

beforeEach(async () => {
  told = [];
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => CONNECT_PROTOCOL });
  server = createServer();
  server.on("upgrade", (request, socket, head) => {
    const answer = answers.shift() ?? 503;
    if (typeof answer === "number") {
      socket.end(`HTTP/1.1 ${answer} No\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (open) => {
      open.on("message", () => {
        open.send(answer);
        // With the next answer still to come, this connection does not last.
        if (answers.length > 0) open.close();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  link = new SessionLink(new BrokerClient({ origin }, MachineKeyPair.create()), {
    ...{ asked: () => told.push("asked"), event: ({ kind }) => told.push(kind) },
    ...{ channel: (reason) => told.push(reason), lost: () => told.push("lost") },
    back: () => told.push("back"),
  });
});
afterEach(() => {
  link.end();
  link.close();
  server.closeAllConnections();
  server.close();
});

const OPEN = { kind: "open", target: "plc" } as const;

test.each(["<html>", "{}", '{"kind":"opened"}', '{"kind":"over"}'])(
  "what no broker says ends the connection, not the command: %s",
  async (answer) => {
    answers = [answer];
    await expect(link.open(OPEN)).rejects.toMatchObject({ exitCode: 5 });
  },
);

test("a proxy that finds no broker for a while ends no session", async () => {
  answers = [JSON.stringify(OPENED), 502, 503, JSON.stringify(OPENED)];
  expect((await link.open(OPEN)).session.id).toBe("s-1");
  await expect.poll(() => told, { timeout: 30_000 }).toEqual(["lost", "back"]);
});

test("a broker that has no such session any more ends it", async () => {
  const refused = { kind: "refused", code: "not-found", message: "There is none." };
  answers = [JSON.stringify(OPENED), JSON.stringify(refused)];
  await link.open(OPEN);
  expect(await link.ended).toMatchObject({ rule: "gone" });
});
