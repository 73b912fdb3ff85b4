/**
 * The log: one JSON line an entry, for people who run the broker. What others sent (names,
 * paths, browsers) is hostile text: control and direction characters never reach a line, and
 * secrets are not logged at all. The file is turned over before it grows large.
 */
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type DestinationStream, type Logger, pino } from "pino";

export type { Logger } from "pino";

/** A log file is turned over at this size: some hundred thousand lines, quick to search. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** How many older files are kept: with the newest one never more than 80 MiB. */
const OLDER_FILES_MAX = 4;
/** Longer strings are cut: nothing that explains an event needs more. */
const TEXT_LENGTH_MAX = 2_000;
/** Deeper values are dropped: entries are flat. */
const DEPTH_MAX = 4;

const SECRET_KEYS = new Set([
  "cookie",
  "set-cookie",
  "authorization",
  "token",
  "challenge",
  "response",
  "link",
  "password",
  "secret",
]);

/** C0 and C1 controls, line separators, and everything that changes the direction of text. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Hostile text made safe for one line of a log or a terminal. */
export function plainText(text: string): string {
  const shown = text.replace(UNSAFE, "\ufffd");
  return shown.length > TEXT_LENGTH_MAX ? `${shown.slice(0, TEXT_LENGTH_MAX)}…` : shown;
}

function plainValue(value: unknown, depth: number): unknown {
  if (typeof value === "string") return plainText(value);
  if (value instanceof Error) {
    return { name: value.name, message: plainText(value.message), stack: stackOf(value) };
  }
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "…";
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => plainValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      plainText(key),
      SECRET_KEYS.has(key.toLowerCase()) ? "[not logged]" : plainValue(item, depth + 1),
    ]),
  );
}

const FRAMES_MAX = 12;

function stackOf(error: Error): readonly string[] {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return frames.slice(0, FRAMES_MAX).map((line) => plainText(line.trim()));
}

/**
 * @param target a path, or `stderr`
 * @param level the least level that is written
 */
export function openLog(target: string, level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (entry) => plainValue(entry, 0) as Record<string, unknown>,
      },
      hooks: {
        logMethod(inputs, method) {
          const [first, ...rest] = inputs;
          const plain = [first, ...rest].map((item) =>
            typeof item === "string" ? plainText(item) : item,
          );
          method.apply(this, plain as Parameters<typeof method>);
        },
      },
    },
    target === "stderr" ? pino.destination({ dest: 2, sync: true }) : turningFile(target),
  );
}

function turningFile(path: string): DestinationStream {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (sizeOf(path) >= FILE_BYTES_MAX) turnOver(path);
  let bytes = sizeOf(path);
  const file = pino.destination({ dest: path, sync: true, mode: 0o600 });
  file.on("write", (written: number) => {
    bytes += written;
    if (bytes < FILE_BYTES_MAX) return;
    bytes = 0;
    turnOver(path);
    file.reopen();
  });
  // A full disk must not take sessions down with the log: the broker goes on without it.
  file.on("error", () => {});
  return file;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function turnOver(path: string): void {
  rmSync(`${path}.${OLDER_FILES_MAX}`, { force: true });
  for (let age = OLDER_FILES_MAX - 1; age >= 0; age -= 1) {
    const from = age === 0 ? path : `${path}.${age}`;
    if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${path}.${age + 1}`);
  }
}
