/** The structures inside requests (Part 4, 5 and 7), as far as anybody may send them through. */
import {
  array,
  boolean,
  byte,
  byteString,
  double,
  type ExtensionObject,
  expandedNodeId,
  int32,
  nodeId,
  type Read,
  readDateTime,
  readExtensionObject,
  readLocalizedText,
  readQualifiedName,
  string,
  struct,
  uint32,
} from "./built-in.ts";
import { Reader } from "./reader.ts";
import { skipDataValue, skipVariant } from "./variant.ts";

/** An ExtensionObject that must be one of these types, its body decoded to its last byte. */
export function oneOf(bodies: { readonly [type: number]: Read<unknown> }) {
  return (r: Reader): { readonly type: number; readonly value: unknown } | undefined => {
    const object = readExtensionObject(r);
    if (object.encoding === "none" && object.type === 0) return undefined;
    const body = object.type === undefined ? undefined : bodies[object.type];
    if (!body || object.encoding !== "binary") r.fail(`a structure ${object.typeText} here`);
    return body && { type: object.type ?? 0, value: within(r, object, body) };
  };
}

/** Reads the body of an ExtensionObject; what is wrong in it is wrong in the message. */
export function within<T>(r: Reader, { start, end }: ExtensionObject, read: Read<T>): T {
  const inner = new Reader(r.bytes, start, r.fault === undefined ? end : start);
  inner.forgiving = r.forgiving;
  const value = read(inner);
  inner.finish();
  if (inner.fault !== undefined) r.fail(inner.fault);
  return value;
}

const relativePath = array(
  struct({
    referenceTypeId: nodeId,
    isInverse: boolean,
    includeSubtypes: boolean,
    targetName: readQualifiedName,
  }),
);

export const browsePath = struct({ startingNode: nodeId, relativePath });

const simpleAttributeOperand = struct({
  typeDefinitionId: nodeId,
  browsePath: array(readQualifiedName),
  attributeId: uint32,
  indexRange: string,
});

const attributeOperand = struct({
  nodeId,
  alias: string,
  browsePath: relativePath,
  attributeId: uint32,
  indexRange: string,
});

const ATTRIBUTE_OPERAND = 600;

/** Part 4, 7.7: an operator and its operands, which name literals, attributes or other elements. */
export const contentFilter = array(
  struct({
    filterOperator: uint32,
    operands: array(
      oneOf({
        ...{ 594: uint32, 597: skipVariant, 603: simpleAttributeOperand },
        [ATTRIBUTE_OPERAND]: attributeOperand,
      }),
    ),
  }),
);

const eventFilter = struct({
  selectClauses: array(simpleAttributeOperand),
  whereClause: contentFilter,
});

const [IN_VIEW, RELATED_TO] = [13, 15];

/**
 * Part 4, 7.22.3: a filter of events looks at the event alone. What names other nodes, as
 * AttributeOperand, InView and RelatedTo do, would tell of nodes that nobody was asked about.
 */
function looksElsewhere({ whereClause }: ReturnType<typeof eventFilter>): boolean {
  return whereClause.some(
    ({ filterOperator, operands }) =>
      filterOperator === IN_VIEW ||
      filterOperator === RELATED_TO ||
      operands.some((operand) => operand?.type === ATTRIBUTE_OPERAND),
  );
}

/** For requests that have no status of their own for it. */
const filterOfEvents: Read<unknown> = (r) => {
  const filter = eventFilter(r);
  if (looksElsewhere(filter)) r.fail("a filter of events that looks at other nodes");
  return filter;
};

const dataChangeFilter = struct({
  trigger: uint32,
  deadbandType: uint32,
  deadbandValue: double,
});

const aggregateConfiguration = struct({
  useServerCapabilitiesDefaults: boolean,
  treatUncertainAsBad: boolean,
  percentDataBad: byte,
  percentDataGood: byte,
  useSlopedExtrapolation: boolean,
});

const aggregateFilter = struct({
  startTime: readDateTime,
  aggregateType: nodeId,
  processingInterval: double,
  aggregateConfiguration,
});

const EVENT_FILTER = 727;

export const monitoringParameters = struct({
  clientHandle: uint32,
  samplingInterval: double,
  filter: oneOf({ 724: dataChangeFilter, [EVENT_FILTER]: eventFilter, 730: aggregateFilter }),
  queueSize: uint32,
  discardOldest: boolean,
});

/** Whether the asset, to filter, would look at nodes that the item does not name. */
export function filtersElsewhere({ filter }: ReturnType<typeof monitoringParameters>): boolean {
  if (filter?.type !== EVENT_FILTER) return false;
  return looksElsewhere(filter.value as ReturnType<typeof eventFilter>);
}

export const readValueId = struct({
  nodeId,
  attributeId: uint32,
  indexRange: string,
  dataEncoding: readQualifiedName,
});

export const browseDescription = struct({
  nodeId,
  browseDirection: uint32,
  referenceTypeId: nodeId,
  includeSubtypes: boolean,
  nodeClassMask: uint32,
  resultMask: uint32,
});

export const viewDescription = struct({
  viewId: nodeId,
  timestamp: readDateTime,
  viewVersion: uint32,
});

/** What history is asked for; `from` and `to` where it has a range of time. */
export interface HistoryDetails {
  readonly kind: "events" | "raw" | "modified" | "processed" | "at-times";
  readonly from?: number;
  readonly to?: number;
}

const readRawModified = struct({
  isReadModified: boolean,
  startTime: readDateTime,
  endTime: readDateTime,
  numValuesPerNode: uint32,
  returnBounds: boolean,
});

const readEvents = struct({
  numValuesPerNode: uint32,
  startTime: readDateTime,
  endTime: readDateTime,
  filter: filterOfEvents,
});

const readProcessed = struct({
  startTime: readDateTime,
  endTime: readDateTime,
  processingInterval: double,
  aggregateType: array(nodeId),
  aggregateConfiguration,
});

const readAtTimes = struct({ reqTimes: array(readDateTime), useSimpleBounds: boolean });

const span = (kind: HistoryDetails["kind"], from: number, to: number): HistoryDetails => ({
  ...{ kind, from, to },
});

const detailsOf: { readonly [type: number]: Read<HistoryDetails> } = {
  646: (r) => {
    const { startTime, endTime } = readEvents(r);
    return span("events", startTime, endTime);
  },
  649: (r) => {
    const { isReadModified, startTime, endTime } = readRawModified(r);
    return span(isReadModified ? "modified" : "raw", startTime, endTime);
  },
  652: (r) => {
    const { startTime, endTime } = readProcessed(r);
    return span("processed", startTime, endTime);
  },
  655: (r) => {
    const { reqTimes } = readAtTimes(r);
    let [from = 0] = reqTimes;
    let to = from;
    for (const time of reqTimes) {
      from = Math.min(from, time);
      to = Math.max(to, time);
    }
    return span("at-times", from, to);
  },
};

export const historyReadDetails: Read<HistoryDetails | undefined> = (r) =>
  oneOf(detailsOf)(r)?.value as HistoryDetails | undefined;

export const historyReadValueId = struct({
  nodeId,
  indexRange: string,
  dataEncoding: readQualifiedName,
  continuationPoint: byteString,
});

export interface HistoryChange {
  readonly node: ReturnType<typeof nodeId>;
  readonly kind: "values" | "structures" | "events" | "delete" | "delete-times" | "delete-events";
  /** Values, times or events that it names; absent where it names a range of time. */
  readonly count?: number;
}

/** Every one begins with the node. */
function change(
  kind: HistoryChange["kind"],
  rest: Read<readonly unknown[] | undefined>,
): Read<HistoryChange> {
  return (r) => {
    const node = nodeId(r);
    const items = rest(r);
    return items === undefined ? { node, kind } : { node, kind, count: items.length };
  };
}

const changesOf: { readonly [type: number]: Read<HistoryChange> } = {
  682: change("values", (r) => {
    uint32(r);
    return array(skipDataValue)(r);
  }),
  11300: change("structures", (r) => {
    uint32(r);
    return array(skipDataValue)(r);
  }),
  685: change("events", (r) => {
    uint32(r);
    filterOfEvents(r);
    return array(array(skipVariant))(r);
  }),
  688: change("delete", (r) => {
    boolean(r);
    readDateTime(r);
    readDateTime(r);
    return undefined;
  }),
  691: change("delete-times", array(readDateTime)),
  694: change("delete-events", array(byteString)),
};

export const historyChange: Read<{ readonly change: HistoryChange | undefined }> = (r) => ({
  change: oneOf(changesOf)(r)?.value as HistoryChange | undefined,
});

/** Attributes of a new node, Part 4, 7.24: each begins with which of them are given. */
const basics = { specifiedAttributes: uint32, name: readLocalizedText, text: readLocalizedText };
const masks = { writeMask: uint32, userWriteMask: uint32 };
const typed = {
  value: skipVariant,
  dataType: nodeId,
  valueRank: int32,
  arrayDimensions: array(uint32),
};

export const nodeAttributes = oneOf({
  354: struct({ ...basics, ...masks, eventNotifier: byte }),
  357: struct({
    ...{ ...basics, ...masks, ...typed },
    ...{ accessLevel: byte, userAccessLevel: byte, minimumSamplingInterval: double },
    historizing: boolean,
  }),
  360: struct({ ...basics, ...masks, executable: boolean, userExecutable: boolean }),
  363: struct({ ...basics, ...masks, isAbstract: boolean }),
  366: struct({ ...basics, ...masks, ...typed, isAbstract: boolean }),
  369: struct({
    ...{ ...basics, ...masks, isAbstract: boolean, symmetric: boolean },
    inverseName: readLocalizedText,
  }),
  372: struct({ ...basics, ...masks, isAbstract: boolean }),
  375: struct({ ...basics, ...masks, containsNoLoops: boolean, eventNotifier: byte }),
  17611: struct({
    ...{ ...basics, ...masks },
    attributeValues: array(struct({ attributeId: uint32, value: skipVariant })),
  }),
});

export const addNodesItem = struct({
  parentNodeId: expandedNodeId,
  referenceTypeId: nodeId,
  requestedNewNodeId: expandedNodeId,
  browseName: readQualifiedName,
  nodeClass: uint32,
  nodeAttributes,
  typeDefinition: expandedNodeId,
});

export const addReferencesItem = struct({
  sourceNodeId: nodeId,
  referenceTypeId: nodeId,
  isForward: boolean,
  targetServerUri: string,
  targetNodeId: expandedNodeId,
  targetNodeClass: uint32,
});

export const deleteNodesItem = struct({ nodeId, deleteTargetReferences: boolean });

export const deleteReferencesItem = struct({
  sourceNodeId: nodeId,
  referenceTypeId: nodeId,
  isForward: boolean,
  targetNodeId: expandedNodeId,
  deleteBidirectional: boolean,
});

export const nodeTypeDescription = struct({
  typeDefinitionNode: expandedNodeId,
  includeSubTypes: boolean,
  dataToReturn: array(struct({ relativePath, attributeId: uint32, indexRange: string })),
});

export const acknowledgement = struct({ subscriptionId: uint32, sequenceNumber: uint32 });
