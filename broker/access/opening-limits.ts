/** For how long sessions may last, idle and be left, and what opening one asks. */
export interface OpeningLimits {
  /** No human input for this long ends a session. */
  readonly idleMs: number;
  /** A closed tab or a lost network may be away for this long. */
  readonly leaseMs: number;
  /** The longest session, whatever its grant says. */
  readonly absoluteMs: number;
  /** Opening asks for an assertion no older than this. */
  readonly assertionMaxMs: number;
  /** Nobody opens anything on a device that is not enrolled. */
  readonly knownDevicesOnly: boolean;
}

/** Where the site says nothing else. */
export const LIMITS: OpeningLimits = {
  idleMs: 15 * 60_000,
  leaseMs: 60_000,
  absoluteMs: 12 * 3_600_000,
  assertionMaxMs: 15 * 60_000,
  knownDevicesOnly: true,
};
