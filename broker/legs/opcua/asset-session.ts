/**
 * The broker's session at an asset: found, its certificate compared with the one that is trusted,
 * its signature verified, signed in with the plant's own user.
 */
import { createPrivateKey, randomBytes } from "node:crypto";
import { encodeNodeId } from "node-opcua-basic-types";
import { BinaryStream } from "node-opcua-binary-stream";
import { StaticCertificateChainProvider } from "node-opcua-common";
import { convertPEMtoDER, makePrivateKeyFromPem, split_der } from "node-opcua-crypto";
import type { NodeId } from "node-opcua-nodeid";
import { computeSignatureAsync, fromURI, verifySignature } from "node-opcua-secure-channel";
import {
  ActivateSessionRequest,
  ActivateSessionResponse,
  AnonymousIdentityToken,
  ApplicationType,
  CloseSessionRequest,
  CloseSessionResponse,
  CreateSessionRequest,
  CreateSessionResponse,
  type EndpointDescription,
  GetEndpointsRequest,
  GetEndpointsResponse,
  MessageSecurityMode,
  SignatureData,
  type UserIdentityToken,
  UserNameIdentityToken,
  UserTokenType,
  X509IdentityToken,
} from "node-opcua-types";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import type { Credential } from "../../plant/credential.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import { shownCertificate } from "../read-identity.ts";
import { ask, OpcuaUnreachable, unreachable } from "./ask-asset.ts";
import { AssetChannel, type DialledSocket } from "./asset-channel.ts";
import type { OpcuaIdentity } from "./identity.ts";
import type { AssetAnswer, AssetSession, AssetSessions } from "./opcua-connection.ts";
import { RawRequest } from "./raw-message.ts";
import { readNamespaces, readState } from "./read-node.ts";
import { NULL_NODE_ID } from "./request-header.ts";
import { type ChannelSecurity, NO_SECURITY, POLICY_URIS, policyOfUri } from "./security.ts";
import { keptMs, SESSION_TIMEOUT_MS } from "./session-timeout.ts";
import type { HandedChannel } from "./symmetric/channel-keys.ts";
import { encryptPassword } from "./user-token.ts";

export interface OpcuaTarget {
  /** `ASSET/ENDPOINT`, for sentences. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** After host and port, with its slash, or nothing. */
  readonly path: string;
  readonly security: ChannelSecurity;
  /** SHA-256 of the DER in hex of those that the asset may show; none refuses all but None. */
  readonly certificates: readonly string[];
  readonly connectTimeoutMs: number;
  readonly identity: OpcuaIdentity;
  /** A connection to it; rejects with words. */
  dial(): Promise<DialledSocket>;
  credential(): Promise<Credential | undefined>;
  /** One that is not trusted was shown: for the alarm, and for who accepts it. */
  unknownCertificate?(shown: ShownIdentity): void;
}

const NONCE_LENGTH = 32;
/** A token is the asset's to make: an opaque NodeId, some dozen bytes. */
const TOKEN_MAX = 8_192;

interface Begun {
  readonly channel: AssetChannel;
  readonly token: NodeId;
  readonly timeoutMs: number;
  readonly endpoint: EndpointDescription;
  readonly certificate: Buffer | undefined;
  nonce: Buffer;
}

/** Of a session whose messages another process seals and opens. */
export interface HandedSession {
  /** The session's token as requests begin with it, in base64. */
  readonly token: string;
  readonly channel: HandedChannel;
}

/** Asked for over the channel, under the session's token. */
export class SignedIn implements AssetSession {
  readonly timeoutMs: number;
  private readonly channel: AssetChannel;
  private readonly token: NodeId;
  private readonly tokenBytes: Uint8Array;

  constructor({ channel, token, timeoutMs }: Begun) {
    this.channel = channel;
    this.token = token;
    this.timeoutMs = timeoutMs;
    const stream = new BinaryStream(TOKEN_MAX);
    encodeNodeId(token, stream);
    this.tokenBytes = Uint8Array.from(stream.buffer.subarray(0, stream.length));
  }

  get queued(): number {
    return this.channel.queued;
  }

  get isOver(): boolean {
    return this.channel.isOver;
  }

  onBroken(listener: (why: string) => void): void {
    this.channel.closed = listener;
  }

  ask(typeId: number, body: Uint8Array, withinMs: number): Promise<AssetAnswer> {
    const parts = [this.tokenBytes, body.subarray(NULL_NODE_ID.length)];
    return this.channel.ask(new RawRequest(typeId, parts, withinMs));
  }

  readNamespaces(): Promise<readonly string[]> {
    return readNamespaces(this.channel, this.token);
  }

  readState(): Promise<void> {
    return readState(this.channel, this.token);
  }

  /** Nothing may be asked here any more. */
  async handOver(): Promise<HandedSession> {
    const channel = await this.channel.handOver();
    return { token: Buffer.from(this.tokenBytes).toString("base64"), channel };
  }

  pause(): void {
    this.channel.pause();
  }

  resume(): void {
    this.channel.resume();
  }

  abandon(): void {
    this.channel.close();
  }

  async close(): Promise<void> {
    const request = new CloseSessionRequest({ deleteSubscriptions: true });
    request.requestHeader.authenticationToken = this.token;
    await ask(this.channel, request, new CloseSessionResponse({})).catch(() => undefined);
    this.channel.end();
  }
}

export class OpcuaSessions implements AssetSessions {
  private readonly target: OpcuaTarget;
  private begun: Begun | undefined;

  constructor(target: OpcuaTarget) {
    this.target = target;
  }

  /** Throws `OpcuaUnreachable`. */
  async open(): Promise<SignedIn> {
    const endpoint = await this.discover();
    const certificate = this.trusted(endpoint);
    const channel = await this.channel(this.target.security, certificate);
    try {
      this.begun = await this.create(channel, endpoint, certificate);
      await this.activate(this.begun);
      return new SignedIn(this.begun);
    } catch (error) {
      channel.close();
      throw unreachable(error);
    }
  }

  /** The certificate that it says it has; nothing is proved or signed in to. */
  async identify(): Promise<ShownIdentity> {
    const { serverCertificate } = await this.discover();
    const [certificate] = serverCertificate?.length ? split_der(serverCertificate) : [];
    if (!certificate) throw new OpcuaUnreachable(`${this.target.name} shows no certificate`);
    return this.shown(certificate);
  }

  async resume(): Promise<SignedIn | undefined> {
    const before = this.begun;
    if (!before) return undefined;
    const channel = await this.channel(this.target.security, before.certificate);
    try {
      this.begun = { ...before, channel };
      await this.activate(this.begun);
      return new SignedIn(this.begun);
    } catch {
      channel.close();
      return undefined;
    }
  }

  /** The asset's endpoint with the security that the plant file names. */
  private async discover(): Promise<EndpointDescription> {
    const channel = await this.channel(NO_SECURITY, undefined);
    try {
      const request = new GetEndpointsRequest({ endpointUrl: this.url });
      const { endpoints } = await ask(channel, request, new GetEndpointsResponse());
      const { policy, mode } = this.target.security;
      const found = endpoints?.find(
        (each) =>
          each.securityPolicyUri === POLICY_URIS[policy] &&
          each.securityMode === MessageSecurityMode[mode],
      );
      if (found) return found;
      throw new OpcuaUnreachable(`${this.target.name} does not offer ${policy} with mode ${mode}`);
    } catch (error) {
      throw unreachable(error);
    } finally {
      channel.end();
    }
  }

  private trusted({ serverCertificate }: EndpointDescription): Buffer | undefined {
    const { name, security, certificates } = this.target;
    const [certificate] = serverCertificate?.length ? split_der(serverCertificate) : [];
    const isNone = security.mode === "None";
    if (isNone && certificates.length === 0) return certificate;
    if (!certificate) throw new OpcuaUnreachable(`${name} shows no certificate`);
    const identity = this.shown(certificate);
    const { fingerprint: shown } = identity;
    if (certificates.includes(shown)) return certificate;
    this.target.unknownCertificate?.(identity);
    throw new OpcuaUnreachable(
      certificates.length === 0
        ? `no certificate of ${name} is trusted yet (it shows ${shown}): an administrator can accept it`
        : `${name} shows another certificate than the one that is trusted (${shown})`,
    );
  }

  private shown(certificate: Uint8Array): ShownIdentity {
    const { address, port } = this.target;
    return shownCertificate("opcua-certificate", certificate, `${address}:${port}`);
  }

  private async channel(
    security: ChannelSecurity,
    certificate: Buffer | undefined,
  ): Promise<AssetChannel> {
    const { identity, connectTimeoutMs } = this.target;
    const { url } = this;
    const dial = () => this.target.dial();
    const asked = { url, dial, security, identity, connectTimeoutMs };
    const shown = security.mode === "None" ? undefined : certificate;
    return AssetChannel.open({ ...asked, certificate: shown }).catch((error: unknown) => {
      throw unreachable(error);
    });
  }

  private async create(
    channel: AssetChannel,
    endpoint: EndpointDescription,
    certificate: Buffer | undefined,
  ): Promise<Begun> {
    const { identity, security, name } = this.target;
    const clientNonce = randomBytes(NONCE_LENGTH);
    const request = new CreateSessionRequest({
      ...{ clientCertificate: identity.certificate, clientNonce, endpointUrl: this.url },
      ...{ requestedSessionTimeout: SESSION_TIMEOUT_MS, maxResponseMessageSize: FRAME_MAX },
      sessionName: "Sallyport",
      clientDescription: {
        applicationUri: identity.applicationUri,
        applicationType: ApplicationType.Client,
        applicationName: { text: "Sallyport" },
        productUri: "urn:sallyport",
      },
    });
    const answer = await ask(channel, request, new CreateSessionResponse());
    if (security.mode !== "None") {
      const [shown] = answer.serverCertificate ? split_der(answer.serverCertificate) : [];
      if (!shown || !certificate?.equals(shown)) {
        throw new OpcuaUnreachable(`${name} changed its certificate while signing in`);
      }
      const policy = fromURI(POLICY_URIS[security.policy]);
      const { serverSignature } = answer;
      const own = identity.certificate;
      if (!verifySignature(own, clientNonce, serverSignature, shown, policy)) {
        throw new OpcuaUnreachable(`the signature of ${name} is wrong`);
      }
    }
    return {
      ...{ channel, endpoint, certificate, nonce: answer.serverNonce ?? Buffer.alloc(0) },
      token: answer.authenticationToken,
      timeoutMs: keptMs(answer.revisedSessionTimeout),
    };
  }

  private async activate(session: Begun): Promise<void> {
    const { identity, security } = this.target;
    const { certificate, nonce, channel } = session;
    const policy = fromURI(POLICY_URIS[security.policy]);
    const own = await computeSignatureAsync(certificate ?? null, nonce, identity.keys, policy);
    const { token, signature } = await this.proof(session);
    const request = new ActivateSessionRequest({
      clientSignature: own ?? new SignatureData({}),
      localeIds: [],
      userIdentityToken: token,
      ...(signature && { userTokenSignature: signature }),
    });
    request.requestHeader.authenticationToken = session.token;
    const answer = await ask(channel, request, new ActivateSessionResponse());
    session.nonce = answer.serverNonce ?? Buffer.alloc(0);
  }

  /** Who the broker is at the asset. Asked anew each time: a rotated secret counts from now on. */
  private async proof({ endpoint, certificate, nonce }: Begun): Promise<Proof> {
    const { name, credential: of } = this.target;
    const credential = await of();
    const offer = (type: UserTokenType) =>
      endpoint.userIdentityTokens?.find(({ tokenType }) => tokenType === type);
    if (!credential) {
      const anonymous = offer(UserTokenType.Anonymous);
      if (anonymous) {
        return { token: new AnonymousIdentityToken({ policyId: anonymous.policyId }) };
      }
      throw new OpcuaUnreachable(`no credential is set for ${name}: an administrator can set it`);
    }
    const wanted =
      credential.kind === "password" ? UserTokenType.UserName : UserTokenType.Certificate;
    const offered = offer(wanted);
    if (!offered) {
      const what = credential.kind === "password" ? "user name and password" : "user certificates";
      throw new OpcuaUnreachable(`${name} takes no ${what}`);
    }
    const policyUri = offered.securityPolicyUri || endpoint.securityPolicyUri || "";
    // The list came without security: nobody talks us into an older way of encrypting a secret.
    if (policyOfUri(policyUri) === undefined) {
      throw new OpcuaUnreachable(`${name} wants a secret under a policy that is not spoken here`);
    }
    const { policyId } = offered;
    if (credential.kind === "key") {
      return certificateProof({ policyId, policyUri, credential, certificate, nonce });
    }
    const encrypted =
      certificate && encryptPassword(credential.password, nonce, policyUri, certificate);
    if (!encrypted) {
      throw new OpcuaUnreachable(`${name} wants the password in clear, which is never sent`);
    }
    const { user: userName } = credential;
    return { token: new UserNameIdentityToken({ policyId, userName, ...encrypted }) };
  }

  private get url(): string {
    const { address, port, path } = this.target;
    const host = address.includes(":") ? `[${address}]` : address;
    return `opc.tcp://${host}:${port}${path}`;
  }
}

interface Proof {
  readonly token: UserIdentityToken;
  readonly signature?: SignatureData | undefined;
}

async function certificateProof(parts: {
  readonly policyId: string | null;
  readonly policyUri: string;
  readonly credential: Extract<Credential, { kind: "key" }>;
  readonly certificate: Buffer | undefined;
  readonly nonce: Buffer;
}): Promise<Proof> {
  const { policyId, policyUri, credential, certificate, nonce } = parts;
  if (credential.certificate === undefined) {
    throw new OpcuaUnreachable("the key that is set has no certificate with it");
  }
  const { privateKey, passphrase } = credential;
  const key = createPrivateKey({ key: privateKey, ...(passphrase && { passphrase }) });
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  const der = convertPEMtoDER(credential.certificate);
  const provider = new StaticCertificateChainProvider([der], makePrivateKeyFromPem(pem));
  const keys = provider.getKeyOperations();
  const policy = fromURI(policyUri);
  const signature = await computeSignatureAsync(certificate ?? null, nonce, keys, policy);
  return { token: new X509IdentityToken({ policyId, certificateData: der }), signature };
}
