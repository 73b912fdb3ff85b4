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
  // A link of a test before this one may still say something.
  const heard: string[] = [];
  told = heard;
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
    ...{ asked: () => heard.push("asked"), event: ({ kind }) => heard.push(kind) },
    ...{ channel: (reason) => heard.push(reason), lost: () => heard.push("lost") },
    back: () => heard.push("back"),
    ...{ takenOver: () => heard.push("taken over"), reopened: () => heard.push("reopened") },
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

const LOST = JSON.stringify({ kind: "refused", code: "session-lost", message: "It was lost." });

test("a session that was lost with its broker is opened anew, by the same rules", async () => {
  const anew = JSON.stringify({ ...OPENED, session: { ...OPENED.session, id: "s-2" } });
  answers = [JSON.stringify(OPENED), 502, LOST, anew];
  await link.open(OPEN);
  await expect.poll(() => told, { timeout: 30_000 }).toEqual(["lost", "taken over", "reopened"]);
});

test("where the rules say no by then, it is over and says why", async () => {
  const refused = { kind: "refused", code: "no-grant", message: "You may not." };
  answers = [JSON.stringify(OPENED), LOST, JSON.stringify(refused)];
  await link.open(OPEN);
  expect(await link.ended).toMatchObject({
    rule: "gone",
    reason: expect.stringContaining("could not be opened anew: You may not."),
  });
  expect(told).toEqual(["lost", "taken over"]);
});

test("one that was taken from the browser is not opened by the command", async () => {
  answers = [JSON.stringify(OPENED), LOST];
  await link.open({ kind: "resume", session: "s-1" });
  expect(await link.ended).toMatchObject({ rule: "gone" });
  expect(told).toEqual(["lost"]);
});
