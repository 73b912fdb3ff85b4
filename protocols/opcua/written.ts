/** What a Write and a Call carry to the plant, told in short beside the bytes that go on. */
import {
  array,
  dataValueMask,
  nodeId,
  type Read,
  sizeBehindValue,
  string,
  struct,
  uint32,
} from "./built-in.ts";
import type { Reader } from "./reader.ts";
import { readVariant, type ShortValue } from "./variant.ts";

export interface Written {
  /** Undefined where no value is written. */
  readonly value: ShortValue | undefined;
  readonly status: number | undefined;
  /** A source or server time is written. */
  readonly timed: boolean;
}

const HAS_STATUS = 0x02;
/** Source and server time, and their picoseconds. */
const HAS_TIME = 0x3c;

const written: Read<Written> = (r: Reader) => {
  const mask = dataValueMask(r);
  const value = mask & 0x01 ? readVariant(r) : undefined;
  const status = mask & HAS_STATUS ? r.uint32() : undefined;
  r.skip(sizeBehindValue(mask & ~HAS_STATUS));
  return { value, status, timed: (mask & HAS_TIME) !== 0 };
};

export const writeItem = struct({
  nodeId,
  attributeId: uint32,
  indexRange: string,
  written,
});

export const callItem = struct({
  objectId: nodeId,
  methodId: nodeId,
  inputs: array(readVariant),
});
