/** Nodes are named before anything is asked about them. */
import type { ExpandedNodeId, NodeId } from "./node-id.ts";
import type { Memory, Needs } from "./service.ts";
import { STATUS } from "./status.ts";

/** An operation on a node that the asset does not have is refused before it is asked about. */
export function onNode(
  node: NodeId | ExpandedNodeId,
  { wording }: Memory,
  needs: (name: string) => Needs,
): Needs {
  const name = wording.node(node);
  return name === undefined ? STATUS.badNodeIdUnknown : needs(name);
}
