/** How many points a tag covers, and the raw values it can take. Pure. */
import type { Tag, TagType } from "./model.ts";

const LENGTH: Readonly<Record<TagType, number>> = {
  bool: 1,
  uint16: 1,
  int16: 1,
  uint32: 2,
  int32: 2,
  uint64: 4,
  int64: 4,
  float32: 2,
  float64: 4,
};

/** The longest tag, for searches by address. */
export const TAG_LENGTH_MAX = 4;

/** Registers (or coils) that a value of this type takes. */
export function tagLength(type: TagType): number {
  return LENGTH[type];
}

/** The last protocol address that the tag covers. */
export function lastAddress(tag: Tag): number {
  return tag.address + LENGTH[tag.type] - 1;
}

export function isFloat(type: TagType): boolean {
  return type === "float32" || type === "float64";
}

const INTEGER_RANGE: Readonly<Partial<Record<TagType, readonly [number, number]>>> = {
  bool: [0, 1],
  uint16: [0, 0xffff],
  int16: [-0x8000, 0x7fff],
  uint32: [0, 0xffff_ffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/** Smallest and largest raw value that can be compared exactly; undefined for floats. */
export function rawRange(type: TagType): readonly [min: number, max: number] | undefined {
  return INTEGER_RANGE[type];
}
