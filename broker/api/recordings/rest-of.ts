/**
 * The rest of a file whose download broke off. Whoever has its beginning says how long that is and
 * what its SHA-256 is; the file is made anew, and where it does not begin like that, nothing of it
 * is given: a rest that does not fit is never joined on.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import { ApiRefused } from "../problem.ts";

/** Both, or none of them. */
export const restParameters = {
  /** Bytes that have come. */
  from: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  /** SHA-256 of them, in hex. */
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
};

export interface Rest {
  readonly from?: number | undefined;
  readonly digest?: string | undefined;
}

export interface Delivered {
  readonly content: Readable;
  /** SHA-256 of all of the file, in Base64; once it has been read to its end. */
  digest(): string;
}

const NOTHING = Buffer.alloc(0);

/**
 * @param whole of bytes or text; it is destroyed with what is answered, and where this refuses
 * @throws ApiRefused
 */
export async function restOf(whole: Readable, { from, digest }: Rest): Promise<Delivered> {
  const hash = createHash("sha256");
  const pieces: AsyncIterator<string | Buffer> = whole[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | undefined> => {
    const { done, value } = await pieces.next();
    return done ? undefined : Buffer.from(value);
  };
  try {
    if ((from === undefined) !== (digest === undefined)) throw incomplete();
    const first = await pass(next, from ?? 0, (bytes) => hash.update(bytes));
    if (digest !== undefined && (!first || hash.copy().digest("hex") !== digest)) throw changed();
    const rest = restFrom(first ?? NOTHING, next, (bytes) => hash.update(bytes));
    const content = Readable.from(rest, { objectMode: false });
    content.once("close", () => whole.destroy());
    return { content, digest: () => hash.digest("base64") };
  } catch (error) {
    whole.destroy();
    throw error;
  }
}

type Next = () => Promise<Buffer | undefined>;

/** Steps over so many bytes. Answers what came with the last of them; undefined where there are fewer. */
async function pass(next: Next, count: number, seen: (bytes: Buffer) => void) {
  let left = count;
  let beyond: Buffer = NOTHING;
  while (left > 0) {
    const piece = await next();
    if (!piece) return undefined;
    seen(piece.subarray(0, left));
    beyond = piece.subarray(left);
    left -= Math.min(left, piece.length);
  }
  return beyond;
}

async function* restFrom(first: Buffer, next: Next, seen: (bytes: Buffer) => void) {
  for (let piece: Buffer | undefined = first; piece; piece = await next()) {
    seen(piece);
    if (piece.length > 0) yield piece;
  }
}

/** For the event of an export. */
export function fromText({ from }: Rest): string {
  return from === undefined ? "" : `, from byte ${from} on`;
}

function incomplete(): ApiRefused {
  return new ApiRefused(400, "invalid-request", "Not acceptable: from and digest go together.");
}

function changed(): ApiRefused {
  const message = "The file begins otherwise now. Take it from its beginning.";
  return new ApiRefused(409, "begins-otherwise", message);
}
