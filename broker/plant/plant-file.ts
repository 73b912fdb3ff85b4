/** Reads and parses a plant file without stalling the process. */
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock } from "../clock.ts";
import type { Asset, Plant } from "./model.ts";
import type { ParsedPlant } from "./parse-plant.ts";
import type { FromParser } from "./parse-thread.ts";
import { FILE_BYTES_MAX } from "./plant-limits.ts";
import { SharedAssets } from "./plant-parts.ts";

/** A file of the largest size takes half a minute of a core that is not always there. */
const PARSE_TIME_MAX_MS = 300_000;
/** A plant of the largest size, with what one piece of its file takes, and room to spare. */
const PARSE_MEMORY_MB = 1_024;
/** What a piece of a file takes is gone when the next comes, and is not carried about till then. */
const PARSE_YOUNG_MB = 64;

/** Whether a file is another one than before, without reading it. */
export interface FileStamp {
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

export type FileText =
  | { readonly kind: "text"; readonly text: string; readonly stamp: FileStamp }
  /** It was written while it was read: ask again later. */
  | { readonly kind: "moving" }
  | { readonly kind: "unreadable"; readonly reason: string };

/** At most `FILE_BYTES_MAX` bytes, UTF-8. Errors of the file system are answers, not exceptions. */
export async function readPlantText(path: string): Promise<FileText> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await readWhole(file);
  } catch (error) {
    return unreadable(reasonOf(error));
  } finally {
    await file?.close();
  }
}

async function readWhole(file: FileHandle): Promise<FileText> {
  const before = await file.stat();
  if (!before.isFile()) return unreadable("it is not a file");
  if (before.size > FILE_BYTES_MAX) return unreadable(`it is larger than ${FILE_BYTES_MAX} bytes`);
  const bytes = new Uint8Array(before.size);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  const stamp = stampOf(await file.stat());
  if (bytesRead !== before.size || !isSameStamp(stamp, stampOf(before))) return { kind: "moving" };
  const text = decode(bytes);
  return text === undefined ? unreadable("it is not UTF-8 text") : { kind: "text", text, stamp };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function unreadable(reason: string): FileText {
  return { kind: "unreadable", reason };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "this process may not read it",
  EISDIR: "it is a folder",
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (code === "" ? String(error) : `the system says ${code}`);
}

export function stampOf(stats: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}): FileStamp {
  return {
    inode: stats.ino,
    bytes: stats.size,
    modifiedMs: stats.mtimeMs,
    changedMs: stats.ctimeMs,
  };
}

export function isSameStamp(a: FileStamp | undefined, b: FileStamp | undefined): boolean {
  return (
    a?.inode === b?.inode &&
    a?.bytes === b?.bytes &&
    a?.modifiedMs === b?.modifiedMs &&
    a?.changedMs === b?.changedMs
  );
}

const PARSER = new URL("./parse-thread.ts", import.meta.url);

/**
 * As `parsePlant`, in a thread of its own with bounds on time and memory.
 * @param like assets that say the same as one of it are that very one
 */
export function parseAside(
  text: string,
  path: string,
  clock: Clock,
  like?: Pick<Plant, "assets">,
): Promise<ParsedPlant> {
  const shared = new SharedAssets(like);
  const assets: Asset[] = [];
  let head: Extract<FromParser, { readonly kind: "head" }> | undefined;
  const take: Take<FromParser, ParsedPlant> = (message, worker) => {
    if (message.kind === "invalid") return message;
    if (message.kind === "head") head = message;
    if (message.kind === "assets") assets.push(...shared.of(message.assets));
    if (message.kind === "done" && head) {
      return { kind: "plant", plant: { ...head.head, assets }, warnings: head.warnings };
    }
    // What else the process has to do comes between.
    setImmediate(() => worker.postMessage("next"));
    return undefined;
  };
  const workerData = { text, name: basename(path) };
  return inThread({ thread: PARSER, workerData, take, failed: refused }, clock);
}

/** Undefined: there is more to come. */
type Take<M, T> = (message: M, worker: Worker) => T | undefined;

export interface ThreadWork<M, T> {
  readonly thread: URL;
  readonly workerData: unknown;
  /** Of each message what it comes to. */
  readonly take: Take<M, T>;
  /** What is said in its place where the thread fails. */
  failed(why: string): T;
}

export function inThread<M, T>(
  { thread, workerData, take, failed }: ThreadWork<M, T>,
  clock: Clock,
): Promise<T> {
  return new Promise((resolve) => {
    const resourceLimits = {
      maxOldGenerationSizeMb: PARSE_MEMORY_MB,
      maxYoungGenerationSizeMb: PARSE_YOUNG_MB,
    };
    const worker = new Worker(thread, { workerData, resourceLimits });
    const finish = (answer: T): void => {
      stop();
      resolve(answer);
      void worker.terminate();
    };
    const stop = clock.after(PARSE_TIME_MAX_MS, () => finish(failed("it takes too long to read")));
    worker.on("message", (message: M) => {
      const answer = take(message, worker);
      if (answer !== undefined) finish(answer);
    });
    worker.once("error", (error) => finish(failed(`it could not be read: ${error.message}`)));
    worker.once("exit", () => finish(failed("it could not be read")));
  });
}

function refused(message: string): ParsedPlant {
  return { kind: "invalid", problems: [{ line: 0, column: 0, path: "", message }] };
}
