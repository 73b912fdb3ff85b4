/** How long an asset keeps a session of which it hears nothing. */

/** What is asked for. */
export const SESSION_TIMEOUT_MS = 120_000;
/** An asset that grants less is asked often enough for this: more often would be a burden to it. */
const TIMEOUT_MIN_MS = 10_000;

/** What an asset granted, whatever number it said: timers are set by it. */
export function keptMs(granted: unknown): number {
  if (typeof granted !== "number" || Number.isNaN(granted)) return TIMEOUT_MIN_MS;
  return Math.min(SESSION_TIMEOUT_MS, Math.max(TIMEOUT_MIN_MS, granted));
}
