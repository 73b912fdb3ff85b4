import { expect, test } from "vitest";
import type { TapeBody, TapeRecord } from "../tape/record.ts";
import { encodeUtf8 } from "../tape/utf8.ts";
import { FieldWriter } from "./field-writer.ts";
import { encodeMessage, type SshMessage } from "./message.ts";
import { type TerminalEvent, TerminalHistory } from "./terminal-history.ts";
import { writeTerminal } from "./terminal-modes.ts";

const NO_BYTES = new Uint8Array(0);
const PIXELS = { widthPixels: 0, heightPixels: 0 };

class Told {
  readonly events: TerminalEvent[] = [];
  private readonly history = new TerminalHistory();
  private sequence = 0;

  constructor() {
    this.record({ kind: "channel", channel: 1, protocol: "ssh", by: "subject", peer: "test" });
  }

  client(...messages: SshMessage[]): this {
    return this.bytes("client", messages);
  }

  asset(...messages: SshMessage[]): this {
    return this.bytes("asset", messages);
  }

  typed(text: string): this {
    return this.client({ kind: "data", bytes: encodeUtf8(text) });
  }

  shown(text: string): this {
    return this.asset({ kind: "data", bytes: encodeUtf8(text) });
  }

  shell(): this {
    const rest = writeTerminal({ name: "xterm", columns: 100, rows: 30, ...PIXELS, modes: {} });
    this.client({ kind: "open", type: "session", rest: NO_BYTES });
    this.client({ kind: "request", name: "pty-req", wantReply: false, rest });
    this.client({ kind: "request", name: "shell", wantReply: true, rest: NO_BYTES });
    return this.asset({ kind: "open-confirmation" }, { kind: "success" });
  }

  lines(): readonly (string | undefined)[] {
    return this.events.flatMap((event) =>
      event.kind === "typed" ? [event.echo ? event.text : undefined] : [],
    );
  }

  record(body: TapeBody): this {
    const sequence = this.sequence++;
    const record: TapeRecord = {
      ...body,
      sequence,
      wallMs: 1_000 + sequence,
      monotonicMs: sequence,
    };
    this.events.push(...this.history.push(record));
    return this;
  }

  private bytes(from: "client" | "asset", messages: readonly SshMessage[]): this {
    for (const message of messages) {
      this.record({ kind: "bytes", channel: 1, from, bytes: encodeMessage(message) });
    }
    return this;
  }
}

test("a shell begins with its size, shows what the asset said, and ends", () => {
  const told = new Told().shell().shown("sw# ").asset({ kind: "close" });
  expect(told.events.map(({ kind }) => kind)).toEqual(["start", "output", "end"]);
  expect(told.events[0]).toMatchObject({ command: "", terminal: true, columns: 100, rows: 30 });
});

test("a command tells its status", () => {
  const rest = new FieldWriter().string(encodeUtf8("show version")).plain();
  const told = new Told();
  told.client({ kind: "request", name: "exec", wantReply: true, rest });
  told.asset({ kind: "success" });
  const status = new FieldWriter().uint32(7).plain();
  told.asset({ kind: "request", name: "exit-status", wantReply: false, rest: status });
  told.asset({ kind: "close" });
  expect(told.events).toMatchObject([
    { kind: "start", command: "show version", terminal: false },
    { kind: "end", status: 7 },
  ]);
});

test("a line is told once the terminal showed it, with what was taken back left out", () => {
  const told = new Told().shell();
  for (const key of ["s", "x", "\x7f", "h", "o", "w"]) {
    told.typed(key).shown(key === "\x7f" ? "\b \b" : key);
  }
  expect(told.lines()).toEqual([]);
  told.typed("\r").shown("\r\nanswer\r\n");
  expect(told.lines()).toEqual(["show"]);
});

test("what the terminal did not show is never told, nor how much of it there was", () => {
  const told = new Told().shell().shown("Password: ");
  for (const key of "secret") told.typed(key);
  told.typed("\r").shown("\r\nsecret is what it was\r\n");
  expect(told.lines()).toEqual([undefined]);
  expect(JSON.stringify(told.events.filter(({ kind }) => kind === "typed"))).not.toContain(
    "secret",
  );
});

test("stars instead of the characters are no echo", () => {
  const told = new Told().shell();
  for (const key of "secret") told.typed(key).shown("*");
  told.typed("\r").shown("\r\n");
  expect(told.lines()).toEqual([undefined]);
});

test("lines that are pasted at once are each told by their own echo", () => {
  const told = new Told().shell().typed("one\rtwo\r");
  told.shown("one\r\nsw# two\r\nsw# ");
  expect(told.lines()).toEqual(["one", "two"]);
});

test("colours and cursor movements between the echoed characters change nothing", () => {
  const told = new Told()
    .shell()
    .typed("ls\r")
    .shown("\x1b[1ml\x1b[0;32")
    .shown("ms\x1b]0;title\x07\r\n");
  expect(told.lines()).toEqual(["ls"]);
});

test("files are no terminal", () => {
  const rest = new FieldWriter().name("sftp").plain();
  const told = new Told();
  told.client({ kind: "request", name: "subsystem", wantReply: true, rest });
  told.asset({ kind: "success" }).shown("whatever").asset({ kind: "close" });
  expect(told.events).toEqual([]);
});

test("a size beyond all sense costs nobody their memory", () => {
  const told = new Told().shell();
  const rest = new FieldWriter().uint32(4e9).uint32(0).uint32(0).uint32(0).plain();
  told.client({ kind: "request", name: "window-change", wantReply: false, rest });
  expect(told.events.at(-1)).toMatchObject({ kind: "resize", columns: 1_000, rows: 24 });
});

test("the end of the session ends what still runs", () => {
  const told = new Told().shell().record({ kind: "end", rule: "cut", reason: "drill" });
  expect(told.events.at(-1)).toMatchObject({ kind: "end", status: undefined });
});

test("what an asset said shows alike, however records cut its messages", () => {
  const shown = ["one", "two", "three", "four"];
  const stream = shown.map((text) => encodeMessage({ kind: "data", bytes: encodeUtf8(text) }));
  const bytes = Uint8Array.from(stream.flatMap((message) => [...message]));
  for (let first = 1; first < bytes.length; first += 1) {
    const told = new Told().shell();
    for (const piece of [bytes.slice(0, first), bytes.slice(first), bytes.slice()]) {
      told.record({ kind: "bytes", channel: 1, from: "asset", bytes: piece });
    }
    const said = told.events.flatMap((event) => (event.kind === "output" ? [event.bytes] : []));
    expect(said).toEqual([...shown, ...shown].map(encodeUtf8));
  }
});
