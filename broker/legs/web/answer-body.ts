/** An answer's body as the guard gets it: decoded, bounded, links to the panel itself made local. */
import type { IncomingMessage } from "node:http";
import type { Readable, Transform } from "node:stream";
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from "node:zlib";
import { DOWNLOAD_MAX } from "../../../protocols/http/limits.ts";
import { ByteWriter } from "../../../protocols/tape/byte-writer.ts";
import { Gathered } from "./gathered.ts";
import type { OwnLinks } from "./own-links.ts";

/** Pages and scripts larger than this are passed on as they are. */
const REWRITTEN_MAX = 4 * 1024 * 1024;

const REWRITTEN =
  /^(?:text\/(?:html|css|javascript|xml)|application\/(?:x-)?(?:javascript|xhtml))/i;

export interface BodyParts {
  readonly answer: IncomingMessage;
  readonly links: OwnLinks;
  /** Host of the session, as the browser named it. */
  readonly client: string;
  /** How long the panel may say nothing while it is listened to. */
  readonly silenceMs: number;
  piece(bytes: Uint8Array): void;
  end(): void;
  failed(reason: string): void;
}

export interface PassedOn {
  pause(): void;
  resume(): void;
}

/** Undefined where the coding is none that can be undone here. */
export function passBody(parts: BodyParts): PassedOn | undefined {
  const source = decoded(parts.answer);
  if (source === undefined) return undefined;
  const type = parts.answer.headers["content-type"] ?? "";
  const gathered = new Gathered(parts.piece);
  let kept = REWRITTEN.test(type) ? new ByteWriter() : undefined;
  let size = 0;
  source.on("data", (bytes: Uint8Array) => {
    size += bytes.length;
    if (size > DOWNLOAD_MAX) {
      parts.answer.destroy();
      gathered.drop();
      return parts.failed("the answer is larger than any is taken");
    }
    if (kept === undefined) return gathered.add(bytes);
    kept.raw(bytes);
    if (size <= REWRITTEN_MAX) return;
    const text = kept.bytes.subarray(0, kept.length);
    kept = undefined;
    parts.piece(text);
  });
  source.on("end", () => {
    gathered.flush();
    if (kept !== undefined && kept.length > 0) {
      const text = Buffer.from(kept.bytes.buffer, 0, kept.length).toString("latin1");
      parts.piece(Buffer.from(parts.links.inText(text, parts.client), "latin1"));
    }
    parts.end();
  });
  source.on("error", (error) => {
    gathered.flush();
    // Of a body without a byte there is nothing to undo.
    if (isEmpty(source, parts.answer)) parts.end();
    else parts.failed(error.message);
  });
  const { answer, silenceMs } = parts;
  // Who is not listened to (a slow browser, a person who decides) is not silent.
  const listen = () => {
    // Whole, and still unpacked: it has no connection to be silent on any more.
    if (answer.complete) return;
    answer.setTimeout(silenceMs, () => answer.destroy(new Error("it stopped answering")));
  };
  listen();
  return {
    pause: () => {
      if (!answer.complete) answer.setTimeout(0);
      source.pause();
    },
    resume: () => {
      listen();
      source.resume();
    },
  };
}

/** Undefined where nothing here undoes the coding that it names. */
function decoded(answer: IncomingMessage): Readable | undefined {
  const coding = codingOf(answer);
  if (coding === "identity") return answer;
  const undo = DECODERS.get(coding)?.();
  if (undo === undefined) return undefined;
  answer.on("error", (error) => undo.destroy(error));
  return answer.pipe(undo);
}

export function codingOf({ headers }: IncomingMessage): string {
  return headers["content-encoding"]?.trim().toLowerCase() || "identity";
}

export function isKnownCoding(coding: string): boolean {
  return coding === "identity" || DECODERS.has(coding);
}

type Undoing = Transform & { readonly bytesWritten: number };

const DECODERS: ReadonlyMap<string, () => Undoing> = new Map<string, () => Undoing>([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
  ["zstd", createZstdDecompress],
]);

function isEmpty(source: Readable, answer: IncomingMessage): boolean {
  return answer.complete && "bytesWritten" in source && source.bytesWritten === 0;
}
