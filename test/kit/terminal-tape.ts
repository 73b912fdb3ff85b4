/** Records of a session with a terminal, as a session writes them: somebody edits and looks about. */

import { FieldWriter } from "../../protocols/ssh/field-writer.ts";
import { encodeMessage, type SshMessage } from "../../protocols/ssh/message.ts";
import { writeSize, writeTerminal } from "../../protocols/ssh/terminal-modes.ts";
import type { Header, TapeBody } from "../../protocols/tape/record.ts";
import { encodeUtf8 } from "../../protocols/tape/utf8.ts";
import { screenHeader } from "./screen-tape.ts";

const NOTHING = new Uint8Array(0);
const PIXELS = { widthPixels: 0, heightPixels: 0 };

export function terminalHeader(session: string): Header {
  const endpoint = { id: "ssh", protocol: "ssh" };
  return { ...screenHeader(session), endpoint };
}

export function said(
  from: "client" | "asset",
  message: SshMessage,
  channel = 1,
): TapeBody & { readonly kind: "bytes" } {
  return { kind: "bytes", channel, from, bytes: encodeMessage(message) };
}

export function output(text: string, channel = 1): TapeBody {
  return said("asset", { kind: "data", bytes: encodeUtf8(text) }, channel);
}

export function resized(columns: number, rows: number, channel = 1): TapeBody {
  const rest = writeSize(new FieldWriter(), { columns, rows, ...PIXELS }).plain();
  return said(
    "client",
    { kind: "request", name: "window-change", wantReply: false, rest },
    channel,
  );
}

/** A shell on a terminal of 80 by 24. */
export function* shellOn(channel = 1): Generator<TapeBody> {
  yield { kind: "channel", channel, protocol: "ssh", by: "subject", peer: "test" };
  const rest = writeTerminal({ name: "xterm", columns: 80, rows: 24, ...PIXELS, modes: {} });
  yield said("client", { kind: "open", type: "session", rest: NOTHING }, channel);
  yield said("client", { kind: "request", name: "pty-req", wantReply: false, rest }, channel);
  yield said("client", { kind: "request", name: "shell", wantReply: true, rest: NOTHING }, channel);
  yield said("asset", { kind: "open-confirmation" }, channel);
  yield said("asset", { kind: "success" }, channel);
}

/** An editor on the other screen with a region and no cursor, two changes of size, wide signs. */
export function* edited(lines: number, channel = 1): Generator<TapeBody> {
  yield output("sw# vim startup.cfg\r\n", channel);
  yield output("\x1b[?1049h\x1b[?25l\x1b[1;20r\x1b[H\x1b[2J", channel);
  for (let n = 0; n < lines; n += 1) {
    if (n === Math.floor(lines / 4)) yield resized(100, 40, channel);
    if (n === Math.floor(lines / 3)) yield output("\x1b[?1049l\x1b[r\x1b[?25h", channel);
    if (n === Math.floor(lines / 2)) yield output("\x1b[5;30r\x1b[?25l", channel);
    if (n === Math.floor((3 * lines) / 4)) yield resized(60, 20, channel);
    const colour = `\x1b[${31 + (n % 7)}m`;
    const line = `${colour}line ${n} 水ポンプ ${"x".repeat(70)}\x1b[0m`;
    yield output(`\x1b[${(n % 18) + 1};${(n % 50) + 1}H${line}\r\n`, channel);
  }
}
