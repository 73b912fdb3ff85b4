/**
 * The panel of the bench, in a process of its own: RFB 3.8 without a password. Ports: `motion`
 * draws the next picture for every request, `still` only where a button is pressed; both draw 60
 * times a second, as TigerVNC does unless it is told otherwise. `fast-motion` and `fast-still` draw
 * at once, as no screen does: what the road itself takes.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { cutClientMessage } from "../../protocols/rfb/client-message.ts";
import { Handshake } from "../../protocols/rfb/handshake.ts";
import { PLAIN_FORMAT } from "../../protocols/rfb/pixel-format.ts";
import { encodeHello } from "../../protocols/rfb/to-client.ts";
import { answerToPress, HEIGHT, motionFrames, WIDTH } from "./panel-frames.ts";

const FRAMES = motionFrames();
const FRAME_MS = 1_000 / 60;

interface Screen {
  readonly moves: boolean;
  readonly paced: boolean;
}

class Viewer {
  private readonly socket: Socket;
  private readonly screen: Screen;
  private readonly handshake = Handshake.withClient();
  private ready = false;
  private begun = false;
  private waiting = Buffer.alloc(0);
  private shown = 0;

  private due: Buffer[] = [];

  constructor(socket: Socket, screen: Screen) {
    this.socket = socket;
    this.screen = screen;
    const tick = screen.paced ? setInterval(() => this.draw(), FRAME_MS) : undefined;
    socket.on("close", () => clearInterval(tick));
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => (this.ready ? this.take(bytes) : this.greet(bytes)));
    this.greet(Buffer.alloc(0));
  }

  private greet(bytes: Uint8Array): void {
    const { send, state } = this.handshake.push(bytes);
    for (const each of send) this.socket.write(each);
    if (state.kind !== "done") return;
    this.ready = true;
    this.take(Buffer.from(state.rest));
  }

  private take(bytes: Buffer): void {
    this.waiting = Buffer.concat([this.waiting, bytes]);
    if (!this.begun && this.waiting.length > 0) this.hello();
    for (let cut = this.cut(); cut.kind === "frame"; cut = this.cut()) {
      this.waiting = this.waiting.subarray(cut.length);
      const { frame } = cut;
      if (frame.kind === "update-request" && this.screen.moves) this.next();
      if (frame.kind === "pointer" && frame.mask !== 0 && !this.screen.moves) {
        this.show(answerToPress(++this.shown));
      }
    }
  }

  private cut() {
    return cutClientMessage(this.waiting);
  }

  private next(): void {
    const frame = FRAMES[this.shown++ % FRAMES.length];
    if (frame) this.show(frame);
  }

  private show(update: Buffer): void {
    this.due.push(update);
    if (!this.screen.paced) this.draw();
  }

  private draw(): void {
    for (const update of this.due.splice(0)) this.socket.write(update);
  }

  private hello(): void {
    this.begun = true;
    this.waiting = this.waiting.subarray(1);
    const name = Buffer.from("bench");
    this.socket.write(encodeHello({ width: WIDTH, height: HEIGHT, format: PLAIN_FORMAT, name }));
  }
}

async function listen(screen: Screen): Promise<number> {
  const server = createServer((socket) => new Viewer(socket, screen)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const ports = {
  motion: await listen({ moves: true, paced: true }),
  still: await listen({ moves: false, paced: true }),
  "fast-motion": await listen({ moves: true, paced: false }),
  "fast-still": await listen({ moves: false, paced: false }),
};
process.stdout.write(`listening on ${JSON.stringify(ports)}\n`);
