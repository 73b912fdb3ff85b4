/** Words about judging past sessions by a change before it counts. */
const count = (n: number, one: string, many: string) =>
  `${n.toLocaleString("en-US")} ${n === 1 ? one : many}`;

export const whatIfText = {
  title: "What would have been otherwise",
  lead: "Judges past sessions that you may see by this change, and lists exactly what would differ. Nothing changes.",
  required: "This site wants you to look at that before you put policies in force.",
  days: "Sessions of the last",
  dayCount: (n: number) => count(n, "day", "days"),
  run: "Try it on past sessions",
  again: "Try again",
  cancel: "Stop",
  failed: "It could not be judged",
  waiting: "It waits until another one is done.",
  progress: (done: number, all: number, operations: number) =>
    `${done} of ${count(all, "session", "sessions")}, ${count(operations, "operation", "operations")} so far`,
  stale: "The text has changed since: try again.",
  nothing: (sessions: number, operations: number) =>
    sessions === 0
      ? "There is no past session that you may see in this time: it says nothing about this change."
      : `Nothing of ${count(operations, "operation", "operations")} in ${count(sessions, "session", "sessions")} would have been otherwise.`,
  found: (kinds: number, sessions: number, operations: number) =>
    `${count(kinds, "kind of difference", "kinds of differences")} in ${count(operations, "operation", "operations")} of ${count(sessions, "session", "sessions")}.`,
  leftOut: (n: number) => `${count(n, "older session was", "older sessions were")} left out.`,
  more: (n: number) => `${count(n, "other kind is", "other kinds are")} not listed.`,
  label: "Differences",
  what: "What",
  times: "Times",
  before: "It was",
  after: "It would be",
  moments: "Moments",
  by: (rule: string) => `by ${rule}`,
  verdict: {
    permit: "permitted",
    deny: "refused",
    hold: "held for a person",
    unknown: "not known",
  } as Readonly<Record<string, string>>,
  others: (n: number) => `and ${n} more`,
} as const;
