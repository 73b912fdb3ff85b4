/**
 * A terminal's side of a session without a screen: what runs, what came of it, what was refused
 * and by which rule. A shell or a command has the channel for itself; the next one gets a new one.
 */

import type { CauseView } from "../../../broker/api/shapes/sessions.ts";
import { Inbox } from "../../../protocols/inbox.ts";
import { FieldReader } from "../../../protocols/ssh/field-reader.ts";
import { cutMessage, MESSAGE_LENGTH_MAX, type SshMessage } from "../../../protocols/ssh/message.ts";
import type { Size } from "../../components/terminal/terminal-screen.ts";
import { terminalText as words } from "../../text/terminal.ts";
import type { SessionEvent } from "../session-state.ts";
import type { Desk, Way } from "../use-session.ts";
import {
  askTerminal,
  changeWindow,
  dataOf,
  openSession,
  startCommand,
  startShell,
} from "./ssh-messages.ts";

type Decision = Extract<SessionEvent, { kind: "decision" }>;

/** What is run: a shell, or one command. */
export type Program =
  | { readonly kind: "shell" }
  | { readonly kind: "exec"; readonly command: string };

export interface Refusal {
  readonly rule: string;
  readonly reason: string;
}

export interface TerminalState {
  readonly phase: "idle" | "starting" | "running" | "ended";
  readonly program: Program | undefined;
  /** A second person is asked, under this rule. */
  readonly waiting: Refusal | undefined;
  /** What was wanted is not permitted. */
  readonly refusal: Refusal | undefined;
  /** Typing is not permitted. */
  readonly viewOnly: Refusal | undefined;
  /** The connection is away and what runs is not: no keys are taken until it is back. */
  readonly paused: boolean;
  /** How it ended, in words. */
  readonly end: string | undefined;
}

/** Where it is shown. */
export interface Shown {
  readonly size: Size;
  write(bytes: Uint8Array | string, done?: () => void): void;
  endsLinesWithFeedAlone: boolean;
}

/** One message of typed text; a longer paste goes in pieces. */
const TYPED_BYTES_MAX = 16_384;
/** A page is sent at most the credit of its channel, and a message of it may be cut in two. */
const INBOX_MAX = 1_048_576 + MESSAGE_LENGTH_MAX;

export class TerminalDesk implements Desk {
  private readonly screen: Shown;
  private way: Way | undefined;
  private inbox = new Inbox(INBOX_MAX);
  private channel = 0;
  private next: Program | undefined;
  private lost = false;
  private exit: string | undefined;
  private sentSize: Size | undefined;
  private current: TerminalState = IDLE;
  private readonly listeners = new Set<() => void>();

  /** @param first what to run at once; nothing where only a person can choose */
  constructor(screen: Shown, first: Program | undefined) {
    this.screen = screen;
    this.next = first;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): TerminalState => this.current;

  connect(way: Way): void {
    this.way = way;
  }

  attached(channel: number): void {
    this.channel = channel;
    this.inbox = new Inbox(INBOX_MAX);
    if (this.current.paused) this.lose();
    const program = this.next ?? (this.lost ? shellOf(this.current) : undefined);
    this.next = undefined;
    if (program && this.lost) this.say(words.newShell);
    this.lost = false;
    if (program) this.begin(program);
  }

  away(keeps = false): void {
    if (this.current.phase !== "starting" && this.current.phase !== "running") return;
    if (keeps) this.change({ paused: true });
    else this.lose();
  }

  resumed(): void {
    this.change({ paused: false });
  }

  bytes(bytes: Uint8Array, shown: () => void): void {
    const messages = this.cut(bytes);
    const last = messages?.findLastIndex((message) => isOutput(message)) ?? -1;
    for (const [n, message] of messages?.entries() ?? []) {
      this.message(message, n === last ? shown : undefined);
    }
    if (last === -1) shown();
    if (messages === undefined) this.outOfStep();
  }

  closed(cause: CauseView): void {
    if (this.current.phase !== "ended") this.ended(words.channelEnd(cause.reason));
  }

  decision(decision: Decision): void {
    if (decision.channel !== this.channel) return;
    const { rule, reason, verdict, action } = decision;
    const judged = { rule, reason };
    if (action === "ssh:input") {
      this.change({
        viewOnly: verdict === "deny" ? judged : undefined,
        waiting: verdict === "hold" ? judged : undefined,
      });
    } else if (verdict === "hold") this.change({ waiting: judged });
    else if (verdict === "deny") this.change({ refusal: judged, waiting: undefined });
    else this.change({ waiting: undefined });
  }

  /** Runs it on a channel of its own. What runs now ends. */
  run(program: Program): void {
    this.next = program;
    this.way?.renew();
  }

  /** What a person typed or pasted. */
  typed(text: string): void {
    if (this.current.phase !== "running" || this.current.paused) return;
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += TYPED_BYTES_MAX) {
      this.way?.send(dataOf(bytes.slice(at, at + TYPED_BYTES_MAX)));
    }
  }

  resized(size: Size): void {
    const { phase, program } = this.current;
    if (phase !== "running" || program?.kind !== "shell" || isSame(size, this.sentSize)) return;
    this.sentSize = size;
    this.way?.send(changeWindow(size));
  }

  private begin(program: Program): void {
    this.exit = undefined;
    this.change({ ...IDLE, phase: "starting", program, viewOnly: this.current.viewOnly });
    this.screen.endsLinesWithFeedAlone = program.kind === "exec";
    this.way?.send(openSession());
    if (program.kind === "exec") {
      this.say(words.command(program.command));
      this.way?.send(startCommand(program.command));
      return;
    }
    this.sentSize = this.screen.size;
    this.way?.send(askTerminal(this.sentSize));
    this.way?.send(startShell());
  }

  private lose(): void {
    this.lost = true;
    this.ended(words.awayEnd);
  }

  /** Undefined where it does not parse. */
  private cut(bytes: Uint8Array): readonly SshMessage[] | undefined {
    if (!this.inbox.push(bytes)) return undefined;
    const messages: SshMessage[] = [];
    for (;;) {
      const cut = this.inbox.take(cutMessage);
      if (cut.kind === "malformed") return undefined;
      if (cut.kind === "incomplete") return messages;
      messages.push(cut.frame);
    }
  }

  private message(message: SshMessage, shown?: () => void) {
    switch (message.kind) {
      case "data":
      case "extended-data":
        return this.screen.write(message.bytes, shown);
      case "success":
        this.change({ phase: "running" });
        return this.resized(this.screen.size);
      case "failure":
        this.way?.detach();
        return this.ended(undefined);
      case "request":
        this.exit = exitOf(message.name, message.rest) ?? this.exit;
        return;
      case "open-failure":
        this.way?.detach();
        return this.ended(words.notOpened(message.text));
      case "close":
        this.way?.detach();
        return this.ended(this.exit);
    }
  }

  /** What comes does not parse: the channel cannot be trusted any more. */
  private outOfStep(): void {
    this.ended(words.outOfStep);
    this.way?.detach();
  }

  private ended(end: string | undefined): void {
    const { program, phase } = this.current;
    if (phase === "ended" || phase === "idle") return;
    this.change({ phase: "ended", end: end ?? this.exit, waiting: undefined, paused: false });
    if (end !== undefined) this.say(end);
    else if (program?.kind === "shell" && !this.current.refusal) this.say(words.shellEnd);
  }

  /** A line of the console's own, apart from what the asset said. */
  private say(text: string): void {
    const line = text.replace(CONTROL, "?");
    this.screen.write(`${PLAIN}\r\n\x1b[3m${line}\x1b[0m\r\n`);
  }

  private change(change: Partial<TerminalState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** Attributes off, the usual screen, the whole of it to scroll in, the cursor to be seen. */
const PLAIN = "\x1b[0m\x1b[?1047l\x1b7\x1b[r\x1b8\x1b[?25h";
/** A reason may quote the asset. */
const CONTROL = /\p{Cc}/gu;

const IDLE: TerminalState = {
  ...{ phase: "idle", program: undefined, waiting: undefined },
  ...{ refusal: undefined, viewOnly: undefined, end: undefined, paused: false },
} as const;

/** Only a shell is begun anew by itself; a command might do its work twice. */
function shellOf({ program }: TerminalState): Program | undefined {
  return program?.kind === "shell" ? program : undefined;
}

function isOutput({ kind }: SshMessage): boolean {
  return kind === "data" || kind === "extended-data";
}

function isSame(one: Size, other: Size | undefined): boolean {
  return one.columns === other?.columns && one.rows === other.rows;
}

function exitOf(name: string, rest: Uint8Array): string | undefined {
  const from = new FieldReader(rest);
  if (name === "exit-status") return words.exitStatus(from.uint32());
  if (name === "exit-signal") return words.exitSignal(from.name());
  return undefined;
}
