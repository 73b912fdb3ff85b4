/** The points that a tag covers. Pure. */
import { registerCount } from "../../protocols/modbus/values.ts";
import type { Tag, TagType } from "../plant/model.ts";

/** Points of the longest tag (64 bit), for searches by address. */
export const TAG_LENGTH_MAX = 4;

/** The last protocol address that the tag covers. */
export function lastAddress(tag: Tag): number {
  return tag.address + registerCount(tag.type) - 1;
}

export function isFloat(type: TagType): boolean {
  return type === "float32" || type === "float64";
}
