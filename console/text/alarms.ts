import type { AlarmPriorityName, AlarmStateName } from "../../broker/api/shapes/alarms.ts";

const priority: Record<AlarmPriorityName, string> = { urgent: "Urgent", high: "High", low: "Low" };

const state: Record<AlarmStateName, string> = {
  unacknowledged: "Not acknowledged",
  acknowledged: "Acknowledged",
  returned: "Back to normal, not acknowledged",
  shelved: "Shelved",
  over: "Over",
};

export const alarmsText = {
  title: "Alarms",
  failed: "The alarms could not be loaded",
  priority,
  state,
  summary: (open: number, unseen: number) =>
    open === 0
      ? "Nothing needs a person"
      : `${open === 1 ? "1 alarm" : `${open} alarms`}, ${unseen === 0 ? "all acknowledged" : `${unseen} not acknowledged`}`,
  counter: (count: number, unseen: number) =>
    unseen === 0
      ? `${count === 1 ? "1 alarm" : `${count} alarms`}, all acknowledged`
      : `${unseen === 1 ? "1 alarm" : `${unseen} alarms`} not acknowledged`,
  counterShort: (count: number) => (count === 1 ? "1 alarm" : `${count} alarms`),
  view: { label: "Show", open: "Open", past: "History", kinds: "All kinds" },
  filter: "Filter alarms",
  anyPriority: "Any priority",
  priorityLabel: "Priority",
  anySite: "Any site",
  siteLabel: "Site",
  siteUnknown: "Site not known",
  emptyTitle: "Nothing needs a person",
  empty: "When something does, it stands here, with what to do about it.",
  emptyPastTitle: "No alarm is over yet",
  emptyPast: "Alarms come here once they are back to normal and somebody has acknowledged them.",
  older: "Older",
  table: {
    label: "Alarms",
    priority: "Priority",
    what: "What happened",
    todo: "What follows, and what to do",
    since: "Since",
    state: "State",
    over: "Over",
  },
  times: (count: number) => (count === 1 ? "" : `${count} times`),
  last: "last",
  fluttering: "Comes and goes",
  by: (name: string, reason: string) => `${name}: ${reason}`,
  until: "until",
  recording: "Recording",
  help: "What this means",
  acknowledge: "Acknowledge",
  acknowledgeNamed: (title: string) => `Acknowledge: ${title}`,
  acknowledgeTitle: "Acknowledge alarm",
  acknowledgeBody:
    "You have seen it. It returns to normal when its cause is gone, not by being acknowledged.",
  acknowledgeReason: "What you do about it",
  shelve: "Shelve",
  shelveNamed: (title: string) => `Shelve: ${title}`,
  shelveTitle: "Shelve alarm",
  shelveBody: "Out of the way until then; it comes back by itself.",
  shelveReason: "Why it can wait",
  shelveFor: "For",
  durations: [
    [15, "15 minutes"],
    [60, "1 hour"],
    [240, "4 hours"],
    [480, "8 hours"],
    [720, "12 hours"],
  ] as readonly (readonly [number, string])[],
  unshelve: "Take from the shelf",
  unshelveNamed: (title: string) => `Take from the shelf: ${title}`,
  unshelveTitle: "Take alarm from its shelf",
  unshelveBody: "It counts again at once.",
  unshelveReason: "Why now",
  kinds: {
    label: "Kinds of alarms",
    criteria: [
      "Urgent: evidence or a protection is being lost now. Come within minutes.",
      "High: somebody's work stands still, or a protection is weaker than it should be. Within the hour.",
      "Low: nothing is lost yet. Look today.",
    ],
    kind: "Alarm",
    consequence: "If nobody comes",
    action: "What to do",
    returns: "Returns to normal",
    condition: "when its cause is gone",
    quiet: (minutes: number) =>
      minutes >= 60
        ? `after ${minutes / 60} h without another`
        : `after ${minutes} min without another`,
    outOfService: "Out of service by design",
  },
} as const;
