/** The HTTP of a witness: one path, one method, small bodies, and the status codes of the spec. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Witness, WitnessAnswer } from "./witness.ts";

/** A request is a checkpoint and 63 hashes. */
const BODY_BYTES_MAX = 128 * 1024;
/** A log waits longer for nobody; a stranger holds a place no longer. */
const REQUEST_MS = 10_000;
const CONNECTIONS_MAX = 256;

/** @param onFault told what kept the witness from keeping what it saw */
export function createWitnessServer(witness: Witness, onFault: (error: unknown) => void): Server {
  const server = createServer((request, response) => {
    answer(witness, request)
      .catch((error: unknown) => {
        // Who goes away amid what he says, as a broker that is killed, hears no answer.
        if (!request.complete) return undefined;
        onFault(error);
        return said(500, "the witness cannot keep what it sees\n");
      })
      .then((reply) => reply && send(response, reply));
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(witness: Witness, request: IncomingMessage): Promise<Reply> {
  const { pathname } = new URL(request.url ?? "/", "http://witness");
  if (pathname !== "/add-checkpoint") return said(404, "there is nothing here\n");
  if (request.method !== "POST") return said(405, "send a checkpoint with POST\n");
  const body = await bodyOf(request);
  if (body === undefined) return said(413, "the request is too large\n");
  return replyOf(await witness.addCheckpoint(body));
}

/** Undefined if it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BODY_BYTES_MAX) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function replyOf(answered: WitnessAnswer): Reply {
  switch (answered.kind) {
    case "cosigned":
      return said(200, answered.lines);
    case "conflict":
      return { status: 409, type: "text/x.tlog.size", body: `${answered.size}\n` };
    case "malformed":
      return said(400, "this is not a checkpoint with its proof\n");
    case "unknown-log":
      return said(404, "this log is not watched here\n");
    case "not-signed":
      return said(403, "the log's key has not signed this checkpoint\n");
    case "inconsistent":
      return said(422, "the checkpoint does not go on from the one cosigned last\n");
  }
}

function said(status: number, body: string): Reply {
  return { status, type: "text/plain; charset=utf-8", body };
}

function send(response: ServerResponse, { status, type, body }: Reply): void {
  // What is left of a request that was too large is not read.
  if (status === 413) response.setHeader("connection", "close");
  response.writeHead(status, { "content-type": type, "x-content-type-options": "nosniff" });
  response.end(body);
}
