/**
 * The asset's end of one SSH channel: what the guard sends opens it on the session's connection,
 * what the asset says comes back as messages. A channel that the asset closes is told with a
 * message, so that everything it said before is delivered first.
 */
import type { Client, ClientChannel, PseudoTtyOptions } from "ssh2";
import { FieldReader } from "../../../protocols/ssh/field-reader.ts";
import { FieldWriter } from "../../../protocols/ssh/field-writer.ts";
import {
  EXTENDED_STDERR,
  encodeMessage,
  lookAtMessage,
  OPEN_FAILURE,
  type SshMessage,
} from "../../../protocols/ssh/message.ts";
import { type Start, startOf } from "../../../protocols/ssh/requests.ts";
import { readSize, readTerminal, type Terminal } from "../../../protocols/ssh/terminal-modes.ts";
import { assetWords } from "../asset-words.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { framedData } from "./framed-data.ts";
import type { SshConnection } from "./ssh-connection.ts";

export class SshAssetLeg implements Leg {
  private readonly connection: SshConnection;
  private readonly leave: () => void;
  private sink: LegSink | undefined;
  private terminal: Terminal | undefined;
  private readonly env: Record<string, string> = {};
  private stream: ClientChannel | undefined;
  private paused = false;
  private full = false;
  private over = false;

  constructor(connection: SshConnection) {
    this.connection = connection;
    const gone = (reason: string) => this.gone(reason);
    this.leave = connection.enter(gone, () => this.onLineEmpty());
  }

  get queued(): number {
    return this.stream ? this.stream.writableLength + this.connection.queued : 0;
  }

  start(sink: LegSink): void {
    this.sink = sink;
  }

  /** Whole messages, as the guard encodes them. */
  write(bytes: Uint8Array): void {
    const cut = lookAtMessage(bytes);
    if (this.over || cut.kind !== "frame") return;
    const message = cut.frame;
    if (message.kind === "request") this.request(message.name, message.rest);
    else if (message.kind === "data") this.data(message.bytes);
    else if (message.kind === "eof") this.stream?.end();
    else if (message.kind === "close") this.stream?.close();
  }

  pause(): void {
    this.paused = true;
    this.stream?.pause();
    this.stream?.stderr.pause();
  }

  resume(): void {
    this.paused = false;
    this.stream?.resume();
    this.stream?.stderr.resume();
  }

  close(): void {
    if (this.over) return;
    this.over = true;
    this.sink = undefined;
    this.stream?.destroy();
    this.leave();
  }

  private request(name: string, rest: Uint8Array): void {
    if (name === "pty-req") this.terminal = readTerminal(rest);
    else if (name === "env") this.variable(rest);
    else if (name === "window-change") this.resize(rest);
    else if (name === "signal") this.stream?.signal(new FieldReader(rest).name());
    else {
      const start = startOf(name, rest);
      if (start) void this.begin(start);
    }
  }

  private variable(rest: Uint8Array): void {
    const from = new FieldReader(rest);
    this.env[from.name()] = new TextDecoder().decode(from.string());
  }

  private resize(rest: Uint8Array): void {
    const { rows, columns, heightPixels, widthPixels } = readSize(new FieldReader(rest));
    this.stream?.setWindow(rows, columns, heightPixels, widthPixels);
  }

  private data(bytes: Uint8Array): void {
    if (!this.stream) return;
    this.stream.write(viewOf(bytes), this.onWritten);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  private async begin(start: Start): Promise<void> {
    try {
      const client = await this.connection.ready;
      if (this.over) return;
      await openChannel(client, start, this.terminal, this.env, (stream) => {
        if (this.over) stream.destroy();
        else this.opened(stream);
      });
    } catch (error) {
      const text = plainAscii(error instanceof Error ? error.message : String(error));
      this.tell({ kind: "open-failure", reason: OPEN_FAILURE.connectFailed, text });
    }
  }

  private opened(stream: ClientChannel): void {
    this.stream = stream;
    this.tell({ kind: "open-confirmation" });
    this.tell({ kind: "success" });
    stream.on("data", (bytes: Buffer) => this.sink?.bytes(framedData(bytes)));
    stream.stderr.on("data", (bytes: Buffer) =>
      this.tell({ kind: "extended-data", type: EXTENDED_STDERR, bytes }),
    );
    stream.on("exit", (code: number | null, signal?: string) => this.exited(code, signal));
    stream.on("end", () => this.tell({ kind: "eof" }));
    stream.on("close", () => this.closed());
    stream.on("error", (error: Error) => this.gone(assetWords(error)));
    if (this.paused) this.pause();
  }

  /**
   * In order: what becomes of the connection means nothing to this leg any more, and the client
   * goes on taking what was said.
   */
  private closed(): void {
    this.tell({ kind: "close" });
    this.sink = undefined;
  }

  private exited(code: number | null, signal: string | undefined): void {
    const to = new FieldWriter();
    const [name, rest] =
      code === null
        ? [
            "exit-signal",
            to
              .name(plainAscii(signal ?? ""))
              .boolean(false)
              .name("")
              .name("")
              .plain(),
          ]
        : ["exit-status", to.uint32(code >>> 0).plain()];
    this.tell({ kind: "request", name: String(name), wantReply: false, rest: rest as Uint8Array });
  }

  /** Per write: the stream's own `drain` waits for a mark that is far above ours. */
  private readonly onWritten = (): void => {
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  };

  /** Another channel may have filled the line that they share. */
  private readonly onLineEmpty = (): void => {
    this.full = true;
    this.onWritten();
  };

  private tell(message: SshMessage): void {
    this.sink?.bytes(encodeMessage(message));
  }

  private gone(reason: string): void {
    if (this.stream === undefined) {
      const text = plainAscii(reason);
      this.tell({ kind: "open-failure", reason: OPEN_FAILURE.connectFailed, text });
    } else this.tell({ kind: "close" });
    const sink = this.sink;
    this.close();
    sink?.closed(reason);
  }
}

/**
 * ssh2 has a function for each; the variables go along with all of them.
 * @param opened called at once: how a short command ended may be told in the same breath
 */
function openChannel(
  client: Client,
  { kind, text }: Start,
  terminal: Terminal | undefined,
  env: NodeJS.ProcessEnv,
  opened: (stream: ClientChannel) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, stream: ClientChannel) => {
      if (error) return reject(error);
      opened(stream);
      resolve();
    };
    const pty = terminal ? ptyOf(terminal) : false;
    if (kind === "shell") client.shell(pty, { env }, done);
    else if (kind === "exec") client.exec(text, { env, pty }, done);
    else client.subsys(text, done);
  });
}

function ptyOf({
  name,
  columns,
  rows,
  widthPixels,
  heightPixels,
  modes,
}: Terminal): PseudoTtyOptions {
  const size = { cols: columns, rows, width: widthPixels, height: heightPixels };
  return { ...size, term: name, modes } as PseudoTtyOptions;
}

/** The name of a signal or a reason, as the protocol carries them. */
function plainAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, TEXT_MAX);
}

const TEXT_MAX = 250;

/** Of an array into which nobody writes any more. */
function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
