import { expect, test } from "vitest";
import { encodeMessage } from "../../../protocols/ssh/message.ts";
import { framedData } from "./framed-data.ts";

/** As ssh2 decrypts it: the data lies behind the head of its packet. */
function decrypted(data: Uint8Array): Buffer {
  const packet = Buffer.from(new ArrayBuffer(10 + data.length + 8));
  packet[0] = 8;
  packet[1] = 94;
  packet.writeUInt32BE(3, 2);
  packet.writeUInt32BE(data.length, 6);
  packet.set(data, 10);
  return packet.subarray(10, 10 + data.length);
}

const BULK = Uint8Array.from({ length: 32_768 }, (_, n) => n % 251);
const plain = (bytes: Uint8Array) => encodeMessage({ kind: "data", bytes });

test("bulk becomes a message where it lies", () => {
  const data = decrypted(BULK);
  const message = framedData(data);
  expect(Buffer.compare(message, plain(BULK))).toBe(0);
  expect(message.buffer).toBe(data.buffer);
});

test("what does not lie behind its own head is copied, and nothing around it changes", () => {
  const shared = Buffer.from(new ArrayBuffer(BULK.length + 20), 10);
  shared.set(BULK);
  const before = Buffer.from(new Uint8Array(shared.buffer));
  const data = shared.subarray(0, BULK.length);
  expect(Buffer.compare(framedData(data), plain(BULK))).toBe(0);
  expect(Buffer.compare(Buffer.from(shared.buffer), before)).toBe(0);
});

test("what is typed is copied", () => {
  const key = decrypted(Uint8Array.of(0x78));
  const message = framedData(key);
  expect(Buffer.compare(message, plain(Uint8Array.of(0x78)))).toBe(0);
  expect(message.buffer).not.toBe(key.buffer);
});
