/**
 * One secure channel to an asset: the only file that knows the library's client layer. Private
 * parts of it that are relied on (held by `library-contract.test.ts`): `_getMessageBuilder`, whose
 * `_decodeMessageBody` is replaced on the instance so that answers stay raw, `_install_socket` of
 * the transport, and that a request is written by `schema` and `encode` alone.
 */
import type { Socket } from "node:net";
import {
  ClientSecureChannelLayer,
  fromURI,
  MessageSecurityMode,
  type Request,
  type Response,
} from "node-opcua-secure-channel";
import { ClientTCP_transport, type ISocketLike } from "node-opcua-transport";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import { FramedSocket } from "./framed-socket.ts";
import type { OpcuaIdentity } from "./identity.ts";
import { inBroker, inLibrary, type LibraryScope } from "./library-scope.ts";
import { quietLibrary } from "./quiet-library.ts";
import { ReceivedAnswer } from "./raw-message.ts";
import { typeIdOf } from "./request-header.ts";
import { type ChannelSecurity, POLICY_URIS } from "./security.ts";

export interface AssetChannelTarget {
  readonly url: string;
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

const CHUNK_MAX = 65_535;
const WRITE_QUEUE_MAX = 4 * FRAME_MAX;
const TOKEN_LIFETIME_MS = 600_000;
/** The library's timers must not be the ones that end a channel: ours know why. */
const NEVER_MS = 0x7fff_ffff;

export class AssetChannel {
  private readonly layer: ClientSecureChannelLayer;
  private readonly framed: { socket: FramedSocket | undefined };
  private readonly scope: LibraryScope;
  private onClosed: (why: string) => void = () => undefined;
  private over = false;

  private constructor(
    layer: ClientSecureChannelLayer,
    framed: { socket: FramedSocket | undefined },
    scope: LibraryScope,
  ) {
    this.layer = layer;
    this.framed = framed;
    this.scope = scope;
  }

  /** Rejects with `AssetSilent`. */
  static async open(target: AssetChannelTarget): Promise<AssetChannel> {
    quietLibrary();
    const framed: { socket: FramedSocket | undefined; why?: string } = { socket: undefined };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const scope: LibraryScope = {
      failed: (why) => {
        framed.why ??= why;
        reject(new Error(why));
        framed.socket?.failed(why);
      },
    };
    const layer = inLibrary(scope, () => newLayer(target, framed));
    const channel = new AssetChannel(layer, framed, scope);
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
    this.framed.socket?.destroy();
    inLibrary(this.scope, () => this.layer.dispose());
  }

  private gone(why: string): void {
    if (this.over) return;
    this.over = true;
    this.onClosed(why);
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

interface MessageBuilderInside {
  readonly messageHeader?: { readonly msgType: string };
  readonly sequenceHeader: { readonly requestId: number };
  readonly securityHeader: unknown;
  readonly channelId: number;
  _decodeMessageBody(body: Buffer): boolean;
  emit(name: string, ...all: unknown[]): boolean;
}

const FAREWELL_MS = 500;

function newLayer(
  { security, certificate, identity, connectTimeoutMs }: AssetChannelTarget,
  framed: { socket: FramedSocket | undefined; why?: string },
): ClientSecureChannelLayer {
  class Transport extends ClientTCP_transport {
    protected override _install_socket(socket: ISocketLike): void {
      const shim = new FramedSocket(socket as unknown as Socket, {
        chunkMax: CHUNK_MAX,
        strangerBytesMax: FRAME_MAX,
        writeQueueMax: WRITE_QUEUE_MAX,
        openWithinMs: connectTimeoutMs,
        rejected: (why) => {
          framed.why = `the asset broke the protocol: ${why}`;
        },
      });
      framed.socket = shim;
      super._install_socket(shim as unknown as ISocketLike);
    }
  }
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
    transportFactory: { create: (settings: never) => new Transport(settings) } as never,
    // One try: whether there is another one is not the library's to say.
    connectionStrategy: { maxRetry: 0 },
    defaultSecureTokenLifetime: TOKEN_LIFETIME_MS,
    transportTimeout: NEVER_MS,
    defaultTransactionTimeout: connectTimeoutMs,
    transportSettings: {
      maxChunkCount: Math.ceil(FRAME_MAX / CHUNK_MIN) + 1,
      maxMessageSize: FRAME_MAX,
      receiveBufferSize: CHUNK_MAX,
      sendBufferSize: CHUNK_MAX,
    },
  });
}

/** What an asset may ask for at least. */
const CHUNK_MIN = 8_192;

/** What the library says, cut: parts of it may be the asset's words. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error ?? "no answer");
  return text
    .replace(/[^\x20-\x7e]/g, " ")
    .trim()
    .slice(0, WORDS_MAX);
}

const WORDS_MAX = 200;
