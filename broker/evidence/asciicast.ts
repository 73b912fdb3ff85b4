/**
 * What the terminals of a recording showed, as asciicast: version 2, which every `asciinema play`
 * reads, or version 3. One screen, as the person had it: the terminal that began last. What was
 * typed is in it where the terminal showed it, and masked where it did not.
 *
 *     {"version":2,"width":80,"height":24,"timestamp":1764000000,"title":"…"}
 *     [0.25,"o","switch# "]
 *     [1.5,"i","show\r"]
 */
import { type TerminalEvent, TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import { type CastEvent, CastQueue } from "./cast-queue.ts";

export type CastVersion = 2 | 3;

/** RIS: the next terminal begins on an empty screen. */
const RESET = "\x1bc";

export class Asciicast {
  private readonly header: Header;
  private readonly version: CastVersion;
  private readonly history = new TerminalHistory();
  private channel: number | undefined;
  private decoder = new TextDecoder();
  private queue = new CastQueue();
  private plainLines = false;
  private firstMs = 0;
  private lastMs = 0;

  constructor(header: Header, version: CastVersion) {
    this.header = header;
    this.version = version;
  }

  /** Whole lines, or nothing. */
  push(record: TapeRecord): string {
    return this.history
      .push(record)
      .map((event) => this.event(event))
      .join("");
  }

  /** Where no terminal was opened there is still a file that plays. */
  finish(): string {
    if (this.channel === undefined) return this.head(80, 24, this.header.startedMs);
    return this.lines(this.queue.end());
  }

  private event(event: TerminalEvent): string {
    if (event.kind === "start") return this.start(event);
    if (event.channel !== this.channel) return "";
    const { queue } = this;
    const { wallMs: atMs } = event;
    switch (event.kind) {
      case "output":
        return this.lines(queue.add({ atMs, kind: "o", text: this.textOf(event.bytes) }));
      case "resize":
        return this.lines(queue.add({ atMs, kind: "r", text: `${event.columns}x${event.rows}` }));
      case "keys":
        return this.lines(queue.typed(atMs, event.text));
      case "typed":
        return this.lines(queue.told(event.number, event.text, event.echo));
      case "end": {
        const end = { atMs, kind: "m", text: endOf(event.status) } as const;
        return this.lines([...queue.end(), ...queue.add(end)]);
      }
      default:
        return "";
    }
  }

  private start(event: Extract<TerminalEvent, { kind: "start" }>): string {
    const isFirst = this.channel === undefined;
    const { columns, rows, command, wallMs: atMs } = event;
    const before = this.lines(this.queue.end());
    this.channel = event.channel;
    this.queue = new CastQueue();
    this.decoder = new TextDecoder();
    this.plainLines = !event.terminal;
    const head = isFirst
      ? this.head(columns, rows, atMs)
      : this.lines([
          { atMs, kind: "o", text: RESET },
          { atMs, kind: "r", text: `${columns}x${rows}` },
        ]);
    const what = command === "" ? "shell" : command;
    return `${before}${head}${this.lines([{ atMs, kind: "m", text: what }])}`;
  }

  private head(width: number, height: number, atMs: number): string {
    this.firstMs = atMs;
    this.lastMs = atMs;
    const { subject, asset } = this.header;
    const common = {
      timestamp: Math.floor(atMs / 1_000),
      title: `${subject.name} on ${asset.name}`,
    };
    const head =
      this.version === 2
        ? { version: 2, width, height, ...common }
        : { version: 3, term: { cols: width, rows: height }, ...common };
    return `${JSON.stringify(head)}\n`;
  }

  private lines(events: readonly CastEvent[]): string {
    return events.map((event) => this.line(event)).join("");
  }

  /** Version 2 counts from the beginning, version 3 from the line before. */
  private line({ atMs: wallMs, kind, text }: CastEvent): string {
    // A clock that was set back must not make a player run backwards.
    const atMs = Math.max(wallMs, this.lastMs);
    const sinceMs = this.version === 2 ? this.firstMs : this.lastMs;
    this.lastMs = atMs;
    return `${JSON.stringify([(atMs - sinceMs) / 1_000, kind, text])}\n`;
  }

  private textOf(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes, { stream: true });
    return this.plainLines ? text.replace(/(?<!\r)\n/g, "\r\n") : text;
  }
}

function endOf(status: number | undefined): string {
  return status === undefined ? "ended" : `ended with status ${status}`;
}
