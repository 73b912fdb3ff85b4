/** Nodes are named before anything is asked about them, and told where they lie. */
import type { ExpandedNodeId, NodeId } from "./node-id.ts";
import type { OpcUaOperation } from "./operation.ts";
import type { Memory, Needs } from "./service.ts";
import { STATUS } from "./status.ts";

/**
 * An operation on a node that the asset does not have is refused before it is asked about. So is
 * one on an identifier with control characters: a server that ends texts at NUL takes it for
 * another node than rules do, and no product has such nodes.
 */
export function onNode(
  node: NodeId | ExpandedNodeId,
  memory: Memory,
  needs: (name: string) => Needs,
): Needs {
  const name = memory.wording.node(node);
  if (name === undefined || CONTROL.test(name)) return STATUS.badNodeIdUnknown;
  const needed = needs(name);
  if (!memory.places || typeof needed === "number") return needed;
  return needed.map((operation) => placed(operation, memory));
}

const CONTROL = /\p{Cc}/u;

/** The same value for equal ones, where they are readings that repeat. */
export function placed(operation: OpcUaOperation, { places, wording }: Memory): OpcUaOperation {
  const told = places?.placed(operation) ?? operation;
  if (told === operation || told.key === undefined) return told;
  const { key: _, ...rest } = told;
  return wording.same(rest as OpcUaOperation);
}
