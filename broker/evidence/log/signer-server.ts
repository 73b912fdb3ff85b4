/**
 * The socket of `sallyport signer`. Who may connect is the kernel's to check, by the rights on the
 * socket and its folder: Node.js does not tell who is at the other end.
 */
import { chmodSync, chownSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import type { NoteSigner } from "./note-signer.ts";
import { LINE_BYTES_MAX, type SignerAnswer, signerRequestSchema } from "./signer-wire.ts";

/** One broker asks one thing at a time; more is somebody trying something. */
const CONNECTIONS_MAX = 16;
const IDLE_MS = 10_000;

export class SocketRefused extends Error {
  override readonly name = "SocketRefused";
}

/**
 * @param group may connect besides the signer's own user; undefined: nobody else
 * @throws SocketRefused
 */
export async function listenAsSigner(
  signer: NoteSigner,
  socket: string,
  group: number | undefined,
): Promise<Server> {
  mustBeSafe(path.dirname(socket));
  if (lstatSync(socket, { throwIfNoEntry: false })?.isSocket()) rmSync(socket);
  const server = createServer((connection) => serve(signer, connection));
  server.maxConnections = CONNECTIONS_MAX;
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(socket, () => resolve());
    });
  } finally {
    process.umask(before);
  }
  if (group === undefined) chmodSync(socket, 0o600);
  else {
    chownSync(socket, process.getuid?.() ?? -1, group);
    chmodSync(socket, 0o660);
  }
  return server;
}

/** Whoever can write to the folder can put another socket in its place. */
function mustBeSafe(folder: string): void {
  const { mode, uid } = lstatSync(folder);
  const own = process.getuid?.();
  if ((mode & 0o022) !== 0 || (own !== undefined && uid !== own && uid !== 0)) {
    throw new SocketRefused(`${folder} can be written by others: use a folder of the signer's own`);
  }
}

function serve(signer: NoteSigner, connection: Socket): void {
  let text = "";
  let asked = false;
  connection.setEncoding("utf8");
  connection.setTimeout(IDLE_MS, () => connection.destroy());
  connection.on("error", () => connection.destroy());
  connection.on("data", (piece: string) => {
    text += piece;
    if (text.length > LINE_BYTES_MAX || asked) return void connection.destroy();
    if (!text.includes("\n")) return;
    asked = true;
    void reply(signer, text.slice(0, text.indexOf("\n"))).then((answer) =>
      connection.end(`${JSON.stringify(answer)}\n`),
    );
  });
}

async function reply(signer: NoteSigner, line: string): Promise<SignerAnswer> {
  const request = signerRequestSchema.safeParse(parseJson(line)).data;
  if (!request) return { kind: "refused", reason: "the request cannot be understood" };
  return signer.answer(request);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
