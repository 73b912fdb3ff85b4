/**
 * An answer too long to be written in one turn: it is put together piece by piece, so that whatever
 * else the broker does goes on between, and sent compressed to whoever takes that. What is checked
 * of other answers while they are written, the types of this one say.
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

/** About a millisecond or two each: nobody waits for a piece. */
const ITEMS_AT_ONCE = 100;
/** Shorter ones go as they are: a packet or two either way. */
const COMPRESSED_MIN = 16_384;

const compress = promisify(gzip);

/** `T` is what it says, as the endpoint's schema has it. */
export class WrittenJson<T> {
  readonly json: Buffer;
  /** Never set: by it the compiler tells what is written. */
  declare protected readonly written: T;

  constructor(json: Buffer) {
    this.json = json;
  }

  /** Compressed beside the loop, where who asks takes it. */
  async encoded(accepted: string | undefined): Promise<{ body: Buffer; encoding?: "gzip" }> {
    if (this.json.length < COMPRESSED_MIN || !takesGzip(accepted)) return { body: this.json };
    return { body: await compress(this.json, { level: constants.Z_BEST_SPEED }), encoding: "gzip" };
  }
}

/** @param list of the object that is written, made item by item and put last */
export async function writeLong<T extends object, K extends keyof T & string, I>(
  rest: Omit<T, K>,
  list: K,
  items: readonly I[],
  view: (item: I) => T[K] extends readonly (infer V)[] ? V : never,
): Promise<WrittenJson<T>> {
  const head = JSON.stringify(rest).slice(0, -1);
  const pieces = [Buffer.from(`${head}${head === "{" ? "" : ","}${JSON.stringify(list)}:[`)];
  for (let at = 0; at < items.length; at += ITEMS_AT_ONCE) {
    if (at > 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    const some = items.slice(at, at + ITEMS_AT_ONCE).map((item) => JSON.stringify(view(item)));
    pieces.push(Buffer.from(`${at > 0 ? "," : ""}${some.join(",")}`));
  }
  return new WrittenJson(Buffer.concat([...pieces, Buffer.from("]}")]));
}

export async function sendWritten(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  value: WrittenJson<unknown>,
): Promise<FastifyReply> {
  const { body, encoding } = await value.encoded(headers["accept-encoding"]);
  reply.headers({ "cache-control": "no-store", vary: "accept-encoding" });
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
