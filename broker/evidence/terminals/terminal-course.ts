/**
 * The terminals of one session through its recording, segment by segment in order: each is shown
 * to a terminal without a page, as a person saw it.
 */
import { SerializeAddon } from "@xterm/addon-serialize";
import headless from "@xterm/headless";
import {
  encodeTerminalFrame,
  type FramedChannel,
  framedEvents,
  type TerminalMoment,
} from "../../../protocols/ssh/terminal-frame.ts";
import { type TerminalEvent, TerminalHistory } from "../../../protocols/ssh/terminal-history.ts";
import {
  asksTooMuch,
  ERASING,
  erasesBeyondEnd,
  moveLinesWithinScreen,
  outliveFaults,
  REPEATED,
  REPEATING,
  repeatsTooMuch,
} from "../../../protocols/ssh/terminal-limits.ts";
import {
  SNAPSHOT_SCROLLBACK,
  type Snapshot,
  snapshotOf,
} from "../../../protocols/ssh/terminal-snapshot.ts";
import { TapeDecoder } from "../../../protocols/tape/decoder.ts";
import type { TapeRecord } from "../../../protocols/tape/record.ts";

/** Terminals open at a time in one session; a person has a few. One has some megabytes. */
const SCREENS_MAX = 8;
/** What a cell of a screen takes: a few words. */
const BYTES_A_CELL = 16;
/** Shown at once. */
const WRITE_BYTES = 65_536;
/** More than a screen with what stands above it holds, in long lines. */
const LINES_BYTES_MAX = 65_536;
/**
 * Of what runs without a terminal: files have no screen, and of a command's flood there is little
 * to see. A frame for each segment of it took half as long as sealing it. Players go on from a frame
 * over as many without one.
 */
const SEGMENTS_APART = 3;

class Screen {
  private readonly terminal = new headless.Terminal({
    ...{ scrollback: SNAPSHOT_SCROLLBACK, allowProposedApi: true },
    // It would write a screenful for each byte of an asset that means nothing to it.
    logLevel: "off",
  });
  private readonly serializer = new SerializeAddon();

  private pending: Uint8Array[] = [];
  private pendingBytes = 0;

  constructor() {
    // Made for the terminal with a page; this one has all that it reads.
    this.terminal.loadAddon(this.serializer as never);
    outliveFaults(this.terminal);
    moveLinesWithinScreen(this.terminal);
    const { parser } = this.terminal;
    for (const id of REPEATED) parser.registerCsiHandler(id, asksTooMuch);
    parser.registerCsiHandler(REPEATING, () => repeatsTooMuch(this.terminal));
    for (const id of ERASING) {
      parser.registerCsiHandler(id, (numbers) => erasesBeyondEnd(this.terminal, numbers));
    }
  }

  get cells(): number {
    return this.terminal.cols * (this.terminal.rows + SNAPSHOT_SCROLLBACK);
  }

  get snapshot(): Snapshot {
    return snapshotOf(this.terminal, this.serializer);
  }

  async size({ columns, rows }: { readonly columns: number; readonly rows: number }) {
    await this.settle();
    this.terminal.resize(columns, rows);
  }

  endsLinesWithFeedAlone(yes: boolean): void {
    this.terminal.options.convertEol = yes;
  }

  /** Small pieces are gathered: the terminal takes a turn of the loop for each writing. */
  async write(bytes: Uint8Array): Promise<void> {
    this.pending.push(bytes);
    this.pendingBytes += bytes.length;
    if (this.pendingBytes < WRITE_BYTES) return;
    if (this.terminal.options.convertEol) this.keepNewest();
    else await this.settle();
  }

  /** Lines of a command without a terminal: of a flood only the last are on a screen. */
  private keepNewest(): void {
    while (this.pending.length > 1 && this.pendingBytes > LINES_BYTES_MAX) {
      this.pendingBytes -= this.pending.shift()?.length ?? 0;
    }
  }

  async begin(sequence: string): Promise<void> {
    await this.settle();
    await this.show(sequence);
  }

  /** Resolves once it shows all that was written. */
  async settle(): Promise<void> {
    if (this.pendingBytes === 0) return;
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    await this.show(bytes);
  }

  private show(content: Uint8Array | string): Promise<void> {
    return new Promise((done) => this.terminal.write(content, done));
  }

  close(): void {
    this.terminal.dispose();
  }
}

export class TerminalCourse {
  /** Too many terminals at once: there are no more frames of it. */
  overdrawn = false;
  private readonly history: TerminalHistory;
  private readonly screens = new Map<number, Screen>();
  private readonly begun: readonly TerminalEvent[];
  private isBegun = false;
  private sequence: number;
  private wallMs: number;

  constructor(moment?: TerminalMoment) {
    this.history = moment ? TerminalHistory.from(moment.channels) : new TerminalHistory();
    this.begun = moment ? framedEvents(moment) : [];
    this.sequence = moment?.sequence ?? -1;
    this.wallMs = moment?.wallMs ?? 0;
  }

  /** Segments from one frame to the next. */
  get segmentsApart(): number {
    const isTypedInto = this.history.state.some(
      ({ hasTerminal, start }) => hasTerminal || start?.kind === "shell",
    );
    return isTypedInto ? 1 : SEGMENTS_APART;
  }

  /** Bytes of memory for it. */
  get held(): number {
    return [...this.screens.values()].reduce((sum, { cells }) => sum + cells * BYTES_A_CELL, 0);
  }

  /**
   * @param plain the next segment, whole; left as it is ever after: what it says is shown with the
   * next frame
   */
  push(plain: Uint8Array): Promise<void> {
    return this.follow(new TapeDecoder(true).push(plain).records);
  }

  /** @param records in their order, without one between missing */
  async follow(records: readonly TapeRecord[]): Promise<void> {
    if (!this.isBegun) for (const event of this.begun) await this.show(event);
    this.isBegun = true;
    for (const record of records) {
      this.sequence = record.sequence;
      this.wallMs = record.wallMs;
      for (const event of this.history.push(record)) await this.show(event);
    }
  }

  /** As they stand, for the segment that begins now. */
  async frame(): Promise<Uint8Array> {
    for (const screen of this.screens.values()) await screen.settle();
    const channels = this.history.state.map(
      (state): FramedChannel => ({
        ...state,
        snapshot: this.screens.get(state.channel)?.snapshot,
      }),
    );
    return encodeTerminalFrame({ sequence: this.sequence, wallMs: this.wallMs, channels });
  }

  /** No frame rests on another. */
  notKept(): void {}

  close(): void {
    for (const screen of this.screens.values()) screen.close();
    this.screens.clear();
  }

  private async show(event: TerminalEvent): Promise<void> {
    if (event.kind === "start") return this.open(event.channel, event, event.terminal);
    if (event.kind === "frame") {
      await this.open(event.channel, event.snapshot, true);
      await this.screens.get(event.channel)?.begin(event.snapshot.sequence);
      this.screens.get(event.channel)?.endsLinesWithFeedAlone(!event.terminal);
      return;
    }
    const screen = this.screens.get(event.channel);
    if (event.kind === "resize") await screen?.size(event);
    else if (event.kind === "output") await screen?.write(event.bytes);
    else if (event.kind === "end") {
      screen?.close();
      this.screens.delete(event.channel);
    }
  }

  private async open(
    channel: number,
    size: { readonly columns: number; readonly rows: number },
    hasTerminal: boolean,
  ): Promise<void> {
    if (this.screens.size >= SCREENS_MAX) {
      this.overdrawn = true;
      return;
    }
    const screen = new Screen();
    await screen.size(size);
    screen.endsLinesWithFeedAlone(!hasTerminal);
    this.screens.set(channel, screen);
  }
}
