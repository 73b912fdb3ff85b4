/**
 * Commands on the host that read recordings say so: the broker makes an event of each note, now or
 * at its next start.
 */
import { createHash } from "node:crypto";
import { userInfo } from "node:os";
import type { Config } from "../config.ts";
import { diskVolume } from "../evidence/disk-volume.ts";
import { type LeftNote, leaveNote } from "../evidence/log/left-notes.ts";
import { siteLogFolder } from "../site-log-place.ts";

/** Of so many sessions each has a note of its own; of more, one note has the digest of their ids. */
const NOTED_EACH_MAX = 50;

/** @param session absent for a range */
export function noteExport(config: Config, what: string, session?: string): Promise<void> {
  const which = session === undefined ? { range: what } : { session };
  return leave(config, { kind: "export", ...which });
}

/** To be awaited before anything is read: nobody sees what could not be noted. */
export async function noteReading(
  config: Config,
  command: string,
  sessions: readonly string[],
): Promise<void> {
  if (sessions.length <= NOTED_EACH_MAX) {
    for (const session of sessions) await leave(config, { kind: "read", command, session });
    return;
  }
  const ids = [...sessions].sort().join("\n");
  const digest = createHash("sha256").update(`${ids}\n`).digest("hex");
  const range = `${sessions.length} sessions, SHA-256 of their sorted ids ${digest}`;
  await leave(config, { kind: "read", command, range });
}

function leave(config: Config, note: Omit<LeftNote, "by" | "occurredMs">): Promise<void> {
  const by = `${userInfo().username} on this machine`;
  const whole = { ...note, by, occurredMs: Date.now() };
  return leaveNote(diskVolume, siteLogFolder(config), whole);
}
