/** The services that are decided as one. */
import {
  array,
  boolean,
  byte,
  byteString,
  double,
  expandedNodeId,
  nodeId,
  skipDiagnosticInfo,
  struct,
  uint32,
} from "./built-in.ts";
import { notificationMessage } from "./notifications.ts";
import { placed } from "./on-node.ts";
import type { SubscribeOperation } from "./operation.ts";
import { otherOperation } from "./operations.ts";
import { type Memory, type Needs, type Service, whole } from "./service.ts";
import { STATUS } from "./status.ts";
import {
  acknowledgement,
  contentFilter,
  nodeTypeDescription,
  viewDescription,
} from "./structures.ts";
import { skipVariant } from "./variant.ts";

const diagnostics = array(skipDiagnosticInfo);
const statusCodes = array(uint32);

function subscribing(service: string, { wording }: Memory): SubscribeOperation {
  return wording.same({ action: "opcua:subscribe", class: "observe", service });
}

const nodeIds = array(nodeId);

const unregisterNodes = whole({
  ...{ name: "UnregisterNodes", request: 566, response: 569 },
  parameters: nodeIds,
  answer: () => undefined,
  plan(ids, memory) {
    const { wording } = memory;
    if (ids.length === 0) return STATUS.badNothingToDo;
    const needs = new Set<ReturnType<typeof wording.node>>(ids.map((id) => wording.node(id)));
    if (needs.has(undefined)) return STATUS.badNodeIdUnknown;
    return [...needs].map((node = "") =>
      placed(wording.same({ action: "opcua:register", class: "observe", node }), memory),
    );
  },
});

const queryDataSets = array(
  struct({ node: expandedNodeId, type: expandedNodeId, values: array(skipVariant) }),
);

/** What it finds may be any node at all: a rule must name it. */
const queryFirst = whole({
  ...{ name: "QueryFirst", request: 615, response: 618 },
  parameters: struct({
    ...{ view: viewDescription, types: array(nodeTypeDescription), filter: contentFilter },
    ...{ dataSetsMax: uint32, referencesMax: uint32 },
  }),
  answer: struct({
    ...{ sets: queryDataSets, point: byteString },
    parsing: array(struct({ status: uint32, data: statusCodes, diagnostics })),
    diagnostics,
    filter: struct({
      elements: array(struct({ status: uint32, operands: statusCodes, diagnostics })),
      diagnostics,
    }),
  }),
  plan: () => [otherOperation("QueryFirst", "observe")],
});

const queryNext = whole({
  ...{ name: "QueryNext", request: 621, response: 624 },
  parameters: struct({ release: boolean, point: byteString }),
  answer: struct({ sets: queryDataSets, point: byteString }),
  plan: () => [otherOperation("QueryNext", "observe")],
});

const setTriggering = whole({
  ...{ name: "SetTriggering", request: 775, response: 778 },
  parameters: struct({
    ...{ subscription: uint32, trigger: uint32, add: array(uint32), remove: array(uint32) },
  }),
  answer: struct({
    ...{ added: statusCodes, addDiagnostics: diagnostics },
    ...{ removed: statusCodes, removeDiagnostics: diagnostics },
  }),
  plan({ subscription, trigger, add, remove }, { subscriptions }) {
    if (!subscriptions.find(subscription)) return STATUS.badSubscriptionIdInvalid;
    if (add.length + remove.length === 0) return STATUS.badNothingToDo;
    const needs = new Set<SubscribeOperation>();
    for (const item of [trigger, ...add, ...remove]) {
      const known = subscriptions.item(subscription, item);
      if (!known) return STATUS.badMonitoredItemIdInvalid;
      needs.add(known.operation);
    }
    return [...needs];
  },
});

const revised = { interval: double, lifetime: uint32, keepAlive: uint32 };

const createSubscription = whole({
  ...{ name: "CreateSubscription", request: 787, response: 790 },
  parameters: struct({ ...revised, notificationsMax: uint32, enabled: boolean, priority: byte }),
  answer: struct({ subscription: uint32, ...revised }),
  plan: (_, memory) =>
    memory.subscriptions.isFull
      ? STATUS.badTooManySubscriptions
      : [subscribing("CreateSubscription", memory)],
  learn: (_, { subscription }, { subscriptions }) => subscriptions.open(subscription),
});

const modifySubscription = whole({
  ...{ name: "ModifySubscription", request: 793, response: 796 },
  parameters: struct({
    ...{ subscription: uint32, ...revised, notificationsMax: uint32, priority: byte },
  }),
  answer: struct(revised),
  plan: ({ subscription }, memory) => own("ModifySubscription", subscription, memory),
});

function own(service: string, subscription: number, memory: Memory): Needs {
  if (!memory.subscriptions.find(subscription)) return STATUS.badSubscriptionIdInvalid;
  return [subscribing(service, memory)];
}

const acknowledgements = array(acknowledgement);

/** Acknowledgements of another session's notifications are the asset's to refuse: it has none. */
const publish = whole({
  ...{ name: "Publish", request: 826, response: 829, waits: true },
  parameters: acknowledgements,
  answer: struct({
    ...{ subscription: uint32, available: array(uint32), more: boolean },
    ...{ message: notificationMessage, results: statusCodes, diagnostics },
  }),
  plan: (_, memory) => [subscribing("Publish", memory)],
});

const republish = whole({
  ...{ name: "Republish", request: 832, response: 835 },
  parameters: struct({ subscription: uint32, sequence: uint32 }),
  answer: struct({ message: notificationMessage }),
  plan: ({ subscription }, memory) => own("Republish", subscription, memory),
});

export const PUBLISH = publish;
export const REPUBLISH = republish;

export const WHOLE_SERVICES: readonly Service[] = [
  ...[unregisterNodes, queryFirst, queryNext, setTriggering],
  ...[createSubscription, modifySubscription, publish, republish],
];
