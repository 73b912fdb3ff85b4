/**
 * One secure channel of a native client: the only file that knows the library's server layer. It
 * opens and renews the channel; once that is handed over, what is asked of it comes as messages.
 * Private parts of it that are relied on (held by `library-contract.test.ts`): requests made by an
 * `objectFactory` are passed as they are, `send_response` encodes by `schema` and `encode` alone,
 * and `securityMode`, `securityPolicy` and `clientCertificate` stand when `open` is told.
 */
import { decodeExpandedNodeId, encodeExpandedNodeId } from "node-opcua-basic-types";
import {
  BinaryStream,
  BinaryStreamSizeCalculator,
  type OutputBinaryStream,
} from "node-opcua-binary-stream";
import type { ExpandedNodeId } from "node-opcua-nodeid";
import {
  fromURI,
  type Message,
  MessageSecurityMode,
  type Response,
  ServerSecureChannelLayer,
  type ServerSecureChannelParent,
  toURI,
} from "node-opcua-secure-channel";
import { type StatusCode, StatusCodes } from "node-opcua-status-code";
import type { ISocketLike } from "node-opcua-transport";
import type { EndpointDescription } from "node-opcua-types";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import { type ByteSocket, FramedSocket } from "./framed-socket.ts";
import type { HandedClient } from "./handed-client.ts";
import type { OpcuaIdentity } from "./identity.ts";
import { LibraryInsides, type NewestToken } from "./library-insides.ts";
import { inBroker, inLibrary } from "./library-scope.ts";
import { quietLibrary } from "./quiet-library.ts";
import { ReceivedRequest, rawRequests } from "./raw-message.ts";
import { type ChannelSecurity, policyOfUri, type SecurityModeName } from "./security.ts";
import { type HandedLimits, type HandedToken, handedToken } from "./symmetric/channel-keys.ts";
import { CHUNK_MAX, CHUNK_MIN, WRITE_QUEUE_MAX } from "./transport-limits.ts";

export interface ClientChannelParts {
  readonly identity: OpcuaIdentity;
  /** What this address offers; for the channel as for sessions. */
  endpoints(): readonly EndpointDescription[];
  /** A service message; `security` stands when the first one comes. */
  request(channel: ClientChannel, request: ReceivedRequest, answer: AnswerTo): void;
  /** An answer, once the channel is handed over. */
  answered(requestId: number, parts: readonly Uint8Array[]): void;
  /** Nothing comes any more. */
  closed(channel: ClientChannel, why: string): void;
}

/** A connection that the broker carries. */
export interface ClientSocket extends ByteSocket {
  /** Why it was closed, where that is known. */
  readonly why: string | undefined;
}

/** Who seals and opens this channel's messages once it is handed over. */
export interface ClientTaker {
  /** Told of the number of the next chunk that is to be written. */
  lent: ((sequenceNumber: number) => void) | undefined;
  renewed(token: HandedToken): void;
  /** Whether the peer's chunk with this number, which the library was given, is in its place. */
  isNext(sequenceNumber: number): boolean;
}

/** By which the library finds the request again. */
export type AnswerTo = Message;

/** A certificate chain, discovery and a sign-in, several times over. */
const STRANGER_BYTES_MAX = 262_144;
/** From the first byte to the secure channel. */
const OPEN_WITHIN_MS = 10_000;
const TOKEN_LIFETIME_MS = 600_000;

export class ClientChannel {
  readonly address: string;
  private readonly parts: ClientChannelParts;
  private readonly layer: ServerSecureChannelLayer;
  private readonly framed: FramedSocket;
  private readonly inside = new LibraryInsides();
  /** Makes of bytes what the library is given of each message. */
  private readonly factory = rawRequests((request) => this.opening(request.securityMode));
  private limits: HandedLimits | undefined;
  /** What is not answered yet. */
  private readonly pending = new Set<AnswerTo>();
  private isHanded = false;
  private latched: (ChannelSecurity & { readonly certificate: Buffer | null }) | undefined;
  private why: string | undefined;
  private over = false;

  constructor(socket: ClientSocket, parts: ClientChannelParts) {
    quietLibrary();
    this.parts = parts;
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "") ?? "";
    this.address = `${address}:${socket.remotePort ?? 0}`;
    const limits = {
      chunkMax: CHUNK_MAX,
      strangerBytesMax: STRANGER_BYTES_MAX,
      writeQueueMax: WRITE_QUEUE_MAX,
      openWithinMs: OPEN_WITHIN_MS,
      rejected: (why: string) => {
        this.why ??= why;
      },
    };
    this.framed = new FramedSocket(socket, limits, this.inside);
    this.layer = inLibrary(this.framed, () => this.newLayer());
    socket.on("close", () => this.gone(socket.why));
  }

  /** Latched when the channel was opened; a renewal cannot change it. */
  get security(): ChannelSecurity & { readonly certificate: Buffer | null } {
    if (!this.latched) throw new Error("the secure channel is not open yet");
    return this.latched;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** Neither a chunk nor a message is here in part: what comes next begins one. */
  get isBetween(): boolean {
    return this.framed.isBetween;
  }

  /** Call once everything that listens is set up. */
  start(): void {
    inLibrary(this.framed, () => {
      this.layer.init(this.framed as unknown as ISocketLike, (error) => {
        if (error) this.framed.destroy();
      });
    });
    this.framed.resume();
  }

  signedIn(): void {
    this.framed.signedIn();
  }

  /** @param response a message of the library's, or a raw one */
  answer(to: AnswerTo, response: object): void {
    this.pending.delete(to);
    if (this.over) return;
    const { isHanded, layer } = this;
    try {
      if (isHanded) this.parts.answered(to.requestId, [this.encoded(to, response)]);
      else inLibrary(this.framed, () => layer.send_response("MSG", response as Response, to));
    } catch {
      this.close();
    }
  }

  /**
   * All that the messages of this channel are sealed and opened with. From now on the library is
   * left with renewals.
   * @param tokenId the one that the client has used last
   */
  handOver(taker: ClientTaker, tokenId: number): HandedClient {
    const { inside, limits, security } = this;
    const tokens = inside.tokens.slice(inside.tokens.findIndex((each) => idOf(each) === tokenId));
    const [used, ...later] = tokens.map((each) => this.handedToken(each));
    if (this.over || !used || !limits) throw new Error("the connection is closed");
    const nextReceive = inside.lastReceived + 1;
    inside.countElsewhere((number) => taker.isNext(number));
    inside.renewed = (newest) => taker.renewed(this.handedToken(newest));
    taker.lent = (number) => {
      inside.nextSend = number;
    };
    this.isHanded = true;
    const { policy, mode } = security;
    const { channelId } = used;
    return {
      channel: {
        ...{ channelId, policy, mode, token: used, nextSend: inside.nextSend, nextReceive },
        ...{ send: limits, receive: limits },
      },
      later,
      pending: [...this.pending].map(({ requestId }) => requestId),
    };
  }

  /** A request that came once the channel was handed over, from its type id on. */
  asked(requestId: number, bytes: Buffer): void {
    if (this.over) return;
    try {
      const request = inLibrary(this.framed, () => this.decoded(bytes));
      const message = { request, requestId, securityHeader: undefined };
      this.message(message as unknown as Message);
    } catch {
      this.close();
    }
  }

  /** After what was written has left, or soon. */
  end(): void {
    if (this.over) return;
    this.framed.end();
    setTimeout(() => this.framed.destroy(), FAREWELL_MS).unref();
  }

  close(): void {
    this.framed.destroy();
  }

  private newLayer(): ServerSecureChannelLayer {
    const layer = new ServerSecureChannelLayer({
      parent: parentOf(this.parts),
      timeout: OPEN_WITHIN_MS,
      defaultSecureTokenLifetime: TOKEN_LIFETIME_MS,
      objectFactory: this.factory as never,
      adjustTransportLimits: ({ receiveBufferSize, sendBufferSize, maxMessageSize }) => {
        const asked = Math.min(receiveBufferSize || CHUNK_MAX, sendBufferSize || CHUNK_MAX);
        const size = Math.max(CHUNK_MIN, Math.min(CHUNK_MAX, asked));
        const messageMax = Math.min(maxMessageSize || FRAME_MAX, FRAME_MAX);
        const chunksMax = Math.ceil(FRAME_MAX / size) + 1;
        this.limits = { chunkMax: size, messageMax, chunksMax };
        return {
          ...{ receiveBufferSize: size, sendBufferSize: size },
          ...{ maxMessageSize: messageMax, maxChunkCount: chunksMax },
        };
      },
    });
    layer.on("open", () => this.opened());
    layer.on("message", (message: Message) => this.message(message));
    layer.on("abort", () => this.framed.destroy());
    layer.on("error", () => this.framed.destroy());
    return layer;
  }

  /** `open` is told at each renewal too: the first one counts. */
  private opened(): void {
    const { securityMode, securityPolicy, clientCertificate } = this.layer;
    const policy = policyOfUri(toURI(securityPolicy));
    const mode = MODES[securityMode];
    if (!policy || !mode) return void this.framed.destroy();
    this.latched ??= { policy, mode, certificate: clientCertificate };
  }

  /** With mode None no signature is checked any more: a renewal keeps the mode it began with. */
  private opening(securityMode: number): void {
    if (!this.latched || MODES[securityMode] === this.latched.mode) return;
    this.why = "it renews the secure channel with another security mode";
    this.framed.destroy();
    throw new Error(this.why);
  }

  /** The library swallows what is thrown in here: an error of ours ends the connection. */
  private message(message: Message): void {
    const request: unknown = message.request;
    try {
      if (!this.latched || !(request instanceof ReceivedRequest)) return void this.framed.destroy();
      this.pending.add(message);
      inBroker(() => this.parts.request(this, request, message));
    } catch (error) {
      this.why = error instanceof Error ? error.message : String(error);
      this.framed.destroy();
    }
  }

  private decoded(bytes: Buffer): object {
    const stream = new BinaryStream(bytes);
    const request = this.factory.constructObject(decodeExpandedNodeId(stream));
    request.decode(stream);
    return request;
  }

  /** As the library would: under the client's handle, from the type id on. */
  private encoded({ request }: AnswerTo, given: object): Buffer {
    return inLibrary(this.framed, () => {
      const response = given as Encodable;
      response.responseHeader.requestHandle = request.requestHeader.requestHandle;
      const { encodingDefaultBinary: id } = response.schema;
      if (!id) throw new Error("an answer without a type");
      const size = new BinaryStreamSizeCalculator();
      encodeExpandedNodeId(id, size);
      response.encode(size);
      const stream = new BinaryStream(size.length);
      encodeExpandedNodeId(id, stream);
      response.encode(stream);
      return stream.buffer;
    });
  }

  private handedToken({ token, derived }: NewestToken): HandedToken {
    const ageMs = Math.max(0, Date.now() - (token.createdAt?.getTime() ?? Date.now()));
    const { channelId, tokenId, revisedLifetime: lifetimeMs } = token;
    const made = { channelId, tokenId, ageMs, lifetimeMs };
    return handedToken(made, this.security.mode, "server", derived);
  }

  /** @param why as the broker knows it */
  private gone(why: string | undefined): void {
    if (this.over) return;
    this.over = true;
    this.pending.clear();
    this.parts.closed(this, this.why ?? why ?? "the client closed the connection");
    // Later: the library still has this event to hear, and an opening that was under way goes on.
    setTimeout(() => {
      try {
        inLibrary(this.framed, () => this.layer.dispose());
      } catch {
        // A timer of its own was still set; it ends with the layer.
      }
    }, DISPOSED_AFTER_MS).unref();
  }
}

/** A last answer that is on its way when a channel ends. */
const FAREWELL_MS = 500;
/** The library lets one whom it refuses wait for a second. */
const DISPOSED_AFTER_MS = 2_000;

/** What the library knows how to write. */
interface Encodable {
  readonly schema: { readonly encodingDefaultBinary?: ExpandedNodeId };
  readonly responseHeader: { requestHandle: number };
  encode(stream: OutputBinaryStream): void;
}

/** Under which security token a request came; 0 where that is the broker's to know. */
export function tokenOfRequest({ securityHeader }: AnswerTo): number {
  return securityHeader && "tokenId" in securityHeader ? securityHeader.tokenId : 0;
}

function idOf({ token }: NewestToken): number {
  return token.tokenId;
}

const MODES: Readonly<Record<number, SecurityModeName>> = {
  [MessageSecurityMode.None]: "None",
  [MessageSecurityMode.Sign]: "Sign",
  [MessageSecurityMode.SignAndEncrypt]: "SignAndEncrypt",
};

function parentOf({ identity, endpoints }: ClientChannelParts): ServerSecureChannelParent {
  return {
    certificateManager: { referenceCounter: 0, checkCertificate } as never,
    getCertificate: () => identity.certificate,
    getCertificateChain: () => [identity.certificate],
    getKeyOperations: () => identity.keys,
    getEndpointDescription: (mode, policy) => {
      const all = endpoints();
      const own = all.find(
        (each) => each.securityMode === mode && fromURI(each.securityPolicyUri) === policy,
      );
      // Discovery takes a channel without security, also where no session does.
      const isNone = mode === MessageSecurityMode.None && policy === fromURI(NONE_URI);
      return own ?? (isNone ? all[0] : undefined) ?? null;
    },
  };
}

const NONE_URI = "http://opcfoundation.org/UA/SecurityPolicy#None";

/** Any application may come: who comes is proved by the person's ticket. */
async function checkCertificate(_certificate: Buffer): Promise<StatusCode> {
  return StatusCodes.Good;
}
