/** Node management (Part 4, 5.7). */
import { nodeId, struct, uint32 } from "./built-in.ts";
import type { ExpandedNodeId, NodeId } from "./node-id.ts";
import { onNode } from "./on-node.ts";
import { otherOperation } from "./operations.ts";
import { itemised, type Memory, type Needs, type Service } from "./service.ts";
import {
  addNodesItem,
  addReferencesItem,
  deleteNodesItem,
  deleteReferencesItem,
} from "./structures.ts";

const nothing = () => undefined;
const statusCode = uint32;

/** Node management: a rule must name it, and the node that it begins at. */
function managing(service: string, node: NodeId | ExpandedNodeId, memory: Memory): Needs {
  return onNode(node, memory, (name) => [otherOperation(service, "program", name)]);
}

const addNodes = itemised({
  ...{ name: "AddNodes", request: 488, response: 491 },
  head: nothing,
  item: addNodesItem,
  result: struct({ status: statusCode, added: nodeId }),
  plan: ({ parentNodeId }, _, memory) => managing("AddNodes", parentNodeId, memory),
  refused: [0, 0],
});

const addReferences = itemised({
  ...{ name: "AddReferences", request: 494, response: 497 },
  head: nothing,
  item: addReferencesItem,
  result: statusCode,
  plan: ({ sourceNodeId }, _, memory) => managing("AddReferences", sourceNodeId, memory),
  refused: [],
});

const deleteNodes = itemised({
  ...{ name: "DeleteNodes", request: 500, response: 503 },
  head: nothing,
  item: deleteNodesItem,
  result: statusCode,
  plan: ({ nodeId }, _, memory) => managing("DeleteNodes", nodeId, memory),
  refused: [],
});

const deleteReferences = itemised({
  ...{ name: "DeleteReferences", request: 506, response: 509 },
  head: nothing,
  item: deleteReferencesItem,
  result: statusCode,
  plan: ({ sourceNodeId }, _, memory) => managing("DeleteReferences", sourceNodeId, memory),
  refused: [],
});

export const NODE_SERVICES: readonly Service[] = [
  ...[addNodes, addReferences, deleteNodes, deleteReferences],
];
