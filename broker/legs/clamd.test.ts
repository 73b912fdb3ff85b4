import { createServer, type Socket } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/kit/temporary.ts";
import { Clamd } from "./clamd.ts";

/** A scanner that behaves as the test says, and what it was told. */
async function scannerThat(behaves: (socket: Socket, heard: () => Buffer) => void) {
  const socketFile = path.join(temporaryFolder(), "clamd.ctl");
  let heard = Buffer.alloc(0);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
    });
    behaves(socket, () => heard);
  });
  await new Promise<void>((resolve) => server.listen(socketFile, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { socketFile, heard: () => heard };
}

/** Answers once the last, empty piece has come. */
function answering(answer: string) {
  return (socket: Socket, heard: () => Buffer) =>
    socket.on("data", () => {
      if (heard().subarray(-4).equals(Buffer.alloc(4))) socket.write(answer);
    });
}

test("content goes in by pieces with their lengths, and one line comes back", async () => {
  const { socketFile, heard } = await scannerThat(answering("stream: OK\0"));
  const content = Buffer.alloc(150_000, "x");
  expect(await new Clamd(socketFile).scan(content)).toEqual({ kind: "clean" });
  const sent = heard();
  expect(sent.subarray(0, 10).toString()).toBe("zINSTREAM\0");
  const pieces: Buffer[] = [];
  for (let at = 10; ; ) {
    const length = sent.readUInt32BE(at);
    if (length === 0) break;
    pieces.push(sent.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
});

test.each([
  ["stream: OK\0", { kind: "clean" }],
  ["stream: Win.Test.EICAR_HDB-1 FOUND\0", { kind: "found", name: "Win.Test.EICAR_HDB-1" }],
  ["stream: \x1b[2Jevil\u0007 FOUND\0", { kind: "found", name: "?[2Jevil?" }],
  ["INSTREAM size limit exceeded. ERROR\0", { kind: "away" }],
  ["stream: OK FOUND\0", { kind: "found", name: "OK" }],
  ["OK\0", { kind: "away" }],
  ["stream: ok\0", { kind: "away" }],
  ["stream: OK\nstream: X FOUND\0", { kind: "away" }],
  ["\0stream: OK\0", { kind: "away" }],
])("the answer %j means what it says, and nothing else is clean", async (answer, expected) => {
  const { socketFile } = await scannerThat(answering(answer));
  expect(await new Clamd(socketFile).scan(Buffer.from("x"))).toMatchObject(expected);
});

test("an answer that never ends, or comes a byte at a time, is none", async () => {
  const endless = await scannerThat((socket) => {
    const more = () => void (socket.write("stream: ".repeat(500)) ? setImmediate(more) : undefined);
    more();
    socket.on("drain", more);
  });
  const said = await new Clamd(endless.socketFile).scan(Buffer.from("x"));
  expect(said).toEqual({ kind: "away", reason: "it says too much" });
  const slow = await scannerThat((socket) => {
    const timer = setInterval(() => socket.write("s"), 20);
    socket.on("close", () => clearInterval(timer));
  });
  const late = await new Clamd(slow.socketFile, 300).scan(Buffer.from("x"));
  expect(late).toEqual({ kind: "away", reason: "it did not answer in time" });
});

test("one that closes, takes nothing, or is not there is away", async () => {
  const closing = await scannerThat((socket) => void socket.destroy());
  const large = Buffer.alloc(8_000_000);
  expect((await new Clamd(closing.socketFile).scan(large)).kind).toBe("away");
  const deaf = await scannerThat((socket) => void socket.pause());
  expect((await new Clamd(deaf.socketFile, 300).scan(large)).kind).toBe("away");
  const nobody = new Clamd(path.join(temporaryFolder(), "none.ctl"));
  expect((await nobody.scan(large)).kind).toBe("away");
});

test("an answer before all was said does not count as one about all of it", async () => {
  const eager = await scannerThat((socket) => void socket.write("stream: OK\0"));
  const said = await new Clamd(eager.socketFile).scan(Buffer.alloc(8_000_000));
  expect(said.kind).toBe("away");
});
