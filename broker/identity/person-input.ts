/** Names, addresses and reasons as people type them, made harmless or refused. */
import { plainText } from "../store/plain-text.ts";
import { IdentityRefused } from "./identity.ts";

/** Fits a row of a table and a line of a log. */
const NAME_MAX = 100;
/** RFC 5321, section 4.5.3.1.3, less the angle brackets. */
const EMAIL_MAX = 254;
/** As long as the console lets one write. */
const REASON_MAX = 500;
const LABEL_MAX = 60;

export function nameFrom(text: string, what: string): string {
  return needed(text, NAME_MAX, what);
}

/** Lower case. Whether mail arrives there does not matter: it is a handle, never a way in. */
export function emailFrom(text: string): string {
  const email = needed(text, EMAIL_MAX, "an e-mail address").toLowerCase();
  if (/^[^\s@]+@[^\s@]+$/.test(email)) return email;
  throw new IdentityRefused("input-invalid", "this is no e-mail address");
}

export function reasonFrom(text: string): string {
  return needed(text, REASON_MAX, "a reason");
}

export function labelFrom(text: string): string {
  return plainText(text, LABEL_MAX) || "Passkey";
}

function needed(text: string, lengthMax: number, what: string): string {
  if (text.length > lengthMax * 4)
    throw new IdentityRefused("input-invalid", `${what} is too long`);
  const plain = plainText(text, lengthMax);
  if (plain === "") throw new IdentityRefused("input-invalid", `${what} is missing`);
  return plain;
}
