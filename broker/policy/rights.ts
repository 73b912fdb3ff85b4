/** Everything a person can be allowed to do besides operations on an asset. */

/** Each is an action of the policy language and, in the console, a right of the API. */
export const RIGHTS = [
  "plant:view",
  "plant:change",
  "session:open",
  "session:list",
  "session:watch",
  "session:freeze",
  /** Cuts it. */
  "session:end",
  "session:consent",
  "recording:own",
  "recording:all",
  "recording:export",
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
  "health:view",
] as const;

export type Right = (typeof RIGHTS)[number];
