/** A viewer for tests: says what a viewer says, and keeps the picture that comes. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { answerChallenge } from "../../broker/legs/vnc/vnc-password.ts";
import { AssetStream } from "../../protocols/rfb/asset-stream.ts";
import { type ClientMessage, encodeClientMessage } from "../../protocols/rfb/client-message.ts";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { Handshake } from "../../protocols/rfb/handshake.ts";
import { type PixelFormat, PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import { ScreenPlayer } from "../../protocols/rfb/screen-player.ts";

const AT = { sequence: 0, wallMs: 0, channel: 1 };

export interface ViewerOptions {
  readonly port: number;
  readonly encodings: readonly number[];
  readonly password?: string;
  readonly format?: PixelFormat;
}

export class VncViewer {
  readonly player = new ScreenPlayer();
  /** Bytes of pictures that came. */
  received = 0;
  closed = false;
  /** Encodings of the rectangles that came. */
  readonly seen = new Set<number>();
  private following = false;
  private readonly socket: Socket;
  private readonly stream: AssetStream;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.player.show({ ...AT, kind: "start" });
    this.stream = new AssetStream({
      ...{ hello: ignore, updateBegins: ignore, data: ignore, rectangleEnds: ignore },
      ...{ bell: ignore, text: ignore, textSkipped: ignore, skipping: ignore },
      rectangleBegins: ({ encoding }) => this.seen.add(encoding),
      updateEnds: () => {
        if (this.following) this.ask();
      },
    });
    for (const encoding of Object.values(ENCODING)) this.stream.asked.add(encoding);
    socket.on("close", () => {
      this.closed = true;
    });
  }

  static async open({ port, encodings, password, format = PLAIN_FORMAT }: ViewerOptions) {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    const viewer = new VncViewer(socket);
    const handshake = Handshake.withAsset(
      password === undefined ? {} : { answer: (challenge) => answerChallenge(password, challenge) },
    );
    const begun = Promise.withResolvers<void>();
    let ready = false;
    socket.on("error", () => undefined);
    socket.on("close", () => begun.reject(new Error("closed before it began")));
    socket.on("data", (bytes) => {
      if (ready) return viewer.take(bytes);
      const { send, state } = handshake.push(bytes);
      for (const each of send) socket.write(each);
      if (state.kind === "failed") begun.reject(new Error(state.reason));
      if (state.kind !== "done") return;
      ready = true;
      begun.resolve();
    });
    await begun.promise;
    socket.write(Uint8Array.of(1));
    await viewer.until(() => viewer.player.picture !== undefined || viewer.closed, 60_000);
    if (viewer.closed) throw new Error("it was closed before it had said how large it is");
    viewer.player.show({ ...AT, kind: "format", format });
    viewer.stream.format = format;
    viewer.say({ kind: "format", format }, { kind: "encodings", encodings });
    viewer.ask(false);
    return viewer;
  }

  say(...messages: readonly ClientMessage[]): void {
    for (const message of messages) this.socket.write(encodeClientMessage(message));
  }

  /** Asks for what changed, or for everything. */
  ask(incremental = true): void {
    const { width = 1, height = 1 } = this.player.picture ?? {};
    this.say({ kind: "update-request", incremental, x: 0, y: 0, width, height });
  }

  /** Asks for what changed whenever an update has ended. */
  follow(): void {
    this.following = true;
    this.ask();
  }

  async until(holds: () => boolean, withinMs = 10_000): Promise<void> {
    const endMs = Date.now() + withinMs;
    while (!holds()) {
      if (Date.now() > endMs) throw new Error("it did not happen");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Polls until nothing more comes. */
  async settle(quietMs = 1_500): Promise<void> {
    let before = -1;
    while (before !== this.received) {
      before = this.received;
      this.ask();
      await new Promise((resolve) => setTimeout(resolve, quietMs));
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private take(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.player.show({ ...AT, kind: "picture", bytes: Uint8Array.from(bytes) });
    for (let at = 0; at < bytes.length; at += PIECE) {
      this.stream.inbox.push(bytes.subarray(at, at + PIECE));
      while (this.stream.take() === true);
    }
  }
}

const ignore = () => undefined;
const PIECE = 65_536;
