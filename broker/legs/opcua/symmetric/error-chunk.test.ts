import { BinaryStream } from "node-opcua-binary-stream";
import { TCPErrorMessage } from "node-opcua-transport";
import { expect, test } from "vitest";
import { errorChunk, errorIn } from "./error-chunk.ts";

test("a last word is what the library reads as one", () => {
  const chunk = errorChunk(0x8088_0000, "chunk 5 came after chunk 7");
  expect(chunk.toString("latin1", 0, 4)).toBe("ERRF");
  expect(chunk.readUInt32LE(4)).toBe(chunk.length);
  const message = new TCPErrorMessage();
  message.decode(new BinaryStream(chunk.subarray(8)));
  expect(message.statusCode.value).toBe(0x8088_0000);
  expect(message.reason).toBe("chunk 5 came after chunk 7");
  expect(errorIn(chunk)).toEqual({ status: 0x8088_0000, reason: "chunk 5 came after chunk 7" });
});

test("of a peer's last word only what can be printed is taken, and not much of it", () => {
  const long = errorIn(errorChunk(1, "é\u001b[2J".repeat(500)));
  expect(long.reason).toMatch(/^[ -~]{1,200}$/);
  for (const length of [0, 8, 11]) {
    expect(errorIn(Buffer.alloc(length))).toEqual({ status: 0, reason: "" });
  }
  expect(errorIn(Buffer.concat([Buffer.alloc(16), Buffer.alloc(60_000, 0x41)])).reason).toBe(
    "A".repeat(200),
  );
});
