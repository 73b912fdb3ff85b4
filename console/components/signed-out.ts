/**
 * Leaving for the sign-in page. The page is loaded anew, so that nothing of one person stays in
 * memory for the next. Why is kept in this tab only, never in an address.
 */
const REASON_KEY = "sallyport.signed-out-because";
const SIGN_IN_PATH = "/sign-in";

export function leaveForSignIn(reason?: string): void {
  if (window.location.pathname === SIGN_IN_PATH) return;
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
