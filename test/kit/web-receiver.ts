/** Somebody's web address: keeps what came and answers as the test says. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Heard {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface WebReceiver {
  readonly url: string;
  readonly port: number;
  readonly heard: Heard[];
}

/** @param answer called once the whole request is there */
export async function startWebReceiver(
  answer: (response: ServerResponse, nth: number, body: string) => void = (response) =>
    void response.writeHead(204).end(),
  tls?: { readonly certificate: string; readonly key: string },
): Promise<WebReceiver> {
  const heard: Heard[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    heard.push({ headers: request.headers, body });
    answer(response, heard.length, body);
  };
  const server = tls
    ? createTlsServer({ cert: tls.certificate, key: tls.key }, listener)
    : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${port}/hook`, port, heard };
}
