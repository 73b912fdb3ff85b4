/**
 * What a service is made of, so that one decoder and one way through the guard serve them all:
 *
 *     request    RequestHeader, head, items, tail          or: RequestHeader, parameters
 *     response   ResponseHeader, results, diagnosticInfos  or: ResponseHeader, parameters
 *
 * A request of items goes on with the items that are permitted, by their own bytes.
 */
import type { Aliases } from "./aliases.ts";
import { array, passed, type Range, type Read, ranged, skipDiagnosticInfo } from "./built-in.ts";
import type { Continuations } from "./continuations.ts";
import type { ExpandedNodeId } from "./node-id.ts";
import type { OpcUaOperation } from "./operation.ts";
import type { Places } from "./places.ts";
import type { Reader } from "./reader.ts";
import { STATUS } from "./status.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Wording } from "./wording.ts";

/** What the guard remembers of a session. */
export interface Memory {
  readonly wording: Wording;
  readonly aliases: Aliases;
  readonly subscriptions: Subscriptions;
  readonly continuations: Continuations;
  /** Absent where a recording does not say of which places rules speak. */
  readonly places?: Places | undefined;
  /** Something waits for a person, under the names that nodes had when it came. */
  readonly waiting: { readonly isEmpty: boolean };
}

/** All of them must be permitted; or the status with which it is refused without asking. */
export type Needs = readonly OpcUaOperation[] | number;

/** A node in an answer that the client may not know of. */
export interface Revealed extends Range {
  readonly node: ExpandedNodeId;
}

export interface PlannedItem {
  readonly range: Range;
  readonly needs: Needs;
}

/** A request, decoded to its last byte. */
export interface Plan {
  readonly service: Service;
  /** One for each item; one for a request without items. */
  readonly items: readonly PlannedItem[];
  /** What must be decided, each once. */
  readonly operations: readonly OpcUaOperation[];
  /** What stands before the count of the items and behind the last; without items, everything. */
  readonly before: Range;
  readonly after: Range;
  /** Takes note of what the asset answered to the item of this index. */
  learn(index: number, result: unknown): void;
  /** The asset may have carried the item of this index out, and nobody will hear what came of it. */
  unheard(index: number): void;
}

/** An answer to a request of items. */
export interface Results {
  readonly results: readonly (Range & { readonly value: unknown })[];
  readonly diagnostics: readonly Range[];
}

export interface Service {
  readonly name: string;
  readonly request: number;
  readonly response: number;
  readonly itemised: boolean;
  /** DiagnosticInfos stand behind its results. */
  readonly diagnosed: boolean;
  /** Answers may be long in coming: it is kept for as long as it takes. */
  readonly waits: boolean;
  /** Its answer gives nodes other names: until it is there, nobody can tell what a name means. */
  readonly names: boolean;
  /** The same bytes mean the same as long as names do: a poll need not be decoded each time. */
  readonly polled: boolean;
  plan(r: Reader, memory: Memory): Plan | number;
  /** Behind the header; whole services have one result, which is all. */
  answer(r: Reader): Results;
  /** The result that stands for a refused item. */
  refused(status: number, item: Uint8Array): Uint8Array;
  revealed(result: unknown): readonly Revealed[];
}

/** Part 4 lets a server bound it; more than this is no request that a tool sends. */
export const ITEMS_MAX = 10_000;

export interface ItemSpec<H, I extends object, T, R> {
  readonly name: string;
  readonly request: number;
  readonly response: number;
  readonly head: Read<H>;
  readonly item: Read<I>;
  readonly tail?: Read<T>;
  readonly result: Read<R>;
  /** RegisterNodes has none. */
  readonly diagnostics?: false;
  readonly names?: true;
  readonly polled?: true;
  /** Refuses the whole request before any item is looked at. */
  whole?(head: H, count: number, memory: Memory): number | undefined;
  plan(item: I, head: H, memory: Memory): Needs;
  /** Bytes behind the status of the result of a refused item. */
  readonly refused: readonly number[] | ((status: number, item: Uint8Array) => Uint8Array);
  learn?(item: I, result: R, head: H, memory: Memory): void;
  unheard?(item: I, head: H, memory: Memory): void;
  revealed?(result: R): readonly Revealed[];
}

export function itemised<H, I extends object, T, R>(spec: ItemSpec<H, I, T, R>): Service {
  const { name, request, response, refused } = spec;
  const readItems = array(ranged(spec.item));
  const readResults = array((r: Reader) => {
    const start = r.at;
    const value: unknown = spec.result(r);
    return { start, end: r.at, value };
  });
  const service: Service = {
    ...{ name, request, response, itemised: true, waits: false },
    ...{ names: spec.names === true, polled: spec.polled === true },
    diagnosed: spec.diagnostics !== false,
    plan(r, memory) {
      const start = r.at;
      const head = spec.head(r);
      const before = { start, end: r.at };
      const items = readItems(r);
      const after = passed(spec.tail ?? (() => {}))(r);
      r.finish();
      if (r.fault !== undefined) return STATUS.badDecodingError;
      if (items.length === 0) return STATUS.badNothingToDo;
      if (items.length > ITEMS_MAX) return STATUS.badTooManyOperations;
      const status = spec.whole?.(head, items.length, memory);
      if (status !== undefined) return status;
      const planned = items.map((item) => ({
        range: item.range,
        needs: spec.plan(item, head, memory),
      }));
      return {
        ...{ service, before, after, items: planned, operations: operationsIn(planned) },
        learn(index, result) {
          const item = items[index];
          if (item) spec.learn?.(item, result as R, head, memory);
        },
        unheard(index) {
          const item = items[index];
          if (item) spec.unheard?.(item, head, memory);
        },
      };
    },
    answer(r) {
      const results = readResults(r);
      const readDiagnostics = array(passed(skipDiagnosticInfo));
      const diagnostics = spec.diagnostics === false ? [] : readDiagnostics(r);
      r.finish();
      return { results, diagnostics };
    },
    refused(status, item) {
      return typeof refused === "function" ? refused(status, item) : withStatus(status, refused);
    },
    revealed(result) {
      return spec.revealed?.(result as R) ?? [];
    },
  };
  return service;
}

export interface WholeSpec<P, R> {
  readonly name: string;
  readonly request: number;
  readonly response: number;
  readonly waits?: true;
  readonly parameters: Read<P>;
  readonly answer: Read<R>;
  plan(parameters: P, memory: Memory): Needs;
  learn?(parameters: P, answer: R, memory: Memory): void;
}

export function whole<P, R>(spec: WholeSpec<P, R>): Service {
  const { name, request, response } = spec;
  const service: Service = {
    ...{ name, request, response, itemised: false, waits: spec.waits === true },
    ...{ diagnosed: false, names: false, polled: false },
    plan(r, memory) {
      const start = r.at;
      const parameters = spec.parameters(r);
      r.finish();
      if (r.fault !== undefined) return STATUS.badDecodingError;
      const needs = spec.plan(parameters, memory);
      if (typeof needs === "number") return needs;
      const range = { start, end: r.at };
      return {
        ...{ service, before: range, after: { start: r.at, end: r.at } },
        items: [{ range, needs }],
        operations: needs,
        learn: (_, result) => spec.learn?.(parameters, result as R, memory),
        unheard: () => {},
      };
    },
    answer(r) {
      const start = r.at;
      const value = spec.answer(r);
      r.finish();
      return { results: [{ start, end: r.at, value }], diagnostics: [] };
    },
    refused: (status) => withStatus(status, []),
    revealed: () => [],
  };
  return service;
}

function operationsIn(items: readonly PlannedItem[]): readonly OpcUaOperation[] {
  const distinct = new Set<OpcUaOperation>();
  for (const { needs } of items) {
    if (typeof needs !== "number") for (const operation of needs) distinct.add(operation);
  }
  return [...distinct];
}

function withStatus(status: number, rest: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length);
  new DataView(bytes.buffer).setUint32(0, status, true);
  bytes.set(rest, 4);
  return bytes;
}
