/** The course of the registers behind the tags: what each tag held at any moment, and its trend. */

import type { PointValue } from "../../protocols/modbus/history-row.ts";
import type { Table } from "../../protocols/modbus/operation.ts";
import { type PointType, registerCount } from "../../protocols/modbus/values.ts";
import type { HeaderTag } from "../../protocols/tape/record.ts";
import { type ShownTag, tagValue } from "../workbench/modbus/tag-value.ts";

/** A number, since one is made for each register of each reply. */
export type RegisterKey = number;

const TABLES: Readonly<Record<string, number>> = {
  coils: 0,
  "discrete-inputs": 1,
  "holding-registers": 2,
  "input-registers": 3,
};
/** Addresses are 16 bit. A table that is not known here has a number that no point has. */
const ADDRESSES = 65_536;
const TABLE_UNKNOWN = 4;

export function keyOf(place: {
  readonly unit: number;
  readonly table: string;
  readonly address: number;
}): RegisterKey {
  const table = TABLES[place.table] ?? TABLE_UNKNOWN;
  return (place.unit * (TABLE_UNKNOWN + 1) + table) * ADDRESSES + place.address;
}

export interface TagAt {
  readonly registers: readonly number[];
  readonly value: number;
  /** When the asset last said so, at or before the moment asked for. */
  readonly atMs: number;
}

/** Times and values of one register, in the order of the tape. */
export interface Track {
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export class ValueTracks {
  private readonly tracks: ReadonlyMap<RegisterKey, Track>;

  constructor(tracks: ReadonlyMap<RegisterKey, Track>) {
    this.tracks = tracks;
  }

  /** Whether the tag had more than one value. */
  changes(tag: HeaderTag): boolean {
    return keysOf(tag).some((key) => isVaried(this.tracks.get(key)?.values ?? []));
  }

  /** From when on all of the tag is known. */
  since(tag: HeaderTag): number | undefined {
    let sinceMs: number | undefined;
    for (const key of keysOf(tag)) {
      const firstMs = this.tracks.get(key)?.times[0];
      if (firstMs === undefined) return undefined;
      sinceMs = Math.max(sinceMs ?? firstMs, firstMs);
    }
    return sinceMs;
  }

  at(tag: HeaderTag, atMs: number): TagAt | undefined {
    const registers: number[] = [];
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const key of keysOf(tag)) {
      const track = this.tracks.get(key);
      const place = track ? placeAt(track.times, atMs) : -1;
      if (track === undefined || place < 0) return undefined;
      registers.push(track.values[place] ?? 0);
      oldestMs = Math.min(oldestMs, track.times[place] ?? 0);
    }
    const value = tagValue(shownTag(tag), registers);
    return value === undefined ? undefined : { registers, value, atMs: oldestMs };
  }

  /** Moments at which the tag was read or written within a time, with its value then. */
  course(tag: HeaderTag, fromMs: number, untilMs: number): { atMs: number; value: number }[] {
    const [first] = keysOf(tag);
    const times: ArrayLike<number> = this.tracks.get(first ?? -1)?.times ?? [];
    const points: { atMs: number; value: number }[] = [];
    for (let n = Math.max(0, placeAt(times, fromMs)); n < times.length; n += 1) {
      const atMs = times[n] ?? 0;
      if (atMs > untilMs) break;
      const value = this.at(tag, atMs)?.value;
      if (value !== undefined && Number.isFinite(value)) points.push({ atMs, value });
    }
    return points;
  }
}

function isVaried(values: ArrayLike<number>): boolean {
  for (let n = 1; n < values.length; n += 1) if (values[n] !== values[0]) return true;
  return false;
}

/** In arrays that can be handed to another thread without a copy. */
export interface PackedTrack {
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

interface GrowingTrack extends Track {
  readonly times: number[];
  readonly values: number[];
}

/** Tracks of a tape that is still being read. */
export class GrowingTracks {
  readonly shown: ValueTracks;
  private readonly tracks = new Map<RegisterKey, GrowingTrack>();

  /** Only registers that belong to a tag are followed. */
  constructor(tags: readonly HeaderTag[], before: ReadonlyMap<RegisterKey, PointValue>) {
    for (const key of tags.flatMap(keysOf)) {
      const known = before.get(key);
      this.tracks.set(key, {
        times: known ? [known.wallMs] : [],
        values: known ? [known.value] : [],
      });
    }
    this.shown = new ValueTracks(this.tracks);
  }

  push(key: RegisterKey, wallMs: number, value: number): void {
    const track = this.tracks.get(key);
    track?.times.push(wallMs);
    track?.values.push(value);
  }

  /** Drops what is older, except each register's last value before that. */
  forgetBefore(atMs: number): void {
    for (const track of this.tracks.values()) {
      const keep = Math.max(0, placeAt(track.times, atMs));
      track.times.splice(0, keep);
      track.values.splice(0, keep);
    }
  }

  /** As they stand. */
  packed(): Map<RegisterKey, PackedTrack> {
    const packed = new Map<RegisterKey, PackedTrack>();
    for (const [key, { times, values }] of this.tracks) {
      packed.set(key, { times: Float64Array.from(times), values: Float64Array.from(values) });
    }
    return packed;
  }
}

/** A header is read from a tape: a table or type that is not known here gives no value, no fault. */
export function shownTag(tag: HeaderTag): ShownTag {
  return {
    ...tag,
    table: tag.table as Table,
    type: tag.type as PointType,
    wordOrder: tag.wordOrder === "little" ? "little" : "big",
  };
}

/** Asked for at every frame, for every tag on the screen. */
const keysKnown = new WeakMap<HeaderTag, readonly RegisterKey[]>();

export function keysOf(tag: HeaderTag): readonly RegisterKey[] {
  const known = keysKnown.get(tag);
  if (known) return known;
  const keys = makeKeys(tag);
  keysKnown.set(tag, keys);
  return keys;
}

function makeKeys(tag: HeaderTag): readonly RegisterKey[] {
  return Array.from({ length: widthOf(tag) }, (_, n) =>
    keyOf({ unit: tag.unitId, table: tag.table, address: tag.address + n }),
  );
}

function widthOf(tag: HeaderTag): number {
  if (tag.table === "coils" || tag.table === "discrete-inputs") return 1;
  try {
    return registerCount(tag.type as PointType);
  } catch {
    return 1;
  }
}

/** The last place whose time is at or before a moment; -1 if there is none. */
export function placeAt(times: ArrayLike<number>, atMs: number): number {
  let low = -1;
  let high = times.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((times[middle] ?? 0) <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}
