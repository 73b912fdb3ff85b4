/**
 * Requests of the host to a running broker, which has the database to itself: a command leaves one
 * in a folder of the data folder, which is its owner's alone, and the broker answers beside it. A
 * request of an earlier time, found after a crash or a restart, is thrown away and never done.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { newId } from "./ids.ts";

export interface HostDesk<Asked, Answered> {
  /** Inside the data folder. */
  readonly folder: string;
  readonly asked: z.ZodType<Asked>;
  readonly answered: z.ZodType<Answered>;
  /** The command waits this long; what is older was asked by nobody who still waits. */
  readonly withinMs: number;
}

/** How late a running broker sees a request. */
const LOOK_MS = 1_000;
const POLL_MS = 100;
const FILE_BYTES_MAX = 4_096;
/** Requests looked at in one turn. */
const FILES_MAX = 20;

export interface HostDeskParts<Asked, Answered> {
  readonly dataFolder: string;
  readonly clock: Clock;
  /** @param base path that is this request's own: what is made for it may lie beside it */
  act(asked: Asked, base: string): Promise<Answered>;
  /** A request could not be done. */
  failed(reason: string): void;
}

/** Answers while the broker runs. @returns a function that stops it */
export function answerHost<Asked, Answered>(
  desk: HostDesk<Asked, Answered>,
  parts: HostDeskParts<Asked, Answered>,
): () => void {
  const folder = join(parts.dataFolder, desk.folder);
  rmSync(folder, { recursive: true, force: true });
  let closed = false;
  let stop = () => {};
  const look = async (): Promise<void> => {
    try {
      for (const name of requestsIn(folder)) await answer(desk, parts, join(folder, name));
    } catch (error) {
      parts.failed(error instanceof Error ? error.message : String(error));
    }
    if (!closed) stop = parts.clock.after(LOOK_MS, () => void look());
  };
  void look();
  return () => {
    closed = true;
    stop();
  };
}

function requestsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".request"))
    .slice(0, FILES_MAX);
}

async function answer<Asked, Answered>(
  desk: HostDesk<Asked, Answered>,
  { clock, act }: HostDeskParts<Asked, Answered>,
  path: string,
): Promise<void> {
  const request = readRequest(desk, path);
  rmSync(path, { force: true });
  if (!request || Math.abs(clock.wallMs() - request.atMs) > desk.withinMs) return;
  const base = path.replace(/\.request$/, "");
  writeWhole(`${base}.answer`, await act(request.asked, base));
}

/** Undefined for what nobody of this machine's broker wrote. */
function readRequest<Asked>(desk: Pick<HostDesk<Asked, unknown>, "asked">, path: string) {
  const stats = lstatSync(path);
  const own = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isFile() || !own || stats.size > FILE_BYTES_MAX) return undefined;
  const schema = z.object({ asked: desk.asked, atMs: z.number() });
  const read = schema.safeParse(parsed(readFileSync(path, "utf8")));
  return read.success ? read.data : undefined;
}

/** Asks a running broker. @returns undefined if it did not answer in time */
export async function askHost<Asked, Answered>(
  desk: HostDesk<Asked, Answered>,
  dataFolder: string,
  asked: Asked,
  clock: Clock,
): Promise<Answered | undefined> {
  const folder = join(dataFolder, desk.folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = join(folder, newId());
  writeWhole(`${base}.request`, { asked, atMs: clock.wallMs() });
  const lateMs = clock.monotonicMs() + desk.withinMs;
  try {
    while (clock.monotonicMs() < lateMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (!existsSync(`${base}.answer`)) continue;
      return desk.answered.parse(parsed(readFileSync(`${base}.answer`, "utf8")));
    }
    return undefined;
  } finally {
    for (const end of ["request", "answer"]) rmSync(`${base}.${end}`, { force: true });
  }
}

/** Whoever reads it finds all of it or nothing. */
function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
