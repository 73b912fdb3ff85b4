/** Values, qualities and attributes of OPC UA as a person reads them. */
import type { DataValue } from "../../../protocols/opcua/client/answers.ts";
import { parseNodeId } from "../../../protocols/opcua/client/node-text.ts";
import { TYPE_NAMES } from "../../../protocols/opcua/variant.ts";
import { opcuaText } from "../../text/opcua.ts";
import type { ShownAttribute } from "./node-details.ts";

export interface Notation {
  readonly unit: string;
  /** Words of false and true, or of 0, 1, 2 … */
  readonly states: readonly string[];
}

const PLAIN: Notation = { unit: "", states: [] };
/** Digits that tell something: a sensor's last ones are noise. */
const DIGITS = 6;

/** `24.5 Hz`, `running`; a dash where there is none. */
export function valueWords(value: DataValue | undefined, { unit, states } = PLAIN): string {
  const held = value?.value;
  if (held === undefined || held.type === "Null") return "–";
  if (held.type === "Boolean" && held.number !== undefined) {
    return states[held.number] ?? (held.number === 1 ? "true" : "false");
  }
  const word = held.number === undefined ? undefined : states[held.number];
  if (word !== undefined) return word;
  const text = held.number === undefined ? held.text : numberWords(held.number, held.type);
  return `${plain(text)} ${unit}`.trim();
}

export function numberWords(number: number, type: string): string {
  const isReal = type === "Double" || type === "Float";
  return isReal ? String(Number(number.toPrecision(DIGITS))) : String(number);
}

/** As it is typed to write it again. */
export function typedWords(value: DataValue | undefined): string {
  const held = value?.value;
  if (held === undefined || held.type === "Null") return "";
  if (held.type === "Boolean") return held.number === 1 ? "true" : "false";
  return held.number === undefined ? held.text : String(held.number);
}

export type QualityTone = "normal" | "attention" | "alarm";

/** The two bits on top of a status (Part 4, 7.39): 0 good, 1 uncertain, 2 bad. */
export function qualityTone(status: number): QualityTone {
  const severity = status >>> 30;
  return severity === 0 ? "normal" : severity === 1 ? "attention" : "alarm";
}

const words = opcuaText.node;

export function attributeWords({ name, value }: ShownAttribute): string {
  const held = value.value;
  if (held === undefined) return opcuaText.status(value.status);
  const { number } = held;
  if (number !== undefined) {
    if (name === "NodeClass") return opcuaText.tree.nodeClass(number);
    if (name === "AccessLevel" || name === "UserAccessLevel") return words.access(number);
    if (name === "EventNotifier") return words.eventBits(number);
    if (name === "ValueRank") return words.rank(number);
    if (name === "MinimumSamplingInterval") return words.sampling(number);
  }
  if (held.type === "Boolean") return number === 1 ? words.yes : words.no;
  if (name === "DataType") return dataTypeWords(held.text);
  return held.text === "" || held.text === "[]" ? words.nothing : plain(held.text);
}

/** Built-in types by name, others by their id. */
export function dataTypeWords(text: string): string {
  const node = parseNodeId(text);
  const number = node?.namespace === 0 && node.id.startsWith("i=") ? Number(node.id.slice(2)) : 0;
  const known = number > 0 ? TYPE_NAMES[number] : undefined;
  return known === undefined ? text : known;
}

/** What has no shape of its own, or turns the line about, is shown as a sign: names are the asset's. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "␦");
}
