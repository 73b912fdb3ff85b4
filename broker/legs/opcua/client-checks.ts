/** What must be right before a session is made for a native client, or goes on. */
import { fromURI, nonceAlreadyBeenUsed, verifySignature } from "node-opcua-secure-channel";
import {
  type ActivateSessionRequest,
  type CreateSessionRequest,
  type EndpointDescription,
  MessageSecurityMode,
} from "node-opcua-types";
import type { ClientChannel } from "./client-channel.ts";
import { type OpcuaIdentity, uriIn } from "./identity.ts";
import { POLICY_URIS } from "./security.ts";
import { STATUS } from "./services.ts";

/** Refusals that the protocol has a word for. */
export class Refused extends Error {
  readonly status: number;
  readonly because: string | undefined;

  constructor(status: number, because?: string) {
    super(`refused with 0x${status.toString(16)}`);
    this.status = status;
    this.because = because;
  }
}

/** What a session is bound to. */
export interface BoundSession {
  readonly channel: ClientChannel;
  readonly certificate: Buffer | null;
  readonly nonce: Buffer;
  /** Undefined until a ticket was good. */
  readonly leg: object | undefined;
}

/** Less says too little of who sends it. */
const NONCE_LENGTH = 32;

export function checkCreating(
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

export function checkActivating(
  identity: OpcuaIdentity,
  session: BoundSession,
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
  const { certificate } = identity;
  const policy = fromURI(POLICY_URIS[security.policy]);
  if (!verifySignature(certificate, session.nonce, clientSignature, security.certificate, policy)) {
    throw new Refused(STATUS.badApplicationSignatureInvalid);
  }
}

function sameBytes(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other);
}
