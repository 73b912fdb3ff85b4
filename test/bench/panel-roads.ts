/** One screen by three roads: straight to the panel, through websockify, through the broker. */
import { once } from "node:events";
import { connect } from "node:net";
import { io, type Socket as LiveSocket } from "socket.io-client";
import WebSocket from "ws";
import type { AttachAnswer, FromBroker, FromBrowser } from "../../broker/api/shapes/live.ts";
import { type ClientMessage, encodeClientMessage } from "../../protocols/rfb/client-message.ts";
import { ENCODING } from "../../protocols/rfb/encodings.ts";
import { Handshake } from "../../protocols/rfb/handshake.ts";
import { HEIGHT, WIDTH } from "./panel-frames.ts";

/** Bytes both ways, from ServerInit on. */
export interface Wire {
  send(bytes: Uint8Array): void;
  /** Set by whoever listens. */
  heard: (bytes: Uint8Array) => void;
  /** Set by whoever waits: the other side has closed it. */
  lost: (why: string) => void;
  close(): void;
}

export async function direct(port: number): Promise<Wire> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const pipe = {
    write: (bytes: Uint8Array) => void socket.write(bytes),
    onBytes: (take: (bytes: Uint8Array) => void) => void socket.on("data", take),
  };
  return shaken(pipe, () => socket.destroy());
}

export async function websocket(port: number): Promise<Wire> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ["binary"], { perMessageDeflate: false });
  const early: Uint8Array[] = [];
  let take = (bytes: Uint8Array): void => {
    early.push(bytes);
  };
  socket.on("message", (data: Buffer) => take(data));
  await once(socket, "open");
  const onBytes = (listener: (bytes: Uint8Array) => void) => {
    take = (bytes) => listener(bytes);
    for (const bytes of early.splice(0)) listener(bytes);
  };
  return shaken({ write: (bytes) => socket.send(bytes), onBytes }, () => socket.terminate());
}

interface Pipe {
  write(bytes: Uint8Array): void;
  onBytes(take: (bytes: Uint8Array) => void): void;
}

/** Through version and security, as a viewer without a password. */
async function shaken(pipe: Pipe, close: () => void): Promise<Wire> {
  const handshake = Handshake.withAsset({});
  const ready = Promise.withResolvers<void>();
  const wire: Wire = { send: pipe.write, heard: () => {}, lost: () => {}, close };
  let done = false;
  pipe.onBytes((bytes) => {
    if (done) return wire.heard(bytes);
    const { send, state } = handshake.push(bytes);
    for (const each of send) pipe.write(each);
    if (state.kind === "failed") ready.reject(new Error(state.reason));
    if (state.kind !== "done") return;
    done = true;
    ready.resolve();
  });
  await ready.promise;
  return wire;
}

export interface Page {
  readonly address: string;
  readonly cookie: string;
  /** Where sessions are asked for, signed. */
  readonly signing: string;
}

interface SessionWire extends Wire {
  readonly session: string;
  /** Resolves once it is cut; its recording is closed soon after. */
  end(): Promise<void>;
}

/** A session of its own, as the console works in it: bytes, and credit for what it has shown. */
export async function throughBroker(page: Page, endpoint: string): Promise<SessionWire> {
  const { address, cookie } = page;
  const session = String((await post(page, "/api/sessions", { endpoint })).id);
  const device = await (await fetch(`${page.signing}/api/live`)).text();
  const socket: LiveSocket<FromBroker, FromBrowser> = io(address, {
    ...{ path: "/api/live", transports: ["websocket"], reconnection: false, forceNew: true },
    extraHeaders: { origin: address, cookie },
    auth: { device },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("connect_error", reject);
  });
  const end = () => post(page, `/api/sessions/${session}/end`, { reason: "measured" });
  const wire: SessionWire = {
    session,
    send: (bytes) => void socket.emit("bytes", session, "main", bytes),
    heard: () => {},
    lost: () => {},
    close: () => {
      void end().catch(() => undefined);
      socket.disconnect();
    },
    end: async () => void (await end()),
  };
  socket.on("disconnect", (why) => wire.lost(`the broker: ${why}`));
  // One message a turn, as the console gives it.
  let owed = 0;
  const pay = () => {
    socket.emit("credit", session, "main", owed);
    owed = 0;
  };
  socket.on("bytes", (_session, _channel, bytes) => {
    wire.heard(bytes);
    if (owed === 0) queueMicrotask(pay);
    owed += bytes.byteLength;
  });
  const answer = await new Promise<AttachAnswer>((done) =>
    socket.emit("attach", session, "main", done),
  );
  if (!answer.ok) throw new Error(answer.message);
  return wire;
}

async function post({ signing }: Page, path: string, body: unknown) {
  const answer = await fetch(signing + path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return (await answer.json().catch(() => ({}))) as { readonly id?: string };
}

const HELLO_HEAD = 24;

/** A viewer that counts bytes: what an update holds is known. */
export class CountingViewer {
  private readonly wire: Wire;
  private left = 0;
  private done: () => void = () => undefined;
  private failed: (error: Error) => void = () => undefined;
  private closed = false;

  private constructor(wire: Wire) {
    this.wire = wire;
    wire.lost = (why) => {
      if (!this.closed) this.failed(new Error(`the road was closed by ${why}`));
    };
  }

  static async begin(wire: Wire): Promise<CountingViewer> {
    const viewer = new CountingViewer(wire);
    let hello = Buffer.alloc(0);
    const begun = Promise.withResolvers<void>();
    wire.heard = (bytes) => {
      hello = Buffer.concat([hello, bytes]);
      if (hello.length < HELLO_HEAD) return;
      if (hello.length < HELLO_HEAD + hello.readUInt32BE(20)) return;
      wire.heard = (more) => viewer.count(more.byteLength);
      begun.resolve();
    };
    wire.send(Uint8Array.of(1));
    await begun.promise;
    viewer.say({ kind: "encodings", encodings: [ENCODING.tight, ENCODING.raw] });
    return viewer;
  }

  say(message: ClientMessage): void {
    this.wire.send(encodeClientMessage(message));
  }

  ask(): void {
    const size = { x: 0, y: 0, width: WIDTH, height: HEIGHT };
    this.say({ kind: "update-request", incremental: true, ...size });
  }

  /** Resolves once so many more bytes have come. */
  receive(bytes: number): Promise<void> {
    this.left += bytes;
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.failed = reject;
      this.count(0);
    });
  }

  close(): void {
    this.closed = true;
    this.wire.close();
  }

  private count(bytes: number): void {
    this.left -= bytes;
    if (this.left <= 0) this.done();
  }
}
