/**
 * What a tape tells of an OPC UA session: what was asked and decided, and the values that nodes
 * had, whether they were read, written or delivered by a subscription. Fed all records in order;
 * it decides nothing, so what it cannot read it passes over.
 */
import { copyBytes } from "../copy-bytes.ts";
import type { Judged, TapeRecord } from "../tape/record.ts";
import {
  browseAnswer,
  callAnswer,
  type DataValue,
  monitorAnswer,
  publishAnswer,
  readAnswer,
  readDataValue,
  statusAnswer,
} from "./client/answers.ts";
import { permitted, statusesOf, withStatus } from "./deed-status.ts";
import { cutFrame, LEG, type OpcUaFrame } from "./frame.ts";
import { readResponseHeader } from "./header.ts";
import {
  channelFrom,
  channelState,
  type HistoryChannel,
  itemsOf,
  monitoredIn,
  nameBy,
  newChannel,
} from "./history-channel.ts";
import type { HistoryState } from "./history-frame.ts";
import { ATTRIBUTE_VALUE, isOpcUaOperation, type OpcUaOperation } from "./operation.ts";
import { Reader } from "./reader.ts";
import { isBad } from "./status.ts";
import { eventOf, type NodeEvent } from "./told-event.ts";
import { UnreadValues } from "./unread-values.ts";

/** A value that a node had. */
export interface NodeValue {
  readonly node: string;
  /** Undefined where it is no number. */
  readonly number: number | undefined;
  /** In short, for people. */
  readonly text: string;
  readonly status: number;
  readonly wallMs: number;
  readonly sequence: number;
}

/** One item of a request, as far as it is known; told again under its `id` when more is. */
export interface NodeDeed {
  readonly id: string;
  readonly sequence: number;
  readonly item: number;
  readonly wallMs: number;
  readonly by: "subject" | "broker";
  readonly operation: OpcUaOperation;
  readonly judged: Judged;
  /** Of a write: what the node held before, as far as the tape told it. */
  readonly before: NodeValue | undefined;
  /** What the asset answered; undefined where it has not, or nothing that is a status. */
  readonly status: number | undefined;
  readonly withheld: boolean;
  /** No deed of anybody's: what the asset told who had asked for its events. */
  readonly event?: NodeEvent;
}

export interface Told {
  readonly deeds: readonly NodeDeed[];
  readonly values: readonly NodeValue[];
}

const NOTHING: Told = { deeds: [], values: [] };

/** Decisions whose answer is awaited; the guard keeps some hundreds open. */
const AWAITED_MAX = 2_000;
/** Nodes whose last value and name are known. */
const NODES_MAX = 50_000;

const [CREATE_ITEMS, CREATE_ITEMS_ANSWER] = [751, 754];
const [READ, WRITE, CALL, BROWSE, PUBLISH] = [634, 676, 715, 530, 829];

/**
 * Whether it is nobody's deed, for lists of what was done: the broker's own question where a node
 * lies, each node that a browse may show, and Publish, which a tool asks for all the time.
 */
export function isQuiet(operation: OpcUaOperation, verdict: Judged["answer"]["kind"]): boolean {
  if (operation.action === "opcua:locate") return true;
  if (verdict !== "permit") return false;
  if (operation.action === "opcua:show") return true;
  return operation.action === "opcua:subscribe" && operation.service === "Publish";
}

export class OpcUaHistory {
  private readonly channels = new Map<number, HistoryChannel>();
  private readonly last = new Map<string, NodeValue>();
  private readonly shown = new Map<string, string>();

  private readonly unread: UnreadValues | undefined;

  /** @param unread given: see `following` */
  constructor(unread?: UnreadValues) {
    this.unread = unread;
  }

  /** Goes on where another one stood. */
  static from(state: HistoryState): OpcUaHistory {
    return new OpcUaHistory().goingOn(state);
  }

  /** For who asks for its `state`, and often: what subscriptions deliver is not told, and read then. */
  static following(state?: HistoryState): OpcUaHistory {
    return new OpcUaHistory(new UnreadValues()).goingOn(state);
  }

  private goingOn(state?: HistoryState): OpcUaHistory {
    for (const each of state?.channels ?? []) this.channels.set(each.channel, channelFrom(each));
    for (const value of state?.last ?? []) this.last.set(value.node, value);
    for (const [node, name] of state?.shown ?? []) this.shown.set(node, name);
    return this;
  }

  get state(): HistoryState {
    this.readUp();
    const channels = [...this.channels].map(([number, each]) => channelState(number, each));
    return { channels, last: [...this.last.values()], shown: [...this.shown] };
  }

  /** What browsing showed it as, for people. */
  nameOf(node: string): string | undefined {
    return this.shown.get(node);
  }

  push(record: TapeRecord): Told {
    switch (record.kind) {
      case "channel":
        this.channels.set(record.channel, newChannel(record.by));
        return NOTHING;
      case "verdict":
        return this.verdict(record);
      case "bytes":
        return this.bytes(record);
      case "event":
        return this.event(record);
      default:
        return NOTHING;
    }
  }

  private channel(number: number): HistoryChannel {
    const known = this.channels.get(number) ?? newChannel("subject");
    this.channels.set(number, known);
    return known;
  }

  private verdict(record: Extract<TapeRecord, { kind: "verdict" }>): Told {
    const { channel: number, decision, sequence, wallMs, items } = record;
    const channel = this.channel(number);
    const known = channel.awaited.get(decision);
    const deeds = items.flatMap((judged, item): NodeDeed[] => {
      const { operation } = judged;
      // One of several that must wait is asked for again alone, and told then.
      const isAgain = judged.answer.kind === "hold" && items.length > 1;
      if (!isOpcUaOperation(operation) || isAgain) return [];
      const first = known?.find((deed) => deed.item === item);
      return [
        {
          ...{ id: `node/${number}/${decision}/${item}`, item, by: channel.by, operation, judged },
          ...{ sequence: first?.sequence ?? sequence, wallMs: first?.wallMs ?? wallMs },
          before: first ? first.before : this.before(operation),
          ...{ status: undefined, withheld: false },
        },
      ];
    });
    keep(channel.awaited, AWAITED_MAX, decision, deeds);
    return { deeds, values: [] };
  }

  private before(operation: OpcUaOperation): NodeValue | undefined {
    if (operation.action !== "opcua:write" || operation.attribute !== ATTRIBUTE_VALUE) return;
    this.readUp();
    return this.last.get(operation.node);
  }

  private event({ channel: number, event }: Extract<TapeRecord, { kind: "event" }>): Told {
    if (event.kind !== "withheld") return NOTHING;
    const channel = this.channel(number);
    const deeds = channel.awaited.get(event.decision) ?? [];
    channel.awaited.delete(event.decision);
    return { deeds: deeds.map((deed) => ({ ...deed, withheld: true })), values: [] };
  }

  private bytes(record: Extract<TapeRecord, { kind: "bytes" }>): Told {
    const channel = this.channel(record.channel);
    const inbox = channel[record.from];
    if (!inbox.push(record.bytes)) return NOTHING;
    const deeds: NodeDeed[] = [];
    const values: NodeValue[] = [];
    for (let cut = inbox.take(cutFrame); cut.kind === "frame"; cut = inbox.take(cutFrame)) {
      if (record.from === "client") this.asked(channel, cut.frame);
      else {
        const told = this.answered(channel, cut.frame, record);
        deeds.push(...told.deeds);
        values.push(...told.values);
      }
    }
    return { deeds, values };
  }

  /** Only which node stands behind which number: all else is in the verdict. */
  private asked(channel: HistoryChannel, { typeId, body }: OpcUaFrame): void {
    const { namespaces, monitored, found } = channel;
    if (typeId !== CREATE_ITEMS || !namespaces) return;
    // What came before is of the items that there were.
    this.readUp();
    found.clear();
    for (const [item, what] of monitoredIn(body, namespaces)) {
      keep(monitored, NODES_MAX, item, what);
    }
  }

  private answered(channel: HistoryChannel, frame: OpcUaFrame, at: Moment): Told {
    const { requestId, typeId, body } = frame;
    if (typeId === LEG.namespaces) {
      nameBy(channel, copyBytes(body));
      return NOTHING;
    }
    const deeds = channel.awaited.get(requestId) ?? [];
    channel.awaited.delete(requestId);
    const r = new Reader(body);
    r.forgiving = true;
    const { serviceResult } = readResponseHeader(r);
    if (r.fault !== undefined) return NOTHING;
    if (isBad(serviceResult)) return { deeds: withStatus(deeds, [serviceResult]), values: [] };
    return this.read(channel, r, typeId, deeds, at);
  }

  private read(
    channel: HistoryChannel,
    r: Reader,
    typeId: number,
    deeds: readonly NodeDeed[],
    at: Moment,
  ): Told {
    switch (typeId) {
      case READ:
        return { deeds: [], values: this.readValues(deeds, whole(r, readAnswer), at) };
      case WRITE:
        return this.written(deeds, whole(r, statusAnswer) ?? [], at);
      case CALL:
        return { deeds: withStatus(deeds, statusesOf(whole(r, callAnswer))), values: [] };
      case CREATE_ITEMS_ANSWER: {
        const statuses = statusesOf(whole(r, monitorAnswer));
        return { deeds: withStatus(deeds, statuses), values: [] };
      }
      case BROWSE:
        this.learnNames(channel, r);
        return NOTHING;
      case PUBLISH:
        return this.unread ? this.noted(channel, r, at) : this.published(channel, r, at);
      default:
        return NOTHING;
    }
  }

  private readValues(
    deeds: readonly NodeDeed[],
    results: readonly DataValue[] | undefined,
    at: Moment,
  ): readonly NodeValue[] {
    const asked = permitted(deeds);
    this.readUp();
    // Where one node was asked for twice, it was decided once: then nobody can say which is which.
    if (results?.length !== asked.length) return [];
    return asked.flatMap(({ operation }, n) => {
      const value = results[n];
      if (operation.action !== "opcua:read" || operation.attribute !== ATTRIBUTE_VALUE) return [];
      return value && operation.range === undefined ? [this.had(operation.node, value, at)] : [];
    });
  }

  /** What was written is what it holds, until it says otherwise. */
  private written(deeds: readonly NodeDeed[], statuses: readonly number[], at: Moment): Told {
    this.readUp();
    const told = withStatus(deeds, statuses);
    const values = told.flatMap(({ operation, status }) => {
      if (operation.action !== "opcua:write" || status === undefined || isBad(status)) return [];
      const { node, attribute, range, value, text } = operation;
      if (attribute !== ATTRIBUTE_VALUE || range !== undefined) return [];
      return [this.keep({ node, number: value, text, status: 0, ...momentOf(at) })];
    });
    return { deeds: told, values };
  }

  private published(channel: HistoryChannel, r: Reader, at: Moment): Told {
    const published = whole(r, publishAnswer);
    if (published === undefined) return NOTHING;
    const item = itemsOf(channel, published.subscription);
    const values = published.values.flatMap(({ handle, value }) => {
      const node = item(handle)?.node;
      return node === undefined ? [] : [this.had(node, value, at)];
    });
    const deeds = published.events.flatMap(({ handle, fields }, n) => {
      const found = item(handle);
      if (!found?.fields) return [];
      return [told(found.node, eventOf(found.fields, fields), channel.by, at, n)];
    });
    return { deeds, values };
  }

  /** As `published`, read when somebody asks. */
  private noted(channel: HistoryChannel, r: Reader, at: Moment): Told {
    this.unread?.note({ channel, bytes: copyBytes(r.bytes), start: r.at, at: momentOf(at) });
    if (this.unread?.isMuch) this.readUp();
    return NOTHING;
  }

  private readUp(): void {
    for (const { item, bytes, start, end, at } of this.unread?.take() ?? []) {
      const r = new Reader(bytes, start, end);
      r.forgiving = true;
      const value = whole(r, readDataValue);
      if (value) this.had(item.node, value, at);
    }
  }

  private learnNames({ namespaces }: HistoryChannel, r: Reader): void {
    for (const { references } of whole(r, browseAnswer) ?? []) {
      for (const { node, displayName } of references) {
        const name = namespaces?.name(node);
        if (name !== undefined && displayName !== "") {
          keep(this.shown, NODES_MAX, name, displayName);
        }
      }
    }
  }

  private had(node: string, { value, status }: DataValue, at: Moment): NodeValue {
    const { number, text = "" } = value ?? {};
    return this.keep({ node, number, text, status, ...momentOf(at) });
  }

  private keep(value: NodeValue): NodeValue {
    keep(this.last, NODES_MAX, value.node, value);
    return value;
  }
}

type Moment = Pick<TapeRecord, "wallMs" | "sequence">;

function momentOf({ wallMs, sequence }: Moment): Moment {
  return { wallMs, sequence };
}

/** Nobody decides on an event: whoever may watch where it comes from is told it. */
function told(
  node: string,
  event: NodeEvent,
  by: NodeDeed["by"],
  at: Moment,
  item: number,
): NodeDeed {
  const operation: OpcUaOperation = {
    ...{ action: "opcua:subscribe", class: "observe", service: "Event", node },
  };
  return {
    ...{ id: `event/${at.sequence}/${item}`, item, by, operation, event, ...momentOf(at) },
    judged: { operation, answer: { kind: "permit" }, rule: "", reason: "" },
    ...{ before: undefined, status: undefined, withheld: false },
  };
}

function whole<T>(r: Reader, read: (r: Reader) => T): T | undefined {
  const value = read(r);
  return r.fault === undefined ? value : undefined;
}

function keep<K, V>(map: Map<K, V>, max: number, key: K, value: V): void {
  map.delete(key);
  if (map.size >= max) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}
