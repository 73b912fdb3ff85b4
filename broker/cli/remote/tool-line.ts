/** One connection of the tool, carried as a WebSocket of its own to the broker and back. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import {
  CONNECT_MESSAGE_MAX,
  CONNECT_PATH,
  CONNECT_PROTOCOL,
  HALF_CLOSES,
} from "../../api/shapes/connect.ts";
import { problemSchema } from "../../api/shapes/people.ts";
import { SAID_ALL } from "../../legs/web-socket-leg.ts";
import type { BrokerClient } from "./broker-client.ts";

/** Bytes on their way to a broker that takes them slower than the tool sends. */
const QUEUE_MAX = 262_144;
/** A tool that does not close its end is let go after this. */
const FAREWELL_MS = 1_000;
/** To a broker that answers at all. */
const HANDSHAKE_MS = 15_000;

/** @param path below the broker's address */
export async function openWebSocket(client: BrokerClient, path: string): Promise<WebSocket> {
  const url = `${client.address.origin.replace(/^http/, "ws")}${path}`;
  return new WebSocket(url, CONNECT_PROTOCOL, {
    headers: await client.headers("GET", path),
    perMessageDeflate: false,
    maxPayload: CONNECT_MESSAGE_MAX,
    handshakeTimeout: HANDSHAKE_MS,
    ...client.trust,
  });
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What the broker said instead of opening a WebSocket. */
export async function refusalIn(response: IncomingMessage): Promise<Refusal> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  try {
    const { code, message } = problemSchema.parse(JSON.parse(Buffer.concat(parts).toString()));
    return { code, message };
  } catch {
    return { code: `http-${response.statusCode}`, message: `it answered ${response.statusCode}` };
  }
}

export class ToolLine {
  private readonly tool: Socket;
  private webSocket: WebSocket | undefined;
  private over = false;
  private closed = () => {};
  private readonly halfCloses: boolean;
  private saidAll = false;
  private heardAll = false;

  /**
   * @param tool paused, nothing of it read yet; of a server that allows half-open connections
   * @param halfCloses the tool's protocol goes on where one side has said its last
   */
  constructor(tool: Socket, halfCloses = false) {
    this.tool = tool;
    this.halfCloses = halfCloses;
    tool.on("error", () => this.close());
    tool.on("close", () => this.close());
    tool.on("end", () => this.fellSilent());
  }

  onClosed(listener: () => void): void {
    this.closed = listener;
  }

  /** @param told why it could not be carried */
  async open(client: BrokerClient, session: string, told: (why: string) => void): Promise<void> {
    const query = this.halfCloses ? `?${HALF_CLOSES}` : "";
    const path = `${CONNECT_PATH}/${encodeURIComponent(session)}${query}`;
    const webSocket = await openWebSocket(client, path);
    if (this.over) {
      webSocket.on("error", () => undefined);
      webSocket.terminate();
      return;
    }
    this.webSocket = webSocket;
    webSocket.on("error", (error) => {
      if (!this.over) told(error.message);
      this.close();
    });
    webSocket.on("unexpected-response", (_, response) => {
      void refusalIn(response).then(({ message }) => told(message));
      this.close();
    });
    webSocket.on("close", () => this.close());
    webSocket.on("open", () => this.carry(webSocket));
  }

  /** The tool reads the end of its connection, after what it was sent. */
  close(): void {
    if (this.over) return;
    this.over = true;
    this.closed();
    const { tool, webSocket } = this;
    // All that there was for the tool is on its way to it.
    if (this.saidAll && this.heardAll) return;
    if (webSocket?.readyState === WebSocket.OPEN) webSocket.close();
    else webSocket?.terminate();
    tool.end();
    // What it still sends goes nowhere; unread it would make the end a reset.
    tool.resume();
    setTimeout(() => {
      tool.destroy();
      webSocket?.terminate();
    }, FAREWELL_MS).unref();
  }

  /** It may still wait for an answer. A broker of before takes the word for the end of it all. */
  private fellSilent(): void {
    const { webSocket } = this;
    if (this.over || !this.halfCloses || webSocket?.readyState !== WebSocket.OPEN) this.close();
    else {
      this.saidAll = true;
      webSocket.send(SAID_ALL, { binary: false });
    }
  }

  private carry(webSocket: WebSocket): void {
    const { tool } = this;
    const sent = () => {
      if (!this.over && webSocket.bufferedAmount <= QUEUE_MAX) tool.resume();
    };
    tool.on("data", (bytes: Buffer) => {
      if (this.over) return;
      webSocket.send(bytes, { binary: true }, sent);
      if (webSocket.bufferedAmount > QUEUE_MAX) tool.pause();
    });
    webSocket.on("message", (bytes: Buffer, isBinary: boolean) => {
      if (this.over) return;
      if (!isBinary) {
        this.heardAll = true;
        tool.end();
      } else if (!tool.write(bytes)) webSocket.pause();
    });
    tool.on("drain", () => webSocket.resume());
    tool.resume();
  }
}
