/** Words of the session page: the bar, the notices, the end. */
import type { ClassName } from "../../broker/api/shapes/plant.ts";

/** A class as one word, for a bar that has little room. */
export const classWord: Record<ClassName, string> = {
  observe: "read",
  operate: "write",
  configure: "configure",
  program: "program",
  transfer: "transfer files",
};

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export const sessionText = {
  failed: "The session could not be loaded",
  goneTitle: "This session is over",
  gone: "It has ended, or it is not yours. What was done in it is in its recording.",
  toRecording: "Open the recording",
  toPlant: "Go to the plant",
  untitled: "Session",
  noWorkbench: "This console has no workbench for the protocol of this session. Reload the page.",
  may: (classes: readonly ClassName[]) =>
    classes.length === 0
      ? "You may do nothing any more"
      : `You may ${listed(classes.map((name) => classWord[name]))}`,
  left: "Time left",
  endsBecause: { until: "until the grant ends", idle: "until it ends because nothing is done" },
  recording: "Recording",
  frozen: "Recording stopped",
  frozenTitle: "Nothing can be recorded, so nothing can be changed",
  frozenBody: (cause: string) =>
    `${cause === "" ? "The recorder cannot write." : sentence(cause)} Writing is off until recording works again; reading goes on for a few minutes.`,
  watched: (names: readonly string[]) =>
    names.length === 0 ? "Not watched" : `Watched by ${listed(names)}`,
  end: "End session",
  endTitle: "End this session?",
  endBody:
    "The connection to the asset closes at once and the recording is sealed. What waits to be sent is dropped.",
  endReason: "ended by its owner",
  link: {
    attaching: "Connecting to the asset…",
    away: "The live channel is away. The session waits for you; reconnecting…",
    refusedTitle: "The asset could not be reached",
    again: "It is tried again by itself.",
    retry: "Try again",
    takenOver: "You work in this session from another page",
    takeBack: "Work here",
  },
  warning: {
    idleTitle: (left: string) => `Nothing was done for a while: this session ends in ${left}`,
    idleBody: "Press any key or use the pointer to keep it. Polling alone does not count.",
    untilTitle: (left: string) => `Your access ends in ${left}`,
    untilBody: "Bring the plant to a state that you may leave it in.",
    stay: "Stay",
  },
  loss: {
    title: (left: readonly ClassName[]) =>
      left.length === 0
        ? "You can do nothing any more in this session"
        : `You can now only ${listed(left.map((name) => classWord[name]))}`,
    because: (reason: string, rule: string) => `Because ${lowerFirst(reason)} (rule ${rule}).`,
    dismiss: "Understood",
    prove: "Prove it is me",
  },
  ended: {
    title: "The session has ended",
    rules: {
      cut: "It was cut",
      lockdown: "It was locked",
      "owner-ended": "You ended it",
      "grant-end": "Your grant ended",
      "grant-revoked": "Your grant was revoked",
      idle: "Nothing was done for too long",
      lease: "This page was away for too long",
      absolute: "It reached its longest time",
      "person-disabled": "Your account was disabled",
      "plant-changed": "The plant file changed",
      "trust-withdrawn": "What the asset shows as its identity is not trusted any more",
      "plant-gone": "The asset is not in the plant file any more",
      "asset-closed": "The asset closed the connection",
      violation: "A message broke the protocol",
      recorder: "It could not be recorded any more",
      quota: "Its recording grew too large",
      "supervisor-absent": "No supervisor watched it any more",
      "key-switch": "Remote access was switched off at the plant",
      signal: "Another system revoked it",
      shutdown: "The broker was shut down",
    } as Readonly<Record<string, string>>,
    other: "It was ended",
    awayReason: "it ended while this page was away; its recording says why",
    rule: "Rule",
    reason: "Reason",
    at: "At",
  },
  tabs: { tags: "Tags", tables: "Tables", trends: "Trends", log: "Log" },
} as const;

/** Reasons come as clauses ("the grant ended"); a notice wants a sentence. */
export function sentence(clause: string): string {
  const trimmed = clause.trim();
  if (trimmed === "") return "";
  const begun = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

function lowerFirst(clause: string): string {
  const bare = clause.trim().replace(/\.$/, "");
  const startsWithName = /^[A-Z][A-Z0-9.]/.test(bare);
  return startsWithName ? bare : bare.charAt(0).toLowerCase() + bare.slice(1);
}
