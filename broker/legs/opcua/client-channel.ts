/**
 * One secure channel of a native client: the only file that knows the library's server layer.
 * Private parts of it that are relied on (held by `library-contract.test.ts`): requests made by an
 * `objectFactory` are passed as they are, `send_response` encodes by `schema` and `encode` alone,
 * and `securityMode`, `securityPolicy` and `clientCertificate` stand when `open` is told.
 */
import type { Socket } from "node:net";
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
import { FramedSocket } from "./framed-socket.ts";
import type { OpcuaIdentity } from "./identity.ts";
import { inBroker, inLibrary } from "./library-scope.ts";
import { quietLibrary } from "./quiet-library.ts";
import { ReceivedRequest, rawRequests } from "./raw-message.ts";
import { type ChannelSecurity, policyOfUri, type SecurityModeName } from "./security.ts";
import { CHUNK_MAX, CHUNK_MIN, WRITE_QUEUE_MAX } from "./transport-limits.ts";

export interface ClientChannelParts {
  readonly identity: OpcuaIdentity;
  /** What this address offers; for the channel as for sessions. */
  endpoints(): readonly EndpointDescription[];
  /** A service message; `security` stands when the first one comes. */
  request(channel: ClientChannel, request: ReceivedRequest, answer: AnswerTo): void;
  /** Nothing comes any more. */
  closed(channel: ClientChannel, why: string): void;
  /** What waited for the peer has been taken. */
  drained(): void;
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
  private latched: (ChannelSecurity & { readonly certificate: Buffer | null }) | undefined;
  private why = "the client closed the connection";
  private over = false;

  constructor(socket: Socket, parts: ClientChannelParts) {
    quietLibrary();
    this.parts = parts;
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "") ?? "";
    this.address = `${address}:${socket.remotePort ?? 0}`;
    this.framed = new FramedSocket(socket, {
      chunkMax: CHUNK_MAX,
      strangerBytesMax: STRANGER_BYTES_MAX,
      writeQueueMax: WRITE_QUEUE_MAX,
      openWithinMs: OPEN_WITHIN_MS,
      rejected: (why) => {
        this.why = why;
      },
      drained: () => parts.drained(),
    });
    this.layer = inLibrary(this.framed, () => this.newLayer());
    socket.once("close", () => this.gone());
  }

  /** Latched when the channel was opened; a renewal cannot change it. */
  get security(): ChannelSecurity & { readonly certificate: Buffer | null } {
    if (!this.latched) throw new Error("the secure channel is not open yet");
    return this.latched;
  }

  get isOver(): boolean {
    return this.over;
  }

  get queued(): number {
    return this.framed.queued;
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
    if (this.over) return;
    try {
      inLibrary(this.framed, () => this.layer.send_response("MSG", response as Response, to));
    } catch {
      this.close();
    }
  }

  pause(): void {
    this.framed.pause();
  }

  resume(): void {
    this.framed.resume();
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
      objectFactory: rawRequests((request) => this.opening(request.securityMode)) as never,
      adjustTransportLimits: ({ receiveBufferSize, sendBufferSize, maxMessageSize }) => {
        const asked = Math.min(receiveBufferSize || CHUNK_MAX, sendBufferSize || CHUNK_MAX);
        const size = Math.max(CHUNK_MIN, Math.min(CHUNK_MAX, asked));
        return {
          receiveBufferSize: size,
          sendBufferSize: size,
          maxMessageSize: Math.min(maxMessageSize || FRAME_MAX, FRAME_MAX),
          maxChunkCount: Math.ceil(FRAME_MAX / size) + 1,
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
      inBroker(() => this.parts.request(this, request, message));
    } catch (error) {
      this.why = error instanceof Error ? error.message : String(error);
      this.framed.destroy();
    }
  }

  private gone(): void {
    if (this.over) return;
    this.over = true;
    this.parts.closed(this, this.why);
    // Later: the library still has this event to hear, and must have ended its timers.
    setImmediate(() => {
      try {
        inLibrary(this.framed, () => this.layer.dispose());
      } catch {
        // A timer of its own was still set; it ends with the layer.
      }
    });
  }
}

/** A last answer that is on its way when a channel ends. */
const FAREWELL_MS = 500;

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
