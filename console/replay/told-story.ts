/**
 * A whole segment told: what its records tell, as plain data that crosses from the worker to the
 * page. Numbers go in typed arrays, which are handed over and not copied.
 */
import type { PointValue } from "../../protocols/modbus/history-row.ts";
import { OpcUaHistory } from "../../protocols/opcua/history.ts";
import { decodeHistoryFrame, type HistoryState } from "../../protocols/opcua/history-frame.ts";
import { decodeScreenFrame, type ScreenMoment } from "../../protocols/rfb/screen-frame.ts";
import { ScreenHistory } from "../../protocols/rfb/screen-history.ts";
import { ScreenPlayer } from "../../protocols/rfb/screen-player.ts";
import {
  decodeTerminalFrame,
  framedEvents,
  type TerminalMoment,
} from "../../protocols/ssh/terminal-frame.ts";
import { type TerminalEvent, TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import { readSegment } from "../../protocols/tape/reader.ts";
import type { Header, HeaderTag } from "../../protocols/tape/record.ts";
import type { Moment } from "./moments.ts";
import { NamedTracks } from "./node-tracks.ts";
import type { Span } from "./playback.ts";
import { RECORD_WORK_MAX } from "./screen-playback.ts";
import type { ScreenShown } from "./screen-story.ts";
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
  /** Where the protocol has a screen. */
  readonly screen: ScreenShown | undefined;
  /** Where nodes have values: the points there are, and by their names the course of each. */
  readonly points: readonly HeaderTag[] | undefined;
  readonly named: ReadonlyMap<string, PackedTrack> | undefined;
  /** Where it has terminals: from its key frame on, with what came between. */
  readonly terminal: readonly TerminalEvent[] | undefined;
}

/** What the registers held when the segment began: a key frame, or what came before told it. */
export type Known = Uint8Array | readonly PointValue[];

/**
 * @param earlier plain segments between a key frame of a screen or terminals and this one, in order
 * @throws Error if not even the header can be read
 */
export function tellSegment(
  bytes: Uint8Array,
  known: Known,
  earlier: readonly Uint8Array[] = [],
): Told {
  const read = readSegment(bytes);
  if (read.header === undefined) {
    throw new Error(read.kind === "malformed" ? read.reason : "the part has no header");
  }
  const { protocol } = read.header.endpoint;
  const screen = protocol === "vnc" ? screenBefore(known, earlier) : undefined;
  const terminals = protocol === "ssh" ? terminalsBefore(known, earlier) : undefined;
  const nodes = protocol === "opcua" ? nodesBefore(known, earlier) : undefined;
  const points =
    known instanceof Uint8Array ? (protocol === "modbus" ? pointsOf(known) : []) : known;
  const values = new Map(points.map((point) => [keyOf(point), point]));
  const story = new Story(read.header, { values, screen, terminals: terminals?.moment, nodes });
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
    screen: story.screen && { events: story.screen.events, before: story.screen.before },
    points: story.points,
    named: story.nodes?.tracks.packed(),
    terminal: story.terminal && [...(terminals?.events ?? []), ...story.terminal],
  };
}

interface TerminalsBefore {
  readonly moment: TerminalMoment;
  /** What a screen must be told to come there. */
  readonly events: readonly TerminalEvent[];
}

/** At the end of `earlier`. A frame that cannot be read tells nothing. */
function terminalsBefore(
  known: Known,
  earlier: readonly Uint8Array[],
): TerminalsBefore | undefined {
  const frame = known instanceof Uint8Array ? decodeTerminalFrame(known) : undefined;
  if (earlier.length === 0) return frame && { moment: frame, events: [] };
  const history = frame ? TerminalHistory.from(frame.channels) : new TerminalHistory();
  const events = frame ? framedEvents(frame) : [];
  let [sequence, wallMs] = [-1, 0];
  for (const part of earlier) {
    for (const record of readSegment(part).records) {
      ({ sequence, wallMs } = record);
      events.push(...history.push(record));
    }
  }
  // Their screens are what the events tell.
  const channels = history.state.map((state) => ({ ...state, snapshot: undefined }));
  return { moment: { sequence, wallMs, channels }, events };
}

/** At the end of `earlier`. A frame that cannot be read tells nothing. */
function nodesBefore(known: Known, earlier: readonly Uint8Array[]): HistoryState | undefined {
  const frame = known instanceof Uint8Array ? decodeHistoryFrame(known) : undefined;
  if (earlier.length === 0) return frame;
  const history = frame ? OpcUaHistory.from(frame) : new OpcUaHistory();
  for (const part of earlier) {
    for (const record of readSegment(part).records) history.push(record);
  }
  return history.state;
}

/** What it showed at the end of `earlier`; nothing of a frame that cannot be read. */
function screenBefore(known: Known, earlier: readonly Uint8Array[]): ScreenMoment | undefined {
  const frame = known instanceof Uint8Array ? decodeScreenFrame(known) : undefined;
  if (earlier.length === 0) return frame;
  const history = frame ? ScreenHistory.from(frame.history) : new ScreenHistory();
  const player = frame ? ScreenPlayer.from(frame.screen) : new ScreenPlayer();
  for (const part of earlier) {
    for (const record of readSegment(part).records) {
      player.workMax = player.work + RECORD_WORK_MAX;
      for (const event of history.push(record)) player.show(event);
    }
  }
  return { history: history.state, screen: player.state };
}

/** What reads answered is in the courses; a second time it would only be copied about. */
function withoutReadings(entry: Entry): Entry {
  if (entry.kind !== "operation" || entry.row.values === undefined) return entry;
  const { values, ...row } = entry.row;
  return { ...entry, row };
}

/** Its buffers, which need not be copied when it is posted. */
export function buffersOf({ courses, named = new Map(), screen }: Told): ArrayBuffer[] {
  const pixels = screen?.before?.picture?.pixels.buffer as ArrayBuffer | undefined;
  const numbers = [...courses.values(), ...named.values()].flatMap(({ times, values }) => [
    ...[times.buffer, values.buffer],
  ]);
  return pixels ? [...numbers, pixels] : numbers;
}

/** A segment on the page's side. */
export class ToldStory implements StoryShown {
  readonly told: Told;
  readonly tracks: ValueTracks;

  constructor(told: Told) {
    this.told = told;
    this.tracks = told.named ? new NamedTracks(told.named) : new ValueTracks(told.courses);
  }

  get header(): Header {
    return this.told.header;
  }

  get entries(): readonly Entry[] {
    return this.told.entries;
  }

  get points(): readonly HeaderTag[] | undefined {
    return this.told.points;
  }

  get screen(): ScreenShown | undefined {
    return this.told.screen;
  }

  get terminal(): readonly TerminalEvent[] | undefined {
    return this.told.terminal;
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
