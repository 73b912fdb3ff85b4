/** A tag: a named point of an asset, as an operator knows it. */
import type { Table } from "../../protocols/modbus/operation.ts";
import { registerCount, valueRange } from "../../protocols/modbus/values.ts";
import type { Tag, TagState, TagType } from "./model.ts";
import type { Sourced } from "./parse-zones.ts";
import {
  ID_LENGTH_MAX,
  REPORT_TAGS_MAX,
  STATES_PER_TAG_MAX,
  UNIT_LENGTH_MAX,
} from "./plant-limits.ts";
import type { References } from "./references.ts";
import { ADDRESS_MAX, parseRegister, type TableAddress } from "./register-notation.ts";
import { description, flag, integer, name, number, oneOf, shown, text } from "./yaml-readings.ts";
import { Mapping, type Reading } from "./yaml-value.ts";

/** They are read before a session's first operation, which waits for them. */
export function checkReport(tags: readonly { readonly report?: true }[], from: Mapping): void {
  const count = tags.filter(({ report }) => report).length;
  if (count <= REPORT_TAGS_MAX) return;
  const advice = "mark those that say what a session changed";
  from.place("tags").fail(`${count} tags have "report"; at most ${REPORT_TAGS_MAX}: ${advice}`);
}

export const TABLES = ["coils", "discrete-inputs", "holding-registers", "input-registers"] as const;

const TYPES = [
  "bool",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "uint64",
  "int64",
  "float32",
  "float64",
] as const satisfies readonly TagType[];

export function isBitTable(table: Table): boolean {
  return table === "coils" || table === "discrete-inputs";
}

export function isWritable(table: Table): boolean {
  return table === "coils" || table === "holding-registers";
}

export const tagName: Reading<string> = (value) => {
  const read = text(ID_LENGTH_MAX)(value);
  if (read === undefined || /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(read)) return read;
  return value.fail(`"${read}" is not a tag name; use letters, digits, points, _ and -`);
};

/** @param units the endpoint's units; a tag names its own only where there are several. */
export function tag(references: References, units: readonly number[]): Reading<Sourced<Tag>> {
  return (value) => {
    const from = Mapping.read(value, "a tag");
    if (!from) return undefined;
    const read = from.need("name", tagName) ?? "";
    if (read !== "") references.define("tag", read, from.place("name"));
    const { table, address } = tablePoint(from);
    const type = tagType(from, table);
    const item: Tag = {
      name: read,
      description: from.take("description", description) ?? "",
      unitId: unitOf(from, units),
      table,
      address,
      type,
      wordOrder: from.take("word-order", oneOf(["big", "little"])) ?? "big",
      ...engineering(from),
      ...bounds(from),
      states: from.take("states", states(type)) ?? [],
      ...holdDistance(from, table),
      ...(from.take("report", flag) ? { report: true } : {}),
    };
    from.finish();
    checkTag(item, from);
    return { item, from };
  };
}

function holdDistance(from: Mapping, table: Table): Pick<Tag, "holdDistance"> {
  const read = from.take("hold-distance", number(0));
  if (read === undefined) return {};
  const at = from.place("hold-distance");
  if (!isWritable(table)) at.fail("nobody writes this table, so no write of it is ever held");
  return { holdDistance: read };
}

/** `register: 40012`, or `table` and `address`. */
function tablePoint(from: Mapping): TableAddress {
  const fallback: TableAddress = { table: "holding-registers", address: 0 };
  if (!from.has("register")) {
    if (!from.has("table") && !from.has("address")) {
      from.at.fail('say where the tag is: "register: 40012", or "table" and "address"');
    }
    const both = from.has("table") || from.has("address");
    const table = both ? from.need("table", oneOf(TABLES)) : undefined;
    const address = both ? from.need("address", integer(0, ADDRESS_MAX)) : undefined;
    from.take("register", register);
    return { table: table ?? fallback.table, address: address ?? fallback.address };
  }
  for (const key of ["table", "address"]) {
    if (from.has(key)) from.place(key).fail(`"register" says it already; remove "${key}"`);
    from.take(key, () => undefined);
  }
  return from.take("register", register) ?? fallback;
}

const register: Reading<TableAddress> = (value) => {
  const read = parseRegister(value.source ?? "");
  if (read) return read;
  const notation = "0xxxx coils, 1xxxx discrete inputs, 3xxxx input and 4xxxx holding registers";
  return value.fail(`${shown(value)} is not a register; write 5 or 6 digits: ${notation}, from 1`);
};

function tagType(from: Mapping, table: Table): TagType {
  const fits = isBitTable(table) ? "bool" : "uint16";
  const type = isBitTable(table)
    ? from.take("type", oneOf(TYPES))
    : from.need("type", oneOf(TYPES));
  if (type === undefined) return fits;
  if (isBitTable(table) === (type === "bool")) return type;
  const what = isBitTable(table) ? "a point of this table is a bool" : "a register is not a bool";
  from
    .place("type")
    .fail(`${what}; ${isBitTable(table) ? "write bool" : "write uint16 with states"}`);
  return fits;
}

function unitOf(from: Mapping, units: readonly number[]): number {
  const only = units.length === 1 ? units[0] : undefined;
  const read = from.take("unit-id", integer(0, 255));
  if (read === undefined && only === undefined && units.length > 1 && !from.has("unit-id")) {
    from.at.fail(`"unit-id" is missing: the endpoint has the units ${units.join(", ")}`);
  }
  if (read !== undefined && units.length > 0 && !units.includes(read)) {
    from.place("unit-id").fail(`unit ${read} is not one of the endpoint's: ${units.join(", ")}`);
  }
  return read ?? only ?? units[0] ?? 0;
}

function engineering(from: Mapping): Pick<Tag, "scale" | "offset" | "unit"> {
  const scale = from.take("scale", number()) ?? 1;
  if (scale === 0) from.place("scale").fail("a scale of 0 makes every value 0; write 1 for none");
  return {
    scale,
    offset: from.take("offset", number()) ?? 0,
    unit: from.take("unit", text(UNIT_LENGTH_MAX)) ?? "",
  };
}

function bounds(from: Mapping): Pick<Tag, "min" | "max"> {
  const min = from.take("min", number());
  const max = from.take("max", number());
  if (min !== undefined && max !== undefined && min > max) {
    from.place("min").fail(`min ${min} is above max ${max}; exchange them`);
  }
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function states(type: TagType): Reading<readonly TagState[]> {
  return (value) => {
    const range = valueRange({ type, wordOrder: "big", scale: 1, offset: 0 });
    if (!range) return value.fail(`a ${type} has no states; remove them`);
    const from = Mapping.read(value, "states");
    if (!from) return undefined;
    const entries = from.entries();
    if (entries.length > STATES_PER_TAG_MAX) {
      return value.fail(`${entries.length} states; at most ${STATES_PER_TAG_MAX} are taken`);
    }
    return entries.flatMap(([, key, word]) => {
      const raw = integer(range.min, range.max)(key);
      const read = word.isEmpty ? key.fail("this state has no word") : name(word);
      return raw === undefined || read === undefined ? [] : [{ value: raw, word: read }];
    });
  };
}

function checkTag(item: Tag, from: Mapping): void {
  const length = registerCount(item.type);
  if (item.address + length - 1 > ADDRESS_MAX) {
    from.at.fail(
      `a ${item.type} at address ${item.address} runs past ${ADDRESS_MAX}, the last one`,
    );
  }
  if (from.has("word-order") && length === 1) {
    from.place("word-order").fail(`a ${item.type} is one word; remove "word-order"`);
  }
  if (item.type === "bool") refuseFor(from, ["scale", "offset", "unit", "min", "max"], "a bool");
  else if (!isWritable(item.table)) {
    refuseFor(from, ["min", "max"], `a tag that nobody can write (${item.table})`);
  } else checkReach(item, from);
  checkStateWords(item, from);
}

function refuseFor(from: Mapping, keys: readonly string[], what: string): void {
  for (const key of keys) {
    if (from.has(key)) from.place(key).fail(`${what} has no "${key}"; remove it`);
  }
}

/** Bounds outside of what the type can hold would permit nothing, or everything. */
function checkReach(item: Tag, from: Mapping): void {
  const range = valueRange(item);
  if (!range) return;
  const { min: low, max: high } = range;
  if (item.min !== undefined && item.min > high) {
    from.place("min").fail(`a ${item.type} with this scale ends at ${high}; no value reaches min`);
  }
  if (item.max !== undefined && item.max < low) {
    from
      .place("max")
      .fail(`a ${item.type} with this scale begins at ${low}; every value is above max`);
  }
}

function checkStateWords(item: Tag, from: Mapping): void {
  const words = new Set<string>();
  for (const { word } of item.states) {
    if (words.has(word)) from.place("states").fail(`two states are called "${word}"`);
    words.add(word);
  }
}
