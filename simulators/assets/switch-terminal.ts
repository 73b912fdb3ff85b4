/** A terminal on the switch: echo, line editing, and pages of as many lines as the screen has. */
import type { SwitchCli } from "./switch-cli.ts";

const MORE = "--More--";
/** What people type in one line. */
const LINE_MAX = 512;

export class SwitchTerminal {
  private readonly cli: SwitchCli;
  private readonly write: (text: string) => void;
  private readonly end: () => void;
  private line = "";
  /** Lines that wait for the next page. */
  private pages: string[] = [];
  rows = 24;

  constructor(cli: SwitchCli, write: (text: string) => void, end: () => void) {
    this.cli = cli;
    this.write = write;
    this.end = end;
    this.write(`\r\n${this.cli.prompt}`);
  }

  input(text: string): void {
    for (const key of text) this.key(key);
  }

  private key(key: string) {
    if (this.pages.length > 0) return this.page(key);
    if (key === "\r" || key === "\n") return this.enter();
    if (key === "\u0003") {
      this.line = "";
      this.write(`^C\r\n${this.cli.prompt}`);
    } else if (key === "\u007f" || key === "\b") {
      if (this.line === "") return;
      this.line = this.line.slice(0, -1);
      this.write("\b \b");
    } else if (key >= " " && this.line.length < LINE_MAX) {
      this.line += key;
      this.write(key);
    }
  }

  private enter(): void {
    const { line } = this;
    this.line = "";
    this.write("\r\n");
    const { text, ends } = this.cli.run(line);
    if (ends) {
      this.write(text.replaceAll("\n", "\r\n"));
      this.end();
      return;
    }
    this.pages = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    this.nextPage();
  }

  private page(key: string): void {
    this.write(`\r${" ".repeat(MORE.length)}\r`);
    if (key === "q" || key === "\u0003") this.pages = [];
    this.nextPage();
  }

  private nextPage(): void {
    const shown = this.pages.splice(0, Math.max(2, this.rows - 1));
    for (const line of shown) this.write(`${line}\r\n`);
    this.write(this.pages.length > 0 ? MORE : this.cli.prompt);
  }
}
