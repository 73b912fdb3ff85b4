/** What a person's terminal asks of an SSH channel, as messages of `protocols/ssh`. */
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { encodeMessage } from "../../../protocols/ssh/message.ts";
import { writeSize, writeTerminal } from "../../../protocols/ssh/terminal-modes.ts";
import type { Size } from "../../components/terminal/terminal-screen.ts";

/** Nothing is known of the pixels that matters to a terminal of text. */
const NO_PIXELS = { widthPixels: 0, heightPixels: 0 } as const;
const TERMINAL_NAME = "xterm-256color";

export function openSession(): Uint8Array {
  return encodeMessage({ kind: "open", type: "session", rest: new Uint8Array(0) });
}

export function askTerminal(size: Size): Uint8Array {
  const rest = writeTerminal({ name: TERMINAL_NAME, ...size, ...NO_PIXELS, modes: {} });
  return encodeMessage({ kind: "request", name: "pty-req", wantReply: false, rest });
}

export function startShell(): Uint8Array {
  return encodeMessage({
    ...{ kind: "request", name: "shell", wantReply: true },
    rest: new Uint8Array(0),
  } as const);
}

export function startCommand(command: string): Uint8Array {
  const rest = new FieldWriter().string(new TextEncoder().encode(command)).plain();
  return encodeMessage({ kind: "request", name: "exec", wantReply: true, rest });
}

export function startSubsystem(name: string): Uint8Array {
  const rest = new FieldWriter().name(name).plain();
  return encodeMessage({ kind: "request", name: "subsystem", wantReply: true, rest });
}

export function changeWindow(size: Size): Uint8Array {
  const rest = writeSize(new FieldWriter(), { ...size, ...NO_PIXELS }).plain();
  return encodeMessage({ kind: "request", name: "window-change", wantReply: false, rest });
}

export function dataOf(bytes: Uint8Array): Uint8Array {
  return encodeMessage({ kind: "data", bytes });
}
