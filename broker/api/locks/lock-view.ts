import type { Access } from "../../access/access.ts";
import type { LiveSession } from "../../sessions/session.ts";
import type { Lock, Person } from "../../store/model.ts";
import type { LockView } from "../shapes/locks.ts";

export type LocksAsked = Pick<Access<LiveSession>, "locks" | "viewable">;

/** @param lifts whether the person has the right to lift locks at all */
export function lockView({ locks }: LocksAsked, lock: Lock, person: Person, lifts: boolean) {
  const { id, kind, target, targetName, reason, lockedMs } = lock;
  return {
    ...{ id, kind, target, targetName, reason, lockedMs },
    lockedBy: lock.lockedByName,
    liftBy: lock.liftByName,
    mayLift: lifts && locks.liftRefusal(person, lock) === undefined,
  } satisfies LockView;
}
