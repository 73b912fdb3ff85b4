/** The sessions of native clients: made, proved by a ticket, moved to another channel, ended. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { makeNodeId, type NodeId } from "node-opcua-nodeid";
import { computeSignatureAsync, fromURI } from "node-opcua-secure-channel";
import {
  ActivateSessionRequest,
  ActivateSessionResponse,
  CloseSessionResponse,
  CreateSessionRequest,
  CreateSessionResponse,
  type EndpointDescription,
  SignatureData,
  UserNameIdentityToken,
} from "node-opcua-types";
import { FRAME_MAX } from "../../../protocols/opcua/frame.ts";
import { type ClientAsking, pathOf, ticketToken } from "./client-asking.ts";
import { type AnswerTo, type ClientChannel, tokenOfRequest } from "./client-channel.ts";
import { checkActivating, checkCreating, Refused } from "./client-checks.ts";
import { fault } from "./fault.ts";
import type { OpcuaIdentity } from "./identity.ts";
import type { ReceivedRequest } from "./raw-message.ts";
import { POLICY_URIS } from "./security.ts";
import { SERVICE, STATUS } from "./services.ts";
import { decryptPassword } from "./user-token.ts";

export interface ClientSessionsParts {
  readonly identity: OpcuaIdentity;
  endpoints(url: string): readonly EndpointDescription[];
  signIn(asking: ClientAsking): Promise<ProvedLeg | undefined>;
}

/** The broker's leg of a session whose ticket was good: what is asked in it goes there. */
export interface ProvedLeg {
  readonly isOver: boolean;
  /**
   * Rejects where the broker's session takes no more.
   * @param ended the broker closed it; called once at most
   */
  attach(
    peer: string,
    token: NodeId,
    ended: (because: string | undefined) => void,
  ): Promise<unknown>;
  /**
   * Resolves once all that comes over this channel is the broker's.
   * @param tokenId of the security token that the client has used last
   */
  moveTo(channel: ClientChannel, tokenId: number): Promise<void>;
  /** Since the client has said something in it. */
  silentMs(): Promise<number>;
  /** The client closed its session, or did not come back. */
  gone(reason: string): void;
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
  leg: ProvedLeg | undefined;
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
      const activating = this.activate(session, channel, request, tokenOfRequest(to));
      return void this.settle(channel, to, activating).then(() => this.hangUp(session));
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
    // It was sent before the client was told that it may; or the leg is over by now.
    const status = leg.isOver ? STATUS.badSessionClosed : STATUS.badSessionNotActivated;
    channel.answer(to, fault(status));
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
    checkCreating(channel, asked, endpoints);
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
    tokenId: number,
  ): Promise<object> {
    const asked = request.decoded(new ActivateSessionRequest());
    checkActivating(this.parts.identity, session, channel, asked);
    if (session.busy) throw new Refused(STATUS.badTooManyOperations);
    session.busy = true;
    try {
      const { user, password } = await this.ticketIn(session, asked);
      if (session.leg) await this.comeBack(session, channel, proofOf(user, password), tokenId);
      else await this.prove(session, user, password, tokenId);
      session.nonce = randomBytes(NONCE_LENGTH);
      return new ActivateSessionResponse({ serverNonce: session.nonce });
    } finally {
      session.busy = false;
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
  private async prove(
    session: ClientSession,
    user: string,
    password: string,
    tokenId: number,
  ): Promise<void> {
    const { channel, url, tool, token } = session;
    const { policy, mode } = channel.security;
    const asking = { user, password, peer: channel.address, tool, security: { policy, mode } };
    const leg = await this.parts.signIn({ ...asking, path: pathOf(url) });
    if (!leg) throw new Refused(STATUS.badUserAccessDenied);
    let why: string | undefined;
    session.leg = leg;
    session.proof = proofOf(user, password);
    channel.signedIn();
    this.keepAlive(session);
    try {
      await leg.attach(channel.address, token, (because) => {
        why = because;
        this.cut(session);
      });
      if (!leg.isOver && !channel.isOver) await leg.moveTo(channel, tokenId);
    } catch {
      if (leg.isOver) throw new Refused(STATUS.badServerNotConnected, why);
      if (!channel.isOver) this.drop(session, "the session takes no more");
      else this.channelGone(channel, GONE);
      throw new Refused(STATUS.badTooManySessions);
    }
    if (leg.isOver) throw new Refused(STATUS.badServerNotConnected, why);
    if (channel.isOver) this.channelGone(channel, GONE);
  }

  /** A client that is known already: its ticket was used up, but nobody else has it. */
  private async comeBack(
    session: ClientSession,
    channel: ClientChannel,
    proof: Buffer,
    tokenId: number,
  ): Promise<void> {
    const { leg } = session;
    if (!timingSafeEqual(proof, session.proof))
      throw new Refused(STATUS.badIdentityChangeNotSupported);
    if (!leg || leg.isOver) throw new Refused(STATUS.badSessionClosed);
    session.channel = channel;
    channel.signedIn();
    this.keepAlive(session);
    await leg.moveTo(channel, tokenId).catch(() => undefined);
    if (leg.isOver) throw new Refused(STATUS.badSessionClosed);
    if (channel.isOver) this.channelGone(channel, GONE);
  }

  /** A client that says nothing for the time it asked for is gone. */
  private keepAlive(session: ClientSession): void {
    clearTimeout(session.timer);
    const timer = setTimeout(async () => {
      const hereMs = performance.now() - session.heardMs;
      // Where the wire is at its end, this process is too.
      const thereMs = await session.leg?.silentMs().catch(() => 0);
      // It is waited for, or over, in the meantime.
      if (session.timer !== timer || !this.sessions.has(keyOf(session.token))) return;
      if (Math.min(hereMs, thereMs ?? hereMs) < session.timeoutMs) this.keepAlive(session);
      else this.drop(session, "the client said nothing for its session's time");
    }, session.timeoutMs).unref();
    session.timer = timer;
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

const GONE = "the client closed the connection";

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

/** Not a number is the least. */
function clamp(value: number, low: number, high: number): number {
  return value >= low ? Math.min(value, high) : low;
}
