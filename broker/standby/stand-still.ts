/**
 * What an active broker does when it loses the database that its right to be active is in, while
 * another one may be waiting: nothing that changes the plant passes from that instant on, and if
 * the database stays away it ends, so that one with a better way to it takes over.
 */
import type { Clock } from "../clock.ts";
import type { LiveSession } from "../sessions/session.ts";
import type { Store } from "../store/store.ts";

/** Shorter than a server takes to give up a broker that it cannot hear (25 s). */
export const AWAY_MAX_MS = 15_000;
const LOOK_MS = 1_000;
/** The name of the condition that every session then lacks. */
export const ACTIVE_CONDITION = "active";

export interface StandStillParts {
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  readonly store: Pick<Store, "onAway" | "onFailure">;
  readonly sessions: { list(): readonly Pick<LiveSession, "lapse" | "meet">[] };
  /** Locks that only this process knows: they would be forgotten with it. */
  unkeptLocks(): number;
  stepDown(reason: string): void;
}

export function standStillWhileAway(parts: StandStillParts): () => void {
  const { clock, store, sessions, unkeptLocks, stepDown } = parts;
  let stopLooking: (() => void) | undefined;
  let sinceMs = 0;
  const stop = () => {
    stopLooking?.();
    stopLooking = undefined;
  };
  const hold = () => {
    for (const session of sessions.list()) session.lapse(ACTIVE_CONDITION, AWAY);
  };
  const look = () => {
    // Those too whose opening was under way.
    hold();
    if (clock.monotonicMs() - sinceMs < AWAY_MAX_MS || unkeptLocks() > 0) {
      stopLooking = clock.after(LOOK_MS, look);
      return;
    }
    stop();
    stepDown(`the database was out of reach for ${AWAY_MAX_MS / 1_000} s`);
  };
  store.onAway((away) => {
    if (!away) {
      stop();
      for (const session of sessions.list()) session.meet(ACTIVE_CONDITION, BACK);
      return;
    }
    if (!stopLooking) sinceMs = clock.monotonicMs();
    stop();
    look();
  });
  store.onFailure((error) => {
    hold();
    stepDown(error.message);
  });
  return stop;
}

const AWAY = {
  rule: "broker-active",
  reason: "The broker has lost the database that says that it is the active one.",
};
const BACK = { rule: "broker-active", reason: "The broker is the active one." };
