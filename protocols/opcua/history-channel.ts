/** What must be kept of one channel to tell what its tape says. */
import { copyBytes } from "../copy-bytes.ts";
import { Inbox } from "../inbox.ts";
import { FRAME_MAX } from "./frame.ts";
import { readRequestHeader } from "./header.ts";
import type { NodeDeed } from "./history.ts";
import type { ChannelState, Monitored } from "./history-frame.ts";
import { type Namespaces, readNamespaces } from "./node-id.ts";
import { Reader } from "./reader.ts";
import { monitoringParameters, readValueId } from "./structures.ts";
import { namesOfFields } from "./told-event.ts";

/** As the guard's: one largest message and what may follow it. */
const INBOX_MAX = 2 * FRAME_MAX;

export interface HistoryChannel {
  readonly by: "subject" | "broker";
  readonly client: Inbox;
  readonly asset: Inbox;
  namespaces: Namespaces | undefined;
  /** As the asset told them. */
  told: Uint8Array | undefined;
  /** By the decision, which is the number of the request towards the asset. */
  readonly awaited: Map<number, readonly NodeDeed[]>;
  /** By subscription and the client's own number. */
  readonly monitored: Map<string, Monitored>;
  /** What was looked up in `monitored`, by subscription and number; emptied when that changes. */
  readonly found: Map<number, Map<number, Monitored>>;
}

export function newChannel(by: HistoryChannel["by"]): HistoryChannel {
  return {
    ...{ by, client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX), namespaces: undefined },
    ...{ told: undefined, awaited: new Map(), monitored: new Map(), found: new Map() },
  };
}

export function channelFrom(state: ChannelState): HistoryChannel {
  const channel = newChannel(state.by);
  if (state.told) nameBy(channel, state.told);
  channel.client.push(state.client);
  channel.asset.push(state.asset);
  for (const [decision, deeds] of state.awaited) channel.awaited.set(decision, deeds);
  for (const [item, what] of state.monitored) channel.monitored.set(item, what);
  return channel;
}

export function channelState(channel: number, from: HistoryChannel): ChannelState {
  const { by, told, client, asset, awaited, monitored } = from;
  return {
    ...{ channel, by, told, client: restOf(client), asset: restOf(asset) },
    ...{ awaited: [...awaited], monitored: [...monitored] },
  };
}

/** By the client's own number: looked up a thousand times for one message, so not by a text. */
export function itemsOf(
  { monitored, found }: HistoryChannel,
  subscription: number,
): (handle: number) => Monitored | undefined {
  const known = found.get(subscription) ?? new Map<number, Monitored>();
  return (handle) => {
    const seen = known.get(handle);
    if (seen) return seen;
    const item = monitored.get(`${subscription}/${handle}`);
    if (item) found.set(subscription, known.set(handle, item));
    return item;
  };
}

/** @param told kept as it is */
export function nameBy(channel: HistoryChannel, told: Uint8Array): void {
  const read = readNamespaces(told);
  if (typeof read !== "string") Object.assign(channel, { namespaces: read, told });
}

/** What a CreateMonitoredItems asks for, by subscription and the client's own number. */
export function monitoredIn(
  body: Uint8Array,
  namespaces: Namespaces,
): readonly (readonly [item: string, what: Monitored])[] {
  const r = new Reader(body);
  readRequestHeader(r);
  const subscription = r.uint32();
  r.uint32();
  const items = Array.from({ length: Math.max(0, r.count()) }, () => {
    if (r.fault !== undefined) return { node: undefined, fields: undefined, item: "" };
    const { nodeId } = readValueId(r);
    r.uint32();
    const { clientHandle, filter } = monitoringParameters(r);
    const fields = namesOfFields(filter?.value);
    return { node: namespaces.name(nodeId), fields, item: `${subscription}/${clientHandle}` };
  });
  if (r.fault !== undefined) return [];
  return items.flatMap(({ node, fields, item }) =>
    node === undefined ? [] : [[item, { node, fields }] as const],
  );
}

/** Of a message that is not whole yet. */
function restOf({ view: { bytes, start, end } }: Inbox): Uint8Array {
  return copyBytes(bytes.subarray(start, end));
}
