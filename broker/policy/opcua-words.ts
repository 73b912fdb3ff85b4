/** Operations of OPC UA in words, for sentences that a person reads. */
import { attributeName, shortNode } from "../../protocols/opcua/describe.ts";
import { ATTRIBUTE_VALUE, type OpcUaOperation } from "../../protocols/opcua/operation.ts";
import type { NodeTag } from "../plant/opcua-model.ts";

/** An identifier of ordinary length. */
const SHOWN_MAX = 120;

/** By its tag where it has one. */
export type NameNode = (node: string) => string;

export function namesOf(tags: readonly NodeTag[]): NameNode {
  const names = new Map(tags.map(({ node, name }) => [node, name]));
  return (node) => names.get(node) ?? shown(shortNode(node));
}

export function opcUaDeed(operation: OpcUaOperation, name: NameNode): string {
  switch (operation.action) {
    case "opcua:read":
      return `reading ${attributeIn(operation, name)}`;
    case "opcua:write":
      return `writing ${attributeIn(operation, name)} = ${shown(operation.text)}`;
    case "opcua:call":
      return `calling ${name(operation.method)} of ${name(operation.node)}`;
    case "opcua:file":
      return `${operation.name} of the file ${name(operation.node)}`;
    case "opcua:browse":
      return `browsing ${name(operation.node)}`;
    case "opcua:show":
      return `showing ${name(operation.node)}`;
    case "opcua:locate":
      return `asking where ${name(operation.node)} lies`;
    case "opcua:register":
      return `a short name for ${name(operation.node)}`;
    case "opcua:subscribe":
      return operation.node === undefined
        ? `subscriptions (${operation.service})`
        : `monitoring ${name(operation.node)}`;
    case "opcua:history-read":
      return `reading the history of ${name(operation.node)}`;
    case "opcua:history-update":
      return `changing the history of ${name(operation.node)}`;
    case "opcua:other":
      return `the service ${operation.service}`;
  }
}

function attributeIn(
  { node, attribute }: { readonly node: string; readonly attribute: number },
  name: NameNode,
): string {
  return attribute === ATTRIBUTE_VALUE
    ? name(node)
    : `${attributeName(attribute)} of ${name(node)}`;
}

function shown(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}
