/**
 * What the two ends of an old scp say. The source sends records and content, the sink answers
 * each with one byte, and a sentence where that is not 0.
 *
 *     C0644 6 a.txt\n   hello\n   \0        a file of 6 bytes, its content, all is well
 *     D0755 0 folder\n  …  E\n              a folder and what is in it
 *     T1700000000 0 1700000000 0\n          the times of the next one
 */
import { type Cut, INCOMPLETE } from "../inbox.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { pathText } from "./paths.ts";

export type ScpRecord =
  | { readonly kind: "file"; readonly mode: number; readonly size: number; readonly name: string }
  | { readonly kind: "folder"; readonly mode: number; readonly name: string }
  /** Its name is no plain text: no rule can be matched with it. */
  | { readonly kind: "unnamed" }
  | { readonly kind: "up" }
  | { readonly kind: "times"; readonly modified: number; readonly accessed: number }
  | { readonly kind: "complaint"; readonly fatal: boolean; readonly text: string };

export type CarriedRecord = Exclude<ScpRecord, { kind: "unnamed" }>;

export type ScpAnswer = { readonly code: number; readonly text: string };

/** A name of 255 bytes and numbers, or a sentence. */
const LINE_MAX = 1_024;
const NEWLINE = 10;
/** Never set-user-id, set-group-id or sticky. */
const MODE_BITS = 0o777;

export function cutRecord(bytes: Uint8Array): Cut<ScpRecord> {
  const line = lineOf(bytes);
  if (line === undefined) return tooLong(bytes);
  const length = line.length + 1;
  const first = line[0];
  if (first === 1 || first === 2) {
    const frame = { kind: "complaint", fatal: first === 2, text: sentence(line) } as const;
    return { kind: "frame", frame, length };
  }
  const text = pathText(line);
  const frame = text === undefined ? unnamedOf(line) : recordOf(text);
  return frame
    ? { kind: "frame", frame, length }
    : malformed("a record of scp that does not parse");
}

function recordOf(line: string): ScpRecord | undefined {
  if (line === "E") return { kind: "up" };
  const times = /^T(\d{1,12}) \d{1,6} (\d{1,12}) \d{1,6}$/.exec(line);
  if (times) return { kind: "times", modified: Number(times[1]), accessed: Number(times[2]) };
  const [, letter, mode = "", size = "", name = ""] =
    /^([CD])([0-7]{4,6}) (\d{1,15}) (.+)$/.exec(line) ?? [];
  if (letter === undefined || !isPlainName(name)) return undefined;
  const permissions = Number.parseInt(mode, 8) & MODE_BITS;
  return letter === "C"
    ? { kind: "file", mode: permissions, size: Number(size), name }
    : { kind: "folder", mode: permissions, name };
}

/** A file or folder whose name has control characters, or is not UTF-8. */
function unnamedOf(line: Uint8Array): ScpRecord | undefined {
  const letters = String.fromCharCode(...line);
  return /^[CD][0-7]{4,6} \d{1,15} [^/]+$/.test(letters) ? { kind: "unnamed" } : undefined;
}

/** One name, nothing that leads elsewhere. */
function isPlainName(name: string): boolean {
  return name !== "." && name !== ".." && !name.includes("/");
}

export function encodeRecord(record: CarriedRecord): Uint8Array {
  switch (record.kind) {
    case "file":
      return encodeUtf8(`C${octal(record.mode)} ${record.size} ${record.name}\n`);
    case "folder":
      return encodeUtf8(`D${octal(record.mode)} 0 ${record.name}\n`);
    case "up":
      return encodeUtf8("E\n");
    case "times":
      return encodeUtf8(`T${record.modified} 0 ${record.accessed} 0\n`);
    case "complaint":
      return encodeAnswer({ code: record.fatal ? 2 : 1, text: record.text });
  }
}

export function cutAnswer(bytes: Uint8Array): Cut<ScpAnswer> {
  const code = bytes[0];
  if (code === undefined) return INCOMPLETE;
  if (code === 0) return { kind: "frame", frame: { code, text: "" }, length: 1 };
  if (code > 2) return malformed("an answer of scp that is none");
  const line = lineOf(bytes);
  if (line === undefined) return tooLong(bytes);
  return { kind: "frame", frame: { code, text: sentence(line) }, length: line.length + 1 };
}

export function encodeAnswer({ code, text }: ScpAnswer): Uint8Array {
  if (code === 0) return Uint8Array.of(0);
  const words = encodeUtf8(`?${text}\n`);
  words[0] = code;
  return words;
}

function lineOf(bytes: Uint8Array): Uint8Array | undefined {
  const end = bytes.indexOf(NEWLINE);
  return end < 0 || end > LINE_MAX ? undefined : bytes.subarray(0, end);
}

function tooLong(bytes: Uint8Array): Cut<never> {
  return bytes.length > LINE_MAX ? malformed("a line of scp that does not end") : INCOMPLETE;
}

/** Behind its code; what is not printable ASCII is shown as `?`. */
function sentence(line: Uint8Array): string {
  const letters = [...line.subarray(1)];
  return letters.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "?")).join("");
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function malformed(reason: string): Cut<never> {
  return { kind: "malformed", reason };
}
