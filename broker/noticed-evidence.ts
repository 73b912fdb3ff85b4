/** What the evidence reports becomes events and health: how full it is, what was deleted. */
import type { AlarmBook } from "./alarms/alarm-book.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import { type Tombstone, tombstoneText } from "./evidence/descriptions.ts";
import type { EvidenceOptions } from "./evidence/evidence.ts";
import { sha256Hex } from "./evidence/seal.ts";
import type { VolumeState } from "./evidence/volume-watch.ts";
import type { Logger } from "./log.ts";
import type { Noticed } from "./noticed.ts";
import { volumeAlarms } from "./open-alarms.ts";
import type { SiteEvents } from "./store/site-events.ts";

export interface EvidenceNoticeParts {
  readonly board: Pick<HealthBoard, "report">;
  readonly noticed: Pick<Noticed, "note">;
  readonly siteLog: Pick<SiteEvents, "record">;
  readonly log: Pick<Logger, "error">;
  readonly alarms: AlarmBook;
}

type Notices = Required<Pick<EvidenceOptions, "onVolume" | "onTombstone" | "onRetentionTrouble">>;

export function evidenceNotices(parts: EvidenceNoticeParts): Notices {
  const { board, noticed, siteLog, log } = parts;
  const alarms = volumeAlarms(parts.alarms);
  let before: VolumeState["level"] = 0;
  return {
    onVolume: (state) => {
      board.report("evidence volume", healthOf(state), wordsOf(state));
      alarms(state, wordsOf(state));
      const rising = state.level > before || state.atFloor;
      if (state.level !== before || state.atFloor) {
        const kind = rising ? "evidence:filling" : "evidence:room";
        noticed.note({ kind, priority: rising ? "alarm" : "event", text: wordsOf(state) });
      }
      before = state.level;
    },
    // Nothing is deleted whose event could not be kept.
    onTombstone: async (tombstone) => {
      const { session } = tombstone;
      const text = deletedText(tombstone);
      await siteLog.record({ kind: "recording:deleted", priority: "event", text, session });
    },
    onRetentionTrouble: (error) => {
      log.error({ error }, "recordings that are due were not deleted");
      const text = "Recordings that are due could not be deleted: see the log";
      noticed.note({ kind: "recording:not-deleted", priority: "alarm", text });
    },
  };
}

/** What the site log says of it: whoever verifies a bundle looks for the digest. */
export function deletedText(tombstone: Tombstone): string {
  const digest = sha256Hex(Buffer.from(tombstoneText(tombstone)));
  const kept = `the ${days(tombstone.keepMs)} that recordings are kept`;
  return `The recording was deleted: it is older than ${kept} (tombstone SHA-256 ${digest})`;
}

function healthOf({ level, atFloor }: VolumeState): "ok" | "attention" | "failed" {
  if (atFloor || level === 95) return "failed";
  return level === 0 ? "ok" : "attention";
}

function wordsOf(state: VolumeState): string {
  const free = `${giga(state.freeBytes)} of ${giga(state.totalBytes)} are free`;
  if (state.atFloor) {
    return `The volume of the recordings is full (${free}): sessions are frozen until there is room.`;
  }
  if (state.level === 95) {
    return `The volume of the recordings is over 95 % full (${free}): no session can be opened.`;
  }
  if (state.level === 0) return `The volume of the recordings has room: ${free}.`;
  return `The volume of the recordings is over ${state.level} % full: ${free}.`;
}

/** Decimal, as the console counts and disks are sold: one page must not name two sizes. */
function giga(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function days(ms: number): string {
  return `${Math.round(ms / (24 * 60 * 60_000))} days`;
}
