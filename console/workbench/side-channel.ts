/**
 * One more channel of the session beside the main one, for as long as the connection lasts, or
 * longer where the broker keeps it meanwhile.
 */
import type { CauseView } from "../../broker/api/shapes/sessions.ts";
import type { LiveSocket } from "../components/live.ts";
import { asBytes } from "../components/live-bytes.ts";
import { ChannelStream } from "./channel-stream.ts";

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
  private readonly stream: ChannelStream;
  private over = false;

  constructor(socket: LiveSocket, session: string, name: string, sink: SideSink) {
    this.socket = socket;
    this.session = session;
    this.name = name;
    this.sink = sink;
    this.stream = new ChannelStream(socket, session, name);
    socket.on("bytes", this.onBytes);
    socket.on("taken", this.onTaken);
    socket.on("closed", this.onClosed);
    socket.on("connect", this.onConnect);
    socket.on("disconnect", this.onDisconnect);
    socket.emit("attach", session, name, (answer) => {
      if (this.over) return;
      if (answer.ok) {
        this.stream.begin(answer);
        return sink.opened(answer.channel);
      }
      this.leave();
      sink.refused(answer);
    });
  }

  send(bytes: Uint8Array): void {
    if (!this.over) this.stream.send(bytes);
  }

  close(): void {
    if (this.over) return;
    this.leave();
    if (this.socket.connected) this.socket.emit("detach", this.session, this.name);
  }

  private leave(): void {
    this.over = true;
    this.stream.end();
    this.socket.off("bytes", this.onBytes);
    this.socket.off("taken", this.onTaken);
    this.socket.off("closed", this.onClosed);
    this.socket.off("connect", this.onConnect);
    this.socket.off("disconnect", this.onDisconnect);
  }

  private readonly onBytes = (session: string, channel: string, bytes: Uint8Array): void => {
    if (session !== this.session || channel !== this.name) return;
    this.stream.came(bytes.byteLength);
    this.sink.bytes(asBytes(bytes), () => this.stream.credit(bytes.byteLength));
  };

  private readonly onTaken = (session: string, channel: string, total: number): void => {
    if (session === this.session && channel === this.name) this.stream.taken(total);
  };

  private readonly onClosed = (session: string, channel: string, cause: CauseView): void => {
    if (session !== this.session || channel !== this.name) return;
    this.leave();
    this.sink.closed(cause);
  };

  private readonly onDisconnect = (): void => {
    if (!this.stream.keeps) this.lost();
  };

  private readonly onConnect = (): void => {
    if (!this.stream.keeps) return;
    this.stream.resume((refused) => {
      if (refused && !this.over) this.lost();
    });
  };

  private lost(): void {
    this.leave();
    this.sink.closed({ rule: "away", reason: "the connection to the broker is away" });
  }
}
