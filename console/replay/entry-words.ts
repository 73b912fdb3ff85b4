/** An entry of a recording in words: which tags, from what to what, and what became of it. */
import { describeOperation } from "../../protocols/modbus/describe.ts";
import { exceptionName } from "../../protocols/modbus/exception.ts";
import type { ModbusOperation, Table } from "../../protocols/modbus/operation.ts";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { reportMoment } from "../../protocols/tape/report-moment.ts";
import { clockTime } from "../components/time-words.ts";
import { replayText } from "../text/replay.ts";
import { exactText, notationOf, tagValue } from "../workbench/modbus/tag-value.ts";
import { deedWords, endedWords, typedWords } from "./deed-words.ts";
import { handWords } from "./hand-words.ts";
import { nodeWords } from "./node-words.ts";
import { pageWords } from "./page-words.ts";
import { relayWords } from "./relay-story.ts";
import type { Entry, Happening } from "./story.ts";
import { keysOf, shownTag } from "./value-tracks.ts";

export type EntryTone = "normal" | "attention" | "alarm";

export interface EntryWords {
  /** "Write", "Read", "Refused": told by shape and place as well. */
  readonly act: string;
  /** The tags or registers, and for writes old → new. */
  readonly what: string;
  /** What the asset or the broker answered; empty where there is nothing to say. */
  readonly result: string;
  readonly rule: string;
  readonly reason: string;
  readonly tone: EntryTone;
}

const words = replayText.entry;

/** Names of tags shown for one read. */
const NAMES_SHOWN = 4;

export function entryWords(entry: Entry, tags: readonly HeaderTag[]): EntryWords {
  switch (entry.kind) {
    case "operation":
      return operationWords(entry, tags);
    case "malformed":
      return {
        act: words.malformed,
        what: words.functionOf(entry.row.function, entry.row.unit),
        result: exceptionName(entry.row.exception),
        rule: words.protocolRule,
        reason: entry.row.reason,
        tone: "alarm",
      };
    case "hand":
      return handWords(entry);
    case "deed":
      return deedWords(entry);
    case "page":
      return pageWords(entry);
    case "relay":
      return relayWords(entry);
    case "node":
      return nodeWords(entry, tags);
    case "typed":
      return typedWords(entry);
    case "ended":
      return endedWords(entry);
    case "happening":
      return happeningWords(entry.record);
  }
}

/** Lines that an entry takes, for lists that must know heights before all the words. */
export function linesOf(entry: Entry): 2 | 3 {
  if (entry.kind === "typed" || entry.kind === "ended") return 2;
  if (entry.kind === "deed" || entry.kind === "hand" || entry.kind === "page")
    return entry.judged.reason === "" ? 2 : 3;
  if (entry.kind === "relay") return entry.judged.reason === "" ? 2 : 3;
  if (entry.kind === "node") return entry.deed.judged.reason === "" ? 2 : 3;
  if (entry.kind !== "happening") return entry.row.reason === "" ? 2 : 3;
  return entry.record.kind === "end" ? 3 : 2;
}

type OperationEntry = Extract<Entry, { kind: "operation" }>;

function operationWords(entry: OperationEntry, tags: readonly HeaderTag[]): EntryWords {
  const { operation, verdict, rule, reason, outcome, exception } = entry.row;
  const failed = exception === undefined ? "" : exceptionName(exception);
  const results: Record<typeof outcome, string> = {
    pending: words.pending,
    answered: "",
    exception: words.byAsset(failed),
    refused: failed,
    held: words.held,
    lost: operation.class === "observe" ? words.lostRead : words.lostWrite,
    withheld: words.withheld,
  };
  const isBad = verdict === "deny" || outcome === "withheld";
  const isOdd = outcome === "exception" || outcome === "lost" || verdict === "hold";
  return {
    act: actOf(operation, verdict),
    what: whatOf(entry, tags),
    result: results[outcome],
    rule,
    reason,
    tone: isBad ? "alarm" : isOdd ? "attention" : "normal",
  };
}

function actOf(operation: ModbusOperation, verdict: "permit" | "deny" | "hold"): string {
  const act = words.acts[operation.action];
  if (verdict === "deny") return words.refused(act);
  return verdict === "hold" ? words.heldAct(act) : act;
}

function whatOf({ row, before }: OperationEntry, tags: readonly HeaderTag[]): string {
  const { operation } = row;
  if (operation.action === "modbus:read") {
    const { unit, table, address, count } = operation;
    const named = tagsIn(tags, unit, table, address, count).map((tag) => tag.name);
    const range = rangeText(table, address, count);
    if (named.length === 0) return range;
    const shown = named.slice(0, NAMES_SHOWN).join(", ");
    const rest = named.length > NAMES_SHOWN ? words.andMore(named.length - NAMES_SHOWN) : "";
    return `${shown}${rest} (${range})`;
  }
  if (operation.action === "modbus:write") {
    return changesOf(operation, before, tags).join(" · ");
  }
  return describeOperation(operation).replace(/^\S+ \S+ /, "");
}

export type Written = Pick<
  Extract<ModbusOperation, { action: "modbus:write" }>,
  "unit" | "table" | "address" | "values"
>;

/** Tag by tag where the plant file names them, register by register where it does not. */
export function changesOf(
  operation: Written,
  before: readonly (number | undefined)[],
  tags: readonly HeaderTag[],
): string[] {
  const { unit, table, address, values } = operation;
  const named = tagsIn(tags, unit, table, address, values.length);
  const covered = new Set<number>();
  const changes = named.map((tag) => {
    const from = tag.address - address;
    const width = keysOf(tag).length;
    for (let n = from; n < from + width; n += 1) covered.add(n);
    return tagChange(tag, before.slice(from, from + width), values.slice(from, from + width));
  });
  const rest = values.flatMap((value, n) =>
    covered.has(n) ? [] : [`${notationOf(table, address + n)} ${before[n] ?? "?"} → ${value}`],
  );
  return [...changes, ...rest.slice(0, VALUES_SHOWN), ...(rest.length > VALUES_SHOWN ? ["…"] : [])];
}

/** Registers without a name shown for one write. */
const VALUES_SHOWN = 6;

function tagChange(
  tag: HeaderTag,
  before: readonly (number | undefined)[],
  values: readonly number[],
): string {
  const shown = shownTag(tag);
  const whole = before.filter((value) => value !== undefined);
  const was = whole.length === values.length ? tagValue(shown, whole) : undefined;
  const becomes = tagValue(shown, values);
  const old = was === undefined ? "?" : exactText({ ...shown, unit: "" }, was);
  return `${tag.name} ${old} → ${becomes === undefined ? "?" : exactText(shown, becomes)}`;
}

function tagsIn(
  tags: readonly HeaderTag[],
  unit: number,
  table: Table,
  address: number,
  count: number,
): HeaderTag[] {
  return tags.filter(
    (tag) =>
      tag.unitId === unit &&
      tag.table === table &&
      tag.address >= address &&
      tag.address + keysOf(tag).length <= address + count,
  );
}

function rangeText(table: Table, address: number, count: number): string {
  const first = notationOf(table, address);
  return count === 1 ? first : `${first}–${notationOf(table, address + count - 1)}`;
}

function channelWords(record: Extract<Happening, { kind: "channel" }>): string {
  const moment = reportMoment(record);
  if (moment) return replayText.happened.readings[moment];
  const { by, peer } = record;
  return by === "broker" ? replayText.happened.probeChannel : replayText.happened.channel(peer);
}

function happeningWords(record: Happening): EntryWords {
  const plain = { result: "", rule: "", reason: "", tone: "normal" as const };
  const happened = replayText.happened;
  switch (record.kind) {
    case "channel":
      return { ...plain, act: words.session, what: channelWords(record) };
    case "capabilities":
      return {
        ...plain,
        act: happened.may,
        what: record.classes.join(", ") || happened.none,
        reason: record.cause,
      };
    case "watch":
      return {
        ...plain,
        act: words.session,
        what: record.joined ? happened.join(record.subject) : happened.leave(record.subject),
      };
    case "gap":
      return {
        ...plain,
        act: words.gap,
        what: happened.gap(clockTime(record.fromMs), clockTime(record.untilMs)),
        reason: record.cause,
        tone: "attention",
      };
    case "end":
      return { ...plain, act: happened.end, what: "", rule: record.rule, reason: record.reason };
  }
}
