/**
 * OPC UA for native clients: secure channels are opened here, discovery and the services of
 * sessions are answered here. A session begins when somebody has proved who they are with a ticket;
 * until then nothing is known and little allowed. From then on what is asked in it is its leg's.
 */
import {
  ApplicationType,
  EndpointDescription,
  FindServersResponse,
  GetEndpointsResponse,
  MessageSecurityMode,
} from "node-opcua-types";
import { type ClientAsking, pathOf, ticketToken } from "./client-asking.ts";
import { type AnswerTo, ClientChannel, type ClientSocket } from "./client-channel.ts";
import { ClientSessions, type ProvedLeg } from "./client-sessions.ts";
import { fault } from "./fault.ts";
import type { OpcuaIdentity } from "./identity.ts";
import type { ReceivedRequest } from "./raw-message.ts";
import { type ChannelSecurity, POLICY_URIS } from "./security.ts";
import { SERVICE, STATUS } from "./services.ts";

export interface ClientListenerParts {
  readonly identity: OpcuaIdentity;
  /** What native clients are offered at an address with this path. */
  security(path: string): readonly ChannelSecurity[];
  /** `opc.tcp://host:port` for clients that do not say by which address they came. */
  url(): string;
  /** Undefined where the ticket is not good; the tool is told nothing more. */
  signIn(asking: ClientAsking): Promise<ProvedLeg | undefined>;
}

/** A tool that opened a channel and then neither signs in nor goes. */
const NO_SESSION_MS = 60_000;
const URL_MAX = 4_096;

export class ClientListener {
  private readonly parts: ClientListenerParts;
  private readonly channels = new Map<ClientChannel, NodeJS.Timeout>();
  private readonly sessions: ClientSessions;

  constructor(parts: ClientListenerParts) {
    this.parts = parts;
    const { identity, signIn } = parts;
    const endpoints = (url: string) => this.endpoints(url);
    this.sessions = new ClientSessions({ identity, endpoints, signIn });
  }

  /**
   * @param socket nothing of it was read yet
   * @param answered told what is answered once the channel is handed over
   */
  serve(
    socket: ClientSocket,
    answered: (requestId: number, parts: readonly Uint8Array[]) => void,
  ): ClientChannel {
    const channel: ClientChannel = new ClientChannel(socket, {
      identity: this.parts.identity,
      endpoints: () => this.endpoints(""),
      request: (on, request, to) => this.request(on, request, to),
      answered,
      closed: (on, why) => {
        clearTimeout(this.channels.get(on));
        this.channels.delete(on);
        this.sessions.channelGone(on, why);
      },
    });
    this.channels.set(channel, this.watch(channel));
    channel.start();
    return channel;
  }

  close(): void {
    this.sessions.close();
    for (const channel of this.channels.keys()) channel.end();
  }

  /** Again and again: a channel without a session is of no use to anybody. */
  private watch(channel: ClientChannel): NodeJS.Timeout {
    return setTimeout(() => {
      if (!this.sessions.isUsed(channel)) return void channel.close();
      this.channels.set(channel, this.watch(channel));
    }, NO_SESSION_MS).unref();
  }

  private request(channel: ClientChannel, request: ReceivedRequest, to: AnswerTo): void {
    const { typeId } = request;
    if (!request.header) return void channel.answer(to, fault(STATUS.badDecodingError));
    if (typeId === SERVICE.getEndpoints || typeId === SERVICE.findServers) {
      return void this.discover(channel, request, to);
    }
    if (typeId === 0 || LOCAL_ONLY.has(typeId)) {
      return void channel.answer(to, fault(STATUS.badServiceUnsupported));
    }
    this.sessions.request(channel, request, to);
  }

  /** GetEndpoints and FindServers both say first at which address they were asked. */
  private discover(
    channel: ClientChannel,
    { body, header, typeId }: ReceivedRequest,
    to: AnswerTo,
  ) {
    const url = header ? firstString(body, header.parameters) : undefined;
    if (url === undefined) return void channel.answer(to, fault(STATUS.badDecodingError));
    const endpoints = this.endpoints(url);
    const [first] = endpoints;
    channel.answer(
      to,
      typeId === SERVICE.getEndpoints
        ? new GetEndpointsResponse({ endpoints: [...endpoints] })
        : new FindServersResponse({ servers: first ? [first.server] : [] }),
    );
  }

  /**
   * The same list wherever it is asked for: clients compare. Its address is the one that the
   * client came by, which is right behind any translation of addresses.
   */
  private endpoints(url: string): readonly EndpointDescription[] {
    const { identity } = this.parts;
    const security = this.parts.security(pathOf(url));
    const endpointUrl = PLAIN_URL.test(url) ? url : this.parts.url();
    const server = {
      applicationUri: identity.applicationUri,
      productUri: PRODUCT_URI,
      applicationName: { text: "Sallyport", locale: "en" },
      applicationType: ApplicationType.Server,
      discoveryUrls: [endpointUrl],
    };
    return security.map(
      ({ policy, mode }) =>
        new EndpointDescription({
          ...{ endpointUrl, server, serverCertificate: identity.certificate },
          securityMode: MessageSecurityMode[mode],
          securityPolicyUri: POLICY_URIS[policy],
          userIdentityTokens: [ticketToken(policy)],
          transportProfileUri: TRANSPORT,
          securityLevel: mode === "None" ? 0 : mode === "Sign" ? SIGNED_LEVEL : ENCRYPTED_LEVEL,
        }),
    );
  }
}

const PRODUCT_URI = "urn:sallyport";
const TRANSPORT = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary";
const SIGNED_LEVEL = 10;
const ENCRYPTED_LEVEL = 20;

const PLAIN_URL = /^opc\.tcp:\/\/[\w.\-[\]:]{1,255}(\/[\w.\-/]{0,255})?$/i;

/** Of servers among themselves; a gateway is registered nowhere. */
const LOCAL_ONLY: ReadonlySet<number> = new Set([
  SERVICE.registerServer,
  SERVICE.registerServer2,
  SERVICE.findServersOnNetwork,
]);

/** The string that both services begin with, after the RequestHeader. */
function firstString(body: Buffer, start: number): string | undefined {
  if (start + 4 > body.length) return undefined;
  const length = body.readInt32LE(start);
  if (length < 0) return "";
  if (length > URL_MAX || start + 4 + length > body.length) return undefined;
  return body.toString("utf8", start + 4, start + 4 + length);
}
