/**
 * The least that a relay in Node can cost: all clients on one connection to the device, ids put in
 * and taken out again, every reply written by itself, and nothing looked at, decided or recorded.
 * The same system calls as the broker's shared road; what the broker takes beyond it is its own work.
 */
import { writeSync } from "node:fs";
import net, { type AddressInfo, type Socket } from "node:net";
import { adoptAccepted, connectShared } from "../../broker/legs/shared-read.ts";

const IDS = 65_536;
const HEADER = 6;

interface Asked {
  readonly client: Client;
  readonly id: number;
}

interface Client {
  readonly socket: Socket;
  readonly fd: number;
}

const asked: (Asked | undefined)[] = new Array(IDS).fill(undefined);
const out = Buffer.allocUnsafeSlow(1 << 20);
let outLength = 0;
let nextId = 0;
let scheduled = false;
let rest: Buffer = Buffer.alloc(0);

const device = connectShared("127.0.0.1", Number(process.argv[2]), () => ({
  received: replies,
}));

/** The bench's client sends a frame at a time, whole. */
function request(client: Client, bytes: Uint8Array): void {
  asked[nextId] = { client, id: ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0) };
  out.set(bytes, outLength);
  out.writeUInt16BE(nextId, outLength);
  nextId = (nextId + 1) % IDS;
  outLength += bytes.length;
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    device.write(Buffer.from(out.subarray(0, outLength)));
    outLength = 0;
  });
}

function replies(read: Uint8Array): void {
  const bytes = rest.length === 0 ? Buffer.from(read) : Buffer.concat([rest, read]);
  let at = 0;
  while (bytes.length - at > HEADER) {
    const end = at + HEADER + bytes.readUInt16BE(at + 4);
    if (end > bytes.length) break;
    reply(bytes, at, end);
    at = end;
  }
  rest = bytes.subarray(at);
}

function reply(bytes: Buffer, at: number, end: number): void {
  const { client, id } = asked[bytes.readUInt16BE(at)] ?? {};
  if (!client || id === undefined) throw new Error("a reply that nobody waits for");
  bytes.writeUInt16BE(id, at);
  writeSync(client.fd, bytes, at, end - at);
}

const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
  const { socket } = adoptAccepted(accepted, (adopted) => {
    const { _handle } = adopted as Socket & { readonly _handle?: { readonly fd: number } };
    const client = { socket: adopted, fd: _handle?.fd ?? -1 };
    return { socket: adopted, received: (bytes: Uint8Array) => request(client, bytes) };
  });
  socket.on("error", () => socket.destroy());
  socket.resume();
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }, () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
