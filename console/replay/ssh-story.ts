/** What the tape of a session over SSH tells: terminals, and entries of what was asked and done. */
import { isSshOperation, type SshOperation } from "../../protocols/ssh/operation.ts";
import { framedEvents, type TerminalMoment } from "../../protocols/ssh/terminal-frame.ts";
import { type TerminalEvent, TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import type { Judged, TapeRecord } from "../../protocols/tape/record.ts";
import type { Entry } from "./story.ts";

export type DeedEntry = Extract<Entry, { kind: "deed" }>;

/** What is shown of terminals is kept in memory up to this; what was shown before is dropped. */
const SHOWN_BYTES_MAX = 67_108_864;

export class SshStory {
  /** In order. */
  events: TerminalEvent[] = [];
  /** The oldest of what was shown is not kept here any more. */
  dropped = false;
  private readonly history: TerminalHistory;
  private shownBytes = 0;
  /** The newest command of each channel, which its end is told of. */
  private readonly commands = new Map<number, DeedEntry>();
  /** Those that ran before the first record. */
  private readonly earlier = new Map<number, string>();

  /** @param moment what stood before its first record; absent: nothing had begun */
  constructor(moment?: TerminalMoment) {
    this.history = moment ? TerminalHistory.from(moment.channels) : new TerminalHistory();
    this.events = moment ? framedEvents(moment) : [];
    for (const { channel, start } of moment?.channels ?? []) {
      if (start?.kind === "exec") this.earlier.set(channel, start.text);
    }
  }

  /** Entries, new or in the place of the one with the same id. */
  push(record: TapeRecord): readonly Entry[] {
    const entries: Entry[] = record.kind === "verdict" ? this.decided(record) : [];
    for (const event of this.history.push(record)) {
      this.events.push(event);
      if (event.kind === "output") this.shownBytes += event.bytes.length;
      const entry = this.entryOf(event);
      if (entry) entries.push(entry);
    }
    if (this.shownBytes > SHOWN_BYTES_MAX) this.dropHalf();
    return entries;
  }

  private decided(record: Extract<TapeRecord, { kind: "verdict" }>): Entry[] {
    const { channel, sequence, wallMs, decision } = record;
    return record.items.flatMap((judged, item) => {
      const { operation } = judged;
      if (!isSshOperation(operation) || isNoise(judged, operation)) return [];
      const id = idOf(operation, channel, `${decision}/${item}`);
      const entry: DeedEntry = { id, sequence, wallMs, kind: "deed", operation, judged };
      if (operation.action === "ssh:exec") this.commands.set(channel, entry);
      return [entry];
    });
  }

  private entryOf(event: TerminalEvent): Entry | undefined {
    const { sequence, wallMs, channel } = event;
    if (event.kind === "typed") {
      const { text, echo } = event;
      const id = `typed/${channel}/${sequence}/${this.events.length}`;
      return { id, sequence, wallMs, kind: "typed", text, echo };
    }
    if (event.kind !== "end" || event.status === undefined) return undefined;
    const command = this.commands.get(channel);
    if (command) return { ...command, status: event.status };
    const earlier = this.earlier.get(channel);
    if (earlier === undefined) return undefined;
    const id = `ended/${channel}/${sequence}`;
    return { id, sequence, wallMs, kind: "ended", command: earlier, status: event.status };
  }

  private dropHalf(): void {
    this.dropped = true;
    let left = SHOWN_BYTES_MAX / 2;
    const keep = this.events.findLastIndex((event) => {
      if (event.kind === "output") left -= event.bytes.length;
      return left < 0;
    });
    // What began before goes on; only what it showed is gone.
    const begun = this.events
      .slice(0, keep)
      .filter(({ kind }) => kind === "start" || kind === "frame" || kind === "end");
    this.events = [...begun, ...this.events.slice(keep)];
    this.shownBytes = SHOWN_BYTES_MAX / 2;
  }
}

/** What says no more than that somebody works: SFTP begins, typing is permitted, a window's language. */
function isNoise({ answer }: Judged, { action }: SshOperation): boolean {
  if (answer.kind !== "permit") return false;
  return action === "ssh:input" || action === "ssh:subsystem" || action === "ssh:env";
}

/** A file that grows is one writing, however many pieces were decided. */
function idOf(operation: SshOperation, channel: number, decision: string): string {
  if (operation.action === "file:write" && operation.size !== undefined) {
    return `write/${channel}/${operation.path}`;
  }
  return `deed/${channel}/${decision}`;
}
