/**
 * C2SP tlog-checkpoint: the text of a note that says how large a log is and what its root is.
 *
 *     site.example/log
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 */
import { fromBase64, toBase64 } from "./base64.ts";
import { HASH_LENGTH } from "./merkle.ts";

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Further lines, which tell nothing about the tree. */
  readonly extensions: readonly string[];
}

export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join("");
}

/** Undefined for anything that is not exactly a checkpoint. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  if (!text.endsWith("\n")) return undefined;
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split("\n");
  if (!origin || sizeText === undefined || rootText === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(sizeText) || extensions.includes("")) return undefined;
  const size = Number(sizeText);
  const root = fromBase64(rootText);
  if (!Number.isSafeInteger(size) || root?.length !== HASH_LENGTH) return undefined;
  return { origin, size, root, extensions };
}
