/** A slow line to a port of this machine: so many bytes a second each way, each of them late, in small pieces. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface SlowLink {
  readonly port: number;
  close(): void;
}

export interface Slowness {
  /** One way. */
  readonly delayMs: number;
  readonly bytesPerSecond: number;
}

/** Less than a packet: whatever is longer comes in pieces, letters and sequences cut in two. */
const PIECE = 97;
/** Sent at once, as a line's own buffer does; no more is read meanwhile. */
const AHEAD_MS = 200;

export async function slowLink(to: number, slowness: Slowness): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    carry(near, far, slowness);
    carry(far, near, slowness);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of [...sockets]) socket.destroy();
    },
  };
}

function carry(from: Socket, to: Socket, { delayMs, bytesPerSecond }: Slowness): void {
  const onTheWay: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  let freeMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const arrive = () => {
    timer = undefined;
    const nowMs = performance.now();
    while (onTheWay[0] && onTheWay[0].atMs <= nowMs) {
      const next = onTheWay.shift();
      if (next) to.write(next.bytes);
    }
    if (freeMs - nowMs < AHEAD_MS) from.resume();
    if (onTheWay[0]) timer = setTimeout(arrive, Math.max(1, onTheWay[0].atMs - nowMs));
    else if (from.readableEnded) to.end();
  };
  from.on("data", (bytes: Buffer) => {
    const nowMs = performance.now();
    freeMs = Math.max(freeMs, nowMs);
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      freeMs += (piece.length / bytesPerSecond) * 1_000;
      onTheWay.push({ atMs: freeMs + delayMs, bytes: piece });
    }
    if (freeMs - nowMs >= AHEAD_MS) from.pause();
    timer ??= setTimeout(arrive, 1);
  });
  from.on("end", () => {
    timer ??= setTimeout(arrive, 1);
  });
  from.on("close", () => clearTimeout(timer));
}
