/**
 * A whole segment told: what its records tell, as plain data that crosses from the worker to the
 * page. Numbers go in typed arrays, which are handed over and not copied.
 */
import type { PointValue } from "../../protocols/modbus/history-row.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header } from "../../protocols/tape/record.ts";
import type { Moment } from "./moments.ts";
import type { Span } from "./playback.ts";
import { type Entry, Story, type StoryShown } from "./story.ts";
import { keyOf, type PackedTrack, type RegisterKey, ValueTracks } from "./value-tracks.ts";

export interface Told {
  readonly header: Header;
  readonly entries: readonly Entry[];
  readonly courses: ReadonlyMap<RegisterKey, PackedTrack>;
  readonly moments: readonly Moment[];
  readonly gaps: readonly Span[];
  readonly activity: readonly (Span & { readonly count: number })[];
  readonly firstMs: number;
  readonly lastSequence: number;
  /** At its end, for the segment that follows. */
  readonly lastValues: readonly PointValue[];
  /** Why it could be read only up to a point. */
  readonly broken: string | undefined;
}

/** What the registers held when the segment began: a key frame, or what came before told it. */
export type Known = Uint8Array | readonly PointValue[];

/** @throws Error if not even the header can be read */
export function tellSegment(bytes: Uint8Array, known: Known): Told {
  const read = readSegment(bytes);
  if (read.header === undefined) {
    throw new Error(read.kind === "malformed" ? read.reason : "the part has no header");
  }
  const points = known instanceof Uint8Array ? pointsOf(known) : known;
  const story = new Story(read.header, new Map(points.map((point) => [keyOf(point), point])));
  story.push(read.records);
  return {
    header: story.header,
    entries: story.entries.map(withoutReadings),
    courses: story.growing.packed(),
    moments: story.moments,
    gaps: story.gaps,
    activity: story.activity,
    firstMs: story.firstMs,
    lastSequence: story.lastSequence,
    lastValues: [...story.lastValues.values()],
    broken: read.kind === "malformed" ? read.reason : undefined,
  };
}

/** What reads answered is in the courses; a second time it would only be copied about. */
function withoutReadings(entry: Entry): Entry {
  if (entry.kind !== "operation" || entry.row.values === undefined) return entry;
  const { values, ...row } = entry.row;
  return { ...entry, row };
}

/** Its buffers, which need not be copied when it is posted. */
export function buffersOf({ courses }: Told): ArrayBuffer[] {
  return [...courses.values()].flatMap(({ times, values }) => [times.buffer, values.buffer]);
}

/** A segment on the page's side. */
export class ToldStory implements StoryShown {
  readonly told: Told;
  readonly tracks: ValueTracks;

  constructor(told: Told) {
    this.told = told;
    this.tracks = new ValueTracks(told.courses);
  }

  get header(): Header {
    return this.told.header;
  }

  get entries(): readonly Entry[] {
    return this.told.entries;
  }

  get firstMs(): number {
    return this.told.firstMs;
  }

  get lastSequence(): number {
    return this.told.lastSequence;
  }
}

type FramePoint = readonly [
  unit: number,
  table: PointValue["table"],
  address: number,
  value: number,
  wallMs: number,
  sequence: number,
];

/** Of a key frame, as the broker's `key-frame.ts` writes it; nothing of one that cannot be read. */
function pointsOf(frame: Uint8Array): PointValue[] {
  if (frame.length === 0) return [];
  try {
    const { version, points } = JSON.parse(new TextDecoder().decode(frame)) as {
      version: number;
      points: readonly FramePoint[];
    };
    if (version !== 1) return [];
    return points.map(([unit, table, address, value, wallMs, sequence]) => ({
      ...{ unit, table, address, value, wallMs, sequence },
      source: "read",
    }));
  } catch {
    return [];
  }
}
