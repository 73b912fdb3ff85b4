/** Which registers to read, and as what. */
import { NativeSelect, TextInput } from "@mantine/core";
import {
  ADDRESSES,
  READ_BITS_MAX,
  READ_REGISTERS_MAX,
} from "../../../protocols/modbus/decode-points.ts";
import type { Table } from "../../../protocols/modbus/operation.ts";
import type { WordOrder } from "../../../protocols/modbus/values.ts";
import { workbenchText } from "../../text/workbench.ts";
import { isBitTable } from "./plan-reads.ts";
import { FORMATS, type RawFormat, widthOfFormat } from "./raw-table.ts";
import { notationOf } from "./tag-value.ts";

const words = workbenchText.tablesTab;

export interface RangeTyped {
  readonly unit: number;
  readonly table: Table;
  readonly start: string;
  readonly count: string;
  readonly format: RawFormat;
  readonly wordOrder: WordOrder;
}

export type Range =
  | { readonly kind: "range"; readonly start: number; readonly count: number }
  | { readonly kind: "fault"; readonly field: "start" | "count"; readonly reason: string };

export function rangeOf({ table, start, count }: RangeTyped): Range {
  const [first, length] = [whole(start), whole(count)];
  const max = isBitTable(table) ? READ_BITS_MAX : READ_REGISTERS_MAX;
  if (first === undefined || first >= ADDRESSES) {
    return { kind: "fault", field: "start", reason: words.wrongAddress };
  }
  if (length === undefined || length < 1 || length > max) {
    return { kind: "fault", field: "count", reason: words.limits(max) };
  }
  if (first + length > ADDRESSES) return { kind: "fault", field: "count", reason: words.beyond };
  return { kind: "range", start: first, count: length };
}

interface RangeFormProps {
  readonly typed: RangeTyped;
  readonly units: readonly number[];
  readonly range: Range;
  readonly onChange: (typed: RangeTyped) => void;
}

export function RangeForm({ typed, units, range, onChange }: RangeFormProps) {
  const set = (change: Partial<RangeTyped>) => onChange({ ...typed, ...change });
  const fault = (field: "start" | "count") =>
    range.kind === "fault" && range.field === field ? range.reason : undefined;
  const start = range.kind === "range" ? notationOf(typed.table, range.start) : "";
  return (
    <>
      <NativeSelect
        label={words.table}
        value={typed.table}
        onChange={(event) => set({ table: event.currentTarget.value as Table })}
        data={Object.entries(workbenchText.tables).map(([value, label]) => ({ value, label }))}
      />
      <NativeSelect
        label={words.unit}
        value={String(typed.unit)}
        onChange={(event) => set({ unit: Number(event.currentTarget.value) })}
        data={units.map(String)}
      />
      <TextInput
        className="tb-number"
        label={`${words.start} ${start === "" ? "" : words.startHint(start)}`}
        inputMode="numeric"
        error={fault("start")}
        value={typed.start}
        onChange={(event) => set({ start: event.currentTarget.value })}
      />
      <TextInput
        className="tb-number"
        label={words.count}
        inputMode="numeric"
        error={fault("count")}
        value={typed.count}
        onChange={(event) => set({ count: event.currentTarget.value })}
      />
      {!isBitTable(typed.table) && (
        <NativeSelect
          label={words.format}
          value={typed.format}
          onChange={(event) => set({ format: event.currentTarget.value as RawFormat })}
          data={[...FORMATS]}
        />
      )}
      {!isBitTable(typed.table) && widthOfFormat(typed.format) > 1 && (
        <NativeSelect
          label={words.wordOrder}
          value={typed.wordOrder}
          onChange={(event) => set({ wordOrder: event.currentTarget.value as WordOrder })}
          data={Object.entries(words.orders).map(([value, label]) => ({ value, label }))}
        />
      )}
    </>
  );
}

function whole(typed: string): number | undefined {
  return /^\d+$/.test(typed.trim()) ? Number(typed) : undefined;
}
