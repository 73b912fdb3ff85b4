/**
 * What somebody began to write and did not save: there again when they come back from another page,
 * and in this tab also after their sign-in ended or it was loaded anew (`sealed-drafts.ts`). Before
 * a page with something unsaved is left, the browser asks.
 */
const texts = new Map<string, unknown>();
let tell: () => void = () => undefined;

export class KeptDraft<Draft> {
  private readonly name: string;

  /** @param name nobody else's: what is being written */
  constructor(name: string) {
    this.name = name;
  }

  /** Undefined where nothing was begun. */
  get kept(): Draft | undefined {
    return texts.get(this.name) as Draft | undefined;
  }

  /** @param draft plain data; undefined once it is saved or given up */
  keep(draft: Draft | undefined): void {
    if (draft === undefined && !texts.has(this.name)) return;
    if (draft === undefined) texts.delete(this.name);
    else texts.set(this.name, draft);
    askBeforeLeaving(texts.size > 0);
    tell();
  }
}

/** All there are, by name. */
export function allDrafts(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(texts);
}

/** Those of an earlier page of this tab; what was begun since stays. */
export function bringBack(earlier: Readonly<Record<string, unknown>>): void {
  for (const [name, draft] of Object.entries(earlier)) {
    if (!texts.has(name)) texts.set(name, draft);
  }
  askBeforeLeaving(texts.size > 0);
}

export function onDrafts(listener: () => void): void {
  tell = listener;
}

/** The person signed out: nothing of theirs stays, and nobody is asked. */
export function forgetDrafts(): void {
  texts.clear();
  askBeforeLeaving(false);
  tell();
}

/** The page is left without asking; what is sealed waits for its writer. */
export function leaveDrafts(): void {
  askBeforeLeaving(false);
}

/** Listened to only while there is something to lose: it keeps a page out of the browser's cache. */
function askBeforeLeaving(ask: boolean): void {
  if (ask) globalThis.addEventListener?.("beforeunload", preventLeaving);
  else globalThis.removeEventListener?.("beforeunload", preventLeaving);
}

function preventLeaving(event: Event): void {
  event.preventDefault();
}
