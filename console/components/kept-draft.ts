/**
 * What somebody began to write and did not save: there again when they come back from another page,
 * in this tab and until it is loaded anew. Before that the browser asks.
 */
const unsaved = new Set<object>();

export class KeptDraft<Draft> {
  private draft: Draft | undefined;

  /** Undefined where nothing was begun. */
  get kept(): Draft | undefined {
    return unsaved.has(this) ? this.draft : undefined;
  }

  /** @param draft undefined once it is saved or given up */
  keep(draft: Draft | undefined): void {
    this.draft = draft;
    if (draft === undefined) unsaved.delete(this);
    else unsaved.add(this);
    askBeforeLeaving(unsaved.size > 0);
  }
}

/** The person is signed out: nothing of theirs stays, and nobody is asked. */
export function forgetDrafts(): void {
  unsaved.clear();
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
