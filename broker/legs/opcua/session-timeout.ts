/** How long an asset keeps a session of which it hears nothing. */

/** What is asked for. */
export const SESSION_TIMEOUT_MS = 120_000;
/** An asset that grants less is asked often enough for this: more often would be a burden to it. */
const TIMEOUT_MIN_MS = 10_000;
/** Some grant more than is asked for, in tens of minutes; timers take no number that a peer likes. */
const TIMEOUT_MAX_MS = 3_600_000;

/** What an asset granted, whatever number it said: timers are set by it. */
export function keptMs(granted: unknown): number {
  if (typeof granted !== "number" || Number.isNaN(granted)) return TIMEOUT_MIN_MS;
  return Math.min(TIMEOUT_MAX_MS, Math.max(TIMEOUT_MIN_MS, granted));
}
