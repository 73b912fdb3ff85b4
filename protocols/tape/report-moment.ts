/**
 * The broker reads some values for the report of what a session changed: each reading is a
 * channel of its own, whose `peer` says at which moment it was taken.
 */
export type ReportMoment = "before" | "hold" | "after";

export const REPORT_PEERS: Readonly<Record<ReportMoment, string>> = {
  before: "report: before the first operation",
  hold: "report: while a person was asked",
  after: "report: after a change",
};

/** Undefined for a channel that is no such reading. */
export function reportMoment(channel: {
  readonly by: "subject" | "broker";
  readonly peer: string;
}): ReportMoment | undefined {
  if (channel.by !== "broker") return undefined;
  const found = Object.entries(REPORT_PEERS).find(([, peer]) => peer === channel.peer);
  return found?.[0] as ReportMoment | undefined;
}
