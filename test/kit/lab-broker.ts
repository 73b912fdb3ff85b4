/**
 * The broker of the segmentation lab with one person at work: settings come by the environment. It
 * enrols, opens a session on `plc/modbus`, and takes one word a line: `read`, `write` (denied by
 * its profile), `other-unit` (not of this endpoint), `open` (a new session). Says what became of each.
 *
 * With `LAB_GATEWAY=NAME` it lets that gateway in first, and says its line.
 */
import { createInterface } from "node:readline";
import type { GatewaysView } from "../../broker/api/shapes/gateways.ts";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import { ConsoleUser, connected } from "./console-user.ts";

const AGAIN_MS = 200;
const say = (line: string) => process.stdout.write(`${line}\n`);
const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

const { LAB_GATEWAY: gateway } = process.env;
const broker = await startBroker(readConfig(process.env));
const user = new ConsoleUser(broker.address);
await user.enrol(broker.enrolmentLink?.url ?? "");
if (gateway !== undefined) await letIn(gateway);
const socket = await connected(user.socket());
let client = new ModbusClient();
let id = "";
socket.on("bytes", (_id, _channel, bytes) => {
  const received = client.receive(new Uint8Array(bytes));
  socket.emit("credit", id, "main", bytes.byteLength);
  if (received.kind !== "answers") return;
  for (const { reply } of received.answers) {
    say(reply.kind === "answer" ? `answer ${JSON.stringify(reply.values)}` : "exception");
  }
});
await open();

async function letIn(name: string): Promise<void> {
  const { body } = await user.ask<{ line: string }>("POST", "/api/gateways", { name });
  say(`line ${body.line}`);
  for (;;) {
    const { gateways } = (await user.ask<GatewaysView>("GET", "/api/gateways")).body;
    if (gateways.some(({ state }) => state === "connected")) return;
    await pause();
  }
}

/** Until it is let in: a gateway may still be on its way. */
async function open(): Promise<void> {
  for (;;) {
    const opened = await user.ask("POST", "/api/sessions", { endpoint: "plc/modbus" });
    if (opened.status === 201) {
      id = opened.body.id;
      client = new ModbusClient();
      await new Promise((resolve) => socket.emit("attach", id, "main", resolve));
      say(`session ${id} ${opened.status}`);
      return;
    }
    await pause();
  }
}

const REQUESTS = {
  read: () => readPoints(1, "holding-registers", 100, 1),
  write: () => writePoints(1, "holding-registers", 100, [7]),
  "other-unit": () => readPoints(9, "holding-registers", 100, 1),
};

for await (const line of createInterface({ input: process.stdin })) {
  const word = line.trim();
  if (word === "open") await open();
  const request = REQUESTS[word as keyof typeof REQUESTS];
  if (request) socket.emit("bytes", id, "main", client.request(request()).bytes);
}
