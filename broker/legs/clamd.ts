/**
 * ClamAV's daemon over its socket on this machine (INSTREAM, clamd(8)): content goes in, one line
 * comes back. Whatever is not a plain "clean" is none: an answer that does not come, that says too
 * much or something else leaves the file unscanned, and then it is not sent.
 *
 *     zINSTREAM\0  <length, 32 bit>  <bytes>  …  <0>
 *     stream: OK\0    stream: Eicar-Test-Signature FOUND\0    INSTREAM size limit exceeded. ERROR\0
 */
import { createConnection } from "node:net";

export type ScanResult =
  | { readonly kind: "clean" }
  /** @property name what the scanner calls it, as harmless text */
  | { readonly kind: "found"; readonly name: string }
  | { readonly kind: "away"; readonly reason: string };

export interface Scanner {
  /** Never rejects. */
  scan(content: Uint8Array): Promise<ScanResult>;
}

const CHUNK = 65_536;
/** A firmware image in an archive takes the daemon some seconds. */
const ANSWER_MS = 60_000;
const ANSWER_BYTES_MAX = 4_096;
const NAME_MAX = 120;

export class Clamd implements Scanner {
  private readonly socket: string;
  private readonly answerMs: number;

  constructor(socket: string, answerMs = ANSWER_MS) {
    this.socket = socket;
    this.answerMs = answerMs;
  }

  scan(content: Uint8Array): Promise<ScanResult> {
    const { promise, resolve } = Promise.withResolvers<ScanResult>();
    const connection = createConnection({ path: this.socket });
    let answer = "";
    /** The daemon has all of it, so that what it says is about all of it. */
    let hasAll = false;
    const done = (result: ScanResult) => {
      clearTimeout(late);
      connection.destroy();
      resolve(result);
    };
    const away = (reason: string) => done({ kind: "away", reason });
    // Over everything: a daemon that says a byte now and then keeps nobody waiting.
    const late = setTimeout(() => away("it did not answer in time"), this.answerMs);
    connection.setEncoding("latin1");
    connection.on("error", ({ message }) => away(message));
    connection.on("close", () => away("it closed the connection without an answer"));
    connection.on("data", (piece: string) => {
      answer += piece;
      const end = answer.indexOf("\0");
      if (end >= 0) done(hasAll ? resultOf(answer.slice(0, end)) : early(answer.slice(0, end)));
      else if (answer.length > ANSWER_BYTES_MAX) away("it says too much");
    });
    connection.once("connect", () => {
      connection.write("zINSTREAM\0");
      for (let at = 0; at < content.length; at += CHUNK) {
        const piece = content.subarray(at, at + CHUNK);
        connection.write(lengthOf(piece.length));
        connection.write(piece);
      }
      connection.write(lengthOf(0), () => {
        hasAll = true;
      });
    });
    return promise;
  }
}

function resultOf(answer: string): ScanResult {
  if (answer === "stream: OK") return { kind: "clean" };
  const [, name] = /^stream: (.+) FOUND$/.exec(answer) ?? [];
  if (name !== undefined) return { kind: "found", name: plain(name) };
  return { kind: "away", reason: `it answered "${plain(answer)}"` };
}

/** Before it has the file: only a "clean" would be believed too soon. */
function early(answer: string): ScanResult {
  const result = resultOf(answer);
  if (result.kind !== "clean") return result;
  return { kind: "away", reason: "it answered before it had the whole file" };
}

function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, NAME_MAX);
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
