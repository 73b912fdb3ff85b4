/**
 * The owner's end of a session on the live channel: attaches its main channel, comes back by
 * itself after the network was away (the session waits for its lease), and hands out what
 * arrives. Where the broker kept the channel meanwhile it goes on as if nothing had been
 * (`channel-stream.ts`). Further channels are opened and closed as the workbench likes
 * (`side-channel.ts`).
 */
import type { AttachAnswer } from "../../broker/api/shapes/live.ts";
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import type { LiveSocket } from "../components/live.ts";
import { asBytes, MAIN_CHANNEL } from "../components/live-bytes.ts";
import { ChannelStream } from "./channel-stream.ts";
import type { Clock } from "./clock.ts";
import type { SessionEvent } from "./session-state.ts";
import { SideChannel, type SideSink } from "./side-channel.ts";

export interface LinkSink {
  /**
   * A fresh channel: whatever was asked on an earlier one will not be answered.
   * @param channel its number in events
   */
  attached(channel: number): void;
  /**
   * The live channel is away; it is sought again without being told.
   * @param keeps the broker keeps the channel meanwhile: `resumed` or `attached` follows
   */
  away(keeps: boolean): void;
  /** It is back, and so is the channel: nothing of it was lost. */
  resumed(): void;
  /** The broker does not let this page attach. `again` tells whether it will be tried again. */
  refused(answer: { readonly code: string; readonly message: string }, again: boolean): void;
  bytes(bytes: Uint8Array): void;
  /** The main channel is over, and the session may go on: `retry` opens another. */
  closed(cause: CauseView): void;
  event(event: SessionEvent): void;
  /** Another page of the same person took the session over; this one does not fight for it. */
  takenOver(cause: CauseView): void;
}

/** Answers that another attempt cannot change. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "not-found",
  "session-ended",
  "not-yours",
  "forbidden",
  "signed-out",
]);
/** An asset that is restarting is back within a minute or so; after that a person presses the button. */
const ATTEMPTS_MAX = 8;
const ATTEMPT_FIRST_MS = 1_000;
const ATTEMPT_LATEST_MS = 10_000;
/** A person touching keys all the time is told to the broker this often. */
export const ACTIVITY_EVERY_MS = 1_000;

export class SessionLink {
  private readonly socket: LiveSocket;
  private readonly session: string;
  private readonly sink: LinkSink;
  private readonly clock: Clock;
  private readonly stream: ChannelStream;
  private attempts = 0;
  private open = false;
  private takenOver = false;
  private lastActivityMs = Number.NEGATIVE_INFINITY;
  private cancelRetry: () => void = () => {};

  constructor(socket: LiveSocket, session: string, clock: Clock, sink: LinkSink) {
    this.socket = socket;
    this.session = session;
    this.clock = clock;
    this.sink = sink;
    this.stream = new ChannelStream(socket, session, MAIN_CHANNEL);
  }

  start(): void {
    this.open = true;
    this.socket.on("bytes", this.onBytes);
    this.socket.on("taken", this.onTaken);
    this.socket.on("closed", this.onClosed);
    this.socket.on("event", this.onEvent);
    this.socket.on("unwatched", this.onUnwatched);
    this.socket.on("connect", this.onConnect);
    this.socket.on("disconnect", this.onDisconnect);
    if (this.socket.connected) this.attach();
  }

  close(): void {
    this.open = false;
    this.cancelRetry();
    this.socket.off("bytes", this.onBytes);
    this.socket.off("taken", this.onTaken);
    this.socket.off("closed", this.onClosed);
    this.socket.off("event", this.onEvent);
    this.socket.off("unwatched", this.onUnwatched);
    this.socket.off("connect", this.onConnect);
    this.socket.off("disconnect", this.onDisconnect);
  }

  /** The person asks for another attempt. */
  retry(): void {
    this.attempts = 0;
    this.takenOver = false;
    this.stream.end();
    this.attach();
  }

  send(bytes: Uint8Array): void {
    this.stream.send(bytes);
  }

  /** See `FromBrowser`. */
  holding(down: boolean): void {
    if (this.socket.connected) this.socket.emit("holding", this.session, MAIN_CHANNEL, down);
  }

  /** The main channel is not wanted any more; the session stays this page's. */
  detach(): void {
    this.stream.end();
    if (this.socket.connected) this.socket.emit("detach", this.session, MAIN_CHANNEL);
  }

  /** One more channel, under a name of its own. It does not come back by itself. */
  openSide(name: string, sink: SideSink): SideChannel {
    return new SideChannel(this.socket, this.session, name, sink);
  }

  /** Bytes that were shown, so that the broker may send as many again. */
  credit(count: number): void {
    this.stream.credit(count);
  }

  /** @returns whether the broker was told */
  activity(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.lastActivityMs < ACTIVITY_EVERY_MS || !this.socket.connected) return false;
    this.lastActivityMs = nowMs;
    this.socket.emit("activity", this.session);
    return true;
  }

  private attach(): void {
    this.cancelRetry();
    if (!this.open || !this.socket.connected) return;
    this.attempts += 1;
    this.socket.emit("attach", this.session, MAIN_CHANNEL, (answer) => this.answered(answer));
  }

  private resume(): void {
    this.stream.resume((refused) => {
      if (!this.open) return;
      if (refused) this.attach();
      else this.sink.resumed();
    });
  }

  private answered(answer: AttachAnswer): void {
    if (!this.open) return;
    if (answer.ok) {
      this.attempts = 0;
      this.stream.begin(answer);
      this.sink.attached(answer.channel);
      return;
    }
    const again = !FINAL_CODES.has(answer.code) && this.attempts < ATTEMPTS_MAX;
    this.sink.refused(answer, again);
    if (!again) return;
    const delayMs = Math.min(ATTEMPT_LATEST_MS, ATTEMPT_FIRST_MS * 2 ** (this.attempts - 1));
    this.cancelRetry = this.clock.after(delayMs, () => this.attach());
  }

  private readonly onConnect = (): void => {
    this.attempts = 0;
    if (this.takenOver) return;
    if (this.stream.keeps) this.resume();
    else this.attach();
  };

  private readonly onUnwatched = (session: string, cause: CauseView): void => {
    if (session !== this.session) return;
    this.takenOver = true;
    this.stream.end();
    this.cancelRetry();
    this.sink.takenOver(cause);
  };

  private readonly onDisconnect = (): void => {
    this.cancelRetry();
    this.sink.away(this.stream.keeps);
  };

  private readonly onBytes = (session: string, channel: string, bytes: Uint8Array): void => {
    if (session !== this.session || channel !== MAIN_CHANNEL) return;
    this.stream.came(bytes.byteLength);
    this.sink.bytes(asBytes(bytes));
  };

  private readonly onTaken = (session: string, channel: string, total: number): void => {
    if (session === this.session && channel === MAIN_CHANNEL) this.stream.taken(total);
  };

  private readonly onClosed = (session: string, channel: string, cause: CauseView): void => {
    if (session !== this.session || channel !== MAIN_CHANNEL) return;
    this.stream.end();
    this.sink.closed(cause);
  };

  private readonly onEvent = (session: string, event: SessionEvent): void => {
    if (session === this.session) this.sink.event(event);
  };
}
