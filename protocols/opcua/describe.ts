/** An operation in one line, as transcripts, lists and audit trails show it. */
import { ATTRIBUTE_VALUE, type OpcUaOperation } from "./operation.ts";

/** Part 4, A.1 (Part 6, table A.1): attributes by their number. */
const ATTRIBUTES = [
  ...["NodeId", "NodeClass", "BrowseName", "DisplayName", "Description", "WriteMask"],
  ...["UserWriteMask", "IsAbstract", "Symmetric", "InverseName", "ContainsNoLoops"],
  ...["EventNotifier", "Value", "DataType", "ValueRank", "ArrayDimensions", "AccessLevel"],
  ...["UserAccessLevel", "MinimumSamplingInterval", "Historizing", "Executable"],
  ...["UserExecutable", "DataTypeDefinition", "RolePermissions", "UserRolePermissions"],
  ...["AccessRestrictions", "AccessLevelEx"],
] as const;

export function attributeName(attribute: number): string {
  return ATTRIBUTES[attribute - 1] ?? `attribute ${attribute}`;
}

/** By its name, in any case of letters. */
export function attributeOf(name: string): number | undefined {
  const index = ATTRIBUTES.findIndex((each) => each.toLowerCase() === name.toLowerCase());
  return index < 0 ? undefined : index + 1;
}

/** Without the namespace, for people: `s=P101.Speed` of `nsu=…;s=P101.Speed`. */
export function shortNode(node: string): string {
  return node.startsWith("nsu=") ? node.slice(node.indexOf(";") + 1) : node;
}

/** For example `operate opcua:write s=P101.Speed = 1450 (Double)`. */
export function describeOperation(operation: OpcUaOperation): string {
  return `${operation.class} ${operation.action} ${describeWhat(operation)}`.trimEnd();
}

/** What it is done to, and with what. @param name of a node, for people */
export function describeWhat(
  operation: OpcUaOperation,
  name: (node: string) => string = shortNode,
): string {
  switch (operation.action) {
    case "opcua:read":
      return place(operation, name);
    case "opcua:write":
      return `${place(operation, name)} = ${operation.text} (${operation.type})${extras(operation)}`;
    case "opcua:call":
      return `${name(operation.method)} of ${name(operation.node)}${given(operation)}`;
    case "opcua:file":
      return `${operation.name} of ${name(operation.node)}${given(operation)}`;
    case "opcua:browse": {
      const path = operation.path === undefined ? "" : ` / ${operation.path}`;
      return `${name(operation.node)}${path}`;
    }
    case "opcua:show":
    case "opcua:register":
      return name(operation.node);
    case "opcua:locate":
      return operation.count > 1
        ? `${name(operation.node)} and ${operation.count - 1} more`
        : name(operation.node);
    case "opcua:subscribe": {
      const { node, attribute = ATTRIBUTE_VALUE, range } = operation;
      if (node === undefined) return operation.service;
      return place({ node, attribute, ...(range !== undefined && { range }) }, name);
    }
    case "opcua:history-read":
    case "opcua:history-update":
      return `${operation.kind} of ${name(operation.node)}`;
    case "opcua:other": {
      const at = operation.node === undefined ? "" : ` at ${name(operation.node)}`;
      return `${operation.service}${at}`;
    }
  }
}

interface Place {
  readonly node: string;
  readonly attribute: number;
  readonly range?: string;
}

function place({ node, attribute, range }: Place, name: (node: string) => string): string {
  const what = attribute === ATTRIBUTE_VALUE ? "" : ` ${attributeName(attribute)}`;
  const part = range === undefined ? "" : ` [${range}]`;
  return `${name(node)}${what}${part}`;
}

function extras({ status, timed }: { readonly status?: number; readonly timed?: true }): string {
  const code = status === undefined ? "" : ` with status ${status.toString(16)}`;
  return `${code}${timed ? " with a time" : ""}`;
}

function given({ arguments: all }: { readonly arguments: readonly string[] }): string {
  return all.length === 0 ? "" : ` (${all.join(", ")})`;
}
