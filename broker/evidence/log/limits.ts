/** Every bound of the site log. One value, so that a test can make tiles change hands early. */
const MIB = 1024 * 1024;

export interface LogLimits {
  /** A checkpoint follows its first leaf within ten seconds; writing it takes its part of them. */
  readonly checkpointAfterMs: number;
  /** Leaves not in tiles yet that are worth writing tiles for at once. */
  readonly stagedLeaves: number;
  readonly stagedBytes: number;
  /** Leaves that wait for the disk. More means that it is too slow: refuse, do not grow. */
  readonly pendingLeavesMax: number;
  readonly pendingBytesMax: number;
  /** Between two attempts after a failure. */
  readonly retryMs: number;
  /** Full tiles, newest first, whose entries are hashed again when the log is opened. */
  readonly checkedTiles: number;
}

export const LOG_LIMITS: LogLimits = {
  checkpointAfterMs: 8_000,
  stagedLeaves: 16_384,
  stagedBytes: 8 * MIB,
  pendingLeavesMax: 65_536,
  pendingBytesMax: 64 * MIB,
  retryMs: 1_000,
  checkedTiles: 16,
};

/** A leaf holds an event; large things are in it by their digest. C2SP gives its length 16 bits. */
export const LEAF_BYTES_MAX = 65_535;

/** Of one group commit: what a crash may lose unacknowledged, and what recovery reads at once. */
export const COMMIT_BYTES_MAX = 4 * MIB;

/** A staging file grows by at most one commit after its switch was due. */
export const STAGING_FILE_BYTES_MAX = 256 * MIB;

/** Checkpoints with the signatures of a hundred witnesses are smaller. */
export const NOTE_BYTES_MAX = 64 * 1024;
