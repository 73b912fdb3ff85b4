/**
 * A listener in front of a simulated asset that can misbehave on request, as old devices do:
 * answer late, never, with rubbish, byte by byte, with an exception, or by resetting.
 */
import net from "node:net";

export type Fault =
  | { readonly kind: "none" }
  | { readonly kind: "delay"; readonly ms: number }
  /** Takes requests and never answers. */
  | { readonly kind: "hang" }
  /** Resets the connection at the next request. */
  | { readonly kind: "reset" }
  /** Answers each request with bytes that are no Modbus. */
  | { readonly kind: "garbage" }
  /** Answers correctly, one byte at a time. */
  | { readonly kind: "drip"; readonly ms: number }
  /** Answers each request with this Modbus exception code. */
  | { readonly kind: "exception"; readonly code: number };

export interface FaultyListener {
  readonly port: number;
  /** Takes effect for requests from now on. */
  set(fault: Fault): void;
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const GARBAGE = Buffer.from("HTTP/1.0 400 Bad Request\r\n\r\n");

/** @param port 0 picks a free one. @param behind port of the well-behaved server on loopback. */
export function openFaultyListener(port: number, behind: number): Promise<FaultyListener> {
  let fault: Fault = { kind: "none" };
  const open = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (client) => {
    const asset = net.connect({ host: HOST, port: behind, noDelay: true });
    for (const socket of [client, asset]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
    }
    client.on("close", () => asset.destroy());
    asset.on("close", () => client.destroy());
    client.on("data", (bytes) => request(fault, client, asset, bytes));
    asset.on("data", (bytes) => reply(fault, client, bytes));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("no port"));
      resolve({
        port: address.port,
        set: (next) => {
          fault = next;
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}

function request(fault: Fault, client: net.Socket, asset: net.Socket, bytes: Buffer): void {
  switch (fault.kind) {
    case "hang":
      return;
    case "reset":
      client.resetAndDestroy();
      return;
    case "garbage":
      client.write(GARBAGE);
      return;
    case "exception":
      client.write(exceptionTo(bytes, fault.code));
      return;
    default:
      asset.write(bytes);
  }
}

function reply(fault: Fault, client: net.Socket, bytes: Buffer): void {
  if (fault.kind === "delay") {
    setTimeout(() => client.destroyed || client.write(bytes), fault.ms).unref();
    return;
  }
  if (fault.kind !== "drip") {
    client.write(bytes);
    return;
  }
  bytes.forEach((_, index) => {
    const one = bytes.subarray(index, index + 1);
    setTimeout(() => client.destroyed || client.write(one), fault.ms * index).unref();
  });
}

/** An exception to the first request in these bytes: the caller sends one at a time. */
function exceptionTo(bytes: Buffer, code: number): Buffer {
  const answer = Buffer.alloc(9);
  bytes.copy(answer, 0, 0, 4);
  answer.writeUInt16BE(3, 4);
  answer[6] = bytes[6] ?? 0;
  answer[7] = (bytes[7] ?? 0) | 0x80;
  answer[8] = code;
  return answer;
}
