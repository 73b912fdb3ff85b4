export const liveText = {
  title: "Live",
  failed: "The live sessions could not be loaded",
  summary: (count: number) =>
    count === 1 ? "1 session is running" : `${count} sessions are running`,
  filter: "Filter sessions",
  emptyTitle: "No session is running",
  empty: "A session appears here as soon as someone opens one from the plant page.",
  toPlant: "Go to the plant",
  table: {
    label: "Live sessions",
    who: "Who",
    what: "Asset",
    since: "Running for",
    left: "left",
    capabilities: "May",
    changed: "Acts",
    changedHint: "What passed beyond reading: writes, calls, shells, commands, input, files",
    refused: "Refused",
    watchers: "Watched by",
    state: "State",
  },
  you: "you",
  nobody: "–",
  idleSince: "idle since",
  recording: "Recording",
  frozen: "Frozen",
  frozenMeaning: "The recorder cannot write; nothing that changes the plant passes.",
  watch: "Watch",
  goBack: "Return",
  end: "End",
  endNamed: (who: string, asset: string) => `End the session of ${who} on ${asset}`,
  endTitle: "End this session?",
  endWarning: (who: string, asset: string) =>
    `The session of ${who} on ${asset} ends at once. Nothing passes any more in either direction, and what was queued is dropped. What the plant is doing now, it goes on doing.`,
  endAction: "End session",
  endReason: "Reason",
  ended: (ms: string, dropped: number) =>
    dropped === 0
      ? `Ended ${ms} ms after the broker was told.`
      : `Ended ${ms} ms after the broker was told; ${dropped} queued operations dropped.`,
  endedTitle: (who: string, asset: string) => `Session ended: ${who} on ${asset}`,
} as const;
