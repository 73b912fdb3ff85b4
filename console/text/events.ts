function ofThem(alarms: number): string {
  if (alarms === 0) return "no alarm";
  return alarms === 1 ? "1 of them an alarm" : `${alarms} of them alarms`;
}

export const eventsText = {
  title: "Events",
  failed: "The events could not be loaded",
  summary: (events: number, alarms: number, more: boolean) =>
    `${more ? "the newest " : ""}${events} ${events === 1 ? "event" : "events"}, ${ofThem(alarms)}`,
  older: "Load older events",
  filter: "Filter events",
  only: { label: "Show", all: "All", alarms: "Alarms" },
  emptyTitle: "Nothing has happened yet",
  empty:
    "Sign-ins, sessions, refused openings and changes of people, grants and plant appear here.",
  table: {
    label: "Events",
    at: "When",
    priority: "Priority",
    kind: "Kind",
    text: "What",
    subject: "Who",
    session: "Session",
  },
  alarm: "Alarm",
  event: "Event",
  toSession: "Recording",
} as const;

export const healthText = {
  title: "Health",
  failed: "The state of the broker could not be loaded",
  word: { ok: "Works", attention: "Needs attention", failed: "Failed" },
  overall: {
    ok: "All parts work",
    attention: "A part needs attention",
    failed: "A part has failed",
  },
  parts: { label: "Parts", name: "Part", state: "State", text: "What it says", since: "Since" },
  recorder: {
    title: "Recorder",
    recording: "Recording",
    frozen: "Frozen: nothing that changes a plant passes",
    state: "State",
    commit: "Commit, median / 99th percentile",
    free: "Free space",
    never: "none yet",
    ms: (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`,
  },
  plant: {
    title: "Plant file",
    inForce: "In force since",
    digest: "Digest (SHA-256)",
    problem: (line: number | null) =>
      line === null ? "Error in the file" : `Error in line ${line}`,
    advice:
      "The last valid version stays in force. Mend the file; it is read again as soon as it is saved.",
  },
  sessions: {
    title: "Sessions",
    live: "Running now",
    cut: "Cut, 99th percentile",
  },
  versions: { title: "Version", broker: "Sallyport", node: "Node.js", console: "Up since" },
  digestWhat: "digest",
  unknown: "unknown",
} as const;
