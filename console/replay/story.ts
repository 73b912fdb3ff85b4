/**
 * What the records of a tape tell, as the player shows it: entries in order, the values that the
 * tags had, and the moments worth jumping to. Built record by record, for a fetched segment and
 * for the tail of a live session alike.
 */

import type { WebOperation } from "../../protocols/http/operation.ts";
import { ModbusHistory } from "../../protocols/modbus/history.ts";
import type { HistoryRow, MalformedRow, PointValue } from "../../protocols/modbus/history-row.ts";
import type { NodeDeed } from "../../protocols/opcua/history.ts";
import type { HistoryState } from "../../protocols/opcua/history-frame.ts";
import type { RfbOperation } from "../../protocols/rfb/operation.ts";
import type { ScreenMoment } from "../../protocols/rfb/screen-frame.ts";
import type { SshOperation } from "../../protocols/ssh/operation.ts";
import type { TerminalMoment } from "../../protocols/ssh/terminal-frame.ts";
import type { TerminalEvent } from "../../protocols/ssh/terminal-history.ts";
import {
  awaitsPerson,
  type Header,
  type HeaderTag,
  type Judged,
  type TapeRecord,
} from "../../protocols/tape/record.ts";
import type { TcpOperation } from "../../protocols/tcp/operation.ts";
import type { Moment } from "./moments.ts";
import { NodeStory } from "./node-story.ts";
import { pageEntries } from "./page-story.ts";
import type { Span } from "./playback.ts";
import { relayEntries } from "./relay-story.ts";
import { type ScreenShown, ScreenStory } from "./screen-story.ts";
import { SshStory } from "./ssh-story.ts";
import { GrowingTracks, keyOf, type RegisterKey, type ValueTracks } from "./value-tracks.ts";

export type Happening = Extract<
  TapeRecord,
  { readonly kind: "channel" | "capabilities" | "watch" | "gap" | "end" }
>;

export type Entry = { readonly id: string; readonly sequence: number; readonly wallMs: number } & (
  | {
      readonly kind: "operation";
      readonly row: HistoryRow;
      /** For writes: what each point held before, as far as the tape told it. */
      readonly before: readonly (number | undefined)[];
    }
  | { readonly kind: "malformed"; readonly row: MalformedRow }
  /** An operation of SSH; `status` of a command that told one. */
  | {
      readonly kind: "deed";
      readonly operation: SshOperation;
      readonly judged: Judged;
      readonly status?: number;
    }
  /** How a command ended that was run in an earlier part. */
  | { readonly kind: "ended"; readonly command: string; readonly status: number }
  /** What was done on a screen. */
  | { readonly kind: "hand"; readonly operation: RfbOperation; readonly judged: Judged }
  /** What was asked of a web panel. */
  | { readonly kind: "page"; readonly operation: WebOperation; readonly judged: Judged }
  /** Bytes that nobody decodes were let pass, or not. */
  | { readonly kind: "relay"; readonly operation: TcpOperation; readonly judged: Judged }
  /** What was asked of an OPC UA server; readings that come again are counted. */
  | {
      readonly kind: "node";
      readonly deed: NodeDeed;
      /** Of its nodes, for people. */
      readonly names: Readonly<Record<string, string>>;
      readonly count: number;
    }
  /** A line typed into a terminal; no text where the terminal did not show it. */
  | { readonly kind: "typed"; readonly text: string; readonly echo: boolean }
  | { readonly kind: "happening"; readonly record: Happening }
);

/** What a story knows at its end, for the one that goes on from there. */
export type LastValues = ReadonlyMap<RegisterKey, PointValue>;

/** What stood when a stretch of a tape begins. */
export interface Before {
  readonly values?: LastValues;
  readonly screen?: ScreenMoment | undefined;
  readonly terminals?: TerminalMoment | undefined;
  readonly nodes?: HistoryState | undefined;
}

/** A stretch of a tape, as the panels of the player read it. */
export interface StoryShown {
  readonly header: Header;
  readonly entries: readonly Entry[];
  readonly tracks: ValueTracks;
  readonly firstMs: number;
  readonly lastSequence: number;
  /** What has values besides the tags of the header, where the tape itself names it. */
  readonly points?: readonly HeaderTag[] | undefined;
  /** What its terminals showed, where the protocol has any. */
  readonly terminal?: readonly TerminalEvent[] | undefined;
  /** What its screen showed, where the protocol has one. */
  readonly screen?: ScreenShown | undefined;
}

export class Story implements StoryShown {
  readonly header: Header;
  readonly growing: GrowingTracks;
  readonly moments: Moment[] = [];
  readonly gaps: Span[] = [];
  /** Grows with each change, so that a component can tell. */
  version = 0;
  firstMs = Number.POSITIVE_INFINITY;
  lastMs = 0;
  firstSequence = -1;
  lastSequence = -1;
  records = 0;
  /** Entries dropped from the front to keep memory bounded. */
  dropped = 0;
  ended = false;
  private list: Entry[] = [];
  /** Decisions that are held. */
  private readonly waiting = new Set<string>();
  private readonly places = new Map<string, number>();
  private readonly history = new ModbusHistory();
  private readonly ssh: SshStory | undefined;
  readonly nodes: NodeStory | undefined;
  readonly screen: ScreenStory | undefined;
  private readonly last: Map<RegisterKey, PointValue>;
  private readonly busy: Map<number, number> = new Map();

  /** @param before what is known at the end of what came directly before */
  constructor(header: Header, { values = new Map(), screen, terminals, nodes }: Before = {}) {
    this.header = header;
    this.ssh = header.endpoint.protocol === "ssh" ? new SshStory(terminals) : undefined;
    this.nodes =
      header.endpoint.protocol === "opcua" ? new NodeStory(header.tags, nodes) : undefined;
    this.screen = header.endpoint.protocol === "vnc" ? new ScreenStory(screen) : undefined;
    this.last = new Map(values);
    this.growing = new GrowingTracks(header.tags, values);
  }

  get tracks(): ValueTracks {
    return this.nodes?.tracks ?? this.growing.shown;
  }

  get points(): readonly HeaderTag[] | undefined {
    return this.nodes?.points;
  }

  get terminal(): readonly TerminalEvent[] | undefined {
    return this.ssh?.events;
  }

  get entries(): readonly Entry[] {
    return this.list;
  }

  get lastValues(): LastValues {
    return this.last;
  }

  /** Numbers of records in stretches of time, for the density of the time line. */
  get activity(): (Span & { readonly count: number })[] {
    return [...this.busy].map(([second, count]) => ({
      fromMs: second * BUSY_MS,
      untilMs: (second + 1) * BUSY_MS,
      count,
    }));
  }

  push(records: readonly TapeRecord[]): void {
    for (const record of records) this.take(record);
    if (records.length > 0) this.version += 1;
  }

  /** Keeps the newest entries only: the tail of a session that lasts for days. */
  trim(entriesMax: number): void {
    // Dropping moves all entries, so it is done in large steps.
    if (this.list.length < entriesMax * 1.5) return;
    const count = this.list.length - entriesMax;
    this.list = this.list.slice(count);
    this.dropped += count;
    this.places.clear();
    for (const [place, entry] of this.list.entries()) this.places.set(entry.id, place);
    this.forgetBefore(this.list[0]?.wallMs ?? 0);
    this.version += 1;
  }

  private forgetBefore(atMs: number): void {
    this.growing.forgetBefore(atMs);
    this.nodes?.tracks.forgetBefore(atMs);
    for (const second of this.busy.keys()) {
      if ((second + 1) * BUSY_MS < atMs) this.busy.delete(second);
    }
    this.moments.splice(
      0,
      this.moments.findIndex((moment) => moment.wallMs >= atMs),
    );
    this.firstMs = atMs;
  }

  private take(record: TapeRecord): void {
    const { sequence, wallMs } = record;
    this.records += 1;
    this.firstMs = Math.min(this.firstMs, wallMs);
    this.lastMs = Math.max(this.lastMs, wallMs);
    if (this.firstSequence < 0) this.firstSequence = sequence;
    this.lastSequence = sequence;
    const second = Math.floor(wallMs / BUSY_MS);
    this.busy.set(second, (this.busy.get(second) ?? 0) + 1);
    this.note(record);
    for (const entry of this.ssh?.push(record) ?? []) this.put(entry);
    for (const entry of this.screen?.push(record) ?? []) this.put(entry);
    for (const entry of this.nodes?.push(record) ?? []) this.put(entry);
    const { protocol } = this.header.endpoint;
    for (const entry of protocol === "web" ? pageEntries(record) : []) this.put(entry);
    for (const entry of protocol === "tcp" ? relayEntries(record) : []) this.put(entry);
    if (protocol === "modbus") this.modbus(record);
    if (isHappening(record)) {
      this.put({ id: `record/${sequence}`, kind: "happening", record, sequence, wallMs });
    }
  }

  private modbus(record: TapeRecord): void {
    const { sequence, wallMs } = record;
    const { rows, points, malformed } = this.history.push(record);
    for (const row of rows) this.operation(row);
    for (const row of malformed) {
      this.put({ id: `malformed/${row.sequence}`, kind: "malformed", row, sequence, wallMs });
    }
    for (const point of points) {
      const key = keyOf(point);
      this.last.set(key, point);
      this.growing.push(key, point.wallMs, point.value);
    }
  }

  private operation(row: HistoryRow): void {
    const known = this.list[this.places.get(row.id) ?? -1];
    const before = known?.kind === "operation" ? known.before : this.heldBefore(row);
    const { id, sequence, wallMs } = row;
    this.put({ id, sequence, wallMs, kind: "operation", row, before });
  }

  private heldBefore({ operation }: HistoryRow): (number | undefined)[] {
    if (operation.action !== "modbus:write") return [];
    const { unit, table, address } = operation;
    return operation.values.map(
      (_, n) => this.last.get(keyOf({ unit, table, address: address + n }))?.value,
    );
  }

  private put(entry: Entry): void {
    const place = this.places.get(entry.id);
    if (place !== undefined) {
      this.list[place] = entry;
      return;
    }
    this.places.set(entry.id, this.list.length);
    this.list.push(entry);
  }

  /** What was held is settled. */
  private isAnswer({ channel, decision, items }: TapeRecord & { kind: "verdict" }): boolean {
    const key = `${channel} ${decision}`;
    if (!items.some(({ answer }) => answer.kind === "hold")) return this.waiting.delete(key);
    // What the broker holds until it has read a value is answered by nobody.
    if (items.some(isAsked)) this.waiting.add(key);
    return false;
  }

  private note(record: TapeRecord): void {
    const { sequence, wallMs } = record;
    const mark = (kind: Moment["kind"]) => this.moments.push({ sequence, wallMs, kind });
    if (record.kind === "verdict") {
      for (const kind of marksOf(record.items)) mark(kind);
      if (this.isAnswer(record)) mark("answer");
    }
    if (record.kind === "capabilities") mark("capabilities");
    if (record.kind === "gap") {
      mark("gap");
      this.gaps.push({ fromMs: record.fromMs, untilMs: record.untilMs });
    }
    if (record.kind === "end") {
      mark("end");
      this.ended = true;
    }
  }
}

/** Width of one stretch of activity: finer is not seen on any screen. */
const BUSY_MS = 1_000;

/** As the index of a recording has them. */
function marksOf(items: readonly Judged[]): Set<Moment["kind"]> {
  const kinds = new Set<Moment["kind"]>();
  for (const { answer, operation, reason } of items) {
    if (answer.kind === "deny") kinds.add("refusal");
    else if (answer.kind === "hold") {
      if (isAsked({ answer, reason })) kinds.add("hold");
    } else if (operation.class !== "observe") kinds.add("write");
  }
  return kinds;
}

/** Time-outs and withheld sends are told by the rows of their operations. */
function isHappening(record: TapeRecord): record is Happening {
  switch (record.kind) {
    case "channel":
    case "capabilities":
    case "watch":
    case "gap":
    case "end":
      return true;
    default:
      return false;
  }
}

/** The last entry at or before a moment; -1 before the first. */
export function entryAt(entries: readonly Entry[], atMs: number): number {
  let low = -1;
  let high = entries.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((entries[middle]?.wallMs ?? 0) <= atMs) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Held until a person answers. */
function isAsked({ answer, reason }: Pick<Judged, "answer" | "reason">): boolean {
  return answer.kind === "hold" && awaitsPerson({ reason });
}
