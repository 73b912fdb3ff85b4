/**
 * What the broker and `sallyport signer` say to each other: a line of JSON each way, on a
 * connection of its own.
 *
 *     {"do":"sign","number":1,"text":"…","old":17,"hashes":["…"]}     {"kind":"signed","bytes":"…"}
 */
import { z } from "zod";
import { PROOF_HASHES_MAX } from "../../../protocols/log/proof.ts";

/** A checkpoint and the hashes of its proof; much more is nobody's. */
export const LINE_BYTES_MAX = 64 * 1024;

const number = z.number().int().min(1).max(999_999);
const base64 = z.string().max(100);

export const signerRequestSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("key"), number }),
  z.strictObject({ do: z.literal("has"), number }),
  z.strictObject({ do: z.literal("destroy"), number }),
  z.strictObject({
    do: z.literal("sign"),
    number,
    text: z.string().max(1000),
    old: z.number().int().nonnegative(),
    hashes: z.array(base64).max(PROOF_HASHES_MAX),
  }),
]);
export type SignerRequest = z.infer<typeof signerRequestSchema>;

export const signerAnswerSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("key"), bytes: base64 }),
  z.strictObject({ kind: z.literal("has"), has: z.boolean() }),
  z.strictObject({ kind: z.literal("done") }),
  z.strictObject({ kind: z.literal("signed"), bytes: base64 }),
  /** It has signed a tree of this size: ask again with the proof from there. */
  z.strictObject({ kind: z.literal("behind"), size: z.number().int().nonnegative() }),
  /** It will not sign this, however often it is asked. */
  z.strictObject({ kind: z.literal("refused"), reason: z.string().max(500) }),
  z.strictObject({ kind: z.literal("failed"), reason: z.string().max(500) }),
]);
export type SignerAnswer = z.infer<typeof signerAnswerSchema>;
