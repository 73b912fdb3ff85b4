import { writeSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { SocketOutput, type WriteNow, writeDirectly } from "./socket-output.ts";

const closes: (() => void)[] = [];

afterEach(() => {
  writeDirectly(true);
  for (const close of closes.splice(0)) close();
});

/** A connected pair; the reader is paused and keeps what it reads. */
async function pair(): Promise<{ writer: Socket; reader: Socket; read: () => Buffer }> {
  const server = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const writer = connect({ port, host: "127.0.0.1", noDelay: true });
  const reader = await accepted;
  closes.push(() => {
    writer.destroy();
    reader.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    if (writer.connecting) writer.once("connect", resolve);
    else resolve();
  });
  const chunks: Buffer[] = [];
  reader.on("data", (bytes) => chunks.push(bytes));
  reader.pause();
  return { writer, reader, read: () => Buffer.concat(chunks) };
}

/** Distinct bytes, so that a swap, a loss and a repetition all show. */
function numbered(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (((from + at) * 2_654_435_761) >>> 11) & 0xff);
}

async function until(holds: () => boolean): Promise<void> {
  for (let left = 100_000; left > 0 && !holds(); left--) await turn();
}

interface Step {
  readonly parts: readonly number[];
  /** How much the system takes of the flush, in 256ths; 0 is EAGAIN. */
  readonly takes: number;
  readonly waits: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  parts: fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 4 }),
  takes: fc.integer({ min: 0, max: 256 }),
  waits: fc.boolean(),
});

test("whatever the system takes at a time, the same bytes arrive in the same order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const { writer, reader, read } = await pair();
      reader.resume();
      let takes = 256;
      const stingy: WriteNow = (fd, bytes, offset, length) => {
        const some = Math.floor((length * takes) / 256);
        if (some === 0) throw Object.assign(new Error("again"), { code: "EAGAIN" });
        return writeSync(fd, bytes, offset, some);
      };
      const output = new SocketOutput(writer, undefined, stingy);
      let sent = 0;
      for (const { parts, takes: share, waits } of steps) {
        takes = share;
        for (const length of parts) {
          output.gather(numbered(sent, length));
          sent += length;
        }
        output.flush();
        if (waits) await turn();
      }
      await until(() => read().length >= sent);
      expect(read().equals(numbered(0, sent))).toBe(true);
      expect(output.queued).toBe(0);
    }),
    { numRuns: 30 },
  );
}, 30_000);

for (const direct of [true, false]) {
  test(`a reader that stops for a while gets everything in order, ${direct ? "written directly" : "through the stream"}`, async () => {
    writeDirectly(direct);
    const { writer, reader, read } = await pair();
    const output = new SocketOutput(writer);
    let sent = 0;
    for (let at = 0; at < 2_000; at++) {
      const length = 1 + ((at * 7_919) % 6_000);
      output.gather(numbered(sent, length));
      sent += length;
      if (at % 3 !== 0) output.flush();
      if (at % 100 === 0) await turn();
    }
    output.flush();
    expect(output.queued).toBeGreaterThan(0);
    reader.resume();
    await until(() => read().length >= sent);
    expect(read().equals(numbered(0, sent))).toBe(true);
    expect(output.queued).toBe(0);
  }, 30_000);
}

test("a socket that was destroyed is never written to: its descriptor may be another's by now", async () => {
  const { writer } = await pair();
  const written: number[] = [];
  const output = new SocketOutput(writer, undefined, (fd, bytes, offset, length) => {
    written.push(fd);
    return writeSync(fd, bytes, offset, length);
  });
  output.gather(numbered(0, 10));
  output.flush();
  expect(written).toHaveLength(1);
  writer.on("error", () => {});
  writer.destroy();
  output.gather(numbered(10, 10));
  output.flush();
  expect(written).toHaveLength(1);
});

test("an error of the direct road is met and told by the stream", async () => {
  const { writer } = await pair();
  const output = new SocketOutput(writer, undefined, () => {
    throw Object.assign(new Error("broken"), { code: "EPIPE" });
  });
  output.gather(numbered(0, 10));
  output.flush();
  expect(writer.bytesWritten).toBe(10);
});
