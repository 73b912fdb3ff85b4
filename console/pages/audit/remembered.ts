/** What this browser keeps of the log: keys as it saw them first, and the checkpoint it saw last. */
const KEYS = "sallyport.audit.keys";
const HEADS = "sallyport.audit.heads";
const POLICY = "sallyport.audit.policy";

export interface SeenHead {
  readonly note: string;
  /** When it was seen. */
  readonly atMs: number;
}

type Names = Readonly<Record<string, unknown>>;

/** The key seen first under this origin; the given one is kept if there was none. */
export function firstKey(origin: string, key: string): string {
  const keys = read(KEYS);
  const known = keys[origin];
  if (typeof known === "string") return known;
  localStorage.setItem(KEYS, JSON.stringify({ ...keys, [origin]: key }));
  return key;
}

export function seenHead(origin: string): SeenHead | undefined {
  const head = read(HEADS)[origin];
  return isSeen(head) ? head : undefined;
}

/** Origins of the logs that this browser has seen. */
export function seenOrigins(): readonly string[] {
  return Object.keys(read(HEADS));
}

export function rememberHead(origin: string, head: SeenHead): void {
  localStorage.setItem(HEADS, JSON.stringify({ ...read(HEADS), [origin]: head }));
}

/** The policy file that this person put in. */
export function ownPolicy(): string | null {
  return localStorage.getItem(POLICY);
}

export function keepPolicy(text: string | null): void {
  if (text === null) localStorage.removeItem(POLICY);
  else localStorage.setItem(POLICY, text);
}

function read(name: string): Names {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Names) : {};
  } catch {
    return {};
  }
}

function isSeen(value: unknown): value is SeenHead {
  if (typeof value !== "object" || value === null) return false;
  return "note" in value && typeof value.note === "string" && "atMs" in value;
}
