/**
 * One connection to a screen: dialled when its channel begins. Version and security are settled
 * here, TLS begins and ends here, the password is injected here and stays here, and never before
 * the certificate is trusted; the guard begins at ClientInit.
 */
import { connect, type Socket } from "node:net";
import { type AssetCredential, Handshake } from "../../../protocols/rfb/handshake.ts";
import type { Credential } from "../../plant/credential.ts";
import type { ScreenTls } from "../../plant/model.ts";
import { assetWords } from "../asset-words.ts";
import { type CertificateTrust, certificateRefusal } from "../certificate-trust.ts";
import { LEG_QUEUE_MAX, type Leg, type LegSink } from "../leg.ts";
import { beginTls, screenSecurity } from "./screen-tls.ts";
import { answerChallenge } from "./vnc-password.ts";

export interface VncTarget extends CertificateTrust {
  /** As the plant file calls it, for the authority's certificate. */
  readonly host: string;
  /** Absent: it is spoken to in the open. */
  readonly tls?: ScreenTls;
  /** For the connection and the handshake together; again for the first word behind them. */
  readonly connectTimeoutMs: number;
  credential(): Promise<Credential | undefined>;
  /** Nothing of it is left. */
  over(): void;
}

/** What was written last, the letting go of keys, has this long to leave a closed connection. */
const LEAVE_MS = 1_000;
/** Only ClientInit can wait for the handshake. */
const EARLY_MAX = 16;

const NOTHING = new Uint8Array(0);

export class VncAssetLeg implements Leg {
  private readonly target: VncTarget;
  private sink: LegSink | undefined;
  private socket: Socket | undefined;
  private ready = false;
  /** What it says behind the handshake, its screen's size first, was asked for. */
  private asked = false;
  private paused = false;
  private full = false;
  private over = false;
  private early: Uint8Array[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(target: VncTarget) {
    this.target = target;
  }

  get queued(): number {
    return this.socket?.writableLength ?? 0;
  }

  start(sink: LegSink): void {
    this.sink = sink;
    this.wait();
    this.dial().catch((error: unknown) => {
      this.gone(assetWords(error));
    });
  }

  write(bytes: Uint8Array): void {
    if (this.over) return;
    if (!this.ready) {
      if (this.early.length < EARLY_MAX) this.early.push(bytes);
      return;
    }
    if (!this.asked) this.wait();
    this.asked = true;
    this.socket?.write(bytes, this.onWritten);
    if (this.queued > LEG_QUEUE_MAX) this.full = true;
  }

  pause(): void {
    this.paused = true;
    if (this.ready) this.socket?.pause();
  }

  resume(): void {
    this.paused = false;
    this.socket?.resume();
  }

  /** What was written leaves still: it lets go of keys. */
  close(): void {
    if (this.over) return;
    this.release();
    const { socket } = this;
    if (!socket) return;
    socket.removeAllListeners("data");
    socket.resume();
    socket.end();
    setTimeout(() => socket.destroy(), LEAVE_MS).unref();
  }

  private async dial(): Promise<void> {
    const credential = await this.target.credential();
    if (this.over) return;
    const handshake = Handshake.withAsset(said(credential), screenSecurity(this.target.tls));
    const { address: host, port } = this.target;
    const socket = connect({ host, port, noDelay: true });
    this.socket = socket;
    this.listen(socket, handshake);
  }

  private listen(socket: Socket, handshake: Handshake): void {
    socket.on("data", (bytes: Buffer) => this.received(handshake, bytes));
    socket.on("error", (error) => this.gone(assetWords(error)));
    socket.on("close", () => this.gone("the asset closed the connection"));
  }

  /** From here on everything is within TLS. */
  private secure(handshake: Handshake) {
    const { tls, host } = this.target;
    if (!tls || !this.socket) return this.gone("it began TLS unasked");
    this.socket.removeAllListeners("data");
    const secured = beginTls(this.socket, tls, host);
    this.socket = secured;
    this.listen(secured, handshake);
    secured.once("secureConnect", () => {
      const reason = tls.kind === "pinned" ? certificateRefusal(this.target, secured) : undefined;
      if (reason !== undefined) this.gone(reason);
      else this.received(handshake, NOTHING);
    });
  }

  private received(handshake: Handshake, bytes: Uint8Array): void {
    if (this.over) return;
    if (this.ready) {
      clearTimeout(this.timer);
      this.sink?.bytes(bytes);
      return;
    }
    const { send, state } = handshake.push(bytes);
    for (const each of send) this.socket?.write(each);
    if (state.kind === "secure") this.secure(handshake);
    else if (state.kind === "failed") this.gone(state.reason);
    else if (state.kind === "done") this.begin(handshake, state.rest);
  }

  private begin(handshake: Handshake, rest: Uint8Array): void {
    clearTimeout(this.timer);
    this.ready = true;
    for (const bytes of this.early) this.write(bytes);
    this.early = [];
    if (this.paused) this.socket?.pause();
    if (rest.length > 0) this.received(handshake, rest);
  }

  /** A screen that lets in and then says nothing would leave its person before nothing. */
  private wait(): void {
    clearTimeout(this.timer);
    const late = () => {
      // Who is not listened to is not silent.
      if (this.ready && this.paused) this.wait();
      else this.gone("it did not answer in time");
    };
    this.timer = setTimeout(late, this.target.connectTimeoutMs);
  }

  /** Per write: the stream's own `drain` waits for a mark that is far from ours. */
  private readonly onWritten = (): void => {
    if (!this.full || this.queued > LEG_QUEUE_MAX) return;
    this.full = false;
    this.sink?.drained();
  };

  private gone(reason: string): void {
    if (this.over) return;
    const { sink } = this;
    this.release();
    this.socket?.destroy();
    sink?.closed(reason);
  }

  private release(): void {
    this.over = true;
    this.sink = undefined;
    this.early = [];
    clearTimeout(this.timer);
    this.target.over();
  }
}

function said(credential: Credential | undefined): AssetCredential {
  if (credential?.kind !== "password") return {};
  const { user, password } = credential;
  const utf8 = new TextEncoder();
  return {
    answer: (challenge) => answerChallenge(password, challenge),
    plain: { user: utf8.encode(user), password: utf8.encode(password) },
  };
}
