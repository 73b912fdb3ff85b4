/**
 * What a tape tells of its terminals: what ran, what it showed, what was typed, how it ended.
 * Derived from the records alone, for players, searches and exports.
 */
import { copyBytes } from "../copy-bytes.ts";
import { Inbox } from "../inbox.ts";
import type { TapeRecord } from "../tape/record.ts";
import { readUtf8 } from "../tape/utf8.ts";
import { FieldReader } from "./field-reader.ts";
import { cutMessage, lookAtMessage, MESSAGE_LENGTH_MAX, type SshMessage } from "./message.ts";
import { PlainText } from "./plain-text.ts";
import { type Start, startOf } from "./requests.ts";
import { parseScp } from "./scp-command.ts";
import { readSize, readTerminal } from "./terminal-modes.ts";
import type { Snapshot } from "./terminal-snapshot.ts";
import { type TypedLine, TypedLines, type TypedSoFar } from "./typed-lines.ts";

interface Place {
  readonly channel: number;
  readonly sequence: number;
  readonly wallMs: number;
}

export type TerminalEvent = Place &
  (
    | {
        readonly kind: "start";
        /** Empty for a shell. */
        readonly command: string;
        /** Without a terminal, lines end with a line feed alone. */
        readonly terminal: boolean;
        readonly columns: number;
        readonly rows: number;
      }
    /** From a key frame: it ran already, and this is what it showed. */
    | {
        readonly kind: "frame";
        readonly command: string;
        readonly terminal: boolean;
        readonly snapshot: Snapshot;
      }
    | { readonly kind: "output"; readonly bytes: Uint8Array }
    | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
    /** Keys as they came, secrets among them: nothing to show before its line was told. */
    | { readonly kind: "keys"; readonly text: string }
    | ({ readonly kind: "typed" } & TypedLine)
    /** `status` where the asset told one. */
    | { readonly kind: "end"; readonly status: number | undefined }
  );

/** A leg's read and a message that is not complete. */
const INBOX_MAX = 1_048_576 + MESSAGE_LENGTH_MAX;
/** What xterm and everybody else begins with. */
const SIZE_USUAL = { columns: 80, rows: 24 } as const;
/** A terminal larger than this is nonsense, and costs a player its memory. */
const SIDE_MAX = 1_000;

/** What is known of a channel between two records: with it another history goes on. */
export interface ChannelState {
  readonly channel: number;
  readonly columns: number;
  readonly rows: number;
  readonly hasTerminal: boolean;
  /** What it was asked to run; undefined where nothing was yet. */
  readonly start: { readonly kind: Start["kind"]; readonly text: string } | undefined;
  readonly running: boolean;
  readonly status: number | undefined;
  readonly between: string;
  readonly typed: readonly TypedSoFar[];
  /** Bytes of messages that are not complete. */
  readonly client: Uint8Array;
  readonly asset: Uint8Array;
}

interface Channel {
  readonly inboxes: { readonly client: Inbox; readonly asset: Inbox };
  readonly plain: PlainText;
  readonly lines: TypedLines;
  size: { readonly columns: number; readonly rows: number };
  hasTerminal: boolean;
  start: Start | undefined;
  running: boolean;
  status: number | undefined;
  over: boolean;
  /** Nothing of what a filter of files carries is a terminal's. */
  isFiles: boolean;
}

export class TerminalHistory {
  private readonly channels = new Map<number, Channel>();

  /** @param running channels with a terminal, of which the beginning is not told */
  constructor(running: readonly number[] = []) {
    for (const number of running) {
      const channel = newChannel();
      channel.running = channel.hasTerminal = true;
      this.channels.set(number, channel);
    }
  }

  /** Channels with a terminal now: whoever goes on from here needs them. */
  get running(): readonly number[] {
    return [...this.channels].flatMap(([number, { running }]) => (running ? [number] : []));
  }

  static from(states: readonly ChannelState[]): TerminalHistory {
    const history = new TerminalHistory();
    for (const state of states) history.channels.set(state.channel, channelOf(state));
    return history;
  }

  get state(): readonly ChannelState[] {
    return [...this.channels].flatMap(([number, channel]) =>
      channel.over ? [] : [stateOf(number, channel)],
    );
  }

  push(record: TapeRecord): readonly TerminalEvent[] {
    if (record.kind === "channel") {
      if (record.protocol === "ssh" && record.by === "subject") {
        this.channels.set(record.channel, newChannel());
      }
      return [];
    }
    if (record.kind === "end") return [...this.channels].flatMap(([n]) => this.end(n, record));
    if (record.kind === "event" && record.event.kind === "end") {
      return this.end(record.channel, record);
    }
    return record.kind === "bytes" ? this.bytes(record) : [];
  }

  private bytes(record: Extract<TapeRecord, { kind: "bytes" }>): readonly TerminalEvent[] {
    const channel = this.channels.get(record.channel);
    if (!channel || channel.over || channel.isFiles) return [];
    const place = placeOf(record, record.channel);
    const inbox = channel.inboxes[record.from];
    // The bytes of a record are left as they are, so messages that are whole in it are not copied.
    const cutOne = inbox.length === 0 ? lookAtMessage : cutMessage;
    if (!inbox.lend(record.bytes)) return this.end(record.channel, record);
    const events: TerminalEvent[] = [];
    for (let cut = inbox.take(cutOne); cut.kind === "frame"; cut = inbox.take(cutOne)) {
      events.push(
        ...(record.from === "client"
          ? fromClient(channel, cut.frame, place)
          : fromAsset(channel, cut.frame, place)),
      );
    }
    inbox.keep();
    return events;
  }

  private end(number: number, at: TapeRecord): readonly TerminalEvent[] {
    const channel = this.channels.get(number);
    if (!channel) return [];
    this.channels.delete(number);
    return endOf(channel, placeOf(at, number));
  }
}

function newChannel(): Channel {
  return {
    inboxes: { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) },
    plain: new PlainText(),
    lines: new TypedLines(),
    size: SIZE_USUAL,
    ...{ hasTerminal: false, start: undefined, running: false, status: undefined },
    ...{ over: false, isFiles: false },
  };
}

function channelOf(state: ChannelState): Channel {
  const { columns, rows, hasTerminal, running, status } = state;
  const channel: Channel = {
    ...newChannel(),
    plain: new PlainText(state.between),
    lines: new TypedLines(state.typed),
    size: bounded({ columns, rows }),
    start: state.start && { ...state.start, rest: NO_BYTES },
    ...{ hasTerminal, running, status },
  };
  channel.isFiles = isFiles(channel.start);
  channel.inboxes.client.push(state.client);
  channel.inboxes.asset.push(state.asset);
  return channel;
}

function stateOf(number: number, channel: Channel): ChannelState {
  const { size, hasTerminal, start, running, status, plain, lines, inboxes, isFiles } = channel;
  const left = ({ view: { bytes, start: from, end } }: Inbox) =>
    isFiles ? NO_BYTES : copyBytes(bytes, from, end);
  return {
    ...{ channel: number, ...size, hasTerminal, running, status },
    start: start && { kind: start.kind, text: start.text },
    between: plain.between,
    typed: lines.soFar,
    client: left(inboxes.client),
    asset: left(inboxes.asset),
  };
}

const NO_BYTES = new Uint8Array(0);

function fromClient(channel: Channel, message: SshMessage, place: Place): readonly TerminalEvent[] {
  if (message.kind === "data") {
    if (!channel.running || !isTypedInto(channel)) return [];
    const text = textOf(message.bytes);
    const keys = { ...place, kind: "keys", text } as const;
    return [keys, ...typedEvents(channel.lines.typed(text), place)];
  }
  if (message.kind !== "request") return [];
  const { name, rest } = message;
  if (name === "pty-req") {
    channel.hasTerminal = true;
    channel.size = bounded(readTerminal(rest));
  } else if (name === "window-change") {
    channel.size = bounded(readSize(new FieldReader(rest)));
    return channel.running ? [{ ...place, kind: "resize", ...channel.size }] : [];
  } else if (name === "shell" || name === "exec" || name === "subsystem") {
    if (!channel.running) channel.start = startOf(name, rest);
  }
  return [];
}

function fromAsset(channel: Channel, message: SshMessage, place: Place): readonly TerminalEvent[] {
  switch (message.kind) {
    case "success":
      return begun(channel, place);
    case "data":
    case "extended-data":
      return channel.running ? output(channel, message.bytes, place) : [];
    case "request":
      if (message.name === "exit-status") channel.status = new FieldReader(message.rest).uint32();
      return [];
    case "close":
      return endOf(channel, place);
    default:
      return [];
  }
}

/** Files have no screen. */
function begun(channel: Channel, place: Place): readonly TerminalEvent[] {
  const { start, size, hasTerminal } = channel;
  if (!start || channel.running) return [];
  channel.isFiles = isFiles(start);
  if (channel.isFiles) return [];
  channel.running = true;
  return [{ ...place, kind: "start", command: start.text, terminal: hasTerminal, ...size }];
}

function isFiles(start: Start | undefined): boolean {
  if (start?.kind === "subsystem") return true;
  return start?.kind === "exec" && parseScp(start.text) !== undefined;
}

/** What a tool sends to a command is nothing that anybody typed, and may be an image of a disk. */
function isTypedInto({ hasTerminal, start }: Channel): boolean {
  return hasTerminal || start?.kind === "shell";
}

function output(channel: Channel, bytes: Uint8Array, place: Place): readonly TerminalEvent[] {
  if (!isTypedInto(channel)) return [{ ...place, kind: "output", bytes }];
  const lines = channel.lines.shown(channel.plain.push(textOf(bytes)));
  return [{ ...place, kind: "output", bytes }, ...typedEvents(lines, place)];
}

function endOf(channel: Channel, place: Place): readonly TerminalEvent[] {
  if (channel.over) return [];
  channel.over = true;
  if (!channel.running) return [];
  const left = typedEvents(channel.lines.end(), place);
  return [...left, { ...place, kind: "end", status: channel.status }];
}

function typedEvents(lines: readonly TypedLine[], place: Place): readonly TerminalEvent[] {
  return lines.map((line) => ({ ...place, kind: "typed", ...line }));
}

function placeOf({ sequence, wallMs }: TapeRecord, channel: number): Place {
  return { channel, sequence, wallMs };
}

function bounded({ columns, rows }: { readonly columns: number; readonly rows: number }) {
  const within = (side: number, usual: number) =>
    side === 0 ? usual : Math.min(SIDE_MAX, Math.max(1, side));
  return { columns: within(columns, SIZE_USUAL.columns), rows: within(rows, SIZE_USUAL.rows) };
}

/** A character that was cut in two, or is none, counts as unknown. */
function textOf(bytes: Uint8Array): string {
  const text = readUtf8(bytes, 0, bytes.length);
  if (text !== undefined) return text;
  return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : "\ufffd")).join("");
}
