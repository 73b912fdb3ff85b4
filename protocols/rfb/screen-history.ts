/**
 * What a tape tells of screens: what the asset drew, and what the person's hand did. It needs no
 * guard: what one let through is what the asset drew, up to where it ended the channel; and what
 * the hand did is shown whether it was permitted or not, which verdicts tell.
 */
import { copyBytes } from "../copy-bytes.ts";
import { Inbox } from "../inbox.ts";
import type { TapeRecord } from "../tape/record.ts";
import { type ClientMessage, cutClientMessage } from "./client-message.ts";
import type { PixelFormat } from "./pixel-format.ts";

interface At {
  readonly sequence: number;
  readonly wallMs: number;
  readonly channel: number;
}

export type ScreenEvent = At &
  (
    | { readonly kind: "start" }
    /** From ServerInit on, in order. */
    | { readonly kind: "picture"; readonly bytes: Uint8Array }
    /** Pixels of what follows are written like this. */
    | { readonly kind: "format"; readonly format: PixelFormat }
    | { readonly kind: "pointer"; readonly mask: number; readonly x: number; readonly y: number }
    | { readonly kind: "key"; readonly keysym: number; readonly down: boolean }
  );

/** Enough to go on from between any two records. */
export interface HistoryState {
  /** The newest; undefined before the first, and behind a gap. */
  readonly channel: number | undefined;
  /** The client has said its first word, which is no message. */
  readonly begun: boolean;
  /** The beginning of a message of the client. */
  readonly rest: Uint8Array;
}

/** What a guard takes at most before it ends the channel. */
const CLIENT_MAX = 262_144;

export class ScreenHistory {
  private channel: number | undefined;
  private begun = false;
  private readonly client = new Inbox(CLIENT_MAX);

  static from({ channel, begun, rest }: HistoryState): ScreenHistory {
    const history = new ScreenHistory();
    history.channel = channel;
    history.begun = begun;
    history.client.push(rest);
    return history;
  }

  get state(): HistoryState {
    const { bytes, start, end } = this.client.view;
    const { channel, begun } = this;
    return { channel, begun, rest: copyBytes(bytes, start, end) };
  }

  /** Records in their order. Of the newest channel: another that begins takes its place. */
  push(record: TapeRecord): readonly ScreenEvent[] {
    // What is missing changed the picture: nothing true can be shown behind it.
    if (record.kind === "gap") this.channel = undefined;
    if (!("channel" in record)) return [];
    const { sequence, wallMs, channel } = record;
    const at = { sequence, wallMs, channel };
    if (record.kind === "channel") return this.begin(record.protocol, at);
    if (record.kind !== "bytes" || channel !== this.channel) return [];
    if (record.from === "asset") {
      return [{ ...at, kind: "picture", bytes: copyBytes(record.bytes) }];
    }
    return this.fromClient(record.bytes).map((message) => ({ ...at, ...message }));
  }

  private begin(protocol: string, at: At): readonly ScreenEvent[] {
    if (protocol !== "vnc") return [];
    this.channel = at.channel;
    this.begun = false;
    this.client.clear();
    return [{ ...at, kind: "start" }];
  }

  private fromClient(bytes: Uint8Array): readonly Shown[] {
    // A client that says more ended its channel.
    if (!this.client.push(bytes)) this.channel = undefined;
    if (!this.begun && this.client.length > 0) {
      this.client.skip(1);
      this.begun = true;
    }
    const shown: Shown[] = [];
    for (let cut = this.cut(); cut.kind === "frame"; cut = this.cut()) {
      if (isShown(cut.frame)) shown.push(cut.frame);
    }
    return shown;
  }

  private cut() {
    return this.client.take(cutClientMessage);
  }
}

type Shown = Extract<ClientMessage, { kind: "pointer" | "key" | "format" }>;

function isShown(message: ClientMessage): message is Shown {
  return message.kind === "pointer" || message.kind === "key" || message.kind === "format";
}
