/**
 * A native client's end of one session channel. Requests become messages for the guard; its
 * answers settle them in order.
 */
import type { ServerChannel, Session } from "ssh2";
import { FieldReader } from "../../../protocols/ssh/field-reader.ts";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import { encodeMessage, lookAtMessage, type SshMessage } from "../../../protocols/ssh/message.ts";
import { isHint } from "../../../protocols/ssh/requests.ts";
import { writeSize, writeTerminal } from "../../../protocols/ssh/terminal-modes.ts";
import { encodeUtf8 } from "../../../protocols/tape/utf8.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { framedData } from "./framed-data.ts";
import type { SshLine } from "./ssh-line.ts";

/** What ssh2 gives with a request: absent where the client wants no reply. */
type Accept = (() => ServerChannel | undefined) | undefined;
type Reject = (() => void) | undefined;

interface Waiting {
  readonly accept: Accept;
  readonly reject: Reject;
  /** Gives the channel's stream when it is accepted. */
  readonly starts: boolean;
  /** Refused, whatever the guard says of others. */
  readonly inVain?: true;
}

interface Size {
  readonly cols: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

interface Pty extends Size {
  readonly term?: string;
  readonly modes?: Readonly<Record<string, number>>;
}

/** What a shell says of a command that it may not run. */
const EXIT_REFUSED = 126;

export class SshSessionLeg implements Leg {
  private readonly session: Session;
  private readonly line: SshLine;
  private readonly leaveLine: () => void;
  private readonly input: () => void;
  private readonly mayAsk: () => boolean;
  private sink: LegSink | undefined;
  private readonly unanswered: Waiting[] = [];
  private stream: ServerChannel | undefined;
  /** What the client wanted to run was refused: what it still sends means nothing. */
  private refusedStart = false;
  private paused = false;
  private full = false;
  private over = false;
  private early: SshMessage[] = [];

  /**
   * @param input told when something came from the person
   * @param mayAsk whether one more request that is never carried is decided and recorded
   */
  constructor(
    session: Session,
    line: SshLine,
    input: () => void = () => {},
    mayAsk: () => boolean = () => true,
  ) {
    this.session = session;
    this.line = line;
    this.leaveLine = line.enter(this.onLineEmpty);
    this.input = input;
    this.mayAsk = mayAsk;
    this.listen();
  }

  get queued(): number {
    return this.stream ? this.stream.writableLength + this.line.queued : 0;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    sink.bytes(encodeMessage({ kind: "open", type: "session", rest: NO_BYTES }));
    const early = this.early;
    this.early = [];
    for (const message of early) this.tell(message);
    if (!this.paused) this.stream?.resume();
  }

  write(bytes: Uint8Array): void {
    const cut = lookAtMessage(bytes);
    if (!this.over && cut.kind === "frame") this.message(cut.frame);
  }

  pause(): void {
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    this.paused = false;
    this.stream?.resume();
  }

  close(because?: string) {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    this.leaveLine();
    for (const { reject } of this.unanswered.splice(0)) reject?.();
    const { stream } = this;
    // What waits for a client that takes nothing dies here, and no word would reach it.
    if (stream && stream.writableLength > 0) return stream.close();
    if (because !== undefined) stream?.stderr.write(`\r\nSallyport: ${plain(because)}\r\n`);
    stream?.end();
  }

  private listen(): void {
    const { session } = this;
    const on = session.on.bind(session) as (name: string, listener: Listener) => Session;
    on("pty", (accept, reject, info) => {
      this.request("pty-req", ptyFields(info as Pty), accept, reject);
    });
    on("env", (accept, reject, info) => {
      const { key, val } = info as { readonly key: string; readonly val: string };
      const rest = new FieldWriter().name(ascii(key)).string(encodeUtf8(val)).plain();
      this.request("env", rest, accept, reject);
    });
    on("window-change", (accept, reject, info) => {
      const rest = writeSize(new FieldWriter(), sizeOf(info as Size)).plain();
      this.request("window-change", rest, accept, reject);
    });
    on("signal", (accept, reject, info) => {
      const { name } = info as { readonly name: string };
      this.request("signal", new FieldWriter().name(ascii(name)).plain(), accept, reject);
    });
    on("x11", (accept, reject) => this.request("x11-req", NO_BYTES, accept, reject));
    on("auth-agent", (accept, reject) => {
      this.request("auth-agent-req@openssh.com", NO_BYTES, accept, reject);
    });
    on("shell", (accept, reject) => this.request("shell", NO_BYTES, accept, reject, true));
    on("exec", (accept, reject, info) => {
      const { command } = info as { readonly command: string };
      this.request("exec", textField(command), accept, reject, true);
    });
    on("subsystem", (accept, reject, info) => {
      const { name } = info as { readonly name: string };
      this.request("subsystem", textField(name), accept, reject, true);
    });
    on("other", (accept, reject, info) => {
      const { name } = info as { readonly name: string };
      if (name === PING || !(isHint(name) || this.mayAsk())) this.inVain(reject);
      else this.request(ascii(name), NO_BYTES, accept, reject);
    });
    session.on("close", () => this.gone());
  }

  private request(
    name: string,
    rest: Uint8Array,
    accept: Accept,
    reject: Reject,
    starts = false,
  ): void {
    if (this.over) return void reject?.();
    if (this.unanswered.length >= UNANSWERED_MAX) return void this.flooded();
    if (starts) this.begin(accept);
    const wantReply = starts || accept !== undefined || reject !== undefined;
    if (wantReply) this.unanswered.push({ accept, reject, starts });
    this.tell({ kind: "request", name, wantReply, rest });
  }

  /** What nobody decides is refused in its turn: answers carry no number. */
  private inVain(reject: Reject): void {
    if (this.over || this.unanswered.length === 0) return void reject?.();
    if (this.unanswered.length >= UNANSWERED_MAX) return void this.flooded();
    if (reject) this.unanswered.push({ accept: undefined, reject, starts: false, inVain: true });
  }

  private refuseVain(): void {
    while (this.unanswered[0]?.inVain) this.unanswered.shift()?.reject?.();
  }

  private message(message: SshMessage) {
    switch (message.kind) {
      case "success":
        this.accepted(this.unanswered.shift());
        return this.refuseVain();
      case "failure":
        this.refused(this.unanswered.shift());
        return this.refuseVain();
      case "data":
        return this.send(message.bytes);
      case "extended-data":
        return void this.stream?.stderr.write(message.bytes);
      case "request":
        return this.exited(message.name, message.rest);
      case "close":
        return this.ending();
      default:
        return undefined;
    }
  }

  private accepted(waiting: Waiting | undefined): void {
    if (!waiting?.starts) waiting?.accept?.();
  }

  /** What was asked to run is refused in words: a client prints nothing for a plain refusal. */
  private refused(waiting: Waiting | undefined): void {
    if (!waiting?.starts) return void waiting?.reject?.();
    this.refusedStart = true;
    this.stream?.exit(EXIT_REFUSED);
    this.stream?.end();
  }

  /**
   * At once, before it is decided: ssh2 forgets a channel whose client has sent all its input
   * before it is accepted. A refusal then comes as words and an exit status.
   */
  private begin(accept: Accept): void {
    const stream = accept?.();
    if (!stream) return;
    this.stream = stream;
    stream.on("data", (bytes: Buffer) => {
      if (this.refusedStart) return;
      this.input();
      if (this.sink) this.sink.bytes(framedData(bytes));
      else this.tell({ kind: "data", bytes });
    });
    stream.on("end", () => this.tell({ kind: "eof" }));
    stream.on("close", () => this.gone());
    stream.on("error", () => this.gone());
    // Until somebody takes it, or there is room: what comes stays in the channel's window.
    if (this.paused || !this.sink) stream.pause();
  }

  private send(bytes: Uint8Array): void {
    this.stream?.write(viewOf(bytes), this.onWritten);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  private exited(name: string, rest: Uint8Array): void {
    const from = new FieldReader(rest);
    if (name === "exit-status") this.stream?.exit(from.uint32());
    else if (name === "exit-signal") this.stream?.exit(from.name(), false, "");
  }

  /**
   * `end` delivers what is queued, then closes; `close` would not. Once this turn is over: where the
   * asset is lost, why follows its close, and is said before.
   */
  private ending(): void {
    const { stream } = this;
    if (stream) queueMicrotask(() => stream.end());
    else this.gone();
  }

  /** Per write: the stream's own `drain` waits for a mark that is far above ours. */
  private readonly onWritten = (): void => {
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  };

  /** Another channel may have filled the line that they share. */
  private readonly onLineEmpty = (): void => {
    this.full = true;
    this.onWritten();
  };

  /** Requests are not bounded by a window as data are. */
  private flooded(): void {
    this.stream?.close();
    this.gone("the client asks on and on without an answer");
  }

  private gone(reason = "the client closed the channel"): void {
    if (this.over) return;
    const sink = this.sink;
    this.over = true;
    this.sink = undefined;
    this.unanswered.length = 0;
    this.leaveLine();
    sink?.bytes(encodeMessage({ kind: "close" }));
    sink?.closed(reason);
  }

  private tell(message: SshMessage): void {
    if (this.sink) this.sink.bytes(encodeMessage(message));
    else if (this.over) return;
    else if (this.early.length < EARLY_MAX) this.early.push(message);
    else this.close("it asked for too much before it began");
  }
}

type Listener = (accept: Accept, reject: Reject, info: unknown) => void;

const NO_BYTES = new Uint8Array(0);
/** Dropbear asks for it on a channel, to hear an answer: no deed of the person's, and no operation. */
const PING = "keepalive@openssh.com";
/** Before the first is answered: clients ask for a few things at once, and wait for what runs. */
const UNANSWERED_MAX = 1_024;
/** Requests that a client sends before its channel has a session: a terminal and some variables. */
const EARLY_MAX = 64;

function ptyFields(pty: Pty): Uint8Array {
  return writeTerminal({ name: ascii(pty.term ?? ""), ...sizeOf(pty), modes: pty.modes ?? {} });
}

function sizeOf({ cols, rows, width, height }: Size) {
  return { columns: cols, rows, widthPixels: width, heightPixels: height };
}

function textField(text: string): Uint8Array {
  return new FieldWriter().string(encodeUtf8(text)).plain();
}

/** A sentence of the broker; what it quotes may be anything. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}

/** Of an array of our own: the guard made it fresh. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
