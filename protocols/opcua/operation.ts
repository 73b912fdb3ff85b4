/** What a client can ask for over OPC UA, in the words that profiles and recordings use. */
import type { Operation } from "../guard.ts";

export const OPCUA_ACTIONS = [
  "opcua:read",
  "opcua:write",
  "opcua:call",
  "opcua:browse",
  "opcua:show",
  "opcua:locate",
  "opcua:register",
  "opcua:subscribe",
  "opcua:history-read",
  "opcua:history-update",
  "opcua:file",
  "opcua:other",
] as const;

/** The attribute Value, which is meant where none is named. Part 4, A.1. */
export const ATTRIBUTE_VALUE = 13;

interface OnNode extends Operation {
  /** `i=2258`, or `nsu=URI;s=…`: see node-id.ts. Aliases are resolved. */
  readonly node: string;
  /** Nodes of the profile's rules below which it lies, each on a line; see places.ts. */
  readonly within?: string;
  /** The asset does not tell where it lies. */
  readonly unplaced?: true;
}

interface Called extends OnNode {
  readonly method: string;
  readonly arguments: readonly string[];
  /** Other ids of the very same method, on the object's types for example, each on a line. */
  readonly same?: string;
  /** The asset does not tell which. */
  readonly unresolved?: true;
}

interface OnAttribute extends OnNode {
  readonly attribute: number;
  /** A part of an array, for example `2:5`. */
  readonly range?: string;
}

export interface ReadOperation extends OnAttribute {
  readonly action: "opcua:read";
  readonly class: "observe";
}

export interface WriteOperation extends OnAttribute {
  readonly action: "opcua:write";
  readonly class: "operate";
  /** `Double`, `Double[]`, `none` where only status or time are written. */
  readonly type: string;
  /** A scalar that a number says exactly; a Boolean as 0 or 1. */
  readonly value?: number;
  /** All elements of a short array of numbers. */
  readonly values?: readonly number[];
  /** The value in short, for people. */
  readonly text: string;
  /** Status code that is written with it. */
  readonly status?: number;
  /** A time is written with it. */
  readonly timed?: true;
}

/** The object is `node`. */
export interface CallOperation extends Called {
  readonly action: "opcua:call";
  readonly class: "operate";
}

/** A call of a method of FileType or FileDirectoryType (Part 20). */
export interface FileOperation extends Called {
  readonly action: "opcua:file";
  readonly class: "transfer";
  /** For example `Open`. */
  readonly name: string;
}

export interface BrowseOperation extends OnNode {
  readonly action: "opcua:browse";
  readonly class: "observe";
  /** Names to follow from there, where a path was given. */
  readonly path?: string;
}

/** A node is about to be shown to the client because a browse found it: rules may hide it. */
export interface ShowOperation extends OnNode {
  readonly action: "opcua:show";
  readonly class: "observe";
}

/** The guard asks the asset where nodes lie, before what is done to them is judged. */
export interface LocateOperation extends OnNode {
  readonly action: "opcua:locate";
  readonly class: "observe";
  /** Nodes asked about, this one the first. */
  readonly count: number;
}

/** Asks for a short name of the node; what is done under it is decided as if by the long one. */
export interface RegisterOperation extends OnNode {
  readonly action: "opcua:register";
  readonly class: "observe";
}

/** With a node: a monitored item, which is a reading of it. Without: the subscription itself. */
export interface SubscribeOperation extends Operation {
  readonly action: "opcua:subscribe";
  readonly class: "observe";
  /** For example `CreateSubscription`. */
  readonly service: string;
  readonly node?: string;
  readonly within?: string;
  readonly unplaced?: true;
  readonly attribute?: number;
  readonly range?: string;
}

export interface HistoryReadOperation extends OnNode {
  readonly action: "opcua:history-read";
  readonly class: "observe";
  readonly kind: string;
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
}

export interface HistoryUpdateOperation extends OnNode {
  readonly action: "opcua:history-update";
  readonly class: "configure";
  readonly kind: string;
  readonly count?: number;
}

/** Queries and the management of nodes: only where a rule names them. */
export interface OtherOperation extends Operation {
  readonly action: "opcua:other";
  readonly class: "observe" | "program";
  readonly service: string;
  readonly node?: string;
  readonly within?: string;
  readonly unplaced?: true;
}

export type OpcUaOperation =
  | ReadOperation
  | WriteOperation
  | CallOperation
  | FileOperation
  | BrowseOperation
  | ShowOperation
  | LocateOperation
  | RegisterOperation
  | SubscribeOperation
  | HistoryReadOperation
  | HistoryUpdateOperation
  | OtherOperation;

const ACTIONS: ReadonlySet<string> = new Set(OPCUA_ACTIONS);

/** For who gets an operation of any protocol. */
export function isOpcUaOperation(operation: Operation): operation is OpcUaOperation {
  return ACTIONS.has(operation.action);
}
