/**
 * What the terminals of a recording showed, as asciicast: version 2, which every `asciinema play`
 * reads, or version 3. One screen, as the person had it: the terminal that began last. What was
 * typed is left out; where it was echoed it is part of what was shown.
 *
 *     {"version":2,"width":80,"height":24,"timestamp":1764000000,"title":"…"}
 *     [0.25,"o","switch# "]
 */
import { type TerminalEvent, TerminalHistory } from "../../protocols/ssh/terminal-history.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";

export type CastVersion = 2 | 3;

/** RIS: the next terminal begins on an empty screen. */
const RESET = "\x1bc";

export class Asciicast {
  private readonly header: Header;
  private readonly version: CastVersion;
  private readonly history = new TerminalHistory();
  private channel: number | undefined;
  private decoder = new TextDecoder();
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
    return this.channel === undefined ? this.head(80, 24, this.header.startedMs) : "";
  }

  private event(event: TerminalEvent): string {
    if (event.kind === "start") return this.start(event);
    if (event.channel !== this.channel) return "";
    switch (event.kind) {
      case "output":
        return this.line(event.wallMs, "o", this.textOf(event.bytes));
      case "resize":
        return this.line(event.wallMs, "r", `${event.columns}x${event.rows}`);
      case "end":
        return this.line(event.wallMs, "m", endOf(event.status));
      default:
        return "";
    }
  }

  private start(event: Extract<TerminalEvent, { kind: "start" }>): string {
    const isFirst = this.channel === undefined;
    const { columns, rows, command, wallMs } = event;
    this.channel = event.channel;
    this.decoder = new TextDecoder();
    this.plainLines = !event.terminal;
    const what = this.line.bind(this);
    const head = isFirst
      ? this.head(columns, rows, wallMs)
      : `${what(wallMs, "o", RESET)}${what(wallMs, "r", `${columns}x${rows}`)}`;
    return `${head}${what(wallMs, "m", command === "" ? "shell" : command)}`;
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

  /** Version 2 counts from the beginning, version 3 from the line before. */
  private line(wallMs: number, kind: "o" | "r" | "m", text: string): string {
    if (text === "" && kind === "o") return "";
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
