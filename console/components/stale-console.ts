/**
 * Parts of the console are fetched when they are first needed. Once the broker serves a newer one,
 * the parts that an open page knows by name are gone: it is loaded anew, once, and says why.
 */
import { leaveDrafts } from "./kept-draft.ts";

const PLACE = "sallyport.loaded-anew";
/** If it does not help, doing it again would not either. */
const AGAIN_AFTER_MS = 60_000;
/** As Chromium, Firefox and Safari say it; the last is Vite's word about a style sheet. */
const GONE =
  /dynamically imported module|Importing a module script failed|Unable to preload CSS for/i;

/** Whether this was thrown because a part of the console could not be fetched. */
export function isPartMissing(thrown: unknown): boolean {
  return thrown instanceof Error && GONE.test(thrown.message);
}

/** @returns false where the broker has no newer one, is away, or that was tried a moment ago */
export async function loadAnewIfRenewed(): Promise<boolean> {
  const before = Number(sessionStorage.getItem(PLACE) ?? Number.NEGATIVE_INFINITY);
  if (Date.now() - before < AGAIN_AFTER_MS || !(await isRenewed())) return false;
  sessionStorage.setItem(PLACE, String(Date.now()));
  leaveDrafts();
  window.location.reload();
  return true;
}

/** A page names its scripts by hashes over them; the first of them is a loader that never changes. */
async function isRenewed(): Promise<boolean> {
  const scripts = [...document.querySelectorAll('script[type="module"][src]')];
  const own = scripts.map((script) => script.getAttribute("src") ?? "");
  const answer = await fetch("/", { cache: "no-store" }).catch(() => undefined);
  if (answer?.ok !== true) return false;
  const page = await answer.text();
  return own.some((src) => !page.includes(src));
}
