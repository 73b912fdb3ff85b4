/**
 * Reads current values of nodes as the subject `broker`: the client's end of a channel of its own,
 * so that a probe passes the same guard, limits and tape as everything else.
 */
import { dataValueMask, sizeBehindValue } from "../../protocols/opcua/built-in.ts";
import { cutFrame, encodeFrame, HEADER_LENGTH } from "../../protocols/opcua/frame.ts";
import { readResponseHeader } from "../../protocols/opcua/header.ts";
import { Reader } from "../../protocols/opcua/reader.ts";
import { readVariant } from "../../protocols/opcua/variant.ts";
import type { LegSink } from "../legs/leg.ts";
import type { PointRange } from "../policy/decision.ts";
import type { Prober } from "./asset-way.ts";
import { encodeNodeId, readRequest } from "./opcua-read-request.ts";

type Done = Parameters<Prober["read"]>[1];

interface Asked {
  /** What the answer's results, behind its header, mean. Throws a sentence. */
  understood(results: Reader): void;
  failed(why: string): void;
}

const READ_REQUEST = 631;
const READ_RESPONSE = 634;
/** Server_NamespaceArray */
const NAMESPACES = { namespace: 0, id: "i=2255" };

export class OpcuaProber implements Prober {
  readonly queued = 0;
  private sink: LegSink | undefined;
  private readonly asked = new Map<number, Asked>();
  private last = 0;
  private namespaces: Promise<ReadonlyMap<string, number>> | undefined;

  start(sink: LegSink): void {
    this.sink = sink;
  }

  read(ranges: readonly PointRange[], done: Done): void {
    this.values(ranges).then(
      (values) => done(values, ""),
      (error: Error) => done(undefined, error.message),
    );
  }

  /** An answer, from the guard. */
  write(bytes: Uint8Array): void {
    const cut = cutFrame(bytes);
    if (cut.kind !== "frame") return;
    const { requestId, typeId } = cut.frame;
    const asked = this.asked.get(requestId);
    this.asked.delete(requestId);
    if (!asked) return;
    try {
      const reader = new Reader(bytes, HEADER_LENGTH, cut.length);
      const { serviceResult } = readResponseHeader(reader);
      if (typeId !== READ_RESPONSE || serviceResult !== 0) {
        throw new Error(`the asset answered with 0x${serviceResult.toString(16)}`);
      }
      asked.understood(reader);
    } catch (error) {
      asked.failed(error instanceof Error ? error.message : String(error));
    }
  }

  pause(): void {}

  resume(): void {}

  close(): void {
    this.sink = undefined;
    for (const { failed } of this.asked.values()) failed("the channel was closed");
    this.asked.clear();
  }

  private async values(ranges: readonly PointRange[]): Promise<readonly (readonly number[])[]> {
    this.namespaces ??= this.readNamespaces();
    const indexes = await this.namespaces.catch((error: unknown) => {
      this.namespaces = undefined;
      throw error;
    });
    const nodes = ranges.map((range) => nodeOf(range, indexes));
    return this.ask(nodes, (reader) => resultsOf(reader, nodes.length, numbersOf));
  }

  private async readNamespaces(): Promise<ReadonlyMap<string, number>> {
    const [uris] = await this.ask([NAMESPACES], (reader) => resultsOf(reader, 1, stringsOf));
    return new Map((uris ?? []).map((uri, index) => [uri, index]));
  }

  private ask<T>(
    nodes: readonly { readonly namespace: number; readonly id: string }[],
    understand: (results: Reader) => T,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const { sink } = this;
      if (!sink) return reject(new Error("the channel of probes is closed"));
      this.last += 1;
      this.asked.set(this.last, {
        understood: (results) => resolve(understand(results)),
        failed: (why) => reject(new Error(why)),
      });
      const body = readRequest(nodes.map(encodeNodeId));
      sink.bytes(encodeFrame({ requestId: this.last, typeId: READ_REQUEST, body }));
    });
  }
}

/** `nsu=URI;ID`, or an id of namespace 0. */
function nodeOf(range: PointRange, indexes: ReadonlyMap<string, number>) {
  if (!("node" in range)) throw new Error("OPC UA has no registers");
  const found = /^nsu=([^;]*);(.*)$/s.exec(range.node);
  if (!found) return { namespace: 0, id: range.node };
  const uri = (found[1] ?? "").replaceAll("%3B", ";").replaceAll("%25", "%");
  const namespace = indexes.get(uri);
  if (namespace === undefined) throw new Error(`the asset has no namespace ${uri}`);
  return { namespace, id: found[2] ?? "" };
}

function resultsOf<T>(r: Reader, count: number, value: (r: Reader) => T): readonly T[] {
  if (r.count() !== count) throw new Error("the asset answers another question");
  const results = Array.from({ length: count }, () => resultOf(r, value));
  if (r.fault !== undefined) throw new Error(`the asset's answer is malformed: ${r.fault}`);
  return results;
}

/** A DataValue with a good status; a limit must not rest on any other. */
function resultOf<T>(r: Reader, value: (r: Reader) => T): T {
  const mask = dataValueMask(r);
  const read = mask & HAS_VALUE ? value(r) : undefined;
  const status = mask & HAS_STATUS ? r.uint32() : 0;
  r.skip(sizeBehindValue(mask) - (mask & HAS_STATUS ? STATUS_SIZE : 0));
  if (status >>> SEVERITY !== 0 || read === undefined) {
    throw new Error(`the value is not good (0x${status.toString(16)})`);
  }
  return read;
}

const HAS_VALUE = 1;
const HAS_STATUS = 2;
const STATUS_SIZE = 4;
/** The two bits on top: 0 is good. */
const SEVERITY = 30;

function numbersOf(r: Reader): readonly number[] {
  const { number, numbers, type } = readVariant(r);
  if (number !== undefined) return [number];
  if (numbers !== undefined) return numbers;
  throw new Error(`the value is no number (${type})`);
}

/** A Variant that is an array of String. */
function stringsOf(r: Reader): readonly string[] {
  if (r.uint8() !== STRINGS) throw new Error("the asset does not tell its namespaces");
  return Array.from({ length: Math.max(0, r.count()) }, () => r.string() ?? "");
}

const STRINGS = 0x80 | 12;
