/** The services that carry many items (Part 4, 5.7 to 5.13), each item decided by itself. */

import { copyBytes } from "../copy-bytes.ts";
import {
  array,
  boolean,
  byteString,
  double,
  expandedNodeId,
  nodeId,
  readExtensionObject,
  readLocalizedText,
  readQualifiedName,
  skipDiagnosticInfo,
  struct,
  uint32,
} from "./built-in.ts";
import { onNode, placed } from "./on-node.ts";
import { callOperation, readOperation, writeOperation } from "./operations.ts";
import { NULL_ARRAY, NULL_OBJECT, statusBytes } from "./refused-results.ts";
import { itemised, type Memory, type Service } from "./service.ts";
import { STATUS } from "./status.ts";
import {
  browseDescription,
  browsePath,
  historyChange,
  historyReadDetails,
  historyReadValueId,
  readValueId,
  viewDescription,
} from "./structures.ts";
import { skipDataValue, skipVariant } from "./variant.ts";
import { callItem, writeItem } from "./written.ts";

const nothing = () => undefined;
const statusCode = uint32;

const read = itemised({
  ...{ name: "Read", request: 631, response: 634 },
  head: struct({ maxAge: double, timestampsToReturn: uint32 }),
  item: readValueId,
  polled: true,
  result: skipDataValue,
  plan: (item, _, memory) =>
    onNode(item.nodeId, memory, (node) => [readOperation(node, item, memory.wording)]),
  refused: (status) => Uint8Array.of(0x02, ...statusBytes(status)),
});

const historyRead = itemised({
  ...{ name: "HistoryRead", request: 664, response: 667 },
  head: struct({ details: historyReadDetails, timestampsToReturn: uint32, release: boolean }),
  item: historyReadValueId,
  result: struct({ status: statusCode, point: byteString, data: readExtensionObject }),
  plan: ({ nodeId, continuationPoint }, { details }, memory) =>
    onNode(nodeId, memory, (node) => {
      if (details === undefined) return STATUS.badHistoryOperationInvalid;
      const operation = {
        action: "opcua:history-read",
        class: "observe",
        node,
        ...details,
      } as const;
      // A point goes on with the node that it began with, whatever node stands beside it.
      const begun = continuationPoint && memory.continuations.find(continuationPoint);
      if (!continuationPoint?.length) return [operation];
      if (begun?.action !== "opcua:history-read" || begun.node !== node) {
        return STATUS.badContinuationPointInvalid;
      }
      return [operation];
    }),
  refused: [...NULL_ARRAY, ...NULL_OBJECT],
  learn({ nodeId }, { point }, { details }, memory) {
    const node = memory.wording.node(nodeId);
    if (node === undefined || details === undefined) return;
    const begun = { action: "opcua:history-read", class: "observe", node, ...details } as const;
    memory.continuations.add(point, placed(begun, memory));
  },
});

const write = itemised({
  ...{ name: "Write", request: 673, response: 676 },
  head: nothing,
  item: writeItem,
  result: statusCode,
  plan: (item, _, memory) => onNode(item.nodeId, memory, (node) => [writeOperation(node, item)]),
  refused: [],
});

const historyUpdate = itemised({
  ...{ name: "HistoryUpdate", request: 700, response: 703 },
  head: nothing,
  item: historyChange,
  result: struct({
    status: statusCode,
    operations: array(statusCode),
    diagnostics: array(skipDiagnosticInfo),
  }),
  plan: ({ change }, _, memory) => {
    if (change === undefined) return STATUS.badHistoryOperationInvalid;
    const { kind, count } = change;
    return onNode(change.node, memory, (node) => [
      {
        ...{ action: "opcua:history-update", class: "configure", node, kind },
        ...(count !== undefined && { count }),
      },
    ]);
  },
  refused: [...NULL_ARRAY, ...NULL_ARRAY],
});

const call = itemised({
  ...{ name: "Call", request: 712, response: 715 },
  head: nothing,
  item: callItem,
  result: struct({
    status: statusCode,
    inputs: array(statusCode),
    diagnostics: array(skipDiagnosticInfo),
    outputs: array(skipVariant),
  }),
  plan: (item, _, memory) =>
    onNode(item.objectId, memory, (node) =>
      onNode(item.methodId, memory, (method) => [callOperation(node, method, item.inputs)]),
    ),
  refused: [...NULL_ARRAY, ...NULL_ARRAY, ...NULL_ARRAY],
});

const reference = struct({
  referenceTypeId: nodeId,
  isForward: boolean,
  node: expandedNodeId,
  browseName: readQualifiedName,
  displayName: readLocalizedText,
  nodeClass: uint32,
  typeDefinition: expandedNodeId,
});

const browseResult = struct({
  status: statusCode,
  point: byteString,
  references: array((r) => {
    const start = r.at;
    const { node } = reference(r);
    return { node, start, end: r.at };
  }),
});

const NO_RESULT = [...NULL_ARRAY, ...NULL_ARRAY];

const browse = itemised({
  ...{ name: "Browse", request: 527, response: 530 },
  head: struct({ view: viewDescription, referencesMax: uint32 }),
  item: browseDescription,
  result: browseResult,
  plan: (item, { view }, memory) =>
    onNode(item.nodeId, memory, (node) =>
      onNode(view.viewId, memory, () => [browseOperation(node, memory)]),
    ),
  refused: NO_RESULT,
  learn({ nodeId }, { point }, _, memory) {
    const node = memory.wording.node(nodeId);
    if (node === undefined) return;
    memory.continuations.add(point, placed(browseOperation(node, memory), memory));
  },
  revealed: ({ references }) => references,
});

function browseOperation(node: string, { wording }: Memory) {
  return wording.same({ action: "opcua:browse", class: "observe", node });
}

const continued = struct({ point: byteString });

const browseNext = itemised({
  ...{ name: "BrowseNext", request: 533, response: 536 },
  head: struct({ release: boolean }),
  item: continued,
  result: browseResult,
  plan: ({ point }, _, { continuations }) => {
    const begun = continuations.find(point);
    return begun?.action === "opcua:browse" ? [begun] : STATUS.badContinuationPointInvalid;
  },
  refused: NO_RESULT,
  learn(item, { point }, _, { continuations }) {
    const begun = continuations.find(item.point);
    if (begun) continuations.add(point, begun);
  },
  revealed: ({ references }) => references,
});

const translate = itemised({
  ...{ name: "TranslateBrowsePathsToNodeIds", request: 554, response: 557 },
  head: nothing,
  item: browsePath,
  result: struct({
    status: statusCode,
    targets: array((r) => {
      const start = r.at;
      const node = expandedNodeId(r);
      r.skip(4);
      return { node, start, end: r.at };
    }),
  }),
  plan: ({ startingNode, relativePath }, _, memory) =>
    onNode(startingNode, memory, (node) => {
      const path = relativePath.map(({ targetName }) => targetName.name).join("/");
      return [memory.wording.same({ action: "opcua:browse", class: "observe", node, path })];
    }),
  refused: NULL_ARRAY,
  revealed: ({ targets }) => targets,
});

const longName = struct({ node: nodeId });

const registerNodes = itemised({
  ...{ name: "RegisterNodes", request: 560, response: 563 },
  head: nothing,
  item: longName,
  result: nodeId,
  diagnostics: false,
  names: true,
  whole: (_, count, { aliases }) =>
    aliases.hasRoomFor(count) ? undefined : STATUS.badTooManyOperations,
  plan: ({ node: long }, _, memory) =>
    onNode(long, memory, (node) => {
      // What waits was named before: a new meaning of a name must not slip under it.
      if (!memory.waiting.isEmpty) return STATUS.badResourceUnavailable;
      return [memory.wording.same({ action: "opcua:register", class: "observe", node })];
    }),
  // No status has room here: the node keeps its long name.
  refused: (_, item) => copyBytes(item),
  learn({ node }, alias, _, { aliases, wording }) {
    const real = wording.node(node);
    if (real !== undefined && wording.node(alias) !== real) aliases.add(alias, real);
  },
  unheard: (_, __, { aliases }) => aliases.doubt(),
});

export const ITEM_SERVICES: readonly Service[] = [
  ...[read, historyRead, write, historyUpdate, call, browse, browseNext, translate],
  registerNodes,
];
