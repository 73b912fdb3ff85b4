/**
 * Session ids become folder names: letters, digits, `-` and `_` only, starting with a letter or
 * digit, so that none can leave the recordings folder or hide in it.
 */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}
