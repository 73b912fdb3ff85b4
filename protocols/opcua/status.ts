/** Status codes (Part 4, 7.39) that the guard gives itself, and which refusal gets which. */
import type { RefusalKind } from "../guard.ts";
import type { OpcUaOperation } from "./operation.ts";

export const STATUS = {
  good: 0,
  badDecodingError: 0x8007_0000,
  badEncodingLimitsExceeded: 0x8008_0000,
  badUnknownResponse: 0x8009_0000,
  badTimeout: 0x800a_0000,
  badServiceUnsupported: 0x800b_0000,
  badNothingToDo: 0x800f_0000,
  badTooManyOperations: 0x8010_0000,
  badUserAccessDenied: 0x801f_0000,
  badSubscriptionIdInvalid: 0x8028_0000,
  badRequestCancelledByClient: 0x802c_0000,
  badNodeIdUnknown: 0x8034_0000,
  badNotWritable: 0x803b_0000,
  badOutOfRange: 0x803c_0000,
  badMonitoredItemIdInvalid: 0x8042_0000,
  badMonitoredItemFilterUnsupported: 0x8044_0000,
  badContinuationPointInvalid: 0x804a_0000,
  badNoMatch: 0x806f_0000,
  badHistoryOperationInvalid: 0x8071_0000,
  badHistoryOperationUnsupported: 0x8072_0000,
  badTypeMismatch: 0x8074_0000,
  badTooManySubscriptions: 0x8077_0000,
  badTooManyPublishRequests: 0x8078_0000,
  badTooManyMonitoredItems: 0x80db_0000,
  badCommunicationError: 0x8005_0000,
  badResourceUnavailable: 0x8004_0000,
  badNotExecutable: 0x8111_0000,
} as const;

export function isBad(status: number): boolean {
  return status >= 0x8000_0000;
}

/** How an item is refused in the protocol's own way. */
export function statusOf(refusal: RefusalKind, operation: OpcUaOperation): number {
  switch (refusal) {
    case "unit":
      return STATUS.badNodeIdUnknown;
    case "value":
      return operation.action === "opcua:write" ? STATUS.badOutOfRange : outOfHand(operation);
    case "type":
      return operation.action === "opcua:write" ? STATUS.badTypeMismatch : outOfHand(operation);
    case "busy":
      return STATUS.badTimeout;
    case "unavailable":
      return STATUS.badResourceUnavailable;
    default:
      return outOfHand(operation, refusal);
  }
}

function outOfHand({ action }: OpcUaOperation, refusal?: RefusalKind): number {
  if (action === "opcua:call" || action === "opcua:file") return STATUS.badNotExecutable;
  if (action === "opcua:history-update") return STATUS.badHistoryOperationUnsupported;
  // The class is missing, not the node: the point may be read and not written here and now.
  if (action === "opcua:write" && refusal === "operation") return STATUS.badNotWritable;
  return STATUS.badUserAccessDenied;
}

const WORDS = new Map<number, string>(
  Object.entries(STATUS).map(([name, code]) => [
    code,
    name.charAt(0).toUpperCase() + name.slice(1),
  ]),
);

/** `BadTimeout`, or the number of one that the guard never gives itself. */
export function statusText(status: number): string {
  return WORDS.get(status) ?? `0x${status.toString(16).toUpperCase().padStart(8, "0")}`;
}
