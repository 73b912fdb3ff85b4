/** Numbers, registers and moments as people write them in a search. */
import type { Interval, RegisterRange, TABLES } from "./terms.ts";

/** What the language needs to know of time; passed in, since protocols have no clock and no zone. */
export interface Times {
  readonly nowMs: number;
  /** The moment of a wall-clock time where the person is; month from 1. */
  local(year: number, month: number, day: number, hour: number, minute: number): number;
}

const NUMBER = "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d{1,3})?";
const COMPARED = new RegExp(`^(>=|<=|>|<|=)?(${NUMBER})$`);
const RANGE = new RegExp(`^(${NUMBER})?\\.\\.(${NUMBER})?$`);

export function parseInterval(text: string): Interval | undefined {
  const compared = COMPARED.exec(text);
  if (compared) {
    const value = Number(compared[2]);
    if (!Number.isFinite(value)) return undefined;
    switch (compared[1]) {
      case ">":
        return { min: value, minOpen: true };
      case ">=":
        return { min: value };
      case "<":
        return { max: value, maxOpen: true };
      case "<=":
        return { max: value };
      default:
        return { min: value, max: value };
    }
  }
  const range = RANGE.exec(text);
  if (!range || (range[1] === undefined && range[2] === undefined)) return undefined;
  const min = range[1] === undefined ? undefined : Number(range[1]);
  const max = range[2] === undefined ? undefined : Number(range[2]);
  if (
    (min !== undefined && !Number.isFinite(min)) ||
    (max !== undefined && !Number.isFinite(max))
  ) {
    return undefined;
  }
  if (min !== undefined && max !== undefined && min > max) return undefined;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

export function isIn(value: number, { min, max, minOpen, maxOpen }: Interval): boolean {
  if (min !== undefined && !(minOpen ? value > min : value >= min)) return false;
  if (max !== undefined && !(maxOpen ? value < max : value <= max)) return false;
  return !Number.isNaN(value);
}

type TableName = (typeof TABLES)[number];

const BY_WORD: Readonly<Record<string, TableName>> = {
  coil: "coils",
  discrete: "discrete-inputs",
  input: "input-registers",
  holding: "holding-registers",
};
/** First digit of the 5- and 6-digit notation, whose numbers begin at 1. */
const BY_DIGIT: Readonly<Record<string, TableName>> = {
  0: "coils",
  1: "discrete-inputs",
  3: "input-registers",
  4: "holding-registers",
};
const ADDRESS_MAX = 65_535;

/** `40012` (notation, from 1), `holding:11` or `11` (protocol, from 0), or two of them with `..`. */
export function parseRegisters(text: string): RegisterRange | undefined {
  const [first = "", second, ...more] = text.split("..");
  if (more.length > 0) return undefined;
  const from = parseRegister(first, undefined);
  const to = second === undefined ? from : parseRegister(second, from?.table);
  if (from === undefined || to === undefined || from.table !== to.table) return undefined;
  if (from.address > to.address) return undefined;
  const range = { from: from.address, to: to.address };
  return from.table === undefined ? range : { table: from.table, ...range };
}

interface Register {
  readonly table: TableName | undefined;
  readonly address: number;
}

function parseRegister(text: string, inherited: TableName | undefined): Register | undefined {
  const named = /^(coil|discrete|input|holding):(\d{1,5})$/i.exec(text);
  if (named) return within(BY_WORD[(named[1] ?? "").toLowerCase()], Number(named[2]));
  const notation = /^([0134])(\d{4,5})$/.exec(text);
  // Five digits with one of these in front are the notation, as in plant files.
  if (notation && Number(notation[2]) > 0) {
    return within(BY_DIGIT[notation[1] ?? ""], Number(notation[2]) - 1);
  }
  if (/^\d{1,5}$/.test(text)) return within(inherited, Number(text));
  return undefined;
}

function within(table: TableName | undefined, address: number): Register | undefined {
  return address <= ADDRESS_MAX ? { table, address } : undefined;
}

const MOMENT =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?(Z)?)?)?$/i;
const SECOND_MS = 1000;

/** A month, day, minute or second where the person is; with `Z`, in UTC. */
export function parseMoment(text: string, times: Times): number | undefined {
  const found = MOMENT.exec(text);
  if (!found) return undefined;
  const part = (at: number, otherwise: number) => Number(found[at] ?? otherwise);
  const [year, month, day, hour, minute] = [
    part(1, 0),
    part(2, 1),
    part(3, 1),
    part(4, 0),
    part(5, 0),
  ];
  if (year < 1970 || !isDay(year, month, day)) return undefined;
  if (hour > 23 || minute > 59 || part(6, 0) > 59) return undefined;
  const utcMs = Date.UTC(year, month - 1, day, hour, minute);
  const ms = part(6, 0) * SECOND_MS + Number((found[7] ?? "0").padEnd(3, "0"));
  return (found[8] === undefined ? times.local(year, month, day, hour, minute) : utcMs) + ms;
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const dayMs = 86_400_000;
  return day <= (Date.UTC(year, month, 1) - Date.UTC(year, month - 1, 1)) / dayMs;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

export function parseSpan(text: string): number | undefined {
  const found = /^([1-9]\d{0,4})([mhdw])$/i.exec(text);
  return found ? Number(found[1]) * (UNITS_MS[(found[2] ?? "").toLowerCase()] ?? 0) : undefined;
}
