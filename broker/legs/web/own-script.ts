/**
 * The broker's own script in a panel's pages: in what the browser gets, and not in what was taped.
 * A page that keeps it out is none the better for it: what its own script does without is not
 * passed on.
 */
import { type Fields, fieldOf } from "../../../protocols/http/head.ts";

export const OWN_SCRIPT_PATH = "/.sallyport/page.js";

const SCRIPT = `<script src="${OWN_SCRIPT_PATH}"></script>`;
/**
 * In front of all that runs; behind what decides how a page is drawn. A tag without an end reaches
 * to the end of the text: so that many of them are not each looked through to there.
 */
const PLACES = [
  /<head(?:\s[^>]*)?(?:>|$)/i,
  /<html(?:\s[^>]*)?(?:>|$)/i,
  /<!doctype[^>]*(?:>|$)/i,
] as const;

/** What a browser says of a page that it shows; old panels answer their scripts as HTML, too. */
const SHOWN: ReadonlySet<unknown> = new Set(["document", "frame", "iframe"]);

/**
 * Whether it is a page to be shown, whole, in letters of one byte.
 * @param destination `Sec-Fetch-Dest`
 */
export function takesScript(destination: unknown, status: number, fields: Fields): boolean {
  const type = fieldOf(fields, "content-type") ?? "";
  const isPage = /^(?:text\/html|application\/xhtml)/i.test(type) && !/utf-?16/i.test(type);
  return isPage && status !== 206 && SHOWN.has(destination);
}

/** @param first the first piece of the page */
export function withScript(first: Uint8Array): Uint8Array {
  // The mark of letters of two bytes.
  if (first[0] === 0xfe || first[1] === 0xfe) return first;
  const text = Buffer.from(first).toString("latin1");
  const place = PLACES.map((each) => each.exec(text)).find((match) => match?.[0].endsWith(">"));
  const at = place ? place.index + place[0].length : 0;
  return Buffer.from(text.slice(0, at) + SCRIPT + text.slice(at), "latin1");
}
