/** What was asked of an OPC UA server, in words. Names and values are the asset's: text. */
import { describeWhat, shortNode } from "../../protocols/opcua/describe.ts";
import type { NodeValue } from "../../protocols/opcua/history.ts";
import { ATTRIBUTE_VALUE } from "../../protocols/opcua/operation.ts";
import { isBad } from "../../protocols/opcua/status.ts";
import { eventText, type NodeEvent } from "../../protocols/opcua/told-event.ts";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { opcuaText } from "../text/opcua.ts";
import { replayText } from "../text/replay.ts";
import { numberWords, plain } from "../workbench/opcua/value-words.ts";
import type { EntryWords } from "./entry-words.ts";
import type { NodeEntry } from "./node-story.ts";

const words = opcuaText.told;

export function nodeWords(entry: NodeEntry, tags: readonly HeaderTag[]): EntryWords {
  const { judged, operation, status, withheld, event } = entry.deed;
  if (event) return eventWords(event);
  const { answer, rule, reason } = judged;
  const act = words.acts[operation.action];
  const { refused, heldAct, withheld: neverSent } = replayText.entry;
  const said = { deny: refused(act), hold: heldAct(act), permit: act }[answer.kind];
  const failed = status !== undefined && isBad(status);
  const isOdd = failed || answer.kind === "hold";
  return {
    act: said,
    what: plain(whatOf(entry, tags)) + (entry.count > 1 ? words.times(entry.count) : ""),
    result: withheld ? neverSent : failed ? words.byAsset(opcuaText.statusName(status)) : "",
    rule,
    reason,
    tone: answer.kind === "deny" || withheld ? "alarm" : isOdd ? "attention" : "normal",
  };
}

/** Nobody's deed: no rule stands behind it. */
function eventWords(event: NodeEvent): EntryWords {
  const isGrave = (event.severity ?? 0) >= GRAVE;
  return {
    ...{ act: words.event, what: plain(eventText(event)), result: "", rule: "", reason: "" },
    tone: isGrave ? "attention" : "normal",
  };
}

/** Of 1,000: from here on somebody should look (Part 5, 6.4.2 leaves the bands to the site). */
const GRAVE = 500;

function whatOf({ deed, names }: NodeEntry, tags: readonly HeaderTag[]): string {
  const { operation, before } = deed;
  const named = (node: string) => names[node] ?? shortNode(node);
  const isValue = operation.action === "opcua:write" && operation.attribute === ATTRIBUTE_VALUE;
  if (!isValue || operation.range !== undefined || operation.status !== undefined) {
    return describeWhat(operation, named);
  }
  const tag = tags.find(({ node }) => node === operation.node);
  const old = before === undefined ? "?" : valueText(tag, before.number, oldText(before));
  return `${named(operation.node)} ${old} → ${valueText(tag, operation.value, operation.text, true)}`;
}

/** Sensors tell more digits than anybody means; exports have all of them. */
function oldText({ number, text }: NodeValue): string {
  return number === undefined ? text : numberWords(number, "Double");
}

/** In the words of its states, or as it is. */
function valueText(
  tag: HeaderTag | undefined,
  number: number | undefined,
  text: string,
  unit = false,
) {
  const state = tag?.states?.find(({ value }) => value === number)?.word;
  if (state !== undefined) return state;
  return unit && tag !== undefined ? `${text} ${tag.unit}`.trim() : text;
}
