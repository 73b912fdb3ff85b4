/**
 * What the index keeps of a leaf of the site log: enough to find it. The leaf itself is read from
 * the log whenever somebody looks at it.
 */

/** A leaf as its JSON says; anything may be missing or of another type in a hostile one. */
export interface LeafFacts {
  readonly atMs: number;
  /** Name of the site event, or the kind of the leaf: `session:opened`, `session.open`. */
  readonly what: string;
  readonly person: string | null;
  readonly session: string | null;
  readonly asset: string | null;
  /** The words that a search finds it by. */
  readonly words: string;
}

/** A sentence and its names fit; the rest of a long leaf is found by other leaves about it. */
const WORDS_MAX = 2_000;
const NAME_MAX = 200;
const DEPTH_MAX = 6;
/** Keys, signatures, digests: nobody searches by them, and they would be most of the index. */
const OPAQUE = new Set([
  ...["publicKey", "clientDataJson", "authenticatorData", "signature", "previous", "remembered"],
  ...["found", "root", "header", "files", "digests", "before", "after", "plant", "key"],
]);

/** @param entry the leaf's bytes */
export function factsOf(entry: Uint8Array): LeafFacts {
  const leaf = objectOf(parse(entry));
  const asset = objectOf(leaf.asset);
  const subject = objectOf(leaf.subject);
  return {
    atMs: typeof leaf.atMs === "number" ? leaf.atMs : 0,
    what: nameOf(leaf.name) ?? nameOf(leaf.kind) ?? "unknown",
    person: nameOf(leaf.subject) ?? nameOf(subject.id) ?? nameOf(leaf.personId) ?? nameOf(leaf.by),
    session: nameOf(leaf.session),
    asset: nameOf(leaf.asset) ?? nameOf(asset.id),
    words: [...wordsIn(leaf, 0)].join(" ").slice(0, WORDS_MAX),
  };
}

function parse(entry: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(entry));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, NAME_MAX) : null;
}

function* wordsIn(value: unknown, depth: number): Iterable<string> {
  if (typeof value === "string") yield value;
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return;
  for (const [key, member] of Object.entries(value)) {
    if (!OPAQUE.has(key)) yield* wordsIn(member, depth + 1);
  }
}
