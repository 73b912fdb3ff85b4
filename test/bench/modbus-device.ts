/**
 * A quick Modbus device for benches: answers reads of holding registers and single writes, as
 * many a turn as arrive, with one write. Prints its port. Not a server to test correctness with.
 */
import net from "node:net";

const HEADER = 8;
const READ = 3;
const WRITE = 6;
const OUT_LENGTH = 1 << 20;
const out = Buffer.allocUnsafeSlow(OUT_LENGTH);

const server = net.createServer({ noDelay: true }, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const { consumed, produced } = answer(bytes);
    rest = consumed === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(consumed));
    if (produced > 0) socket.write(Buffer.from(out.subarray(0, produced)));
  });
});

function answer(bytes: Buffer): { consumed: number; produced: number } {
  let consumed = 0;
  let produced = 0;
  while (bytes.length - consumed >= HEADER + 4) {
    const end = consumed + 6 + bytes.readUInt16BE(consumed + 4);
    if (end > bytes.length) break;
    produced = answerOne(bytes, consumed, end, produced);
    consumed = end;
  }
  return { consumed, produced };
}

function answerOne(bytes: Buffer, from: number, end: number, at: number): number {
  const code = bytes[from + 7];
  if (code === READ) {
    const count = bytes.readUInt16BE(from + 10);
    bytes.copy(out, at, from, from + 4);
    out.writeUInt16BE(3 + count * 2, at + 4);
    out[at + 6] = bytes[from + 6] ?? 0;
    out[at + 7] = READ;
    out[at + 8] = count * 2;
    out.fill(7, at + 9, at + 9 + count * 2);
    return at + 9 + count * 2;
  }
  if (code === WRITE) {
    bytes.copy(out, at, from, end);
    return at + end - from;
  }
  throw new Error(`the bench's device does not know function ${code}`);
}

server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
  const address = server.address();
  if (address && typeof address === "object") process.stdout.write(`device on ${address.port}\n`);
});
