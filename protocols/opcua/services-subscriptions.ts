/** Subscriptions and monitored items (Part 4, 5.12 and 5.13): each of them this session's own. */
import { array, boolean, double, readExtensionObject, struct, uint32 } from "./built-in.ts";
import { onNode, placed } from "./on-node.ts";
import { monitoredOperation } from "./operations.ts";
import { NULL_ARRAY, NULL_OBJECT, ZERO_32, ZERO_64 } from "./refused-results.ts";
import { itemised, type Memory, type Needs, type Service } from "./service.ts";
import { isBad, STATUS } from "./status.ts";
import { filtersElsewhere, monitoringParameters, readValueId } from "./structures.ts";
import { HANDLES_MAX } from "./subscriptions.ts";

const nothing = () => undefined;
const statusCode = uint32;
const id = struct({ id: uint32 });

const toMonitor = struct({
  target: readValueId,
  mode: uint32,
  parameters: monitoringParameters,
});

const createMonitoredItems = itemised({
  ...{ name: "CreateMonitoredItems", request: 751, response: 754 },
  head: struct({ subscription: uint32, timestampsToReturn: uint32 }),
  item: toMonitor,
  result: struct({
    ...{ status: statusCode, item: uint32, interval: double, queue: uint32 },
    filter: readExtensionObject,
  }),
  whole: ({ subscription }, count, { subscriptions }) => {
    if (!subscriptions.find(subscription)) return STATUS.badSubscriptionIdInvalid;
    return subscriptions.hasRoomFor(count) ? undefined : STATUS.badTooManyMonitoredItems;
  },
  plan({ target, parameters }, _, memory) {
    if (filtersElsewhere(parameters)) return STATUS.badMonitoredItemFilterUnsupported;
    const { wording } = memory;
    return onNode(target.nodeId, memory, (node) => [monitoredOperation(node, target, wording)]);
  },
  refused: [...ZERO_32, ...ZERO_64, ...ZERO_32, ...NULL_OBJECT],
  learn({ target, parameters }, { status, item }, { subscription }, memory) {
    const node = memory.wording.node(target.nodeId);
    if (node === undefined || isBad(status)) return;
    const operation = placed(monitoredOperation(node, target, memory.wording), memory);
    if (operation.action !== "opcua:subscribe") return;
    const clientHandles = new Set([parameters.clientHandle]);
    memory.subscriptions.add(subscription, item, { operation, clientHandles });
  },
  unheard: (_, { subscription }, { subscriptions }) => subscriptions.doubt(subscription),
});

/** Of an item that exists: it is decided as what it reads. */
function ofMonitored(subscription: number, item: number, memory: Memory): Needs {
  const known = memory.subscriptions.item(subscription, item);
  return known ? [known.operation] : STATUS.badMonitoredItemIdInvalid;
}

const ownSubscription = (
  { subscription }: { readonly subscription: number },
  _: number,
  { subscriptions }: Memory,
) => (subscriptions.find(subscription) ? undefined : STATUS.badSubscriptionIdInvalid);

const toModify = struct({ id: uint32, parameters: monitoringParameters });

const modifyMonitoredItems = itemised({
  ...{ name: "ModifyMonitoredItems", request: 763, response: 766 },
  head: struct({ subscription: uint32, timestampsToReturn: uint32 }),
  item: toModify,
  result: struct({
    ...{ status: statusCode, interval: double, queue: uint32, filter: readExtensionObject },
  }),
  whole: ownSubscription,
  plan({ id, parameters }, { subscription }, memory) {
    if (filtersElsewhere(parameters)) return STATUS.badMonitoredItemFilterUnsupported;
    // From now on it may deliver under this number, whenever the asset says so.
    const handles = memory.subscriptions.item(subscription, id)?.clientHandles;
    if (handles && handles.size >= HANDLES_MAX) return STATUS.badTooManyOperations;
    handles?.add(parameters.clientHandle);
    return ofMonitored(subscription, id, memory);
  },
  refused: [...ZERO_64, ...ZERO_32, ...NULL_OBJECT],
});

const setMonitoringMode = itemised({
  ...{ name: "SetMonitoringMode", request: 769, response: 772 },
  head: struct({ subscription: uint32, mode: uint32 }),
  item: id,
  result: statusCode,
  whole: ownSubscription,
  plan: ({ id }, { subscription }, memory) => ofMonitored(subscription, id, memory),
  refused: [],
});

const deleteMonitoredItems = itemised({
  ...{ name: "DeleteMonitoredItems", request: 781, response: 784 },
  head: struct({ subscription: uint32 }),
  item: id,
  result: statusCode,
  whole: ownSubscription,
  plan: ({ id }, { subscription }, memory) => ofMonitored(subscription, id, memory),
  refused: [],
  learn({ id }, status, { subscription }, { subscriptions }) {
    if (!isBad(status)) subscriptions.remove(subscription, id);
  },
});

/** Of a subscription that is this session's own. */
function ofSubscription(service: string, subscription: number, memory: Memory): Needs {
  if (!memory.subscriptions.find(subscription)) return STATUS.badSubscriptionIdInvalid;
  return [memory.wording.same({ action: "opcua:subscribe", class: "observe", service })];
}

const setPublishingMode = itemised({
  ...{ name: "SetPublishingMode", request: 799, response: 802 },
  head: struct({ enabled: boolean }),
  item: id,
  result: statusCode,
  plan: ({ id }, _, memory) => ofSubscription("SetPublishingMode", id, memory),
  refused: [],
});

const transferSubscriptions = itemised({
  ...{ name: "TransferSubscriptions", request: 841, response: 844 },
  head: nothing,
  item: id,
  tail: boolean,
  result: struct({ status: statusCode, available: array(uint32) }),
  plan: ({ id }, _, memory) => ofSubscription("TransferSubscriptions", id, memory),
  refused: NULL_ARRAY,
});

const deleteSubscriptions = itemised({
  ...{ name: "DeleteSubscriptions", request: 847, response: 850 },
  head: nothing,
  item: id,
  result: statusCode,
  plan: ({ id }, _, memory) => ofSubscription("DeleteSubscriptions", id, memory),
  refused: [],
  learn({ id }, status, _, { subscriptions }) {
    if (!isBad(status)) subscriptions.close(id);
  },
});

export const SUBSCRIPTION_SERVICES: readonly Service[] = [
  ...[createMonitoredItems, modifyMonitoredItems, setMonitoringMode, deleteMonitoredItems],
  ...[setPublishingMode, transferSubscriptions, deleteSubscriptions],
];
