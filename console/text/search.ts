import type { HitView } from "../../broker/api/shapes/search.ts";
import type { Field } from "../../protocols/search/terms.ts";
import { opcuaText } from "./opcua.ts";

type Outcome = NonNullable<HitView["outcome"]>;

const outcomes: Record<Outcome, string> = {
  answered: "",
  permitted: "",
  exception: "Refused by the asset",
  refused: "",
  held: "Waits for a person",
  lost: "No answer",
  withheld: "Taken back",
  pending: "No answer yet",
};

/** What follows a field's name, as the box proposes it. */
const fields: Record<Exclude<Field, "any"> | "last", string> = {
  by: "whose session",
  employer: "of the person",
  asset: "id or name",
  zone: "of the asset",
  tag: "name, * for any part",
  register: "40012, holding:11, or a range",
  value: ">40, <=20, 35..45",
  unit: "Modbus unit",
  class: "observe, operate, …",
  verdict: "permit, deny, hold",
  outcome: "what became of it",
  hold: "any, waiting, allowed, refused",
  approver: "who allowed what was held",
  rule: "that decided",
  reason: "words of the decision",
  action: "modbus:write, session:end, …",
  text: "typed, shown or named",
  file: "part of a name",
  endpoint: "asset/endpoint",
  protocol: "modbus, ssh, …",
  profile: "of the grant",
  grant: "id",
  request: "id",
  ticket: "of the request",
  recording: "id",
  state: "open, sealed, gap, aborted",
  after: "2026-11-01 or 2026-11-01T14:30",
  before: "2026-11-01 or 2026-11-01T14:30",
  last: "30m, 8h, 7d",
};

const actions: Record<string, string> = {
  "modbus:read": "Read",
  "modbus:write": "Write",
  "modbus:mask": "Mask write",
  "modbus:identify": "Identify",
  "modbus:diagnostic": "Diagnostic",
  "modbus:file-read": "Read file",
  "modbus:file-write": "Write file",
  "modbus:fifo-read": "Read queue",
  "modbus:other": "Other function",
  "modbus:malformed": "No valid request",
  ...opcuaText.told.acts,
  "opcua:malformed": "No valid request",
  "session:capabilities": "May now",
  "session:watched": "Watched by",
  "session:unwatched": "No longer watched by",
  "session:gap": "Gap in the recording",
  "session:end": "Session ended",
  "session:channel": "Connected",
  "text:typed": "Typed",
  "text:shown": "Shown",
  "text:file": "File",
};

export const searchText = {
  box: "Search inside recordings",
  placeholder: "tag:P101.* value:>40 verdict:deny last:7d",
  submit: "Search",
  clear: "Back to all recordings",
  proposals: "Proposals",
  fields,
  showFields: "Fields",
  hideFields: "Hide fields",
  fieldsTitle: "Search by fields",
  form: {
    by: "Person",
    employer: "Employer",
    asset: "Asset",
    zone: "Zone",
    tag: "Tag",
    register: "Register",
    value: "Value",
    class: "Class",
    verdict: "Verdict",
    hold: "Hold",
    rule: "Rule",
    text: "Text",
    file: "File",
    ticket: "Ticket",
    grant: "Grant",
    state: "State",
    after: "From",
    before: "Until",
  },
  anything: "Any",
  proposed: (suggestion: string) => `Write ${suggestion} instead`,
  results: "Results",
  failed: "The search could not be made",
  searching: "Searching",
  found: (hits: number, recordings: number, more: boolean) =>
    `${hits}${more ? "+" : ""} ${hits === 1 && !more ? "hit" : "hits"} in ${recordings} ${recordings === 1 ? "recording" : "recordings"}`,
  behind: (count: number) =>
    count === 1
      ? "1 recording is not indexed to its end yet: what is missing of it was not searched."
      : `${count} recordings are not indexed to their end yet: what is missing of them was not searched.`,
  more: "Show more",
  emptyTitle: "Nothing found",
  empty: (asked: number) =>
    asked === 0
      ? "No recording that you may see fits. Take out a term, or look at the list of all recordings."
      : `Looked through ${asked} ${asked === 1 ? "recording" : "recordings"}. Take out a term or widen a range.`,
  stillLooking: "Nothing yet; there is more to look through.",
  goOn: "Go on",
  export: "Download (CSV)",
  times: (count: number) => `× ${count}`,
  probe: "broker",
  table: {
    time: "Time",
    what: "Operation",
    verdict: "Verdict",
    rule: "Rule",
  },
  verdicts: { permit: "Permitted", deny: "Denied", hold: "Held" },
  wasHeld: { permit: "Held, allowed", deny: "Held, refused", hold: "Held" },
  outcomes,
  act: (action: string) => actions[action] ?? action,
  ofRequest: "What was done",
  ofAsset: "What was done on it",
} as const;
