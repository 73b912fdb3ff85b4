/**
 * Lifting locks on the host, for who cannot reach the two people that a site's lock needs. It is
 * the deed of whoever owns the data folder, and raises an alarm.
 *
 * A running broker has the database to itself, so the command leaves a request in the folder
 * `unlock` of the data folder, which is its owner's alone, and the broker answers beside it. A
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
import { newId } from "../store/ids.ts";
import { liftLockOnHost, listLocksInForce } from "../store/locks.ts";
import type { Lock } from "../store/model.ts";
import { listPeople } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import type { Store } from "../store/store.ts";

/** What keeps an administrator out (the site's lock and their own), or everything. */
export type HostLift = "way-in" | "all";

export interface HostRequest {
  /** Who is at the machine, as the system names them. */
  readonly who: string;
  readonly which: HostLift;
}

/** How late a running broker sees a request. */
const LOOK_MS = 1_000;
/** The command waits this long for its answer; what is older was asked by nobody who still waits. */
export const ANSWER_WITHIN_MS = 15_000;
const FILE_BYTES_MAX = 4_096;
const WHO_MAX = 100;
/** Requests looked at in one turn. */
const FILES_MAX = 20;

const requestSchema = z.strictObject({
  who: z.string().min(1).max(WHO_MAX),
  which: z.enum(["way-in", "all"]),
  atMs: z.number(),
});
const answerSchema = z.object({ lifted: z.array(z.string()) });

/** @returns what was lifted, each with its event, all or nothing */
export function liftOnHost(
  store: Store,
  { who, which }: HostRequest,
  atMs: number,
): Promise<readonly Lock[]> {
  return store.act(async (queries, record) => {
    const people = await listPeople(queries);
    const administrators = new Set(
      people.filter(({ roles }) => roles.includes("administrator")).map(({ id }) => id),
    );
    const inTheWay = ({ kind, target }: Lock) =>
      which === "all" || kind === "site" || (kind === "person" && administrators.has(target));
    const lifted = (await listLocksInForce(queries)).filter(inTheWay);
    for (const lock of lifted) {
      await liftLockOnHost(queries, lock.id, atMs);
      await record({
        kind: "lock:lifted-on-host",
        priority: "alarm",
        text: `${plainText(who, WHO_MAX)} lifted the lock of ${lockWords(lock)} on the host, which ${lock.lockedByName} had set: ${lock.reason}`,
        ...(lock.kind === "person" && { subject: lock.target }),
      });
    }
    return lifted;
  });
}

export function lockWords({ kind, target, targetName }: Lock): string {
  const name = targetName || target;
  return kind === "person" ? name : `the ${kind} ${name}`;
}

export interface HostLiftParts {
  readonly dataFolder: string;
  readonly store: Store;
  readonly clock: Clock;
  /** They count no more. */
  lifted(locks: readonly Lock[]): void;
  /** A request could not be done. */
  failed(reason: string): void;
}

/** Answers requests of the host while the broker runs. @returns a function that stops it */
export function answerHostLifts(parts: HostLiftParts): () => void {
  const folder = folderOf(parts.dataFolder);
  rmSync(folder, { recursive: true, force: true });
  let closed = false;
  let stop = () => {};
  const look = async (): Promise<void> => {
    try {
      for (const name of requestsIn(folder)) await answer(parts, join(folder, name));
    } catch (error) {
      parts.failed(messageOf(error));
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

async function answer(parts: HostLiftParts, path: string): Promise<void> {
  const request = readRequest(path);
  rmSync(path, { force: true });
  const nowMs = parts.clock.wallMs();
  if (!request || Math.abs(nowMs - request.atMs) > ANSWER_WITHIN_MS) return;
  const locks = await liftOnHost(parts.store, request, nowMs);
  parts.lifted(locks);
  writeWhole(path.replace(/request$/, "answer"), { lifted: locks.map(lockWords) });
}

/** Undefined for what nobody of this machine's broker wrote. */
function readRequest(path: string): z.output<typeof requestSchema> | undefined {
  const stats = lstatSync(path);
  const own = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isFile() || !own || stats.size > FILE_BYTES_MAX) return undefined;
  const read = requestSchema.safeParse(parsed(readFileSync(path, "utf8")));
  return read.success ? read.data : undefined;
}

/**
 * Asks a running broker.
 * @returns what it lifted, in words; undefined if it did not answer in time
 */
export async function askRunningBroker(
  dataFolder: string,
  request: HostRequest,
  clock: Clock,
): Promise<readonly string[] | undefined> {
  const folder = folderOf(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = join(folder, newId());
  writeWhole(`${base}.request`, { ...request, atMs: clock.wallMs() });
  const lateMs = clock.monotonicMs() + ANSWER_WITHIN_MS;
  try {
    while (clock.monotonicMs() < lateMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (!existsSync(`${base}.answer`)) continue;
      return answerSchema.parse(parsed(readFileSync(`${base}.answer`, "utf8"))).lifted;
    }
    return undefined;
  } finally {
    for (const end of ["request", "answer"]) rmSync(`${base}.${end}`, { force: true });
  }
}

const POLL_MS = 100;

/** Whoever reads it finds all of it or nothing. */
function writeWhole(path: string, value: unknown): void {
  writeFileSync(`${path}.part`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

function folderOf(dataFolder: string): string {
  return join(dataFolder, "unlock");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
