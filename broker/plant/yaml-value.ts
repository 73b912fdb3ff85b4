/**
 * A YAML node with its place, and mappings that know which keys were asked for: a key that nobody
 * asked for is a mistake of the person who wrote it, and is reported with what it may have meant.
 */
import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { suggestion } from "./nearest-word.ts";
import type { ProblemReport } from "./plant-problem.ts";
import { PiecedList, PiecedMap } from "./yaml-pieces.ts";

/** Turns a value into what it stands for; reports and answers undefined where it cannot. */
export type Reading<T> = (value: Value) => T | undefined;

/** What a message points to. It holds no node: places are kept until the whole file is read. */
export class Place {
  readonly path: string;
  readonly report: ProblemReport;
  /** Of the piece that the report is about. */
  protected readonly offset: number;

  constructor(path: string, report: ProblemReport, offset: number) {
    this.path = path;
    this.report = report;
    this.offset = offset;
  }

  /** Reports an error here. Answers undefined, so that a reading can return it. */
  fail(message: string): undefined {
    this.report.error(this.offset, this.path, message);
    return undefined;
  }

  warn(message: string): void {
    this.report.warn(this.offset, this.path, message);
  }

  /** `12:5` */
  get place(): string {
    return this.report.placeOf(this.offset);
  }

  /** Without what a value holds besides. */
  alone(): Place {
    return new Place(this.path, this.report, this.offset);
  }
}

/** The items of a list are read when they are come to. */
export interface Items extends Iterable<Value> {
  readonly length: number;
}

export class Value extends Place {
  readonly node: Node | null;

  constructor(node: Node | null, path: string, report: ProblemReport, offset = 0) {
    super(path, report, node?.range[0] ?? offset);
    this.node = node;
  }

  /** The scalar as YAML understood it; undefined for mappings and lists. */
  get scalar(): unknown {
    return isScalar(this.node) ? this.node.value : undefined;
  }

  /** The scalar as it is written (`00001`, where YAML would say 1). */
  get source(): string | undefined {
    if (!isScalar(this.node)) return undefined;
    return this.node.source ?? String(this.node.value);
  }

  get isEmpty(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  /** The items of a list; undefined where this is none. */
  get items(): Items | undefined {
    const { node, offset, path, report } = this;
    if (node instanceof PiecedList) return new PiecedItems(node, path);
    if (!isSeq(node)) return undefined;
    return node.items.map(
      (item, n) => new Value(item as ParsedNode, `${path}[${n}]`, report, offset),
    );
  }
}

type Node = ParsedNode | PiecedMap | PiecedList;

class PiecedItems implements Items {
  private readonly list: PiecedList;
  private readonly path: string;

  constructor(list: PiecedList, path: string) {
    this.list = list;
    this.path = path;
  }

  get length(): number {
    return this.list.length;
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (const { first, nodes, report } of this.list.pieces()) {
      for (const [n, node] of nodes.entries()) {
        yield new Value(node, `${this.path}[${first + n}]`, report);
      }
    }
  }
}

interface Field {
  readonly key: Value;
  readonly value: Value;
}

export class Mapping {
  readonly at: Place;
  private readonly fields = new Map<string, Field>();
  private readonly asked = new Set<string>();
  private places: ReadonlyMap<string, Place> | undefined;

  private constructor(at: Value) {
    this.at = at.alone();
  }

  /** @param what for the message, for example `a zone`. */
  static read(value: Value, what: string): Mapping | undefined {
    const { node, report } = value;
    const mapping = new Mapping(value);
    if (node instanceof PiecedMap) {
      for (const field of node.fields) mapping.add(field.key, field.value, field.report);
    } else if (isMap(node)) {
      for (const pair of node.items) {
        mapping.add(pair.key as ParsedNode, (pair.value ?? null) as ParsedNode | null, report);
      }
    } else {
      return value.fail(`${what} is written as a mapping of keys to values, like { id: … }`);
    }
    return mapping;
  }

  private add(keyNode: ParsedNode, valueNode: Node | null, report: ProblemReport): void {
    const { at } = this;
    const offset = keyNode.range[0];
    const name = isScalar(keyNode) ? (keyNode.source ?? String(keyNode.value)) : undefined;
    if (name === undefined) {
      new Value(keyNode, at.path, report).fail("a key is a single word");
      return;
    }
    const path = at.path === "" ? name : `${at.path}.${name}`;
    const key = new Value(keyNode, path, report);
    const earlier = this.fields.get(name);
    if (earlier) {
      key.fail(`"${name}" is given twice (first at ${earlier.key.place}); remove one`);
      return;
    }
    this.fields.set(name, { key, value: new Value(valueNode, path, report, offset) });
  }

  has(key: string): boolean {
    return this.fields.has(key) || this.places?.has(key) === true;
  }

  /** Where to point for this key: its value, or the mapping where the key is absent. */
  place(key: string): Place {
    const read = this.places?.get(key);
    if (read) return read;
    const field = this.fields.get(key);
    return field ? placeOf(field) : this.at;
  }

  /** A key that must be there. */
  need<T>(key: string, reading: Reading<T>): T | undefined {
    this.asked.add(key);
    if (!this.fields.has(key)) return this.at.fail(`"${key}" is missing`);
    return this.take(key, reading);
  }

  /** A key that may be there. */
  take<T>(key: string, reading: Reading<T>): T | undefined {
    this.asked.add(key);
    const field = this.fields.get(key);
    if (!field) return undefined;
    if (field.value.isEmpty) {
      return field.key.fail(`"${key}" has no value; write one or remove the key`);
    }
    return reading(field.value);
  }

  /** All keys with their values, for mappings whose keys are data. */
  entries(): readonly (readonly [name: string, key: Value, value: Value])[] {
    return [...this.fields].map(([name, { key, value }]) => [name, key, value] as const);
  }

  /** Reports every key that nobody asked for. */
  finish(): void {
    for (const [name, { key }] of this.fields) {
      if (this.asked.has(name)) continue;
      const known = [...this.asked].sort();
      const hint = suggestion(name, known) || `; known here: ${known.join(", ")}`;
      key.fail(`"${name}" is not a key that is known here${hint}`);
    }
  }

  /** Nothing is read from it any more: only places are left, and what was read may go. */
  forget(): void {
    this.places = new Map([...this.fields].map(([name, field]) => [name, placeOf(field)]));
    this.fields.clear();
  }
}

function placeOf({ key, value }: Field): Place {
  return (value.isEmpty ? key : value).alone();
}
