/**
 * Lifting locks on the host, for who cannot reach the two people that a site's lock needs. It is
 * the deed of whoever owns the data folder, and raises an alarm.
 */
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { answerHost, askHost } from "../store/host-requests.ts";
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

/** The command waits this long for its answer. */
export const ANSWER_WITHIN_MS = 15_000;
const WHO_MAX = 100;

const DESK = {
  folder: "unlock",
  asked: z.strictObject({
    who: z.string().min(1).max(WHO_MAX),
    which: z.enum(["way-in", "all"]),
  }),
  answered: z.object({ lifted: z.array(z.string()) }),
  withinMs: ANSWER_WITHIN_MS,
};

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
  const { dataFolder, clock, store } = parts;
  return answerHost(DESK, {
    ...{ dataFolder, clock },
    failed: (reason) => parts.failed(reason),
    act: async (request) => {
      const locks = await liftOnHost(store, request, clock.wallMs());
      parts.lifted(locks);
      return { lifted: locks.map(lockWords) };
    },
  });
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
  return (await askHost(DESK, dataFolder, request, clock))?.lifted;
}
