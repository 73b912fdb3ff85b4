/** Operations of web panels in words, for sentences that a person reads. */
import type { Pair, UploadedOperation, WebOperation } from "../../protocols/http/operation.ts";

/** A path with its query, of ordinary length. */
const SHOWN_MAX = 160;

/** @param lengthMax who decides on it by these words is shown all of it */
export function webDeed(operation: WebOperation, lengthMax = SHOWN_MAX): string {
  const shown = (text: string) => shortened(text, lengthMax);
  switch (operation.action) {
    case "web:request":
      return shown(
        `${operation.method} ${operation.path}${withQuery(operation.query)}${withForm([...operation.form, ...(operation.json ?? [])])}`,
      );
    case "web:upload":
      return `sending ${operation.size} bytes to ${shown(operation.path)}`;
    case "web:uploaded":
      return shown(
        `${operation.method} ${operation.path}${withQuery(operation.query)}${withFiles(operation)}`,
      );
    case "web:socket":
      return shown(`opening the WebSocket ${operation.path}${withQuery(operation.query)}`);
    case "web:message":
      return operation.text === undefined
        ? `a message of ${operation.size} bytes on ${shown(operation.path)}`
        : `the message "${shown(operation.text)}" on ${shown(operation.path)}`;
    case "web:download":
      return `the file ${shown(operation.path)}`;
  }
}

function withQuery(query: readonly Pair[]): string {
  if (query.length === 0) return "";
  return `?${query.map(([name, value]) => (value === "" ? name : `${name}=${value}`)).join("&")}`;
}

function withFiles({ form, files, size, digest }: UploadedOperation): string {
  const sent = files.map((file) => `the file ${file.name} of ${file.size} bytes`);
  const content = sent.length > 0 ? sent.join(" and ") : `${size} bytes`;
  return `${withForm(form)} with ${content} (SHA-256 ${digest.slice(0, DIGEST_SHOWN)}…)`;
}

/** Enough to compare by eye; the recording has it whole. */
const DIGEST_SHOWN = 12;

/** What may be a password is not repeated on pages and in lists. */
const SECRET = /pass|pwd|secret|token|pin/i;

function withForm(form: readonly Pair[]): string {
  if (form.length === 0) return "";
  const fields = form.map(([name, value]) => `${name}=${SECRET.test(name) ? "…" : value}`);
  return ` with ${fields.join(", ")}`;
}

function shortened(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}
