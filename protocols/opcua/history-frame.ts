/**
 * What is known of an OPC UA session at one moment of its tape: a player that begins there names
 * what subscriptions deliver, and shows the last values, without what came before. Derived from
 * the tape and never input.
 *
 *     {"version":1,"protocol":"opcua","channels":[{"channel":1,"by":"subject","told":"0200…",
 *      "client":"","asset":"","awaited":[[7,[{"id":"node/1/7/0", …}]]],
 *      "monitored":[["1/4","nsu=urn:plant;s=Level"]]}],
 *      "last":[["nsu=urn:plant;s=Level",2.5,"2.5",0,1760000000000,41]],"shown":[]}
 */
import { hexOf } from "../log/hex.ts";
import { type Fields, fromHex, isCount, isRecord, parsedFrame } from "../tape/framed-json.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import type { NodeDeed, NodeValue } from "./history.ts";
import { isOpcUaOperation } from "./operation.ts";

export interface Monitored {
  readonly node: string;
  /** Of an item that tells events: the fields that were asked for. */
  readonly fields: readonly string[] | undefined;
}

export interface ChannelState {
  readonly channel: number;
  readonly by: "subject" | "broker";
  /** The asset's namespaces, as it told them. */
  readonly told: Uint8Array | undefined;
  /** Of messages that are not whole. */
  readonly client: Uint8Array;
  readonly asset: Uint8Array;
  readonly awaited: readonly (readonly [decision: number, deeds: readonly NodeDeed[]])[];
  /** By subscription and the client's own number. */
  readonly monitored: readonly (readonly [item: string, what: Monitored])[];
}

export interface HistoryState {
  readonly channels: readonly ChannelState[];
  readonly last: readonly NodeValue[];
  readonly shown: readonly (readonly [node: string, name: string])[];
}

/** More nodes than any panel shows, the newest of them. */
const NODES_MAX = 5_000;
/** The broker opens one for each question of its own: of those that have nothing open, the newest. */
const QUIET_CHANNELS_MAX = 64;

export function encodeHistoryFrame({ channels, last, shown }: HistoryState): Uint8Array {
  const kept = channels.filter(
    ({ awaited, monitored }, at) =>
      awaited.length + monitored.length > 0 || at >= channels.length - QUIET_CHANNELS_MAX,
  );
  const written = kept.map(({ told, client, asset, monitored, ...channel }) => ({
    ...channel,
    ...{ told: told && hexOf(told), client: hexOf(client), asset: hexOf(asset) },
    monitored: monitored.map(([item, { node, fields }]) => [item, node, ...(fields ?? [])]),
    events: monitored.flatMap(([item, { fields }]) => (fields ? [item] : [])),
  }));
  const values = last
    .slice(-NODES_MAX)
    .map(({ node, number, text, status, wallMs, sequence }) => [
      ...[node, number ?? null, text, status, wallMs, sequence],
    ]);
  const state = { channels: written, last: values, shown: shown.slice(-NODES_MAX) };
  return encodeUtf8(JSON.stringify({ version: 1, protocol: "opcua", ...state }, finite));
}

/** Undefined if the bytes are no frame that can be read here. */
export function decodeHistoryFrame(bytes: Uint8Array): HistoryState | undefined {
  const read = parsedFrame(bytes);
  if (!isRecord(read) || read.version !== 1 || read.protocol !== "opcua") return undefined;
  const { channels, last, shown } = read;
  if (!Array.isArray(channels) || !Array.isArray(last) || !Array.isArray(shown)) return undefined;
  const known = channels.flatMap(channelOf);
  if (known.length < channels.length) return undefined;
  return { channels: known, last: last.flatMap(nodeValueIn), shown: shown.flatMap(pairOf) };
}

function channelOf(value: unknown): ChannelState[] {
  if (!isRecord(value) || !isCount(value.channel)) return [];
  const { channel, by, awaited, monitored, events } = value;
  const [client, asset] = [fromHex(value.client), fromHex(value.asset)];
  if ((by !== "subject" && by !== "broker") || !client || !asset) return [];
  if (!Array.isArray(awaited) || !Array.isArray(monitored) || !Array.isArray(events)) return [];
  const told = fromHex(value.told);
  const telling = new Set<unknown>(events);
  return [
    {
      ...{ channel, by, told, client, asset, awaited: awaited.flatMap(awaitedOf) },
      monitored: monitored.flatMap((each) => monitoredOf(each, telling)),
    },
  ];
}

function awaitedOf(value: unknown): [number, NodeDeed[]][] {
  if (!Array.isArray(value) || !isCount(value[0]) || !Array.isArray(value[1])) return [];
  return [[value[0], value[1].flatMap(deedOf)]];
}

function deedOf(value: unknown): NodeDeed[] {
  if (!isRecord(value) || !isRecord(value.judged)) return [];
  const { id, sequence, item, wallMs, by, operation, judged, before, withheld } = value;
  const { answer, rule, reason } = judged;
  const isSaid = typeof id === "string" && typeof rule === "string" && typeof reason === "string";
  if (!isSaid || !isCount(sequence) || !isCount(item) || typeof wallMs !== "number") return [];
  if ((by !== "subject" && by !== "broker") || !isRecord(operation) || !isAnswer(answer)) return [];
  const own = {
    ...operation,
    action: String(operation.action),
    class: operation.class as "observe",
  };
  if (!isOpcUaOperation(own)) return [];
  const told = isRecord(before) ? [...nodeValueIn(tupleOf(before))] : [];
  return [
    {
      ...{ id, sequence, item, wallMs, by, operation: own, before: told[0], status: undefined },
      ...{ judged: { operation: own, answer, rule, reason }, withheld: withheld === true },
    },
  ];
}

function isAnswer(value: unknown): value is NodeDeed["judged"]["answer"] {
  if (!isRecord(value)) return false;
  return value.kind === "permit" || value.kind === "hold" || value.kind === "deny";
}

function tupleOf({ node, number, text, status, wallMs, sequence }: Fields): unknown[] {
  return [node, number ?? null, text, status, wallMs, sequence];
}

function monitoredOf(value: unknown, telling: ReadonlySet<unknown>): [string, Monitored][] {
  if (!Array.isArray(value) || !value.every((each) => typeof each === "string")) return [];
  const [item, node, ...fields] = value as string[];
  if (item === undefined || node === undefined) return [];
  return [[item, { node, fields: telling.has(item) ? fields : undefined }]];
}

function nodeValueIn(value: unknown): NodeValue[] {
  if (!Array.isArray(value)) return [];
  const [node, number, text, status, wallMs, sequence] = value as unknown[];
  if (typeof node !== "string" || typeof text !== "string" || !isCount(status)) return [];
  if (typeof wallMs !== "number" || !isCount(sequence)) return [];
  const told = typeof number === "number" ? number : undefined;
  return [{ node, number: told, text, status, wallMs, sequence }];
}

function pairOf(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return [];
  const [node, name] = value as unknown[];
  return typeof node === "string" && typeof name === "string" ? [[node, name]] : [];
}

/** JSON has no word for the others. */
function finite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? undefined : value;
}
