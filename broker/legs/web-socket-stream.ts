/**
 * A tool's connection that `sallyport connect` carries, as libraries want it that end a protocol's
 * own security: a stream that has of a socket what they ask for. What it is given at once leaves as
 * one message: a packet of SSH is written in pieces, and each would be a message of its own.
 */
import type { Socket } from "node:net";
import { createWebSocketStream, type WebSocket } from "ws";

export interface ToolAddress {
  readonly address: string;
  readonly port: number;
}

interface Part {
  readonly chunk: Buffer;
}

type Written = (error?: Error | null) => void;
type Encoding = BufferEncoding;

export function socketOver(webSocket: WebSocket, { address, port }: ToolAddress): Socket {
  const stream = createWebSocketStream(webSocket, { allowHalfOpen: false });
  // Always heard: a library that has let go of it would not.
  stream.on("error", () => stream.destroy());
  const same = () => stream;
  const more = {
    _writev: (parts: readonly Part[], written: Written) =>
      stream._write(Buffer.concat(parts.map(({ chunk }) => chunk)), "buffer" as Encoding, written),
    ...{ remoteAddress: address, remotePort: port, remoteFamily: "IPv4" },
    ...{ setNoDelay: same, setKeepAlive: same, setTimeout: same, ref: same, unref: same },
    destroySoon: () => stream.end(() => stream.destroy()),
  };
  return Object.assign(stream, more) as unknown as Socket;
}
