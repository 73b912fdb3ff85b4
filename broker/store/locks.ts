import type { Lock } from "./model.ts";
import type { Queries } from "./schema.ts";

interface SignedAct {
  readonly by: string;
  readonly atMs: number;
  readonly actionId: string;
}

export async function insertLock(queries: Queries, lock: Lock): Promise<void> {
  await queries
    .insertInto("locks")
    .values({
      id: lock.id,
      kind: lock.kind,
      target: lock.target,
      target_name: lock.targetName,
      reason: lock.reason,
      locked_by: lock.lockedBy,
      locked_ms: lock.lockedMs,
      lift_by: null,
      lift_ms: null,
      lift_action_id: null,
      lifted_by: null,
      lifted_ms: null,
      lifted_action_id: null,
    })
    .execute();
}

/** Oldest first. */
export async function listLocksInForce(queries: Queries): Promise<readonly Lock[]> {
  const rows = await queries
    .selectFrom("locks")
    .innerJoin("people as locker", "locker.id", "locks.locked_by")
    .leftJoin("people as lifter", "lifter.id", "locks.lift_by")
    .selectAll("locks")
    .select(["locker.name as locker_name", "lifter.name as lifter_name"])
    .where("locks.lifted_ms", "is", null)
    .orderBy("locks.locked_ms")
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    target: row.target,
    targetName: row.target_name,
    reason: row.reason,
    lockedBy: row.locked_by,
    lockedByName: row.locker_name,
    lockedMs: Number(row.locked_ms),
    liftBy: row.lift_by,
    liftByName: row.lifter_name,
  }));
}

/**
 * The first of two people who lift it; false if somebody was faster.
 * @param instead of whom, who may not lift it any more
 */
export async function agreeToLift(
  queries: Queries,
  id: string,
  instead: string | null,
  act: SignedAct,
): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("locks")
    .set({ lift_by: act.by, lift_ms: act.atMs, lift_action_id: act.actionId })
    .where("id", "=", id)
    .where("lift_by", instead === null ? "is" : "=", instead)
    .where("lifted_ms", "is", null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** By whoever owns the machine: no person, no signed act. */
export async function liftLockOnHost(queries: Queries, id: string, atMs: number): Promise<void> {
  await queries
    .updateTable("locks")
    .set({ lifted_ms: atMs })
    .where("id", "=", id)
    .where("lifted_ms", "is", null)
    .execute();
}

/** False if it was lifted before, or if who lifts it is the one who has agreed already. */
export async function liftLock(queries: Queries, id: string, act: SignedAct): Promise<boolean> {
  const { numUpdatedRows } = await queries
    .updateTable("locks")
    .set({ lifted_by: act.by, lifted_ms: act.atMs, lifted_action_id: act.actionId })
    .where("id", "=", id)
    .where("lifted_ms", "is", null)
    .where((where) => where.or([where("lift_by", "is", null), where("lift_by", "!=", act.by)]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
