/** Every bound of the recorder. One value, so that a test can make a segment of a few records. */
import { FRAME_LENGTH_MAX } from "../../protocols/tape/codec.ts";

const MIB = 1024 * 1024;

export interface EvidenceLimits {
  /** A segment is sealed once it holds so many bytes, or so old: what a seek must load at most. */
  readonly segmentBytes: number;
  readonly segmentAgeMs: number;
  /**
   * Size of a write-ahead file. It must hold the largest block, `gatherBytesMax` and one record;
   * small enough to be filled with zeros at a start without being noticed.
   */
  readonly writeAheadBytes: number;
  /** Write-ahead files not yet freed by sealing. Beyond them the recorder fails by design. */
  readonly writeAheadFilesMax: number;
  /**
   * Of them, from which part on those that fill them fastest wait for sealing, and from which part
   * on everybody does: so that one transfer that is faster than it can be sealed freezes nobody.
   */
  readonly fillersWaitFrom: number;
  readonly allWaitFrom: number;
  /** A segment that began so many files ago is cut, so that one slow session frees its files. */
  readonly writeAheadFilesHeld: number;
  /** Gathered while a write is under way. More means that the disk is too slow: fail, do not grow. */
  readonly gatherBytesMax: number;
  /** Gathered bytes that are worth a write although nobody waits. */
  readonly gatherBytes: number;
  /** Nothing stays in memory for longer than this. */
  readonly flushAfterMs: number;
  /** Unsealed bytes of all sessions, kept in memory by the sealer; the largest are cut above it. */
  readonly unsealedBytesMax: number;
  /** Kept on the volume to close the open recordings when it is full. */
  readonly reserveBytes: number;
  /** Pauses between attempts after a failure; doubled from the first to the last. */
  readonly retryFirstMs: number;
  readonly retryMaxMs: number;
  /** Jump marks of one segment; a list of more helps nobody, and the tape has them all. */
  readonly marksMax: number;
  /** Bytes of one recording before compression; its session is to end above it. */
  readonly recordingBytesMax: number;
}

export const EVIDENCE_LIMITS: EvidenceLimits = {
  segmentBytes: MIB,
  segmentAgeMs: 10 * 60_000,
  writeAheadBytes: 16 * MIB,
  writeAheadFilesMax: 32,
  fillersWaitFrom: 1 / 2,
  allWaitFrom: 3 / 4,
  writeAheadFilesHeld: 4,
  gatherBytesMax: 8 * MIB,
  gatherBytes: 256 * 1024,
  flushAfterMs: 100,
  unsealedBytesMax: 128 * MIB,
  reserveBytes: 16 * MIB,
  retryFirstMs: 250,
  retryMaxMs: 15_000,
  marksMax: 2000,
  recordingBytesMax: 4096 * MIB,
};

/** Plain bytes of a segment as read back: the last record may go past `segmentBytes`. */
export const SEGMENT_PLAIN_MAX = 2 * (FRAME_LENGTH_MAX + MIB);

/** Files that describe a recording: an index of a day of segments full of marks is smaller. */
export const DESCRIPTION_BYTES_MAX = 64 * MIB;

/** Recordings that are closed do not change: so many stay in memory for lists. */
export const CLOSED_REMEMBERED_MAX = 2000;

/** When the broker stops it waits so long for recordings to close; the next start closes the rest. */
export const CLOSE_PATIENCE_MS = 30_000;

/** How often open tapes are looked through for segments to cut. */
export const SWEEP_MS = 5_000;

/**
 * Durable bytes reach the sealer after at most this, or once there are so many: it need not wake
 * for every commit. Waking it ten times a second for a few kilobytes cost more than sealing them.
 */
export const SEALER_ADVANCE_MS = 250;
export const SEALER_ADVANCE_BYTES = 2 * MIB;
