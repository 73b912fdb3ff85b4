/**
 * A YAML node with its place, and mappings that know which keys were asked for: a key that nobody
 * asked for is a mistake of the person who wrote it, and is reported with what it may have meant.
 */
import { isMap, isScalar, isSeq, type ParsedNode } from "yaml";
import { suggestion } from "./nearest-word.ts";
import type { ProblemReport } from "./plant-problem.ts";

/** Turns a value into what it stands for; reports and answers undefined where it cannot. */
export type Reading<T> = (value: Value) => T | undefined;

export class Value {
  readonly node: ParsedNode | null;
  readonly path: string;
  readonly report: ProblemReport;
  private readonly offset: number;

  constructor(node: ParsedNode | null, path: string, report: ProblemReport, offset = 0) {
    this.node = node;
    this.path = path;
    this.report = report;
    this.offset = node?.range[0] ?? offset;
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
  get items(): readonly Value[] | undefined {
    if (!isSeq(this.node)) return undefined;
    const offset = this.offset;
    return this.node.items.map(
      (item, n) => new Value(item as ParsedNode, `${this.path}[${n}]`, this.report, offset),
    );
  }
}

interface Field {
  readonly key: Value;
  readonly value: Value;
}

export class Mapping {
  readonly at: Value;
  private readonly fields = new Map<string, Field>();
  private readonly asked = new Set<string>();

  private constructor(at: Value) {
    this.at = at;
  }

  /** @param what for the message, for example `a zone`. */
  static read(value: Value, what: string): Mapping | undefined {
    if (!isMap(value.node)) {
      return value.fail(`${what} is written as a mapping of keys to values, like { id: … }`);
    }
    const mapping = new Mapping(value);
    for (const pair of value.node.items) {
      const key = pair.key as ParsedNode;
      mapping.add(key, (pair.value ?? null) as ParsedNode | null);
    }
    return mapping;
  }

  private add(keyNode: ParsedNode, valueNode: ParsedNode | null): void {
    const { at } = this;
    const offset = keyNode.range[0];
    const name = isScalar(keyNode) ? (keyNode.source ?? String(keyNode.value)) : undefined;
    if (name === undefined) {
      new Value(keyNode, at.path, at.report).fail("a key is a single word");
      return;
    }
    const path = at.path === "" ? name : `${at.path}.${name}`;
    const key = new Value(keyNode, path, at.report);
    const earlier = this.fields.get(name);
    if (earlier) {
      key.fail(`"${name}" is given twice (first at ${earlier.key.place}); remove one`);
      return;
    }
    this.fields.set(name, { key, value: new Value(valueNode, path, at.report, offset) });
  }

  has(key: string): boolean {
    return this.fields.has(key);
  }

  /** Where to point for this key: its value, or the mapping where the key is absent. */
  place(key: string): Value {
    const field = this.fields.get(key);
    if (!field) return this.at;
    return field.value.isEmpty ? field.key : field.value;
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
}
