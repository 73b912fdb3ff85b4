/** Whether a profile lets a tag be written at all; bounds, steps and rates are asked at the write. */
import type { OperationClass } from "../../../protocols/guard.ts";
import type { Profile, RuleMatch, Tag } from "../../plant/model.ts";

/** Function codes that write a table; 22 masks and 23 reads and writes. */
const WRITE_FUNCTIONS: Readonly<Record<Tag["table"], readonly number[]>> = {
  coils: [5, 15],
  "holding-registers": [6, 16, 22, 23],
  "discrete-inputs": [],
  "input-registers": [],
};

/** Registers that a value takes; bits and words take one place. */
const WORDS: Readonly<Record<Tag["type"], number>> = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  float32: 2,
  uint64: 4,
  int64: 4,
  float64: 4,
};

export function isWritable(
  tag: Tag,
  profile: Profile,
  classes: readonly OperationClass[],
): boolean {
  const functions = WRITE_FUNCTIONS[tag.table];
  if (functions.length === 0 || !classes.includes("operate")) return false;
  return functions.some((code) => {
    const first = profile.rules.find((rule) => matchesWrite(rule.match, tag, code));
    return first?.verdict === "permit";
  });
}

function matchesWrite(match: RuleMatch, tag: Tag, code: number): boolean {
  const { addresses, classes, functions, units, table, tags } = match;
  const last = tag.address + WORDS[tag.type] - 1;
  return (
    (classes?.includes("operate") ?? true) &&
    (functions?.includes(code) ?? true) &&
    match.subFunctions === undefined &&
    (units?.includes(tag.unitId) ?? true) &&
    (table ?? tag.table) === tag.table &&
    (tags?.includes(tag.name) ?? true) &&
    (addresses?.some((range) => range.first <= tag.address && last <= range.last) ?? true)
  );
}
