/** Work that nobody waits for gives way to work that somebody does, where both want the processor. */
import os from "node:os";

/** Of ten parts of a core that both want, the thread of a person's request gets nine. */
const BACKGROUND_PRIORITY = 10;

/**
 * Lowers the priority of the thread that calls. On Linux alone: elsewhere a priority is that of
 * the process, and all sessions with it. Answers whether the system took it; it may forbid it.
 */
export function giveWay(): boolean {
  if (process.platform !== "linux") return false;
  try {
    os.setPriority(BACKGROUND_PRIORITY);
    return true;
  } catch {
    return false;
  }
}
