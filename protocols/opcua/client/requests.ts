/**
 * The requests of the workbench, as frames of the guard's client side (`frame.ts`) have them:
 * a RequestHeader that says nothing but its handle, then the parameters (Part 4, 5.9 to 5.14).
 */

import type { NodeId } from "../node-id.ts";
import { ATTRIBUTE_VALUE } from "../operation.ts";
import type { Writer } from "./writer.ts";

export interface Request {
  readonly typeId: number;
  /** Of the answer that is expected; anything else is a fault. */
  readonly answer: number;
  /** Writes what follows the header. */
  write(writer: Writer): void;
}

const NULL_NODE: NodeId = { namespace: 0, id: "i=0" };
/** Source and server time of each value. */
const BOTH_TIMES = 2;
const HIERARCHICAL: NodeId = { namespace: 0, id: "i=33" };

export interface Attribute {
  readonly node: NodeId;
  readonly attribute: number;
}

export function readRequest(attributes: readonly Attribute[]): Request {
  return {
    ...{ typeId: 631, answer: 634 },
    write: (w) => {
      w.double(0).uint32(BOTH_TIMES);
      w.array(attributes, (each) => readValueId(w, each));
    },
  };
}

function readValueId(w: Writer, { node, attribute }: Attribute): void {
  w.nodeId(node).uint32(attribute).string(undefined).qualifiedName(0, undefined);
}

export interface Browsed {
  readonly node: NodeId;
  /** What it leads to, or (`inverse`) what leads to it. */
  readonly direction: "forward" | "inverse";
  /** With its subtypes; hierarchical ones where absent. */
  readonly reference?: NodeId;
}

/** Type, direction, class, name, words and type definition of each reference. */
const ALL_OF_IT = 63;

/** @param referencesMax of one answer; `browseNextRequest` goes on */
export function browseRequest(nodes: readonly Browsed[], referencesMax: number): Request {
  return {
    ...{ typeId: 527, answer: 530 },
    write: (w) => {
      w.nodeId(NULL_NODE).uint64(0n).uint32(0).uint32(referencesMax);
      w.array(nodes, ({ node, direction, reference = HIERARCHICAL }) => {
        w.nodeId(node).uint32(direction === "forward" ? 0 : 1);
        w.nodeId(reference).boolean(true).uint32(0).uint32(ALL_OF_IT);
      });
    },
  };
}

/** @param release gives the points back without asking for more */
export function browseNextRequest(points: readonly Uint8Array[], release: boolean): Request {
  return {
    ...{ typeId: 533, answer: 536 },
    write: (w) => w.boolean(release).array(points, (point) => w.byteString(point)),
  };
}

/** @param variant a whole one, as `typed-value.ts` makes it */
export function writeRequest(node: NodeId, variant: Uint8Array): Request {
  return {
    ...{ typeId: 673, answer: 676 },
    write: (w) => {
      w.uint32(1).nodeId(node).uint32(ATTRIBUTE_VALUE).string(undefined);
      // A DataValue with a value and nothing else.
      w.uint8(1).raw(variant);
    },
  };
}

export function callRequest(
  object: NodeId,
  method: NodeId,
  inputs: readonly Uint8Array[],
): Request {
  return {
    ...{ typeId: 712, answer: 715 },
    write: (w) => {
      w.uint32(1).nodeId(object).nodeId(method);
      w.array(inputs, (variant) => w.raw(variant));
    },
  };
}

/** Nothing to tell this many intervals long: then it says so, and the workbench knows it lives. */
const KEEP_ALIVE_COUNT = 10;
/** Unheard for so many intervals, the asset forgets it. */
const LIFETIME_COUNT = 600;
/** In one notification. */
const NOTIFICATIONS_MAX = 1_000;

export function createSubscriptionRequest(intervalMs: number): Request {
  return {
    ...{ typeId: 787, answer: 790 },
    write: (w) => {
      w.double(intervalMs).uint32(LIFETIME_COUNT).uint32(KEEP_ALIVE_COUNT);
      w.uint32(NOTIFICATIONS_MAX).boolean(true).uint8(0);
    },
  };
}

export function deleteSubscriptionsRequest(ids: readonly number[]): Request {
  return {
    ...{ typeId: 847, answer: 850 },
    write: (w) => w.array(ids, (id) => w.uint32(id)),
  };
}

export interface Monitored {
  readonly node: NodeId;
  /** Names the item in what the subscription delivers. */
  readonly handle: number;
}

const REPORTING = 2;
const [EVENT_NOTIFIER, EVENT_FILTER, LITERAL_NONE] = [12, 727, 0];

export function monitorValuesRequest(
  subscription: number,
  items: readonly Monitored[],
  samplingMs: number,
): Request {
  return {
    ...{ typeId: 751, answer: 754 },
    write: (w) => {
      w.uint32(subscription).uint32(BOTH_TIMES);
      w.array(items, ({ node, handle }) => {
        readValueId(w, { node, attribute: ATTRIBUTE_VALUE });
        w.uint32(REPORTING).uint32(handle).double(samplingMs);
        w.extension(LITERAL_NONE).uint32(VALUES_KEPT).boolean(true);
      });
    },
  };
}

/** Of an item between two publishings. */
const VALUES_KEPT = 10;
const EVENTS_KEPT = 100;

/** Fields of BaseEventType that each event is asked for, in this order (Part 5, 6.4.2). */
export const EVENT_FIELDS = ["Time", "SourceName", "Message", "Severity", "EventType"] as const;
const BASE_EVENT: NodeId = { namespace: 0, id: "i=2041" };

export function monitorEventsRequest(subscription: number, { node, handle }: Monitored): Request {
  return {
    ...{ typeId: 751, answer: 754 },
    write: (w) => {
      w.uint32(subscription).uint32(BOTH_TIMES).uint32(1);
      readValueId(w, { node, attribute: EVENT_NOTIFIER });
      w.uint32(REPORTING).uint32(handle).double(0);
      w.extension(EVENT_FILTER, (filter) => {
        filter.array(EVENT_FIELDS, (name) => {
          filter.nodeId(BASE_EVENT).uint32(1).qualifiedName(0, name);
          filter.uint32(ATTRIBUTE_VALUE).string(undefined);
        });
        filter.uint32(0);
      });
      w.uint32(EVENTS_KEPT).boolean(true);
    },
  };
}

export function deleteItemsRequest(subscription: number, items: readonly number[]): Request {
  return {
    ...{ typeId: 781, answer: 784 },
    write: (w) => w.uint32(subscription).array(items, (item) => w.uint32(item)),
  };
}

export interface Acknowledged {
  readonly subscription: number;
  readonly sequence: number;
}

export function publishRequest(acknowledged: readonly Acknowledged[]): Request {
  return {
    ...{ typeId: 826, answer: 829 },
    write: (w) => {
      w.array(acknowledged, ({ subscription, sequence }) =>
        w.uint32(subscription).uint32(sequence),
      );
    },
  };
}

const READ_RAW = 649;

/** Raw values of a time, oldest first. */
export function historyRequest(
  node: NodeId,
  { fromMs, untilMs, countMax }: { fromMs: number; untilMs: number; countMax: number },
): Request {
  return {
    ...{ typeId: 664, answer: 667 },
    write: (w) => {
      w.extension(READ_RAW, (details) => {
        details.boolean(false).dateTime(fromMs).dateTime(untilMs);
        details.uint32(countMax).boolean(false);
      });
      w.uint32(BOTH_TIMES).boolean(false).uint32(1);
      w.nodeId(node).string(undefined).qualifiedName(0, undefined).byteString(undefined);
    },
  };
}
