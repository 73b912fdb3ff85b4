/** One more channel of the session beside the main one, for as long as the connection lasts. */
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import type { LiveSocket } from "../components/live.ts";
import { asBytes } from "../components/live-bytes.ts";

export interface SideSink {
  /** @param channel its number in the events of decisions */
  opened(channel: number): void;
  refused(answer: { readonly code: string; readonly message: string }): void;
  /** @param shown to be called once the bytes were used */
  bytes(bytes: Uint8Array, shown: () => void): void;
  /** It is over, not by one's own doing. Called once. */
  closed(cause: CauseView): void;
}

export class SideChannel {
  private readonly socket: LiveSocket;
  private readonly session: string;
  private readonly name: string;
  private readonly sink: SideSink;
  private owed = 0;
  private over = false;

  constructor(socket: LiveSocket, session: string, name: string, sink: SideSink) {
    this.socket = socket;
    this.session = session;
    this.name = name;
    this.sink = sink;
    socket.on("bytes", this.onBytes);
    socket.on("closed", this.onClosed);
    socket.on("disconnect", this.onDisconnect);
    socket.emit("attach", session, name, (answer) => {
      if (this.over) return;
      if (answer.ok) return sink.opened(answer.channel);
      this.leave();
      sink.refused(answer);
    });
  }

  send(bytes: Uint8Array): void {
    if (!this.over && this.socket.connected) {
      this.socket.emit("bytes", this.session, this.name, bytes);
    }
  }

  close(): void {
    if (this.over) return;
    this.leave();
    if (this.socket.connected) this.socket.emit("detach", this.session, this.name);
  }

  private leave(): void {
    this.over = true;
    this.socket.off("bytes", this.onBytes);
    this.socket.off("closed", this.onClosed);
    this.socket.off("disconnect", this.onDisconnect);
  }

  /** One message a turn. */
  private credit(count: number): void {
    this.owed += count;
    if (this.owed === count) queueMicrotask(() => this.payCredit());
  }

  private payCredit(): void {
    const { owed } = this;
    this.owed = 0;
    if (owed === 0 || this.over || !this.socket.connected) return;
    this.socket.emit("credit", this.session, this.name, owed);
  }

  private readonly onBytes = (session: string, channel: string, bytes: Uint8Array): void => {
    if (session !== this.session || channel !== this.name) return;
    this.sink.bytes(asBytes(bytes), () => this.credit(bytes.byteLength));
  };

  private readonly onClosed = (session: string, channel: string, cause: CauseView): void => {
    if (session !== this.session || channel !== this.name) return;
    this.leave();
    this.sink.closed(cause);
  };

  private readonly onDisconnect = (): void => {
    this.leave();
    this.sink.closed({ rule: "away", reason: "the connection to the broker is away" });
  };
}
