/**
 * The services of OPC UA that name nodes, as rows of a table: how each is asked about nodes, by the
 * classes of whichever library asks, and what it answered for each of them.
 */
import type { OldClasses, OldResponse } from "../kit/opcua-old-client.ts";

/** Of the table's asset, by the names of its nodes. */
export const nodeId = (name: string) => (name.startsWith("ns=") ? name : `ns=1;s=${name}`);

export const DENIED = "BadUserAccessDenied";
/** FileType's own Open: every file has it under this id too. */
export const FILE_OPEN = "i=11580";

export interface Row {
  readonly service: string;
  /** Where a service has several rows. */
  readonly title?: string;
  readonly action: string;
  readonly allowed: string;
  readonly denied: string;
  readonly held?: string;
  /** Equal items of one request are decided one by one. */
  readonly each?: true;
  readonly refusal: string;
  /** Only the present library has its classes. */
  readonly newer?: true;
  ask(classes: OldClasses, nodes: readonly string[], subscription: number): object;
  said(response: OldResponse): readonly string[];
}

const VALUE = 13;
const DOUBLE = 11;
const [BOTH_TIMESTAMPS, REPORTING] = [2, 2];
const ofResults =
  (of: (result: never) => unknown) =>
  ({ results }: OldResponse): readonly string[] =>
    (results as readonly never[]).map((result) => nameOf(of(result)));

export const nameOf = (status: unknown) => (status as { readonly name: string }).name;
const statusCode = ofResults(({ statusCode: status }: { statusCode: unknown }) => status);

/** By the old library, which is older than that status, just the severity. */
const NOT_EXECUTABLE = "BadNotExecutable";
const variables = { allowed: "Open", denied: "Closed", refusal: DENIED };

const TRANSLATE = "service-translate-browse-path";
const TO_ITS_TYPE = {
  elements: [
    {
      ...{ referenceTypeId: "i=40", isInverse: false, includeSubtypes: true },
      targetName: { namespaceIndex: 0, name: "BaseDataVariableType" },
    },
  ],
};

export const ROWS: readonly Row[] = [
  {
    ...{ service: "Read", action: "opcua:read", ...variables, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-read", "ReadRequest", {
        timestampsToReturn: BOTH_TIMESTAMPS,
        nodesToRead: nodes.map((nodeId) => ({ nodeId, attributeId: VALUE })),
      }),
  },
  {
    ...{ service: "Write", action: "opcua:write", ...variables, held: "Held", each: true },
    said: ofResults((status) => status),
    ask: (of, nodes) =>
      made(of, "service-write", "WriteRequest", {
        nodesToWrite: nodes.map((nodeId) => ({
          ...{ nodeId, attributeId: VALUE },
          value: { value: { dataType: DOUBLE, value: 8 } },
        })),
      }),
  },
  {
    ...{ service: "Call", action: "opcua:call", allowed: "Go", denied: "Stop", held: "Wait" },
    each: true,
    ...{ refusal: NOT_EXECUTABLE, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-call", "CallRequest", {
        methodsToCall: nodes.map((methodId) => ({ objectId: nodeId("Plant"), methodId })),
      }),
  },
  {
    ...{ service: "Call", title: "Call of a file's method", action: "opcua:file", each: true },
    ...{ allowed: "Recipe", denied: "Secret", refusal: NOT_EXECUTABLE, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-call", "CallRequest", {
        methodsToCall: nodes.map((objectId) => ({ objectId, methodId: FILE_OPEN })),
      }),
  },
  {
    ...{ service: "HistoryUpdate", action: "opcua:history-update", ...variables, each: true },
    ...{ newer: true, refusal: "BadHistoryOperationUnsupported", said: statusCode },
    ask: (of, nodes) => {
      const { DeleteRawModifiedDetails } = of("service-history");
      if (!DeleteRawModifiedDetails) throw new Error("the library changes no history");
      const [startTime, endTime] = [new Date(Date.now() - 1_000), new Date()];
      return made(of, "service-history", "HistoryUpdateRequest", {
        historyUpdateDetails: nodes.map(
          (nodeId) => new DeleteRawModifiedDetails({ nodeId, startTime, endTime }),
        ),
      });
    },
  },
  {
    ...{ service: "HistoryRead", action: "opcua:history-read", ...variables, said: statusCode },
    each: true,
    ask: (of, nodes) => {
      const { ReadRawModifiedDetails } = of("service-history");
      if (!ReadRawModifiedDetails) throw new Error("the library reads no history");
      return made(of, "service-history", "HistoryReadRequest", {
        historyReadDetails: new ReadRawModifiedDetails({
          ...{ isReadModified: false, numValuesPerNode: 5, returnBounds: false },
          ...{ startTime: new Date(Date.now() - 3_600_000), endTime: new Date() },
        }),
        ...{ timestampsToReturn: BOTH_TIMESTAMPS, releaseContinuationPoints: false },
        nodesToRead: nodes.map((nodeId) => ({ nodeId })),
      });
    },
  },
  {
    ...{ service: "Browse", action: "opcua:browse", ...variables, said: statusCode },
    ask: (of, nodes) =>
      made(of, "service-browse", "BrowseRequest", {
        nodesToBrowse: nodes.map((nodeId) => ({
          ...{ nodeId, browseDirection: 2, includeSubtypes: true, resultMask: 63 },
        })),
      }),
  },
  {
    ...{ service: "TranslateBrowsePathsToNodeIds", action: "opcua:browse", ...variables },
    said: statusCode,
    ask: (of, nodes) => {
      const paths = nodes.map((startingNode) => ({ startingNode, relativePath: TO_ITS_TYPE }));
      const name = "TranslateBrowsePathsToNodeIdsRequest";
      // The old library writes the name of the field in its own way.
      const field = "browsePaths" in made(of, TRANSLATE, name, {}) ? "browsePaths" : "browsePath";
      return made(of, TRANSLATE, name, { [field]: paths });
    },
  },
  {
    ...{ service: "CreateMonitoredItems", action: "opcua:subscribe", ...variables },
    said: statusCode,
    ask: (of, nodes, subscription) =>
      made(of, "service-subscription", "CreateMonitoredItemsRequest", {
        ...{ subscriptionId: subscription, timestampsToReturn: BOTH_TIMESTAMPS },
        itemsToCreate: nodes.map((nodeId, clientHandle) => ({
          itemToMonitor: { nodeId, attributeId: VALUE },
          monitoringMode: REPORTING,
          requestedParameters: { clientHandle, samplingInterval: 1_000, queueSize: 1 },
        })),
      }),
  },
];

export function made(of: OldClasses, from: string, name: string, options: object): object {
  const Class = of(from)[name];
  if (!Class) throw new Error(`the library has no ${name}`);
  return new Class(options);
}
