/**
 * One xterm.js on the page: what an asset says is shown, never obeyed. Everything that speaks
 * xterm in the console goes through here.
 */
import "@xterm/xterm/css/xterm.css";
import "./terminal.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { SerializeAddon } from "@xterm/addon-serialize";
import { Terminal } from "@xterm/xterm";
import { type Snapshot, snapshotOf } from "../../../protocols/ssh/terminal-snapshot.ts";
import { ignoreHostile } from "./hostile-sequences.ts";
import { styledDocument, withStyledDocument } from "./styled-document.ts";
import { terminalTheme } from "./terminal-theme.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenOptions {
  /** Its name for who cannot see it. */
  readonly label: string;
  /** Nothing is typed into it and it says nothing by itself: a recording, or another's session. */
  readonly silent?: boolean;
  /** What was typed or pasted, and what the terminal answers to the asset's questions. */
  typed?(text: string): void;
  /** Its own size has changed with the room it has. Not where the size is given. */
  resized?(size: Size): void;
  /** Keys that are the page's and not the terminal's: answers true for those. */
  key?(event: KeyboardEvent): boolean;
}

/** Some hours of a switch's log. */
export const SCROLLBACK_LINES = 10_000;
/** Searching marks every match; more than these help nobody. */
const MATCHES_MAX = 1_000;
export const FONT_SIZE = { min: 10, max: 24, usual: 14 } as const;
const FONT = '"JetBrains Mono", ui-monospace, monospace';

export class TerminalScreen {
  private readonly options: ScreenOptions;
  private terminal: Terminal | undefined;
  private readonly fit = new FitAddon();
  private search: SearchAddon | undefined;
  private serializer: SerializeAddon | undefined;
  private given: Size | undefined;
  private fontSize: number = FONT_SIZE.usual;
  private scheme: "dark" | "light" = "dark";

  constructor(options: ScreenOptions) {
    this.options = options;
  }

  /** @returns takes it off the page again, with all it shows */
  mount(element: HTMLElement): () => void {
    const terminal = this.create();
    this.terminal = terminal;
    withStyledDocument(() => terminal.open(element));
    terminal.textarea?.setAttribute("aria-label", this.options.label);
    const room = new ResizeObserver(() => this.fitRoom());
    room.observe(element);
    this.fitRoom();
    return () => {
      room.disconnect();
      this.terminal = undefined;
      this.search = undefined;
      terminal.dispose();
    };
  }

  get size(): Size {
    return { columns: this.terminal?.cols ?? 80, rows: this.terminal?.rows ?? 24 };
  }

  /** @param done called once the bytes are taken in */
  write(bytes: Uint8Array | string, done: () => void = () => {}): void {
    if (this.terminal) this.terminal.write(bytes, done);
    else done();
  }

  /** What it shows now; undefined while it is not on the page. Everything written must be taken in. */
  snapshot(): Snapshot | undefined {
    return this.terminal && this.serializer && snapshotOf(this.terminal, this.serializer);
  }

  /** All gone: contents, modes, scrollback. */
  reset(): void {
    this.terminal?.reset();
  }

  /** Its size is that of a recorded terminal from now on, not that of the room it has. */
  resize(size: Size): void {
    this.given = size;
    this.terminal?.resize(size.columns, size.rows);
  }

  /** Lines of a program without a terminal end with a line feed alone. */
  set endsLinesWithFeedAlone(alone: boolean) {
    if (this.terminal) this.terminal.options.convertEol = alone;
  }

  look(scheme: "dark" | "light", fontSize: number): void {
    this.scheme = scheme;
    this.fontSize = fontSize;
    if (!this.terminal) return;
    this.terminal.options.theme = terminalTheme(scheme);
    this.terminal.options.fontSize = fontSize;
    this.fitRoom();
  }

  focus(): void {
    this.terminal?.focus();
  }

  paste(text: string): void {
    this.terminal?.paste(text);
    this.terminal?.focus();
  }

  /** What is marked, or else everything there is. */
  copied(): string {
    const { terminal } = this;
    if (!terminal) return "";
    if (terminal.hasSelection()) return terminal.getSelection();
    const buffer = terminal.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, n) => buffer.getLine(n));
    return lines
      .map((line) => line?.translateToString(true) ?? "")
      .join("\n")
      .trimEnd();
  }

  get hasSelection(): boolean {
    return this.terminal?.hasSelection() ?? false;
  }

  /** @returns whether there is a match; it is shown and marked */
  find(text: string, way: "next" | "previous"): boolean {
    if (text === "") {
      this.search?.clearDecorations();
      return false;
    }
    const options = { caseSensitive: false };
    return way === "next"
      ? (this.search?.findNext(text, options) ?? false)
      : (this.search?.findPrevious(text, options) ?? false);
  }

  private create(): Terminal {
    const { silent = false, typed, resized, key } = this.options;
    const terminal = new Terminal({
      allowProposedApi: true,
      documentOverride: styledDocument(),
      fontFamily: FONT,
      fontSize: this.fontSize,
      lineHeight: 1.15,
      theme: terminalTheme(this.scheme),
      minimumContrastRatio: 4.5,
      scrollback: SCROLLBACK_LINES,
      disableStdin: silent,
      cursorBlink: false,
      linkHandler: null,
      ...(this.given && { cols: this.given.columns, rows: this.given.rows }),
    });
    terminal.loadAddon(this.fit);
    this.search = new SearchAddon({ highlightLimit: MATCHES_MAX });
    terminal.loadAddon(this.search);
    this.serializer = new SerializeAddon();
    terminal.loadAddon(this.serializer);
    ignoreHostile(terminal, silent);
    if (typed && !silent) terminal.onData(typed);
    if (resized) terminal.onResize(({ cols, rows }) => resized({ columns: cols, rows }));
    terminal.attachCustomKeyEventHandler((event) => key?.(event) !== true);
    return terminal;
  }

  private fitRoom(): void {
    // Behind another tab it has no room, and keeps the size it had.
    if (this.given || !this.terminal?.element?.offsetParent) return;
    this.fit.fit();
  }
}
