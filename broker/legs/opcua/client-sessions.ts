/** The sessions of native clients: made, proved by a ticket, moved to another channel, ended. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { makeNodeId, type NodeId } from "node-opcua-nodeid";
import {
  computeSignatureAsync,
  fromURI,
  nonceAlreadyBeenUsed,
  verifySignature,
} from "node-opcua-secure-channel";
import {
  ActivateSessionRequest,
  ActivateSessionResponse,
  CloseSessionResponse,
  CreateSessionRequest,
  CreateSessionResponse,
  type EndpointDescription,
  MessageSecurityMode,
  SignatureData,
  UserNameIdentityToken,
} from "node-opcua-types";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import { type ClientAsking, type ClientAttaching, pathOf, ticketToken } from "./client-asking.ts";
import type { AnswerTo, ClientChannel } from "./client-channel.ts";
import { OpcuaClientLeg } from "./client-leg.ts";
import { fault } from "./fault.ts";
import { type OpcuaIdentity, uriIn } from "./identity.ts";
import { isPolling } from "./polling.ts";
import type { ReceivedRequest } from "./raw-message.ts";
import { POLICY_URIS } from "./security.ts";
import { SERVICE, STATUS } from "./services.ts";
import { decryptPassword } from "./user-token.ts";

export interface ClientSessionsParts {
  readonly identity: OpcuaIdentity;
  endpoints(url: string): readonly EndpointDescription[];
  signIn(asking: ClientAsking): Promise<ClientAttaching | undefined>;
}

interface ClientSession {
  readonly token: NodeId;
  readonly url: string;
  readonly tool: string;
  readonly timeoutMs: number;
  readonly certificate: Buffer | null;
  channel: ClientChannel;
  nonce: Buffer;
  /** Undefined until a ticket was good. */
  leg: OpcuaClientLeg | undefined;
  input: () => void;
  /** Digest of the name and ticket that proved it: who comes back shows the same. */
  proof: Buffer;
  /** A sign-in is under way. */
  busy: boolean;
  heardMs: number;
  timer: NodeJS.Timeout;
}

/** Of the whole listener. */
const SESSIONS_MAX = 256;
/** Created and not proved: of one channel. */
const UNPROVED_MAX = 4;
/** From CreateSession to a good ticket. */
const PROVE_WITHIN_MS = 30_000;
const TIMEOUT_MIN_MS = 10_000;
const TIMEOUT_MAX_MS = 3_600_000;
/** How long a session waits for a client whose connection broke. */
const GRACE_MS = 30_000;
const NONCE_LENGTH = 32;
const TOOL_MAX = 60;

/** Refusals that the protocol has a word for. */
class Refused extends Error {
  readonly status: number;
  readonly because: string | undefined;

  constructor(status: number, because?: string) {
    super(`refused with 0x${status.toString(16)}`);
    this.status = status;
    this.because = because;
  }
}

export class ClientSessions {
  private readonly parts: ClientSessionsParts;
  private readonly sessions = new Map<string, ClientSession>();

  constructor(parts: ClientSessionsParts) {
    this.parts = parts;
  }

  isUsed(channel: ClientChannel): boolean {
    return this.on(channel).some(({ leg }) => leg !== undefined);
  }

  request(channel: ClientChannel, request: ReceivedRequest, to: AnswerTo): void {
    const { typeId } = request;
    if (typeId === SERVICE.createSession)
      return void this.settle(channel, to, this.create(channel, request));
    const session = this.sessions.get(tokenOf(request));
    if (!session) return void channel.answer(to, fault(STATUS.badSessionIdInvalid));
    session.heardMs = performance.now();
    if (typeId === SERVICE.activateSession) {
      return void this.settle(channel, to, this.activate(session, channel, request)).then(() =>
        this.hangUp(session),
      );
    }
    if (session.channel !== channel) {
      return void channel.answer(to, fault(STATUS.badSecureChannelIdInvalid));
    }
    const { leg } = session;
    if (!leg) {
      // As the standard asks: a session that is used before it is proved is closed.
      this.drop(session, "it was used before its ticket was shown");
      return void channel.answer(to, fault(STATUS.badSessionNotActivated));
    }
    if (typeId === SERVICE.closeSession) {
      this.drop(session, "the client closed its session");
      return void channel.answer(to, new CloseSessionResponse({}));
    }
    if (!isPolling(typeId)) session.input();
    leg.request(channel, request, to);
  }

  drained(channel: ClientChannel): void {
    for (const { leg } of this.on(channel)) leg?.drained();
  }

  /** Its sessions wait a moment for a client that comes back. */
  channelGone(channel: ClientChannel, why: string): void {
    for (const session of this.on(channel)) {
      if (!session.leg) this.drop(session, why);
      else this.wait(session, Math.min(GRACE_MS, session.timeoutMs), why);
    }
  }

  close(): void {
    for (const session of [...this.sessions.values()]) this.drop(session, "the broker is stopping");
  }

  private on(channel: ClientChannel): ClientSession[] {
    return [...this.sessions.values()].filter((session) => session.channel === channel);
  }

  private settle(channel: ClientChannel, to: AnswerTo, working: Promise<object>): Promise<void> {
    return working.then(
      (response) => channel.answer(to, response),
      (error: unknown) => {
        // What the library threw was made of the client's bytes.
        const known = error instanceof Refused ? error : new Refused(STATUS.badDecodingError);
        channel.answer(to, fault(known.status, known.because));
      },
    );
  }

  private async create(channel: ClientChannel, request: ReceivedRequest): Promise<object> {
    const asked = request.decoded(new CreateSessionRequest());
    if (this.sessions.size >= SESSIONS_MAX) throw new Refused(STATUS.badTooManySessions);
    const unproved = this.on(channel).filter(({ leg }) => leg === undefined).length;
    if (unproved >= UNPROVED_MAX) throw new Refused(STATUS.badTooManySessions);
    const { security } = channel;
    const url = asked.endpointUrl ?? "";
    const endpoints = this.parts.endpoints(url);
    this.checkCreating(channel, asked, endpoints);
    const session = this.newSession(channel, asked, url);
    const { identity } = this.parts;
    const serverSignature = await computeSignatureAsync(
      asked.clientCertificate,
      asked.clientNonce,
      identity.keys,
      fromURI(POLICY_URIS[security.policy]),
    );
    if (!channel.isOver) this.sessions.set(keyOf(session.token), session);
    return new CreateSessionResponse({
      sessionId: makeNodeId(randomBytes(16), 1),
      authenticationToken: session.token,
      revisedSessionTimeout: session.timeoutMs,
      serverNonce: session.nonce,
      serverCertificate: identity.certificate,
      serverEndpoints: [...endpoints],
      serverSignature: serverSignature ?? new SignatureData({}),
      maxRequestMessageSize: FRAME_MAX,
    });
  }

  private checkCreating(
    { security }: ClientChannel,
    asked: CreateSessionRequest,
    endpoints: readonly EndpointDescription[],
  ): void {
    const policyUri = POLICY_URIS[security.policy];
    const isOffered = endpoints.some(
      (each) =>
        each.securityPolicyUri === policyUri &&
        each.securityMode === MessageSecurityMode[security.mode],
    );
    if (!isOffered) throw new Refused(STATUS.badSecurityPolicyRejected);
    if (security.mode === "None") return;
    const { certificate } = security;
    const nonce = asked.clientNonce;
    if (!nonce || nonce.length < NONCE_LENGTH || nonceAlreadyBeenUsed(nonce)) {
      throw new Refused(STATUS.badNonceInvalid);
    }
    // The session is of the application that opened the channel, whatever it sends along.
    const shown = asked.clientCertificate?.subarray(0, certificate?.length ?? 0);
    if (!certificate || !shown || !certificate.equals(shown)) {
      throw new Refused(STATUS.badCertificateInvalid);
    }
    if (uriIn(certificate) !== asked.clientDescription.applicationUri) {
      throw new Refused(STATUS.badCertificateUriInvalid);
    }
  }

  private newSession(
    channel: ClientChannel,
    asked: CreateSessionRequest,
    url: string,
  ): ClientSession {
    const name = asked.clientDescription.applicationName?.text ?? "";
    const session: ClientSession = {
      token: makeNodeId(randomBytes(NONCE_LENGTH), 0),
      url,
      tool: name.replace(/[^\w.+ -]/g, "").slice(0, TOOL_MAX) || "an OPC UA client",
      timeoutMs: clamp(asked.requestedSessionTimeout, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS),
      certificate: channel.security.certificate,
      channel,
      nonce: randomBytes(NONCE_LENGTH),
      leg: undefined,
      input: () => undefined,
      proof: Buffer.alloc(0),
      busy: false,
      heardMs: performance.now(),
      timer: setTimeout(() => undefined, 0),
    };
    this.wait(session, PROVE_WITHIN_MS, "no ticket was shown in time");
    return session;
  }

  private async activate(
    session: ClientSession,
    channel: ClientChannel,
    request: ReceivedRequest,
  ): Promise<object> {
    const asked = request.decoded(new ActivateSessionRequest());
    this.checkActivating(session, channel, asked);
    if (session.busy) throw new Refused(STATUS.badTooManyOperations);
    session.busy = true;
    try {
      const { user, password } = await this.ticketIn(session, asked);
      if (session.leg) this.comeBack(session, channel, proofOf(user, password));
      else await this.prove(session, user, password);
      session.nonce = randomBytes(NONCE_LENGTH);
      return new ActivateSessionResponse({ serverNonce: session.nonce });
    } finally {
      session.busy = false;
    }
  }

  private checkActivating(
    session: ClientSession,
    channel: ClientChannel,
    { clientSignature }: ActivateSessionRequest,
  ): void {
    const { security } = channel;
    if (session.channel !== channel) {
      if (!session.leg) throw new Refused(STATUS.badSessionNotActivated);
      // Another channel: of the same application, with the same security.
      const isSame =
        security.policy === session.channel.security.policy &&
        security.mode === session.channel.security.mode &&
        sameBytes(security.certificate, session.certificate);
      if (!isSame) throw new Refused(STATUS.badNoValidCertificates);
    }
    if (security.mode === "None") return;
    const { certificate } = this.parts.identity;
    const policy = fromURI(POLICY_URIS[security.policy]);
    if (
      !verifySignature(certificate, session.nonce, clientSignature, security.certificate, policy)
    ) {
      throw new Refused(STATUS.badApplicationSignatureInvalid);
    }
  }

  private async ticketIn(session: ClientSession, { userIdentityToken }: ActivateSessionRequest) {
    if (!(userIdentityToken instanceof UserNameIdentityToken)) {
      throw new Refused(STATUS.badIdentityTokenRejected);
    }
    const { policy } = session.channel.security;
    const offered = ticketToken(policy);
    if (userIdentityToken.policyId !== offered.policyId) {
      throw new Refused(STATUS.badIdentityTokenInvalid);
    }
    const password = await decryptPassword(
      userIdentityToken.password,
      session.nonce,
      offered.securityPolicyUri,
      this.parts.identity.keys,
    );
    if (password === undefined) throw new Refused(STATUS.badIdentityTokenInvalid);
    return { user: userIdentityToken.userName ?? "", password };
  }

  /** Undefined as an answer and a rejection are the same to a stranger. */
  private async prove(session: ClientSession, user: string, password: string): Promise<void> {
    const { channel, url, tool } = session;
    const { policy, mode } = channel.security;
    const asking = { user, password, peer: channel.address, tool, security: { policy, mode } };
    const attaching = await this.parts.signIn({ ...asking, path: pathOf(url) });
    if (!attaching) throw new Refused(STATUS.badUserAccessDenied);
    let why: string | undefined;
    const leg = new OpcuaClientLeg(channel, (because) => {
      why = because;
      this.cut(session);
    });
    session.leg = leg;
    session.proof = proofOf(user, password);
    session.input = () => attaching.input?.();
    channel.signedIn();
    this.keepAlive(session);
    try {
      await attaching.attach(leg, channel.address);
    } catch {
      if (leg.isOver) throw new Refused(STATUS.badServerNotConnected, why);
      this.drop(session, "the session takes no more");
      throw new Refused(STATUS.badTooManySessions);
    }
    if (leg.isOver) throw new Refused(STATUS.badServerNotConnected, why);
    if (channel.isOver) this.channelGone(channel, "the client closed the connection");
  }

  /** A client that is known already: its ticket was used up, but nobody else has it. */
  private comeBack(session: ClientSession, channel: ClientChannel, proof: Buffer): void {
    if (!timingSafeEqual(proof, session.proof))
      throw new Refused(STATUS.badIdentityChangeNotSupported);
    if (!session.leg || session.leg.isOver) throw new Refused(STATUS.badSessionClosed);
    session.channel = channel;
    session.leg.moveTo(channel);
    channel.signedIn();
    this.keepAlive(session);
  }

  /** A client that says nothing for the time it asked for is gone. */
  private keepAlive(session: ClientSession): void {
    clearTimeout(session.timer);
    session.timer = setTimeout(() => {
      const leftMs = session.heardMs + session.timeoutMs - performance.now();
      if (leftMs > 0) this.keepAlive(session);
      else this.drop(session, "the client said nothing for its session's time");
    }, session.timeoutMs).unref();
  }

  private wait(session: ClientSession, ms: number, why: string): void {
    clearTimeout(session.timer);
    session.timer = setTimeout(() => this.drop(session, why), ms).unref();
  }

  private drop(session: ClientSession, why: string): void {
    clearTimeout(session.timer);
    this.sessions.delete(keyOf(session.token));
    session.leg?.gone(why);
  }

  /** The broker ended it: nothing more passes on this channel. */
  private cut(session: ClientSession): void {
    clearTimeout(session.timer);
    this.sessions.delete(keyOf(session.token));
    // Who is being let in is answered first: an asset that is away has a name.
    if (!session.busy) this.hangUp(session);
  }

  private hangUp({ leg, channel }: ClientSession): void {
    if (leg?.isOver && !this.isUsed(channel)) channel.end();
  }
}

function proofOf(user: string, password: string): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([user, password]))
    .digest();
}

function keyOf(token: NodeId): string {
  return Buffer.isBuffer(token.value) ? token.value.toString("hex") : "";
}

/** The body begins with it: encoding 5 (bytes), namespace, length, bytes. */
function tokenOf({ body, header }: ReceivedRequest): string {
  const end = header?.tokenEnd ?? 0;
  return body[0] === 5 && end > 7 ? body.toString("hex", 7, end) : "";
}

function sameBytes(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}

/** Not a number is the least. */
function clamp(value: number, low: number, high: number): number {
  return value >= low ? Math.min(value, high) : low;
}
