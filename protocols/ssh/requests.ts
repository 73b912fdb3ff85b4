/** The fields of channel requests, strictly: RFC 4254, section 6. */
import type { Because } from "../guard.ts";
import { readUtf8 } from "../tape/utf8.ts";
import { FieldReader } from "./field-reader.ts";

/** What a session channel is asked to run. */
export interface Start {
  readonly kind: "shell" | "exec" | "subsystem";
  /** The command, or the subsystem's name; empty for a shell. */
  readonly text: string;
  /** The fields as they came. */
  readonly rest: Uint8Array;
}

/** A command line that a person or a tool writes; longer ones hide what they do. */
const COMMAND_BYTES_MAX = 32_768;
/** RFC 4254, 8: opcode and argument of each mode, 5 bytes, at most 160 opcodes. */
const MODES_BYTES_MAX = 1_024;
const ENV_VALUE_BYTES_MAX = 4_096;

/** Undefined where it is none. */
export function startOf(name: string, rest: Uint8Array): Start | undefined {
  if (name === "shell") return rest.length === 0 ? { kind: "shell", text: "", rest } : undefined;
  const from = new FieldReader(rest);
  const text = utf8(from.string());
  if (from.failed || from.left > 0 || text === undefined) return undefined;
  if (rest.length > COMMAND_BYTES_MAX || text.includes("\0")) return undefined;
  return { kind: name === "exec" ? "exec" : "subsystem", text, rest };
}

/** Its name, for example `xterm-256color`. */
export function terminalOf(rest: Uint8Array): string | undefined {
  const from = new FieldReader(rest);
  const terminal = from.name();
  for (let n = 0; n < 4; n++) from.uint32();
  const modes = from.string();
  if (from.failed || from.left > 0 || modes.length > MODES_BYTES_MAX) return undefined;
  return terminal;
}

export function envOf(
  rest: Uint8Array,
): { readonly name: string; readonly value: string } | undefined {
  const from = new FieldReader(rest);
  const name = from.name();
  const value = from.string();
  if (from.failed || from.left > 0 || value.length > ENV_VALUE_BYTES_MAX) return undefined;
  const text = utf8(value);
  return text === undefined ? undefined : { name, value: text };
}

/** Extensions of PuTTY that ask for nothing: answered as unknown, like any server would. */
const HINTS = ["simple@putty.projects.tartarus.org", "winadj@putty.projects.tartarus.org"];

export function isHint(name: string): boolean {
  return HINTS.includes(name);
}

/** RFC 4254, 6.10: names without `SIG`. Those of one system alone (`name@domain`) are none. */
const SIGNALS: ReadonlySet<string> = new Set([
  ...["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM"],
  ...["USR1", "USR2"],
]);

export function isSignal(rest: Uint8Array): boolean {
  const from = new FieldReader(rest);
  const name = from.name();
  return !from.failed && from.left === 0 && SIGNALS.has(name);
}

function utf8(bytes: Uint8Array): string | undefined {
  return readUtf8(bytes, 0, bytes.length);
}

const SAID_MAX = 200;

/** A client's own words, shown back to it: short, and without control characters. */
export function refusedWords({ kind, text }: Start, because?: Because): string {
  const what = text === "" ? kind : plainWords(text);
  const rule = because === undefined ? "" : ` (rule ${plainWords(because.rule)})`;
  return `${what} is not permitted in this session${rule}`;
}

function plainWords(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, SAID_MAX);
}

/** RFC 4254, 6.10. */
const EXIT_STATUS_LENGTH = 4;
const EXIT_SIGNAL_LENGTH_MAX = 1_024;

/** The only requests of an asset that mean anything to a client. */
export function isEndOfProgram({
  name,
  rest,
}: {
  readonly name: string;
  readonly rest: Uint8Array;
}): boolean {
  if (name === "exit-status") return rest.length === EXIT_STATUS_LENGTH;
  return name === "exit-signal" && rest.length <= EXIT_SIGNAL_LENGTH_MAX;
}
