/** Paths of files on an asset, as text that rules can be matched with. */
import { readUtf8 } from "../tape/utf8.ts";

/** PATH_MAX of Linux. */
export const PATH_BYTES_MAX = 4_096;

/** Strict UTF-8 without control characters; undefined otherwise. */
export function pathText(bytes: Uint8Array): string | undefined {
  if (bytes.length > PATH_BYTES_MAX) return undefined;
  const text = readUtf8(bytes, 0, bytes.length);
  if (text === undefined) return undefined;
  for (let n = 0; n < text.length; n++) {
    const unit = text.charCodeAt(n);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return undefined;
  }
  return text;
}

/**
 * Without `.`, `..`, doubled or trailing slashes. What is relative is taken from `home`.
 *
 *     canonicalPath("/srv/../etc//passwd", "/") === "/etc/passwd"
 */
export function canonicalPath(path: string, home: string): string {
  const whole = path.startsWith("/") ? path : `${home}/${path}`;
  const names: string[] = [];
  for (const name of whole.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") names.pop();
    else names.push(name);
  }
  return `/${names.join("/")}`;
}

export function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

export function joinPath(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}
