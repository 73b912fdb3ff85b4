import { duplexPair } from "node:stream";
import { expect, test } from "vitest";
import { KIND, Wire, type WireMessage } from "./wire.ts";

function pair(answers: (method: string, args: unknown) => unknown = () => undefined) {
  const [one, other] = duplexPair();
  const heard: WireMessage[] = [];
  const ends: string[] = [];
  const near = new Wire(
    one,
    () => undefined,
    () => undefined,
    (why) => ends.push(why),
  );
  const far = new Wire(
    other,
    (message) => heard.push(message),
    answers,
    () => undefined,
  );
  return { near, far, raw: other, heard, ends };
}

test("messages arrive whole and in order, small ones and the largest", async () => {
  const { near, heard } = pair();
  const large = Buffer.alloc(4 * 1_048_576, 7);
  near.send(KIND.message, 1, Buffer.from("one"), Buffer.from(" two"));
  near.send(KIND.message, 2, large);
  near.number(KIND.taken, 3, 4_000_000_000);
  near.word(4, { closed: "the client went" });
  await expect.poll(() => heard.length).toBe(4);
  expect(heard.map(({ kind, id }) => [kind, id])).toEqual([
    ...[
      [KIND.message, 1],
      [KIND.message, 2],
    ],
    ...[
      [KIND.taken, 3],
      [KIND.word, 4],
    ],
  ]);
  expect(heard[0]?.body.toString()).toBe("one two");
  expect(heard[1]?.body.equals(large)).toBe(true);
  expect(heard[2]?.body.readUInt32LE(0)).toBe(4_000_000_000);
});

test("a call is answered, refused in words, or ends with the wire", async () => {
  const { near, far } = pair(async (method) => {
    if (method === "open") return { timeoutMs: 5 };
    if (method === "wait") return new Promise(() => undefined);
    throw new Error("the asset refused");
  });
  expect(await near.call("open", {})).toEqual({ timeoutMs: 5 });
  await expect(near.call("other", {})).rejects.toThrow("the asset refused");
  const waiting = expect(near.call("wait", {})).rejects.toThrow();
  far.close();
  await waiting;
  await expect(near.call("open", {})).rejects.toThrow("closed");
});

test("bytes that are no message end the wire, and nothing is read behind them", async () => {
  // Too short, too long, and a call that is no JSON.
  const bad = ["000000000100000000", "ffffffff0100000000", "0f00000001000000007b7b7b7b7b7b"];
  for (const bytes of bad) {
    const { raw, ends, near } = pair();
    raw.write(Buffer.from(bytes, "hex"));
    await expect.poll(() => ends.length).toBe(1);
    expect(near.isOver).toBe(true);
  }
});

/** As the other side would write it, whatever it means. */
function rawCall(body: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(head.length + body.length, 0);
  head.writeUInt8(KIND.call, 4);
  head.writeUInt32LE(1, 5);
  return Buffer.concat([head, body]);
}

test("a call that nobody could mean is refused in few words, and ends nothing", async () => {
  const [one, other] = duplexPair();
  const ends: string[] = [];
  const near = new Wire(
    one,
    () => undefined,
    (method) => {
      throw new Error(`no call ${method}`);
    },
    (why) => ends.push(why),
  );
  const came: Buffer[] = [];
  other.on("data", (bytes: Buffer) => came.push(bytes));
  const answered = () => Buffer.concat(came);
  other.write(rawCall(Buffer.from("null")));
  await expect.poll(() => answered().length).toBeGreaterThan(9);
  const first = answered().length;
  // Each of these bytes is three of what is said about them.
  const method = Buffer.alloc(2 * 1_048_576, 0xff);
  other.write(rawCall(Buffer.concat([Buffer.from('{"method":"'), method, Buffer.from('"}')])));
  await expect.poll(() => answered().length).toBeGreaterThan(first);
  expect(answered().length - first).toBeLessThan(4_000);
  expect(answered()[4]).toBe(KIND.failed);
  expect(ends).toEqual([]);
  near.close();
});

test("an answer that is no JSON ends the wire, and with it the call", async () => {
  const { near, raw, ends } = pair(() => new Promise(() => undefined));
  const asked = near.call("open", {}).then(
    () => "answered",
    () => "failed",
  );
  const done = rawCall(Buffer.from("{{{{"));
  done.writeUInt8(KIND.done, 4);
  raw.write(done);
  expect(await asked).toBe("failed");
  expect(ends).toHaveLength(1);
});

test("a side that reads nothing of what it is told is not told on and on", () => {
  const [one] = duplexPair();
  const ends: string[] = [];
  const nothing = () => undefined;
  const near = new Wire(one, nothing, nothing, (why) => ends.push(why));
  const large = Buffer.alloc(4 * 1_048_576);
  for (let sent = 0; sent < 63; sent += 1) near.send(KIND.chunk, 1, large);
  expect(ends).toEqual([]);
  near.send(KIND.chunk, 1, large);
  expect(ends).toEqual(["it does not read what it is told"]);
  expect(near.isOver).toBe(true);
});
