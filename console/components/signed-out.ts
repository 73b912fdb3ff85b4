/**
 * Leaving for the sign-in page. The page is loaded anew, so that nothing of one person stays in
 * memory for the next. Why is kept in this tab only, never in an address.
 */
import { forgetDrafts, leaveDrafts } from "./kept-draft.ts";

const REASON_KEY = "sallyport.signed-out-because";
const SIGN_IN_PATH = "/sign-in";

/** Pages for people who are not signed in: there is nothing to leave. */
const OUTSIDE: readonly string[] = [SIGN_IN_PATH, "/enrol"];

/** The first cause counts: what fails while the page is already leaving is only its echo. */
let leaving = false;

/** The person signs out: without a reason to show, and without coming back to this page. */
export function leaveForGood(): void {
  leaving = true;
  forgetDrafts();
  window.location.assign(SIGN_IN_PATH);
}

/** The sign-in ended; after a new one the person is back on this page, with what was not saved. */
export function leaveForSignIn(reason?: string): void {
  const { pathname } = window.location;
  if (leaving || OUTSIDE.includes(pathname) || pathname.startsWith(`${SIGN_IN_PATH}/`)) return;
  leaving = true;
  leaveDrafts();
  if (reason !== undefined) sessionStorage.setItem(REASON_KEY, reason);
  const here = window.location.pathname + window.location.search + window.location.hash;
  window.location.assign(`${SIGN_IN_PATH}?from=${encodeURIComponent(here)}`);
}

/** The reason given by `leaveForSignIn`, once. */
export function takeSignedOutReason(): string | null {
  const reason = sessionStorage.getItem(REASON_KEY);
  sessionStorage.removeItem(REASON_KEY);
  return reason;
}
