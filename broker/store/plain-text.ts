/**
 * Text from outside as one harmless line: control characters would forge lines in logs and speak
 * to terminals, direction and invisible characters make a name look like another one.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

export function plainText(text: string, lengthMax: number): string {
  const line = text.normalize("NFC").replace(UNSEEN, " ").replace(/ {2,}/g, " ").trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1)}…`;
}
