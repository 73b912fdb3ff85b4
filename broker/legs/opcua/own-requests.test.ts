/** The broker's own requests are what the library would write, its codec being the oracle. */
import { BinaryStream } from "node-opcua-binary-stream";
import { CloseSecureChannelRequest, CloseSessionRequest, ReadRequest } from "node-opcua-types";
import { expect, test } from "vitest";
import { CLOSE_CHANNEL, CLOSE_SESSION, READ_STATE, typeHead } from "./own-requests.ts";
import { requestHeaderOf, typeIdOf } from "./request-header.ts";

function decoded<T extends { decode(stream: BinaryStream): void }>(bytes: Uint8Array, into: T): T {
  const stream = new BinaryStream(Buffer.from(bytes));
  into.decode(stream);
  expect(stream.length).toBe(bytes.length);
  return into;
}

test("the reading of the server's state is one item, its value alone", () => {
  const read = decoded(READ_STATE, new ReadRequest());
  // Neither
  expect(read.timestampsToReturn).toBe(3);
  const [item, ...more] = read.nodesToRead ?? [];
  expect([item?.nodeId.toString(), item?.attributeId, more]).toEqual(["ns=0;i=2259", 13, []]);
  expect(item?.indexRange.isEmpty()).toBe(true);
});

test("a session is closed with its subscriptions, a channel with a bare header", () => {
  expect(decoded(CLOSE_SESSION, new CloseSessionRequest()).deleteSubscriptions).toBe(true);
  decoded(CLOSE_CHANNEL, new CloseSecureChannelRequest());
  for (const body of [READ_STATE, CLOSE_SESSION, CLOSE_CHANNEL]) {
    expect(requestHeaderOf(Buffer.from(body))).toMatchObject({ tokenEnd: 2, timeoutHint: 0 });
  }
});

test("what a message begins with is read again as it was written, however large the number is", () => {
  for (const typeId of [631, 12_208, 65_535, 65_536, 0x0fff_ffff]) {
    const head = Buffer.from(typeHead(typeId));
    expect(typeIdOf(head)).toEqual({ typeId, end: head.length });
  }
});
