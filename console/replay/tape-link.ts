/**
 * Follows the tape of a live session over the live channel: what happened so far, then what
 * happens, with no record missing or twice, also after the network was away.
 */

import type { LiveAnswer } from "../../broker/api/shapes/live.ts";
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import { TapeDecoder } from "../../protocols/tape/decoder.ts";
import type { Header, TapeRecord } from "../../protocols/tape/record.ts";
import type { LiveSocket } from "../components/live.ts";
import { asBytes, TAPE_CREDIT } from "../components/live-bytes.ts";
import { paceOf } from "../components/pace.ts";

export interface TapeSink {
  watching(): void;
  away(): void;
  refused(answer: { readonly code: string; readonly message: string }): void;
  /** The watch is over: the session ended, or this page was dropped. */
  over(cause: CauseView): void;
  /** @param shown to be called once they are on the screen */
  records(header: Header, records: readonly TapeRecord[], shown: () => void): void;
  /** What stood before the first of them, where the watch begins in the middle. */
  frame?(frame: Uint8Array): void;
}

export class TapeLink {
  private readonly socket: LiveSocket;
  private readonly session: string;
  private readonly sink: TapeSink;
  private decoder = new TapeDecoder();
  private next: number;
  private open = false;
  /** Bytes that were shown, and the broker was not told of yet. */
  private owed = 0;

  /** @param from 0, or `FROM_NEWEST` */
  constructor(socket: LiveSocket, session: string, sink: TapeSink, from = 0) {
    this.next = from;
    this.socket = socket;
    this.session = session;
    this.sink = sink;
  }

  start(): void {
    this.open = true;
    this.socket.on("frame", this.onFrame);
    this.socket.on("tape", this.onTape);
    this.socket.on("unwatched", this.onUnwatched);
    this.socket.on("connect", this.onConnect);
    this.socket.on("disconnect", this.onDisconnect);
    if (this.socket.connected) this.watch();
  }

  close(): void {
    this.open = false;
    this.socket.off("frame", this.onFrame);
    this.socket.off("tape", this.onTape);
    this.socket.off("unwatched", this.onUnwatched);
    this.socket.off("connect", this.onConnect);
    this.socket.off("disconnect", this.onDisconnect);
    if (this.socket.connected) this.socket.emit("unwatch", this.session);
  }

  /** Goes on from the first record that is not here yet. */
  watch(): void {
    this.decoder = new TapeDecoder();
    this.owed = 0;
    paceOf(this.socket).forget(this.pay);
    this.socket.emit("watch", this.session, this.next, (answer: LiveAnswer) => {
      if (!this.open) return;
      if (answer.ok) this.sink.watching();
      else this.sink.refused(answer);
    });
  }

  private readonly onConnect = (): void => this.watch();
  private readonly onDisconnect = (): void => this.sink.away();

  private readonly onUnwatched = (session: string, cause: CauseView): void => {
    if (session === this.session) this.sink.over(cause);
  };

  private readonly onFrame = (session: string, frame: Uint8Array | ArrayBuffer): void => {
    if (session === this.session) this.sink.frame?.(asBytes(frame));
  };

  /** In a browser socket.io delivers binary as `ArrayBuffer`, whatever the type says. */
  private readonly onTape = (session: string, encoded: Uint8Array | ArrayBuffer): void => {
    if (session !== this.session) return;
    const bytes = asBytes(encoded);
    const decoded = this.decoder.push(bytes);
    const records = decoded.records.filter((record) => record.sequence >= this.next);
    const last = records.at(-1);
    if (last) this.next = last.sequence + 1;
    const credit = () => this.credit(bytes.length);
    if (this.decoder.header === undefined) credit();
    else this.sink.records(this.decoder.header, records, credit);
    if (decoded.kind === "malformed") this.sink.over({ rule: "tape", reason: decoded.reason });
  };

  private credit(count: number): void {
    this.owed += count;
    if (this.owed === count) paceOf(this.socket).ask(this.pay);
  }

  private readonly pay = (): void => {
    const { owed } = this;
    this.owed = 0;
    if (owed === 0 || !this.open || !this.socket.connected) return;
    this.socket.emit("credit", this.session, TAPE_CREDIT, owed);
  };
}
