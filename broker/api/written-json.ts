/**
 * An answer too long to be written in one turn: it is put together piece by piece, so that whatever
 * else the broker does goes on between, and sent compressed to whoever takes that. What is checked
 * of other answers while they are written, the types of this one say.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

/** About a millisecond or two each: nobody waits for a piece. */
const ITEMS_AT_ONCE = 100;
/** The same of a text that is written as one string. */
const TEXT_AT_ONCE = 262_144;
/** Shorter ones go as they are: a packet or two either way. */
const COMPRESSED_MIN = 16_384;

const compress = promisify(gzip);

/** `T` is what it says, as the endpoint's schema has it. */
export class WrittenJson<T> {
  readonly json: Buffer;
  /** Of what it says, so that who has it already is told so and no more (RFC 9110, 8.8.3). */
  readonly tag: string;
  /** Never set: by it the compiler tells what is written. */
  declare protected readonly written: T;

  private constructor(json: Buffer, tag: string) {
    this.json = json;
    this.tag = tag;
  }

  static async of<T>(pieces: Iterable<string>): Promise<WrittenJson<T>> {
    const [written, hash] = [[] as Buffer[], createHash("sha256")];
    for (const piece of pieces) {
      if (written.length > 0) await new Promise<void>((resolve) => void setImmediate(resolve));
      const bytes = Buffer.from(piece);
      hash.update(bytes);
      written.push(bytes);
    }
    // Weak: it is the same, compressed or not.
    return new WrittenJson(Buffer.concat(written), `W/"${hash.digest("base64url")}"`);
  }

  /** Compressed beside the loop, where who asks takes it. */
  async encoded(accepted: string | undefined): Promise<{ body: Buffer; encoding?: "gzip" }> {
    if (this.json.length < COMPRESSED_MIN || !takesGzip(accepted)) return { body: this.json };
    return { body: await compress(this.json, { level: constants.Z_BEST_SPEED }), encoding: "gzip" };
  }
}

/**
 * @param list of the object that is written, made item by item and put last
 * @param view undefined for an item that is left out
 */
export function writeLong<T extends object, K extends keyof T & string, I>(
  rest: Omit<T, K>,
  list: K,
  items: readonly I[],
  view: (item: I) => (T[K] extends readonly (infer V)[] ? V : never) | undefined,
): Promise<WrittenJson<T>> {
  function* pieces() {
    yield `${opened(rest)}${JSON.stringify(list)}:[`;
    let before = "";
    for (let at = 0; at < items.length; at += ITEMS_AT_ONCE) {
      const some = items.slice(at, at + ITEMS_AT_ONCE).flatMap((item) => {
        const shown = view(item);
        return shown === undefined ? [] : [JSON.stringify(shown)];
      });
      if (some.length === 0) yield "";
      else yield before + some.join(",");
      if (some.length > 0) before = ",";
    }
    yield "]}";
  }
  return WrittenJson.of(pieces());
}

/** @param texts of the object that is written: megabytes each, and put last */
export function writeTexts<T extends object, K extends keyof T & string>(
  rest: Omit<T, K>,
  texts: Readonly<Record<K, T[K] & string>>,
): Promise<WrittenJson<T>> {
  function* pieces() {
    let before = opened(rest);
    for (const [name, text] of Object.entries<string>(texts)) {
      yield `${before}${JSON.stringify(name)}:"`;
      for (const part of partsOf(text)) yield JSON.stringify(part).slice(1, -1);
      before = '",';
    }
    yield '"}';
  }
  return WrittenJson.of(pieces());
}

/** Never between the halves of a character. */
function* partsOf(text: string): Iterable<string> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + TEXT_AT_ONCE);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}

function opened(rest: object): string {
  const head = JSON.stringify(rest).slice(0, -1);
  return head === "{" ? head : `${head},`;
}

export async function sendWritten(
  { headers, method }: FastifyRequest,
  reply: FastifyReply,
  value: WrittenJson<unknown>,
): Promise<FastifyReply> {
  reply.headers({ "cache-control": "no-store", vary: "accept-encoding", etag: value.tag });
  if (method === "GET" && headers["if-none-match"] === value.tag) return reply.code(304).send();
  const { body, encoding } = await value.encoded(headers["accept-encoding"]);
  if (encoding) reply.header("content-encoding", encoding);
  return reply.type("application/json; charset=utf-8").send(body);
}

/** RFC 9110, section 12.5.3; a browser lists it plainly, and `q=0` refuses it. */
function takesGzip(accepted = ""): boolean {
  return accepted.split(",").some((each) => {
    const [name = "", ...parameters] = each.split(";").map((part) => part.trim().toLowerCase());
    return name === "gzip" && !parameters.some((part) => /^q=0(?:\.0*)?$/.test(part));
  });
}
