/** Operations of decoded items. */

import { nodesIn } from "./nodes-in.ts";
import type {
  CallOperation,
  FileOperation,
  OtherOperation,
  ReadOperation,
  SubscribeOperation,
  WriteOperation,
} from "./operation.ts";
import type { ShortValue } from "./variant.ts";
import type { Wording } from "./wording.ts";
import type { Written } from "./written.ts";

interface Target {
  readonly attributeId: number;
  readonly indexRange: string | undefined;
}

export function readOperation(node: string, target: Target, wording: Wording): ReadOperation {
  return wording.same<ReadOperation>({
    ...{ action: "opcua:read", class: "observe", node, ...attributeOf(target) },
  });
}

export function monitoredOperation(
  node: string,
  target: Target,
  wording: Wording,
): SubscribeOperation {
  return wording.same<SubscribeOperation>({
    ...{ action: "opcua:subscribe", class: "observe", service: "MonitoredItem" },
    ...{ node, ...attributeOf(target) },
  });
}

export function writeOperation(
  node: string,
  item: Target & { readonly written: Written },
): WriteOperation {
  const { value, status, timed } = item.written;
  return {
    ...{ action: "opcua:write", class: "operate", node, ...attributeOf(item) },
    ...{ type: value?.type ?? "none", text: value?.text ?? "" },
    ...(value?.number !== undefined && { value: value.number }),
    ...(value?.numbers !== undefined && { values: value.numbers }),
    ...(status !== undefined && { status }),
    ...(timed && { timed }),
  };
}

function attributeOf({ attributeId, indexRange }: Target) {
  const range = indexRange ? { range: indexRange } : {};
  return { attribute: attributeId, ...range };
}

/** Part 20: methods of FileType and FileDirectoryType. */
const FILE_METHODS: ReadonlyMap<string, string> = new Map([
  ["i=11580", "Open"],
  ["i=11583", "Close"],
  ["i=11585", "Read"],
  ["i=11588", "Write"],
  ["i=11590", "GetPosition"],
  ["i=11593", "SetPosition"],
  ["i=13387", "CreateDirectory"],
  ["i=13390", "CreateFile"],
  ["i=13393", "DeleteFileSystemObject"],
  ["i=13395", "MoveOrCopy"],
]);

/** Where a method is one of those of files, under whatever id it was called. */
export function asFileOperation(operation: CallOperation): FileOperation | undefined {
  const name = nodesIn(operation.same).flatMap((id) => FILE_METHODS.get(id) ?? [])[0];
  return name === undefined
    ? undefined
    : { ...operation, action: "opcua:file", class: "transfer", name };
}

/** Arguments that a record names. */
const ARGUMENTS_MAX = 32;

export function callOperation(
  node: string,
  method: string,
  inputs: readonly ShortValue[],
): CallOperation | FileOperation {
  const shown = inputs.slice(0, ARGUMENTS_MAX).map(({ text }) => text);
  const given = inputs.length > shown.length ? [...shown, `… ${inputs.length}`] : shown;
  const name = FILE_METHODS.get(method);
  if (name === undefined) {
    return { action: "opcua:call", class: "operate", node, method, arguments: given };
  }
  return { action: "opcua:file", class: "transfer", node, method, name, arguments: given };
}

export function otherOperation(
  service: string,
  kind: OtherOperation["class"],
  node?: string,
): OtherOperation {
  const operation = { action: "opcua:other", class: kind, service } as const;
  return node === undefined ? operation : { ...operation, node };
}
