import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { afterEach, expect, test } from "vitest";
import type { FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import { ByteWriter } from "../../protocols/tape/byte-writer.ts";
import { TapeEncoder } from "../../protocols/tape/encoder.ts";
import type { Header } from "../../protocols/tape/record.ts";
import { TapeLink } from "./tape-link.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const HEADER: Header = {
  version: 1,
  build: "test",
  session: "s1",
  site: "nordwasser",
  subject: { id: "p1", name: "Ada", roles: ["engineer"] },
  asset: { id: "plc", name: "PLC", zone: "treatment" },
  endpoint: { id: "modbus", protocol: "modbus" },
  grant: { id: "g", profile: "pump-tuning", until: 0 },
  digests: { profile: "", plant: "" },
  tags: [],
  startedMs: 0,
};

/** The records from one sequence number up to before another, header first. */
function encoded(from: number, until: number): Uint8Array {
  const out = new ByteWriter(4096);
  const encoder = new TapeEncoder(out);
  encoder.begin(HEADER);
  for (let sequence = from; sequence < until; sequence += 1) {
    const cause = `change ${sequence}`;
    encoder.append(sequence, sequence * 10, sequence * 10, {
      kind: "capabilities",
      classes: ["observe"],
      cause,
    });
  }
  return out.take();
}

async function setUp(overlap: number) {
  const http = createServer();
  const server = new Server<FromBrowser, FromBroker>(http, { transports: ["websocket"] });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  const { port } = http.address() as AddressInfo;
  const told: string[] = [];
  let until = 5;
  server.on("connection", (socket) => {
    socket.on("watch", (_session, from, done) => {
      told.push(`watch ${from}`);
      done({ ok: true });
      const bytes = encoded(Math.max(0, from - overlap), until);
      until += 5;
      for (let at = 0; at < bytes.length; at += 7) {
        socket.emit("tape", "s1", bytes.subarray(at, at + 7));
      }
    });
    socket.on("credit", (_session, _channel, count) => told.push(`credit ${count}`));
  });
  const socket: Socket<FromBroker, FromBrowser> = io(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    reconnectionDelay: 20,
  });
  const seen: number[] = [];
  const link = new TapeLink(socket, "s1", {
    watching: () => {},
    away: () => {},
    refused: () => {},
    over: () => {},
    records: (_header, records, shown) => {
      seen.push(...records.map((record) => record.sequence));
      shown();
    },
  });
  closing.push(() => {
    link.close();
    socket.disconnect();
    void server.close();
  });
  link.start();
  return { seen, told, socket };
}

test("history comes first, in pieces of any size, and each byte is credited", async () => {
  const { seen, told } = await setUp(0);
  await expect.poll(() => seen).toEqual([0, 1, 2, 3, 4]);
  const whole = encoded(0, 5).length;
  const credited = () =>
    told
      .filter((line) => line.startsWith("credit"))
      .reduce((sum, line) => sum + Number(line.slice(7)), 0);
  await expect.poll(credited).toBe(whole);
});

test("after the network was away no record is missing and none comes twice", async () => {
  const { seen, told, socket } = await setUp(3);
  await expect.poll(() => seen).toHaveLength(5);
  socket.io.engine.close();
  await expect.poll(() => seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(told).toContain("watch 5");
});
