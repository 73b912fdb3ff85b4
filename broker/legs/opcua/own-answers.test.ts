import { BinaryStream } from "node-opcua-binary-stream";
import { ServiceFault } from "node-opcua-types";
import { expect, test } from "vitest";
import { faultBody, handleIn } from "./own-answers.ts";
import { STATUS } from "./services.ts";

function decoded(body: Buffer) {
  const fault = new ServiceFault();
  const stream = new BinaryStream(body);
  fault.decode(stream);
  expect(stream.length).toBe(body.length);
  return fault.responseHeader;
}

test("a fault of our own is what the library reads as one, with words or without", () => {
  const bare = decoded(faultBody(77, STATUS.badSessionClosed));
  expect([bare.requestHandle, bare.serviceResult.value]).toEqual([77, STATUS.badSessionClosed]);
  expect(bare.stringTable ?? []).toEqual([]);
  const worded = decoded(faultBody(0xffff_ffff, STATUS.badTooManyOperations, "zu spät"));
  expect([worded.requestHandle, worded.stringTable]).toEqual([0xffff_ffff, ["zu spät"]]);
});

test("the handle of an answer is found where it is, and none in what is too short", () => {
  expect(handleIn(faultBody(9, STATUS.badTimeout))).toBe(9);
  expect(handleIn(new Uint8Array(11))).toBe(0);
});
