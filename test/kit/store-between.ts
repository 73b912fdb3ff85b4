/** Stands between the broker and an object store, and does to requests and answers what a test wants. */
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Passed {
  readonly method: string;
  readonly path: string;
}

export type Deed =
  /** The connection ends before an answer. */
  | "cut"
  /** Nothing is ever said. */
  | "hang"
  /** 500, and the request never arrives. */
  | "fail"
  /** 200, and the request never arrives. */
  | "lie"
  /** One byte of the answer is another. */
  | "change"
  /** The answer ends in its middle. */
  | "truncate"
  /** A byte at a time. */
  | "trickle";

export class StoreBetween {
  /** Undefined: it passes. */
  deed: (request: Passed) => Deed | undefined = () => undefined;
  readonly seen: Passed[] = [];
  private readonly server: http.Server;
  private readonly to: number;
  private port = 0;

  constructor(to: number) {
    this.to = to;
    this.server = http.createServer((request, response) => this.take(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Refuses whoever comes, until it is opened again. */
  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
  }

  private take(request: http.IncomingMessage, response: http.ServerResponse): void {
    const passed = { method: request.method ?? "", path: request.url ?? "" };
    this.seen.push(passed);
    const deed = this.deed(passed);
    request.on("error", () => {});
    if (deed === "cut") return void request.socket.destroy();
    if (deed === "hang") return;
    if (deed === "fail" || deed === "lie") {
      request.resume().on("end", () => {
        response.writeHead(deed === "fail" ? 500 : 200, { etag: '"0"' }).end();
      });
      return;
    }
    const { method, url: path, headers } = request;
    const options = { host: "127.0.0.1", port: this.to, method, path, headers };
    const sent = http.request(options, (answer) => this.answer(answer, response, deed));
    sent.on("error", () => response.destroy());
    response.on("close", () => sent.destroy());
    request.pipe(sent);
  }

  private answer(
    answer: http.IncomingMessage,
    response: http.ServerResponse,
    deed: Deed | undefined,
  ): void {
    answer.on("error", () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (deed === undefined) return void answer.pipe(response);
    const pieces: Buffer[] = [];
    answer.on("data", (piece: Buffer) => pieces.push(piece));
    answer.on("end", () => {
      const body = Buffer.concat(pieces);
      const middle = body.length >> 1;
      if (deed === "truncate" && body.length > 1) {
        response.write(body.subarray(0, middle), () => response.destroy());
      } else if (deed === "trickle" && body.length > 1) {
        response.write(body.subarray(0, 1));
      } else {
        if (body.length > 0) body[middle] = (body[middle] ?? 0) ^ 1;
        response.end(body);
      }
    });
  }
}
