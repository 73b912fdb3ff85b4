/** The figures as a file for a spreadsheet. */
import type { FiguresView } from "../../broker/api/shapes/figures.ts";
import { csvRows } from "./csv-rows.ts";

/** Times in milliseconds. */
export function csvOf({ site, months }: FiguresView): string {
  const head = [
    ...["site", "month", "sign_ins", "sign_ins_refused", "requests", "requests_agreed"],
    ...["requests_refused", "requests_lapsed", "decided_median_ms", "decided_most_ms"],
    ...["first_session_median_ms", "first_session_most_ms", "sessions", "sessions_cut"],
    ...["cut_median_ms", "cut_most_ms", "refusal_alarms", "break_glass", "recordings"],
    "recordings_unreviewed",
  ];
  const rows = months.map(({ month, signIns, requests, sessions, ...rest }) => [
    ...[site, month, signIns.begun, signIns.refused, requests.made, requests.agreed],
    ...[requests.refused, requests.lapsed, requests.decided.median, requests.decided.most],
    ...[requests.used.median, requests.used.most, sessions.opened, sessions.cut],
    ...[sessions.cutAfter.median, sessions.cutAfter.most, rest.refusals, rest.breakGlass],
    ...[rest.recordings.ended, rest.recordings.unreviewed],
  ]);
  return csvRows([head, ...rows]);
}
