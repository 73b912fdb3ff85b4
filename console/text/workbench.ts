/** Words of the Modbus workbench. */
import { exceptionName } from "../../protocols/modbus/exception.ts";
import type { Table } from "../../protocols/modbus/operation.ts";
import type { Answer } from "../workbench/modbus/line.ts";
import { notationOf } from "../workbench/modbus/tag-value.ts";

const tables: Record<Table, string> = {
  coils: "Coils",
  "discrete-inputs": "Discrete inputs",
  "holding-registers": "Holding registers",
  "input-registers": "Input registers",
};

/** What an exception means for the person, where the bare name says too little. */
const exceptionMeaning: Readonly<Record<number, string>> = {
  1: "the device does not know this function",
  2: "the device has no such register",
  3: "the device does not take this value",
  4: "the device failed while doing it",
  5: "the device has accepted it and is still working",
  6: "the device is busy; try again later",
  10: "the way to the unit is not available",
  11: "the device did not answer in time",
};

const lost = {
  away: "The connection was lost before the answer came.",
  timeout: "No answer came in time.",
  broken: "The answers no longer fit the questions; the channel is opened anew.",
} as const;

function range(table: Table, address: number, count: number): string {
  const first = notationOf(table, address);
  return count === 1 ? first : `${first}–${notationOf(table, address + count - 1)}`;
}

/** Values shown in one line of the log. */
const VALUES_SHOWN = 8;

/** The broker answers with it too, where a right was lost before a permitted write had left. */
const EXCEPTION_BUSY = 6;

function outcome(answer: Answer): string {
  switch (answer.kind) {
    case "done":
      return "Done";
    case "denied":
      return `Refused by the broker, as ${exceptionName(answer.exception)}`;
    case "exception":
      if (answer.exception === EXCEPTION_BUSY) {
        return `Not carried out: the device is busy, or it was kept back before it left – ${exceptionName(answer.exception)}`;
      }
      return `The asset refused: ${exceptionMeaning[answer.exception] ?? "see its manual"} – ${exceptionName(answer.exception)}`;
    case "lost":
      return lost[answer.reason];
  }
}

export const workbenchText = {
  tables,
  outcome,
  log: {
    read: (name: string | undefined, table: Table, address: number, count: number) =>
      name ?? range(table, address, count),
    writeTag: (name: string, value: string) => `${name} ← ${value}`,
    write: (table: Table, address: number, values: readonly number[]) => {
      const shown = values.slice(0, VALUES_SHOWN).join(" ");
      const rest = values.length > VALUES_SHOWN ? " …" : "";
      return `${range(table, address, values.length)} ← ${shown}${rest}`;
    },
    label: "Operations of this session",
    empty: "Nothing was done yet",
    emptyAdvice:
      "What you read or write by hand and everything refused is listed here. Polling is not; it is in the recording.",
    time: "Time",
    kind: "Kind",
    what: "What",
    verdict: "Verdict",
    rule: "Rule and reason",
    outcome: "Outcome",
    kinds: { read: "Read", write: "Write", call: "Call" },
    verdicts: { asked: "Waiting", permit: "Permitted", deny: "Refused", hold: "Held" },
  },
  tags: {
    label: "Tags",
    none: "No tags are named for this endpoint",
    noneAdvice: "Use Tables to read registers by their address.",
    nothingLeft: "No tag matches the filter",
    filter: "Filter tags",
    name: "Tag",
    about: "Description",
    value: "Value",
    raw: "Raw",
    register: "Register",
    registerHint: "Register / unit",
    registerOf: (register: string, unit: number) => `Register ${register} of unit ${unit}`,
    bounds: "Bounds",
    age: "Read",
    recent: "Recent",
    write: "Write",
    trend: "Trend",
    writeTag: (tag: string) => `Write ${tag}`,
    trendTag: (tag: string) => `Draw ${tag} in Trends`,
    trendsFull: "Eight tags are drawn already",
    quality: { none: "not read", good: "", refused: "refused", lost: "no answer" },
    fresh: "just now",
    ago: (age: string) => `${age} ago`,
    dismiss: (tag: string) => `Dismiss the refusal at ${tag}`,
    shown: (shown: number, all: number) =>
      `${shown === all ? "" : `${shown} of `}${all} ${all === 1 ? "tag" : "tags"}`,
  },
  poll: {
    start: "Poll",
    stop: "Stop polling",
    once: "Read once",
    every: "Every",
    rate: (ms: number) => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`),
    slower: (period: string) => `The asset answers slowly: read every ${period}`,
    paused: "Polling pauses while this page is hidden.",
  },
  refusal: {
    title: (tag: string) => `The write of ${tag} was refused`,
    byRule: (rule: string) => `Rule ${rule}`,
    lostTitle: (tag: string) => `It is not known whether ${tag} was written`,
    lostAdvice: "The present value was read again; compare before you write once more.",
  },
  write: {
    title: (tag: string) => `Write ${tag}`,
    newValue: "New value",
    now: "Now",
    next: "New",
    reading: "Reading the present value…",
    notRead: "The present value could not be read",
    raw: (raw: string) => `raw ${raw}`,
    bounds: (min: string, max: string) => `From ${min} to ${max}.`,
    oneOf: (values: string) => `One of ${values}.`,
    step: (step: string) => `At most ${step} away from the present value.`,
    every: (count: number, ms: number) => {
      const period = ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
      return count === 1 ? `Once every ${period}.` : `${count} times in ${period}.`;
    },
    onlyWhile: (tag: string, state: string) => `Only while ${tag} is ${state}.`,
    byRule: (rule: string) => `Rule ${rule}.`,
    allowed: (profile: string) => `What your profile ${profile} allows`,
    boundsNote: (profile: string) => `The broker checks each write by your profile ${profile}.`,
    outside: "Outside what your profile allows: the broker will refuse it.",
    tooFar: (step: string) =>
      `More than ${step} away from the present value: the broker will refuse it.`,
    same: "This is the value it has now.",
    confirm: (change: string) => `Write ${change}`,
    confirmKey: "Press Enter to write, Escape to leave.",
    cancel: "Cancel",
    close: "Close",
    waiting: "Waiting for the record to be on disk and for the asset to answer…",
    held: (rule: string) => `Held by rule ${rule}`,
    staysHeld: "Closing this does not take it back.",
    probing: "The broker reads the present value before it decides…",
    done: (value: string) => `Written. Read back: ${value}`,
    differs: (wanted: string, found: string) =>
      `The asset accepted ${wanted} but now holds ${found}. It may limit the value itself, or someone else wrote it.`,
    doneUnread: "Written. The value could not be read back.",
    readOnly: "You may not write in this session now.",
    away: "The live channel is away; writing waits until it is back.",
  },
  tablesTab: {
    table: "Table",
    unit: "Unit",
    start: "Start",
    startHint: (notation: string) => `= ${notation}`,
    count: "Count",
    format: "Format",
    wordOrder: "Word order",
    orders: { big: "Most significant first", little: "Least significant first" },
    read: "Read",
    address: "Register",
    protocolAddress: "Address",
    hex: "Hex",
    value: "Value",
    tag: "Tag",
    none: "Nothing was read yet",
    noneAdvice: "Choose a table, a start address and a count, then read.",
    label: "Registers",
    write: "Write…",
    writeTitle: (register: string) => `Write ${register}`,
    values: "Values",
    valuesHint:
      "Raw values, one after another from the start address, separated by spaces; 0x for hex.",
    bitsHint: "0 or 1, one after another from the start address, separated by spaces.",
    howMany: (count: number) => (count === 1 ? "1 value" : `${count} values`),
    limits: (max: number) => `1 to ${max}`,
    wrongAddress: "0 to 65535",
    beyond: "The range goes beyond 65535.",
    readFailed: "The registers could not be read",
    at: "Read at",
  },
  trendsTab: {
    none: "No tag is drawn",
    noneAdvice: "Switch on the trend of up to eight tags in the Tags table.",
    draw: (tag: string) => `Draw ${tag}`,
    window: "Show",
    windows: [
      { ms: 60_000, label: "1 min" },
      { ms: 300_000, label: "5 min" },
      { ms: 900_000, label: "15 min" },
      { ms: 3_600_000, label: "1 h" },
    ],
    hold: "Hold still",
    label: "Trends of the chosen tags",
    remove: (tag: string) => `Stop drawing ${tag}`,
    notPolling: "Polling is off: the lines do not grow.",
  },
} as const;
