/**
 * WebAuthn as SECURITY.md wants it; the only file that knows the library. Responses are parsed
 * strictly before the library sees them. Attestation is not asked for, and certificates that
 * come uninvited are refused: following them would make the broker open connections.
 */
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { decodeAttestationObject, decodeCredentialPublicKey } from "@simplewebauthn/server/helpers";
import { z } from "zod";
import type { Passkey, Person } from "../store/model.ts";
import { CHALLENGE_MS } from "./challenge-book.ts";
import { IdentityRefused } from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";

/** Ed25519, ECDSA P-256, RSA: what authenticators have and `node:crypto` verifies. */
const ALGORITHMS = [-8, -7, -257];
/** COSE key parameter "alg", RFC 9052 section 7.1. */
const COSE_ALGORITHM = 3;

/** Longest credential id, WebAuthn section 5.8.3, in base64url. */
const CREDENTIAL_ID_MAX = 1_364;
/** Authenticator data, client data, signatures, RSA keys: all well below. */
const FIELD_MAX = 16_384;

const base64url = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(/^[A-Za-z0-9_-]+$/);

const TRANSPORTS: readonly string[] = [
  "ble",
  "cable",
  "hybrid",
  "internal",
  "nfc",
  "smart-card",
  "usb",
];

const credential = {
  id: base64url(CREDENTIAL_ID_MAX),
  rawId: base64url(CREDENTIAL_ID_MAX),
  type: z.literal("public-key"),
};

const registrationSchema = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(FIELD_MAX),
    attestationObject: base64url(FIELD_MAX),
    transports: z.array(z.string()).max(16).optional(),
  }),
});

const assertionSchema = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(FIELD_MAX),
    authenticatorData: base64url(FIELD_MAX),
    signature: base64url(FIELD_MAX),
    userHandle: base64url(128).nullish(),
  }),
});

const clientDataSchema = z.object({
  challenge: base64url(128),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.unknown().optional(),
});

/** A response that has the right form, and the challenge it says it answers. */
export interface Registration {
  readonly response: RegistrationResponseJSON;
  readonly challenge: string;
}

export interface Assertion {
  readonly response: AuthenticationResponseJSON;
  readonly challenge: string;
  readonly passkeyId: string;
  /** Whom the authenticator says it is for; absent from those that hold no discoverable keys. */
  readonly userHandle: string | undefined;
}

/** @throws IdentityRefused response-invalid */
export function parseRegistration(input: unknown): Registration {
  const parsed = registrationSchema.safeParse(input);
  if (!parsed.success) throw invalid("the registration has not the right form");
  const { response, ...rest } = parsed.data;
  const transports = (response.transports ?? []).filter((name) => TRANSPORTS.includes(name));
  return {
    response: {
      ...rest,
      response: { ...response, transports: transports as AuthenticatorTransport[] },
      clientExtensionResults: {},
    },
    challenge: challengeIn(response.clientDataJSON),
  };
}

/** @throws IdentityRefused response-invalid */
export function parseAssertion(input: unknown): Assertion {
  const parsed = assertionSchema.safeParse(input);
  if (!parsed.success) throw invalid("the assertion has not the right form");
  const { response, ...rest } = parsed.data;
  const { userHandle, ...needed } = response;
  return {
    response: { ...rest, response: needed, clientExtensionResults: {} },
    challenge: challengeIn(response.clientDataJSON),
    passkeyId: rest.id,
    userHandle: userHandle ?? undefined,
  };
}

export function registrationOptions(
  config: CheckedIdentityConfig,
  request: {
    readonly person: Person;
    readonly userHandle: string;
    readonly challenge: Uint8Array<ArrayBuffer>;
    readonly known: readonly Passkey[];
  },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return generateRegistrationOptions({
    rpName: config.rpName,
    rpID: config.rpId,
    userName: request.person.email,
    userDisplayName: request.person.name,
    userID: Uint8Array.from(Buffer.from(request.userHandle, "base64url")),
    challenge: request.challenge,
    timeout: CHALLENGE_MS,
    attestationType: "none",
    // Without this list a second registration replaces the first key on the same authenticator.
    excludeCredentials: request.known.map(({ id, transports }) => ({
      id,
      transports: transports as AuthenticatorTransport[],
    })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** Discoverable: a list of credentials would break platform passkey managers and name people. */
export function requestOptions(
  config: CheckedIdentityConfig,
  challenge: Uint8Array<ArrayBuffer>,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return generateAuthenticationOptions({
    rpID: config.rpId,
    challenge,
    timeout: CHALLENGE_MS,
    userVerification: "required",
  });
}

export type NewPasskey = Omit<Passkey, "personId" | "label" | "createdMs" | "lastUsedMs">;

/** The challenge must have been taken. @throws IdentityRefused response-invalid */
export async function verifyRegistration(
  config: CheckedIdentityConfig,
  { response, challenge }: Registration,
): Promise<NewPasskey> {
  refuseCertificates(response);
  const { registrationInfo: info } = await genuine(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...config.origins],
      expectedRPID: config.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!info) throw invalid("the registration does not verify");
  if (info.credential.id !== response.id) throw invalid("the registration names another key");
  return {
    id: info.credential.id,
    rpId: config.rpId,
    publicKey: Buffer.from(info.credential.publicKey).toString("base64url"),
    algorithm: Number(decodeCredentialPublicKey(info.credential.publicKey).get(COSE_ALGORITHM)),
    counter: info.credential.counter,
    transports: response.response.transports ?? [],
    aaguid: info.aaguid,
    userVerified: info.userVerified,
    backupEligible: info.credentialDeviceType === "multiDevice",
    backedUp: info.credentialBackedUp,
  };
}

/**
 * The challenge must have been taken. The counter is returned, not judged: only a genuine
 * assertion may raise the alarm of a copied key (`notePasskeyUse`).
 * @throws IdentityRefused response-invalid
 */
export async function verifyAssertion(
  config: CheckedIdentityConfig,
  passkey: Passkey,
  { response, challenge }: Assertion,
): Promise<{ readonly counter: number; readonly backedUp: boolean }> {
  const { verified, authenticationInfo: info } = await genuine(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: [...config.origins],
      expectedRPID: passkey.rpId,
      credential: {
        id: passkey.id,
        publicKey: Uint8Array.from(Buffer.from(passkey.publicKey, "base64url")),
        counter: 0,
      },
      requireUserVerification: true,
    }),
  );
  if (!verified) throw invalid("the signature is wrong");
  if ((info.credentialDeviceType === "multiDevice") !== passkey.backupEligible) {
    // WebAuthn section 7.2: this flag is fixed when the key is made.
    throw invalid("the key's backup eligibility changed");
  }
  return { counter: info.newCounter, backedUp: info.credentialBackedUp };
}

function challengeIn(clientDataJson: string): string {
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(clientDataJson, "base64url").toString("utf8"));
  } catch {
    throw invalid("the client data is not JSON");
  }
  const parsed = clientDataSchema.safeParse(data);
  if (!parsed.success) throw invalid("the client data has not the right form");
  if (parsed.data.crossOrigin === true || parsed.data.topOrigin !== undefined) {
    throw invalid("asked from within a frame of another site");
  }
  return parsed.data.challenge;
}

/** `none`, or the key's signature over itself that some authenticators send unasked. */
function refuseCertificates(response: RegistrationResponseJSON): void {
  let certified: boolean;
  try {
    const bytes = Uint8Array.from(Buffer.from(response.response.attestationObject, "base64url"));
    const attestation = decodeAttestationObject(bytes);
    const format = attestation.get("fmt");
    const self = format === "packed" && attestation.get("attStmt").get("x5c") === undefined;
    certified = format !== "none" && !self;
  } catch {
    throw invalid("the attestation object cannot be read");
  }
  if (certified) throw invalid("an attestation came that was not asked for");
}

/** The library throws on whatever is wrong with a response. */
async function genuine<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

function invalid(message: string): IdentityRefused {
  return new IdentityRefused("response-invalid", message);
}
