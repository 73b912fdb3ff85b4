/**
 * One secure channel to an asset: the only file that knows the library's client layer. Private
 * parts of it that are relied on (held by `library-contract.test.ts`): `_getMessageBuilder`, whose
 * `_decodeMessageBody` is replaced on the instance so that answers stay raw, `getTransport`,
 * `beforeSecurityRenew`, and that a request is written by `schema` and `encode` alone.
 */
import {
  ClientSecureChannelLayer,
  fromURI,
  MessageSecurityMode,
  type Request,
  type Response,
} from "node-opcua-secure-channel";
import { type ISocketLike, ReverseClientTCP_transport } from "node-opcua-transport";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import { type ByteSocket, FramedSocket } from "./framed-socket.ts";
import type { OpcuaIdentity } from "./identity.ts";
import { LibraryInsides, type NewestToken } from "./library-insides.ts";
import { inBroker, inLibrary, type LibraryScope } from "./library-scope.ts";
import { quietLibrary } from "./quiet-library.ts";
import { ReceivedAnswer } from "./raw-message.ts";
import { typeIdOf } from "./request-header.ts";
import { type ChannelSecurity, POLICY_URIS } from "./security.ts";
import { type HandedChannel, type HandedToken, handedToken } from "./symmetric/channel-keys.ts";
import { CHUNK_MAX, CHUNK_MIN, WRITE_QUEUE_MAX } from "./transport-limits.ts";

/** Who seals and opens this channel's messages once it is handed over. */
export interface ChannelTaker {
  /** The number of the next chunk, which is the library's: nobody else sends until it has. */
  lend(): Promise<number>;
  renewed(token: HandedToken): void;
  /** Whether the peer's chunk with this number, which the library was given, is in its place. */
  isNext(sequenceNumber: number): boolean;
}

/** A connection to the asset, before anything was said. */
export interface DialledSocket {
  readonly socket: ByteSocket;
  /** Absent where the channel stays with the library. */
  readonly taker?: ChannelTaker;
  /** Why the library, or what stands before it, ends it. */
  ending?(why: string): void;
}

export interface AssetChannelTarget {
  readonly url: string;
  /** Rejects with words. */
  dial(): Promise<DialledSocket>;
  readonly security: ChannelSecurity;
  /** DER; needed where the channel is secure. */
  readonly certificate: Buffer | undefined;
  readonly identity: OpcuaIdentity;
  readonly connectTimeoutMs: number;
}

/** The asset's answer did not come; `message` says why. */
export class AssetSilent extends Error {
  override readonly name = "AssetSilent";
}

const TOKEN_LIFETIME_MS = 600_000;
const RENEWED_AFTER_MS = 450_000;
/** The library's timers must not be the ones that end a channel: ours know why. */
const NEVER_MS = 0x7fff_ffff;

/** What the channel has of its connection. */
interface Framed {
  socket: FramedSocket | undefined;
  dialled?: DialledSocket;
  why?: string;
  over?: boolean;
}

export class AssetChannel {
  private readonly layer: ClientSecureChannelLayer;
  private readonly framed: Framed;
  private readonly scope: LibraryScope;
  private onClosed: (why: string) => void = () => undefined;
  private readonly security: ChannelSecurity;
  private over = false;

  private constructor(
    layer: ClientSecureChannelLayer,
    framed: Framed,
    scope: LibraryScope,
    security: ChannelSecurity,
  ) {
    this.layer = layer;
    this.framed = framed;
    this.scope = scope;
    this.security = security;
  }

  /** Rejects with `AssetSilent`. */
  static async open(target: AssetChannelTarget): Promise<AssetChannel> {
    quietLibrary();
    const framed: Framed = { socket: undefined };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const scope: LibraryScope = {
      parts: new LibraryInsides(),
      failed: (why) => {
        framed.why ??= why;
        reject(new Error(why));
        framed.socket?.failed(why);
      },
    };
    const layer = inLibrary(scope, () => newLayer(target, framed, scope));
    const channel = new AssetChannel(layer, framed, scope, target.security);
    layer.on("close", () =>
      inBroker(() => channel.gone(framed.why ?? "the asset closed the connection")),
    );
    const late = setTimeout(() => reject(new Error("no answer in time")), target.connectTimeoutMs);
    inLibrary(scope, () =>
      layer.create(target.url, (error) => (error ? reject(error) : resolve())),
    );
    try {
      await promise;
    } catch (error) {
      channel.close();
      throw new AssetSilent(framed.why ?? wordsOf(error));
    } finally {
      clearTimeout(late);
    }
    channel.keepRaw();
    framed.socket?.signedIn();
    return channel;
  }

  get isOver(): boolean {
    return this.over;
  }

  get queued(): number {
    return this.framed.socket?.queued ?? 0;
  }

  /** Called once, if it is not our own close. */
  set closed(listener: (why: string) => void) {
    this.onClosed = listener;
  }

  /** @param request a message of the library's, or a raw one. Rejects with `AssetSilent`. */
  ask(request: object): Promise<ReceivedAnswer> {
    return new Promise((resolve, reject) => {
      if (this.over) return reject(new AssetSilent("the connection is closed"));
      const answered = (error: Error | null, response?: Response) => {
        const answer: unknown = response;
        if (answer instanceof ReceivedAnswer) resolve(answer);
        else reject(new AssetSilent(wordsOf(error)));
      };
      inLibrary(this.scope, () =>
        this.layer.performMessageTransaction(request as Request, answered),
      );
    });
  }

  /**
   * All that the messages of this channel are sealed and opened with. From now on nothing may be
   * asked here any more: the library is left with renewals, for which it asks the taker.
   */
  async handOver(): Promise<HandedChannel> {
    const { dialled } = this.framed;
    const { parts: inside } = this.scope;
    if (!dialled?.taker || !(inside instanceof LibraryInsides)) throw new Error("nobody takes it");
    const { taker } = dialled;
    // A renewal that is under way is seen through first.
    for (let tries = 0; this.layer.isTransactionInProgress(); tries += 1) {
      if (tries === SETTLES_WITHIN_MS / SETTLES_EVERY_MS)
        throw new AssetSilent("no answer in time");
      await new Promise((resolve) => setTimeout(resolve, SETTLES_EVERY_MS));
    }
    if (this.over || !inside.newest) throw new AssetSilent("the connection is closed");
    const nextReceive = inside.lastReceived + 1;
    inside.countElsewhere((number) => taker.isNext(number));
    inside.renewed = (newest) => taker.renewed(this.handedToken(newest));
    this.layer.beforeSecurityRenew = async () => {
      inside.nextSend = await taker.lend();
    };
    return {
      channelId: inside.newest.token.channelId,
      ...this.security,
      token: this.handedToken(inside.newest),
      nextSend: inside.nextSend,
      nextReceive,
      send: this.sendLimits(),
      receive: { chunkMax: CHUNK_MAX, messageMax: FRAME_MAX, chunksMax: CHUNKS_MAX },
    };
  }

  pause(): void {
    this.framed.socket?.pause();
  }

  resume(): void {
    this.framed.socket?.resume();
  }

  /** Says goodbye where that is possible, and is gone soon. */
  end(): void {
    if (this.over) return;
    this.over = true;
    inLibrary(this.scope, () => this.layer.close(() => this.framed.socket?.destroy()));
    setTimeout(() => this.framed.socket?.destroy(), FAREWELL_MS).unref();
  }

  close(): void {
    this.over = true;
    this.framed.over = true;
    this.framed.socket?.destroy();
    inLibrary(this.scope, () => this.layer.dispose());
  }

  private gone(why: string): void {
    if (this.over) return;
    this.over = true;
    this.onClosed(why);
  }

  private handedToken({ token, derived }: NewestToken): HandedToken {
    const ageMs = Math.max(0, Date.now() - (token.createdAt?.getTime() ?? Date.now()));
    const { channelId, tokenId, revisedLifetime: lifetimeMs } = token;
    const made = { channelId, tokenId, ageMs, lifetimeMs };
    return handedToken(made, this.security.mode, "client", derived);
  }

  /** What the asset takes. The library sends no more than the asset itself would. */
  private sendLimits() {
    const told = this.layer.getTransport()?.parameters as AcknowledgedLimits | undefined;
    const { receiveBufferSize = 0, sendBufferSize = 0 } = told ?? {};
    const { maxMessageSize: messageMax = 0, maxChunkCount: chunksMax = 0 } = told ?? {};
    const sizes = [receiveBufferSize, sendBufferSize, CHUNK_MAX].filter((size) => size > 0);
    return { chunkMax: Math.min(...sizes), messageMax, chunksMax };
  }

  /** There is no hook for it: the decoder of bodies is shadowed on the builder of this channel. */
  private keepRaw(): void {
    const builder = this.layer._getMessageBuilder() as unknown as MessageBuilderInside;
    const decode = builder._decodeMessageBody.bind(builder);
    builder._decodeMessageBody = (body) => {
      const type = typeIdOf(body);
      if (builder.messageHeader?.msgType !== "MSG" || !type) return decode(body);
      const { typeId, end } = type;
      const { requestId } = builder.sequenceHeader;
      const answer = new ReceivedAnswer(typeId, Buffer.from(body.subarray(end)), requestId);
      try {
        builder.emit(
          "message",
          answer,
          "MSG",
          builder.securityHeader,
          requestId,
          builder.channelId,
        );
      } catch {
        // The answer to something that nobody waits for any more.
      }
      return true;
    };
  }
}

interface AcknowledgedLimits {
  readonly receiveBufferSize?: number;
  readonly sendBufferSize?: number;
  readonly maxMessageSize?: number;
  readonly maxChunkCount?: number;
}

interface MessageBuilderInside {
  readonly messageHeader?: { readonly msgType: string };
  readonly sequenceHeader: { readonly requestId: number };
  readonly securityHeader: unknown;
  readonly channelId: number;
  _decodeMessageBody(body: Buffer): boolean;
  emit(name: string, ...all: unknown[]): boolean;
}

const FAREWELL_MS = 500;
const SETTLES_EVERY_MS = 10;
const SETTLES_WITHIN_MS = 5_000;

/** The library takes a connection that was made for it: it opens none by itself. */
async function connected(
  { dial, connectTimeoutMs, url }: AssetChannelTarget,
  framed: Framed,
  scope: LibraryScope,
) {
  const dialled = await inBroker(dial);
  if (framed.over) {
    dialled.socket.destroy();
    throw new Error("nobody waits for it any more");
  }
  const limits = {
    chunkMax: CHUNK_MAX,
    strangerBytesMax: FRAME_MAX,
    writeQueueMax: WRITE_QUEUE_MAX,
    openWithinMs: connectTimeoutMs,
    rejected: (why: string) => {
      framed.why = `the asset broke the protocol: ${why}`;
      dialled.ending?.(framed.why);
    },
  };
  framed.dialled = dialled;
  framed.socket = new FramedSocket(dialled.socket, limits, scope.parts);
  return { socket: framed.socket as unknown as ISocketLike, endpointUrl: url, serverUri: "" };
}

function newLayer(
  target: AssetChannelTarget,
  framed: Framed,
  scope: LibraryScope,
): ClientSecureChannelLayer {
  const { security, certificate, identity, connectTimeoutMs } = target;
  const { provider } = identity;
  return new ClientSecureChannelLayer({
    securityMode: MessageSecurityMode[security.mode],
    securityPolicy: fromURI(POLICY_URIS[security.policy]),
    ...(certificate && { serverCertificate: certificate }),
    parent: Object.assign(Object.create(provider), {
      applicationName: "Sallyport",
      clientName: "Sallyport",
      getCertificate: () => identity.certificate,
      getCertificateChain: () => [identity.certificate],
      getPrivateKey: () => provider.getPrivateKey(),
      getKeyOperations: () => identity.keys,
    }),
    transportFactory: {
      create: (settings: never) =>
        new ReverseClientTCP_transport(() => connected(target, framed, scope), settings),
    } as never,
    // One try: whether there is another one is not the library's to say.
    connectionStrategy: { maxRetry: 0 },
    defaultSecureTokenLifetime: TOKEN_LIFETIME_MS,
    // At the latest: its own timer runs over where an asset grants a month, and then never rests.
    tokenRenewalInterval: RENEWED_AFTER_MS,
    transportTimeout: NEVER_MS,
    defaultTransactionTimeout: connectTimeoutMs,
    transportSettings: {
      maxChunkCount: CHUNKS_MAX,
      maxMessageSize: FRAME_MAX,
      receiveBufferSize: CHUNK_MAX,
      sendBufferSize: CHUNK_MAX,
    },
  });
}

const CHUNKS_MAX = Math.ceil(FRAME_MAX / CHUNK_MIN) + 1;

/** What the library says, cut: parts of it may be the asset's words. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error ?? "no answer");
  return text
    .replace(/[^\x20-\x7e]/g, " ")
    .trim()
    .slice(0, WORDS_MAX);
}

const WORDS_MAX = 200;
