/**
 * One channel's bytes as the page counts them. Where the broker keeps the channel for a page whose
 * connection breaks, nothing of either side is lost with the connection, and nothing comes twice.
 */
import type { AttachAnswer, Refused } from "../../broker/api/shapes/live.ts";
import { KeptBytes } from "../../protocols/kept-bytes.ts";
import type { LiveSocket } from "../components/live.ts";
import { type Pace, paceOf } from "../components/pace.ts";

/** Far above what an upload has under way; a broker that takes nothing for so long is not there. */
const KEPT_MAX = 4_194_304;

/** What waited is joined up to this: one message may have 65,536 bytes with all that frames it. */
const JOINED_MAX = 32_768;

export class ChannelStream {
  private readonly socket: LiveSocket;
  private readonly session: string;
  private readonly name: string;
  private readonly pace: Pace;
  /** Undefined where it ends with the connection. */
  private kept: KeptBytes | undefined;
  private channel = 0;
  private received = 0;
  private shown = 0;
  private owed = 0;
  /** In messages that wait for their turn. */
  private outgoing: Uint8Array[] = [];
  /** What is sent waits for the broker to say what it has. */
  private resuming = false;

  constructor(socket: LiveSocket, session: string, name: string) {
    this.socket = socket;
    this.session = session;
    this.name = name;
    this.pace = paceOf(socket);
  }

  /** A fresh channel. */
  begin({ channel, keeps }: Extract<AttachAnswer, { readonly ok: true }>): void {
    this.forget();
    this.channel = channel;
    this.received = this.shown = 0;
    this.kept = keeps ? new KeptBytes() : undefined;
    this.resuming = false;
  }

  /** It is over: nothing of it is wanted again. */
  end(): void {
    this.kept = undefined;
    this.resuming = false;
    this.forget();
  }

  /** Whether the broker may have it still. */
  get keeps(): boolean {
    return this.kept !== undefined;
  }

  send(bytes: Uint8Array): void {
    this.kept?.push(bytes);
    if ((this.kept?.waiting ?? 0) > KEPT_MAX) this.kept = undefined;
    this.emit(bytes);
  }

  /** Bytes came. */
  came(count: number): void {
    this.received += count;
  }

  /** The broker has this many in all. */
  taken(total: number): void {
    this.kept?.arrived(total);
  }

  /** Bytes that were shown, so that the broker may send as many again. One message a turn. */
  credit(count: number): void {
    this.shown += count;
    this.owed += count;
    if (this.owed === count) queueMicrotask(() => this.pace.ask(this.pay));
  }

  /** On a new connection: both sides say what they have, and go on from there. */
  resume(done: (refused: Refused | undefined) => void): void {
    const { session, name, channel, received, shown } = this;
    this.resuming = true;
    this.forget();
    this.socket.emit("resume", session, name, { channel, received, shown }, (answer) => {
      if (!this.resuming) return;
      const missing = answer.ok ? this.kept?.after(answer.received) : undefined;
      if (!answer.ok || !missing) {
        this.end();
        return done(answer.ok ? LOST : answer);
      }
      this.resuming = false;
      for (const bytes of missing) this.emit(bytes);
      done(undefined);
    });
  }

  private emit(bytes: Uint8Array): void {
    if (!this.socket.connected || this.resuming) return;
    this.outgoing.push(bytes);
    if (this.outgoing.length === 1) this.pace.ask(this.say);
  }

  /** What waits is of another connection, or of a channel that is over. */
  private forget(): void {
    this.outgoing = [];
    this.owed = 0;
    this.pace.forget(this.say);
    this.pace.forget(this.pay);
  }

  private readonly say = (): void => {
    const [bytes, rest] = joined(this.outgoing);
    this.outgoing = rest;
    if (!bytes || !this.socket.connected) return;
    this.socket.emit("bytes", this.session, this.name, bytes);
    if (rest.length > 0) this.pace.ask(this.say);
  };

  private readonly pay = (): void => {
    const { owed } = this;
    this.owed = 0;
    if (owed === 0 || !this.socket.connected) return;
    this.socket.emit("credit", this.session, this.name, owed);
  };
}

const LOST: Refused = { ok: false, code: "not-kept", message: "The page no longer has it." };

/** As many of the first as one message takes, and what is left. */
function joined(parts: readonly Uint8Array[]): [Uint8Array | undefined, Uint8Array[]] {
  let [count, length] = [0, 0];
  for (const part of parts) {
    if (count > 0 && length + part.length > JOINED_MAX) break;
    count += 1;
    length += part.length;
  }
  if (count <= 1) return [parts[0], parts.slice(1)];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts.slice(0, count)) {
    whole.set(part, at);
    at += part.length;
  }
  return [whole, parts.slice(count)];
}
