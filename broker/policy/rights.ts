/** Everything a person can be allowed to do besides operations on an asset. */

/** Each is an action of the policy language and, in the console, a right of the API. */
export const RIGHTS = [
  "plant:view",
  "plant:change",
  /** What assets are signed in to with: set and removed, never read. */
  "credential:set",
  "session:open",
  "session:list",
  "session:watch",
  "session:freeze",
  /** Cuts it. */
  "session:end",
  "session:consent",
  "recording:own",
  "recording:all",
  /** Those of sessions for which somebody broke the glass: who reviews must be able to look. */
  "recording:break-glass",
  "recording:export",
  /** Says something about a moment of a recording that one may see. */
  "recording:comment",
  /** Lets a person without an account see one. */
  "recording:share",
  "request:make",
  "request:approve",
  "grant:manage",
  "hold:answer",
  "vendor:invite",
  "people:manage",
  "access:review",
  "lock:set",
  "lock:lift",
  "break-glass:open",
  "break-glass:review",
  "policy:view",
  "policy:change",
  "events:view",
  "alarm:acknowledge",
  /** Out of the way for a while. */
  "alarm:shelve",
  /** How the site log, its witnesses and the volumes are: nothing of what stands in it. */
  "log:state",
  /** The entries of the site log, with their proofs. */
  "log:view",
  "health:view",
  /** Where notices and events go. */
  "integration:manage",
] as const;

export type Right = (typeof RIGHTS)[number];

/**
 * All that a workload can ever be given, whatever policies say: everything else is decided,
 * approved or answered for by a person, with a passkey.
 */
export const WORKLOAD_RIGHTS: readonly Right[] = ["plant:view", "session:open", "recording:own"];
