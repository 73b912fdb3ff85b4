/**
 * The broker of the segmentation lab with one person at work: settings come by the environment. It
 * enrols, opens a session on `plc/modbus`, and takes one word a line: `read`, `write` (denied by
 * its profile), `other-unit` (not of this endpoint). Says what became of each.
 */
import { createInterface } from "node:readline";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { readPoints, writePoints } from "../../protocols/modbus/build.ts";
import { ModbusClient } from "../../protocols/modbus/client.ts";
import { ConsoleUser, connected } from "./console-user.ts";

const say = (line: string) => process.stdout.write(`${line}\n`);

const broker = await startBroker(readConfig(process.env));
const user = new ConsoleUser(broker.address);
await user.enrol(broker.enrolmentLink?.url ?? "");
const opened = await user.ask("POST", "/api/sessions", { endpoint: "plc/modbus" });
const id = opened.body.id;
const socket = await connected(user.socket());
const client = new ModbusClient();
socket.on("bytes", (_id, _channel, bytes) => {
  const received = client.receive(new Uint8Array(bytes));
  socket.emit("credit", id, "main", bytes.byteLength);
  if (received.kind !== "answers") return;
  for (const { reply } of received.answers) {
    say(reply.kind === "answer" ? `answer ${JSON.stringify(reply.values)}` : "exception");
  }
});
await new Promise((resolve) => socket.emit("attach", id, "main", resolve));
say(`session ${id} ${opened.status}`);

const REQUESTS = {
  read: () => readPoints(1, "holding-registers", 100, 1),
  write: () => writePoints(1, "holding-registers", 100, [7]),
  "other-unit": () => readPoints(9, "holding-registers", 100, 1),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = REQUESTS[line.trim() as keyof typeof REQUESTS];
  if (request) socket.emit("bytes", id, "main", client.request(request()).bytes);
}
