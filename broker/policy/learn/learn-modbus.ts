/**
 * The narrowest readable rules for what was done over Modbus: reads by table and addresses, writes
 * by tag with the values and the rate that were seen, everything else by function.
 */
import type {
  MaskOperation,
  ModbusOperation,
  ReadOperation,
  WriteOperation,
} from "../../../protocols/modbus/operation.ts";
import { registerCount } from "../../../protocols/modbus/values.ts";
import type { ModbusEndpoint, Tag } from "../../plant/model.ts";
import { areaOf, firstOf, isWrite, joinRanges, lastOf, TagIndex } from "../points.ts";
import { engineering, rawValue } from "../raw-value.ts";
import {
  boundsOf,
  grouped,
  type Learned,
  type LearnedRule,
  type LearnOptions,
  rateOf,
  type Seen,
  sorted,
} from "./learned.ts";

type Change = WriteOperation | MaskOperation;
type Tags = TagIndex<{ readonly tag: Tag }>;

export function learnModbus(
  endpoint: ModbusEndpoint,
  seen: readonly Seen<ModbusOperation>[],
  options: LearnOptions,
): Learned {
  const notes: string[] = [];
  const tags: Tags = new TagIndex(endpoint.tags.map((tag) => ({ tag })));
  const reads = seen.filter((one) => one.operation.action === "modbus:read");
  const changes = seen.filter((one) => isWrite(one.operation)) as Seen<Change>[];
  const others = seen.filter(
    ({ operation }) => operation.action !== "modbus:read" && !isWrite(operation),
  );
  return {
    rules: [
      ...readRules(endpoint, reads as Seen<ReadOperation>[]),
      ...writeRules(endpoint, tags, changes, options, notes),
      ...otherRules(endpoint, others, options),
    ],
    notes,
  };
}

const TABLE_WORDS = {
  coils: "coils",
  "discrete-inputs": "discrete inputs",
  "holding-registers": "holding registers",
  "input-registers": "input registers",
} as const;

function readRules(endpoint: ModbusEndpoint, reads: readonly Seen<ReadOperation>[]): LearnedRule[] {
  const places = grouped(reads, ({ operation: { unit, table } }) => `${unit} ${table}`);
  return [...places.values()].map((own) => {
    const { unit = 0, table = "coils" } = own[0]?.operation ?? {};
    const ranges = joinRanges(
      own.map(({ operation }) => ({ first: firstOf(operation), last: lastOf(operation) })),
    );
    return {
      name: `read ${TABLE_WORDS[table]}${ofUnit(endpoint, unit)}`,
      permit: "observe",
      functions: sorted(own.map(({ operation }) => operation.function)),
      ...unitKey(endpoint, unit),
      table,
      addresses: ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)),
    };
  });
}

function writeRules(
  endpoint: ModbusEndpoint,
  tags: Tags,
  changes: readonly Seen<Change>[],
  options: LearnOptions,
  notes: string[],
): LearnedRule[] {
  const known = changes.map((one) => ({ ...one, tags: tagsExactly(tags, one.operation) }));
  const byTags = grouped(
    known.filter((one) => one.tags.length > 0),
    (one) => one.tags.map(({ name }) => name).join(" "),
  );
  const bare = grouped(
    known.filter((one) => one.tags.length === 0),
    ({ operation }) => `${operation.unit} ${operation.table}`,
  );
  return [
    ...[...byTags.values()].map((own) => tagRule(own, options, notes)),
    ...[...bare.values()].map((own) => bareRule(endpoint, own, options)),
  ];
}

interface Tagged extends Seen<Change> {
  readonly tags: readonly Tag[];
}

/** The tags that it writes as a whole, if it writes nothing else. */
function tagsExactly(tags: Tags, operation: Change): readonly Tag[] {
  const [first, last] = [firstOf(operation), lastOf(operation)];
  const area = areaOf(operation.unit, operation.table);
  const touched = tags.touching(area, first, last).map(({ tag }) => tag);
  const ordered = [...touched].sort((a, b) => a.address - b.address);
  let next = first;
  for (const tag of ordered) {
    if (tag.address !== next) return [];
    next = tag.address + registerCount(tag.type);
  }
  return next === last + 1 ? ordered : [];
}

function tagRule(own: readonly Tagged[], options: LearnOptions, notes: string[]): LearnedRule {
  const tags = own[0]?.tags ?? [];
  const names = tags.map(({ name }) => name);
  const name = `write ${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`;
  if (own.some(({ operation }) => operation.action === "modbus:mask")) {
    notes.push(`"${name}": single bits were set; which ones, a rule cannot say`);
  }
  return {
    name,
    permit: "operate",
    functions: sorted(own.map(({ operation }) => operation.function)),
    tags: names,
    ...valueKeys(own, tags, options, notes, name),
    ...rateOf([own.map(({ atMs }) => atMs)], options),
  };
}

function valueKeys(
  own: readonly Tagged[],
  tags: readonly Tag[],
  options: LearnOptions,
  notes: string[],
  name: string,
) {
  const values: number[] = [];
  for (const { operation } of own) {
    if (operation.action === "modbus:mask") return {};
    for (const tag of tags) {
      const raw = rawValue(tag, operation.values, tag.address - operation.address);
      values.push(engineering(tag, raw));
    }
  }
  if (tags.every(({ type, states }) => type === "bool" || states.length > 0)) {
    return { values: sorted(values) };
  }
  if (tags.length > 1) notes.push(`"${name}": one range of values for all of these tags`);
  const [only, second] = tags;
  return boundsOf(values, options, second === undefined ? only : {});
}

function bareRule(
  endpoint: ModbusEndpoint,
  own: readonly Seen<Change>[],
  options: LearnOptions,
): LearnedRule {
  const { unit = 0, table = "holding-registers" } = own[0]?.operation ?? {};
  const ranges = joinRanges(
    own.map(({ operation }) => ({ first: firstOf(operation), last: lastOf(operation) })),
  );
  const masks = own.some(({ operation }) => operation.action === "modbus:mask");
  const values = own.flatMap(({ operation }) => ("values" in operation ? operation.values : []));
  return {
    name: `write ${TABLE_WORDS[table]}${ofUnit(endpoint, unit)}`,
    permit: "operate",
    functions: sorted(own.map(({ operation }) => operation.function)),
    ...unitKey(endpoint, unit),
    table,
    addresses: ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)),
    ...(!masks && rawBounds(values, options)),
    ...rateOf(timesByPoint(own).values(), options),
  };
}

/** Raw values are whole numbers of 16 bit. */
function rawBounds(values: readonly number[], options: LearnOptions) {
  const { min = 0, max = 0 } = boundsOf(values, options, { min: 0, max: 65_535 });
  return { min: Math.floor(min), max: Math.ceil(max) };
}

function timesByPoint(own: readonly Seen<Change>[]): Map<number, number[]> {
  const times = new Map<number, number[]>();
  for (const { operation, atMs } of own) {
    for (let at = firstOf(operation); at <= lastOf(operation); at++) {
      const known = times.get(at);
      if (known) known.push(atMs);
      else times.set(at, [atMs]);
    }
  }
  return times;
}

function otherRules(
  endpoint: ModbusEndpoint,
  others: readonly Seen<ModbusOperation>[],
  options: LearnOptions,
): LearnedRule[] {
  const kinds = grouped(others, ({ operation }) => {
    const sub = subOf(operation);
    return `${operation.class} ${operation.function} ${sub === undefined ? "" : "sub"}`;
  });
  return [...kinds.values()].flatMap((own) => {
    const first = own[0]?.operation;
    if (first === undefined) return [];
    const subs = sorted(own.flatMap(({ operation }) => subOf(operation) ?? []));
    const units = sorted(own.map(({ operation }) => operation.unit));
    const byUnit = grouped(own, ({ operation }) => operation.unit);
    const times = [...byUnit.values()].map((each) => each.map(({ atMs }) => atMs));
    return [
      {
        name: `function ${first.function}`,
        permit: first.class,
        functions: [first.function],
        ...(subs.length > 0 && { "sub-functions": subs }),
        ...(units.length < endpoint.units.length && { units }),
        ...(first.class !== "observe" && rateOf(times, options)),
      },
    ];
  });
}

/** As rules know it: of diagnostics and of what is not understood. */
function subOf(operation: ModbusOperation): number | undefined {
  return operation.action === "modbus:diagnostic" || operation.action === "modbus:other"
    ? operation.subFunction
    : undefined;
}

function unitKey({ units }: ModbusEndpoint, unit: number) {
  return units.length > 1 ? { units: [unit] } : {};
}

function ofUnit({ units }: ModbusEndpoint, unit: number): string {
  return units.length > 1 ? ` of unit ${unit}` : "";
}
