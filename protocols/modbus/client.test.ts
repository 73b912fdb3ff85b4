import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex } from "../../test/kit/hex.ts";
import { honestReply, requestItems } from "../../test/kit/modbus-samples.ts";
import { readPoints, writePoints } from "./build.ts";
import { ModbusClient } from "./client.ts";
import { ModbusGuard } from "./guard.ts";

test("a read is asked for and its values come back under its number", () => {
  const client = new ModbusClient();
  const { request, bytes } = client.request(readPoints(1, "input-registers", 0, 2));
  expect(toHex(bytes)).toBe("000100000006010400000002");
  expect(client.waiting).toBe(1);
  expect(client.receive(fromHex("0001 0000 0007 01 04 04 000a 000b"))).toMatchObject({
    kind: "answers",
    answers: [{ request, reply: { kind: "answer", values: [[10, 11]] } }],
  });
  expect(client.waiting).toBe(0);
});

test("one point is written by function 5 or 6, several by 15 or 16", () => {
  expect(writePoints(1, "coils", 3, [1]).function).toBe(5);
  expect(writePoints(1, "coils", 3, [1, 0]).function).toBe(15);
  expect(writePoints(1, "holding-registers", 3, [7]).function).toBe(6);
  expect(writePoints(1, "holding-registers", 3, [7, 8]).function).toBe(16);
});

test("what a client asks for, a guard reads, whatever it is", () => {
  fc.assert(
    fc.property(requestItems, fc.nat(1000), (items, seed) => {
      const client = new ModbusClient();
      const guard = new ModbusGuard();
      const { request, bytes } = client.request(items);
      const [decide] = guard.step({ kind: "bytes", from: "client", bytes });
      if (decide?.kind !== "decide") throw new Error("not asked for");
      expect(decide).toMatchObject({ request, items });
      const answers = items.map(() => ({ kind: "permit" as const }));
      const [send] = guard.step({ kind: "answers", id: decide.id, answers });
      if (send?.kind !== "send") throw new Error("not sent");
      const effects = guard.step({
        kind: "bytes",
        from: "asset",
        bytes: honestReply(send.bytes, seed),
      });
      const back = effects.at(-1);
      if (back?.kind !== "send") throw new Error("no reply");
      const received = client.receive(back.bytes);
      expect(received).toMatchObject({ kind: "answers", answers: [{ request }] });
    }),
    { numRuns: 300 },
  );
});

test("replies may come in any order and in any pieces", () => {
  const client = new ModbusClient();
  const first = client.request(readPoints(1, "coils", 0, 1)).request;
  const second = client.request(readPoints(1, "coils", 1, 1)).request;
  const stream = fromHex("0002 0000 0004 01 01 01 01  0001 0000 0003 01 81 02");
  const answers = Array.from(stream, (byte) => client.receive(Uint8Array.of(byte))).flatMap(
    (received) => (received.kind === "answers" ? received.answers : []),
  );
  expect(answers).toMatchObject([
    { request: second, reply: { kind: "answer", values: [[1]] } },
    { request: first, reply: { kind: "exception", code: 2 } },
  ]);
});

test("a reply that nobody waits for, or that does not fit, breaks the connection for good", () => {
  const unasked = new ModbusClient();
  const reply = fromHex("0001 0000 0005 01 03 02 0001");
  expect(unasked.receive(reply)).toMatchObject({ kind: "broken" });
  const client = new ModbusClient();
  client.request(readPoints(1, "holding-registers", 0, 2));
  expect(client.receive(reply)).toMatchObject({ kind: "broken" });
  expect(client.receive(fromHex("0001"))).toMatchObject({ kind: "broken" });
});

test("a forgotten request is answered by nobody, once", () => {
  const client = new ModbusClient();
  const { request } = client.request(readPoints(1, "holding-registers", 0, 1));
  client.forget(request);
  const late = fromHex("0001 0000 0005 01 03 02 0001");
  expect(client.receive(late)).toEqual({ kind: "answers", answers: [] });
  expect(client.receive(late)).toMatchObject({ kind: "broken" });
});

test("numbers come round without meeting one that still waits", () => {
  const client = new ModbusClient();
  const { request } = client.request(readPoints(1, "coils", 0, 1));
  for (let i = 0; i < 66_000; i++) {
    const { request: other, bytes } = client.request(readPoints(1, "coils", 0, 1));
    expect(other).not.toBe(request);
    client.receive(Uint8Array.of(bytes[0] ?? 0, bytes[1] ?? 0, 0, 0, 0, 4, 1, 1, 1, 0));
  }
});
