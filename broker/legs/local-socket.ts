/** One question and its answer over a socket of this machine: no address, no network. */
import { createConnection } from "node:net";

export class SocketAway extends Error {
  override readonly name = "SocketAway";
}

/**
 * Sends a line and answers what came until the other end closed. Rejects with `SocketAway`.
 * @param answerMs how long the answer may take
 */
export function askLocalSocket(
  socket: string,
  line: string,
  answerMs: number,
  bytesMax: number,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = createConnection({ path: socket });
    let text = "";
    const away = (reason: string) => {
      connection.destroy();
      reject(new SocketAway(reason));
    };
    connection.setEncoding("utf8");
    connection.setTimeout(answerMs, () => away("it does not answer"));
    connection.on("error", ({ message }) => away(message));
    connection.on("data", (piece: string) => {
      text += piece;
      if (text.length > bytesMax) away("it says too much");
    });
    connection.on("end", () => resolve(text));
    connection.on("close", () => away("it closed without an answer"));
    connection.write(`${line}\n`);
  });
}
