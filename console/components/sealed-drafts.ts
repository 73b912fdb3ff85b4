/**
 * Drafts that outlive the end of a sign-in: they lie in this tab under a key that the broker tells
 * their writer alone, so that whoever sits there next reads nothing. Somebody else's are thrown away.
 */
import { useEffect, useState } from "react";
import { api } from "./api.ts";
import { allDrafts, bringBack, onDrafts } from "./kept-draft.ts";
import { ApiProblem } from "./problem.ts";

const PLACE = "sallyport.drafts";
/** After the last key: not every letter. */
const SEAL_AFTER_MS = 300;
/** A tab keeps about five megabytes: a longer text, such as a large plant file, would be sealed in vain. */
const SEALED_MAX = 2_000_000;

let ownKey: Promise<string> | undefined;
let turn = 0;

/** Whether an earlier page of this tab left some. */
export function areDraftsSealed(): boolean {
  return sessionStorage.getItem(PLACE) !== null;
}

/** @returns false while they are being brought back */
export function useDraftsBack(isSignedIn: boolean): boolean {
  const [back, setBack] = useState(() => !areDraftsSealed());
  useEffect(() => {
    if (!isSignedIn) return;
    onDrafts(sealSoon);
    void bringDraftsBack().then(() => setBack(true));
  }, [isSignedIn]);
  return back;
}

/** Resolves in any case. */
async function bringDraftsBack(): Promise<void> {
  const sealed = sessionStorage.getItem(PLACE);
  if (sealed === null) return;
  try {
    const [{ unseal }, key] = await Promise.all([import("./sealed-text.ts"), keyOfPerson()]);
    bringBack(JSON.parse(await unseal(sealed, key)) as Readonly<Record<string, unknown>>);
  } catch (thrown) {
    // Another person's, or from before a restart of the broker: nobody will read it any more.
    if (!(thrown instanceof ApiProblem)) sessionStorage.removeItem(PLACE);
  }
}

function sealSoon(): void {
  turn += 1;
  const mine = turn;
  if (Object.keys(allDrafts()).length === 0) sessionStorage.removeItem(PLACE);
  else setTimeout(() => void sealNow(mine), SEAL_AFTER_MS);
}

async function sealNow(mine: number): Promise<void> {
  if (mine !== turn) return;
  try {
    const [{ seal }, key] = await Promise.all([import("./sealed-text.ts"), keyOfPerson()]);
    const drafts = allDrafts();
    if (lengthOf(drafts) > SEALED_MAX) return sessionStorage.removeItem(PLACE);
    const sealed = await seal(JSON.stringify(drafts), key);
    if (mine === turn) sessionStorage.setItem(PLACE, sealed);
  } catch {
    // Too long for the tab, or the broker is away: it stays in memory, as long as the page does.
  }
}

/** Of all texts in it. */
function lengthOf(draft: unknown): number {
  if (typeof draft === "string") return draft.length;
  if (typeof draft !== "object" || draft === null) return 0;
  return Object.values(draft).reduce<number>((sum, each) => sum + lengthOf(each), 0);
}

function keyOfPerson(): Promise<string> {
  ownKey ??= api.draftKey().then(
    ({ key }) => key,
    (thrown: unknown) => {
      ownKey = undefined;
      throw thrown;
    },
  );
  return ownKey;
}
