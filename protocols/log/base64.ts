/** Base64 of RFC 4648 section 4, padded and canonical: one text for one array of bytes. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const group = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += DIGITS.charAt(group >> 18) + DIGITS.charAt((group >> 12) & 63);
    text += b === undefined ? "=" : DIGITS.charAt((group >> 6) & 63);
    text += c === undefined ? "=" : DIGITS.charAt(group & 63);
  }
  return text;
}

/** Undefined for anything but the one canonical text of some bytes. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let group = 0;
  for (let at = 0; at < text.length; at += 1) {
    const padded = at >= text.length - padding;
    const digit = padded ? 0 : DIGITS.indexOf(text.charAt(at));
    if (digit < 0) return undefined;
    group = (group << 6) | digit;
    if (at % 4 !== 3) continue;
    const start = ((at - 3) / 4) * 3;
    for (let byte = 0; byte < 3 && start + byte < bytes.length; byte += 1) {
      bytes[start + byte] = (group >> (16 - byte * 8)) & 0xff;
    }
    group = 0;
  }
  return toBase64(bytes) === text ? bytes : undefined;
}
