/** Another stack's codec (node-opcua) on both sides of the guard. */
import { BinaryStream } from "node-opcua-binary-stream";
import { expect } from "vitest";
import type { Operation } from "../../protocols/guard.ts";
import { cutFrame, encodeFrame, type OpcUaFrame } from "../../protocols/opcua/frame.ts";
import { OpcUaGuard } from "../../protocols/opcua/guard.ts";
import { GuardDriver } from "./guard-driver.ts";
import { namespaces } from "./opcua-messages.ts";

export const URIS = ["urn:asset", "http://plant.example/pumps"];
const SIZE = 1_000_000;

export interface Message {
  encode(stream: BinaryStream): void;
  decode(stream: BinaryStream): void;
}

export function bytesOf(message: Message): Uint8Array {
  const stream = new BinaryStream(SIZE);
  message.encode(stream);
  return new Uint8Array(stream.buffer.subarray(0, stream.length));
}

export function readInto<T extends Message>(message: T, body: Uint8Array): T {
  const stream = new BinaryStream(Buffer.from(body));
  message.decode(stream);
  expect(stream.length).toBe(body.length);
  return message;
}

export function frameOf(bytes: Uint8Array): OpcUaFrame {
  const cut = cutFrame(bytes);
  if (cut.kind !== "frame") throw new Error(cut.kind);
  return cut.frame;
}

/** In the order of the first asking, each once. */
export function ask(typeId: number, request: Message, isDenied: (at: number) => boolean) {
  const asked: Operation[] = [];
  const driver = new GuardDriver(new OpcUaGuard(), ({ items }) =>
    items.map((item) => {
      asked.push(item);
      return isDenied(asked.length - 1)
        ? { kind: "deny" as const, refusal: "address" as const }
        : { kind: "permit" as const };
    }),
  );
  driver.bytes("asset", namespaces(URIS));
  driver.bytes("client", encodeFrame({ requestId: 5, typeId, body: bytesOf(request) }));
  return { driver, asked };
}

export const header = { requestHandle: 77, timeoutHint: 1000 };
