/**
 * A tool's connection that `sallyport connect` carries, as libraries want it that end a protocol's
 * own security: a stream that has of a socket what they ask for.
 */
import type { Socket } from "node:net";
import { createWebSocketStream, type WebSocket } from "ws";

export interface ToolAddress {
  readonly address: string;
  readonly port: number;
}

export function socketOver(webSocket: WebSocket, { address, port }: ToolAddress): Socket {
  const stream = createWebSocketStream(webSocket, { allowHalfOpen: false });
  // Always heard: a library that has let go of it would not.
  stream.on("error", () => stream.destroy());
  const same = () => stream;
  const more = {
    ...{ remoteAddress: address, remotePort: port, remoteFamily: "IPv4" },
    ...{ setNoDelay: same, setKeepAlive: same, setTimeout: same, ref: same, unref: same },
    destroySoon: () => stream.end(() => stream.destroy()),
  };
  return Object.assign(stream, more) as unknown as Socket;
}
