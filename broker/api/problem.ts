/**
 * What was refused or went wrong, as people and programs see it. Only here do errors of the
 * broker become HTTP: a status, a stable code, and a sentence that says what to do next.
 */
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { type AccessCode, AccessRefused } from "../access/access.ts";
import { StoredAway } from "../evidence/objects/stored-volume.ts";
import { RecorderUnavailable } from "../evidence/recorder.ts";
import { type IdentityCode, IdentityRefused } from "../identity/identity.ts";
import { SessionRefused } from "../sessions/session.ts";
import { StoreAway } from "../store/store-failed.ts";
import type { Problem } from "./shapes/people.ts";

/** Thrown by endpoints and gates; everything else that is thrown is translated below. */
export class ApiRefused extends Error {
  override readonly name = "ApiRefused";
  readonly status: number;
  readonly problem: Problem;
  readonly retryAfterMs: number | undefined;
  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.problem = { code, message };
    this.retryAfterMs = retryAfterMs;
  }
}

/** The same for what does not exist and what one may not see. */
export function notFound(): ApiRefused {
  return new ApiRefused(
    404,
    "not-found",
    "There is nothing here for you: it does not exist, or your role does not include it.",
  );
}

export function signedOut(): ApiRefused {
  return new ApiRefused(401, "signed-out", "You are not signed in. Sign in with your passkey.");
}

type Said = readonly [status: number, message: string];

const IDENTITY: Readonly<Record<IdentityCode, Said>> = {
  "challenge-invalid": [400, "This attempt is too old or was used already. Start again."],
  "response-invalid": [400, "The passkey's answer could not be verified. Try again."],
  "passkey-unknown": [
    401,
    "This passkey is not known here. Use another one, or ask an administrator for a link.",
  ],
  "passkey-known": [409, "This authenticator is enrolled already. Use a different one."],
  "passkey-counter": [
    401,
    "This passkey may have been copied and was refused. Tell an administrator.",
  ],
  "last-passkey": [409, "This is the last passkey. Enrol another one before you remove it."],
  "person-disabled": [403, "This account is disabled. Ask an administrator."],
  "device-revoked": [
    403,
    "This browser was revoked as a device. Enrol it anew on the Account page.",
  ],
  "link-invalid": [
    404,
    "This link was used, has expired or was replaced by a newer one. Ask for a new one.",
  ],
  "rate-limited": [429, "Too many attempts. Wait a little, then try again."],
  "step-up-required": [403, "Confirm with your passkey to go on."],
  "last-administrator": [409, "There must be an administrator. Name another one first."],
  "roles-conflict": [
    409,
    "These roles exclude each other: an auditor cannot also open or supervise sessions.",
  ],
  "email-taken": [409, "Somebody with this e-mail address exists already."],
  "not-invited": [409, "This person has enrolled already. Use recovery if the passkeys are lost."],
  "recovery-open": [409, "A recovery of this person waits for its second administrator already."],
  "input-invalid": [400, "Something in this form is not acceptable."],
  "not-allowed": [403, "This needs somebody else: you may not do it yourself."],
  "not-found": [404, notFound().message],
  "too-many": [409, "There are too many of these already. Remove one first."],
  changed: [409, "This has changed meanwhile. Look again, then decide."],
  "provider-required": [
    403,
    "Your passkey is right, but this site asks for your identity provider as well: begin with its button on the sign-in page.",
  ],
  "provider-expired": [
    409,
    "What the identity provider said counts only for minutes, and not after you signed out there. Begin again with its button.",
  ],
  "other-person": [
    403,
    "This passkey belongs to somebody else than the identity provider named. Use your own, or sign in without the provider.",
  ],
  "account-unknown": [
    403,
    "The identity provider knows you, but nobody here has that account. Sign in with your passkey and link it on the Account page, or ask an administrator.",
  ],
  "account-taken": [409, "This account belongs to somebody here already. Unlink it there first."],
  "not-enrolled": [
    403,
    "You have no passkey here yet. Open the enrolment link that you were given, or ask an administrator for one.",
  ],
  "rp-id-changed": [500, "The passkeys belong to another domain. See the log."],
};

const ACCESS: Readonly<Record<AccessCode, Said>> = {
  "not-allowed": [403, "You may not do this."],
  "not-found": [404, notFound().message],
  "no-grant": [
    403,
    "No grant lets you open this now. Ask an administrator, or wait until yours begins.",
  ],
  locked: [403, "This is locked now."],
  "step-up-required": [403, "Confirm with your passkey to open a session."],
  "device-required": [
    403,
    "This browser is not enrolled as a device. Confirm with your passkey to enrol it.",
  ],
  "device-refused": [403, "A rule asks more of your device than is known of it."],
  "needs-a-person": [403, "Only a person can open this, with a passkey: a workload never can."],
  "input-invalid": [400, "Something in this form is not acceptable."],
  "too-many": [409, "There are too many of these already. End one first."],
  "store-away": [
    503,
    "The database cannot be reached, so no session can begin. Running ones go on; see Health.",
  ],
  suspended: [
    403,
    "Who answers for your account does so no more. Ask the site for another sponsor.",
  ],
  "not-waiting": [409, "This was decided, taken back or has expired meanwhile. Nothing was done."],
  "consent-required": [409, "The control room has to agree to this session before it begins."],
  "key-switch": [403, "A key switch of the plant is off."],
  "ticket-refused": [409, "The ticket does not say that this work may begin."],
  changed: [409, "Something changed while you decided. Look at it again, then decide anew."],
};

const SESSION: Readonly<Record<string, Said>> = {
  "permit-invalid": [500, "The session could not be opened. See the log."],
  "permit-expired": [409, "The right to open this session has just expired."],
  "recorder-unavailable": [
    503,
    "Nothing can be recorded now, so nothing can be opened. Ask an administrator to look at Health.",
  ],
  "endpoint-busy": [409, "The asset takes no more sessions now. Try again when one has ended."],
  "address-refused": [
    409,
    "The address of this asset is one that the broker refuses to dial. The plant file must allow it by name.",
  ],
};

const STORE_AWAY = [
  503,
  "store-away",
  "The database cannot be reached, so this was not kept, or not for certain. It is tried again by itself: look at Health, then repeat.",
] as const;

/** What the framework refuses before an endpoint is reached. */
const FRAMEWORK: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, "too-large", "The request is too large."],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, "not-json", "Send JSON."],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, "invalid-request", "The request is not valid JSON."],
  FST_ERR_CTP_EMPTY_JSON_BODY: [400, "invalid-request", "The request has no content."],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, "invalid-request", "The request is not whole."],
};

/** Undefined for what is our own fault: the caller logs it and answers `brokerFault`. */
export function refusalOf(error: unknown): ApiRefused | undefined {
  if (error instanceof ApiRefused) return error;
  if (error instanceof IdentityRefused) {
    return said(IDENTITY[error.code], error, error.retryAfterMs);
  }
  if (error instanceof AccessRefused) return said(ACCESS[error.code], error);
  if (error instanceof StoreAway) return new ApiRefused(...STORE_AWAY);
  if (error instanceof RecorderUnavailable) {
    const [status, message] = SESSION["recorder-unavailable"] ?? [503, error.message];
    return new ApiRefused(status, "recorder-unavailable", message);
  }
  if (error instanceof SessionRefused) return said(SESSION[error.code], error);
  if (isStoredAway(error)) return new ApiRefused(503, "recording-away", RECORDING_AWAY);
  return schemaRefusal(error) ?? frameworkRefusal(error);
}

interface Coded {
  readonly code: string;
  readonly message: string;
}

/** These carry their own sentence, in words for people: which field, who locked it and why. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  "input-invalid",
  "locked",
  "key-switch",
  "device-refused",
  "ticket-refused",
]);

function said(known: Said | undefined, error: Coded, retryAfterMs?: number): ApiRefused {
  const [status, message] = known ?? [409, error.message];
  const text = OWN_WORDS.has(error.code) ? sentence(error.message) : message;
  return new ApiRefused(status, error.code, text, retryAfterMs);
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** Fields named in one answer: a form has fewer. */
const FIELDS_MAX = 8;

function schemaRefusal(error: unknown): ApiRefused | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  const fields = error.validation
    .slice(0, FIELDS_MAX)
    .map(
      (issue) =>
        `${issue.instancePath.slice(1).replaceAll("/", ".") || "request"}: ${issue.message}`,
    );
  return new ApiRefused(400, "invalid-request", `Not acceptable: ${fields.join("; ")}.`);
}

function frameworkRefusal(error: unknown): ApiRefused | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const known = FRAMEWORK[String(error.code)];
  return known && new ApiRefused(...known);
}

export function brokerFault(requestId: string): ApiRefused {
  return new ApiRefused(
    500,
    "broker-fault",
    `Something went wrong in the broker; nothing was done. The log says more under request ${requestId}.`,
  );
}

const RECORDING_AWAY =
  "This part of the recording is in the object store alone, and cannot be had from there now. Health says why; try again later.";

function isStoredAway(error: unknown): boolean {
  return error instanceof Error && [error, error.cause].some((each) => each instanceof StoredAway);
}
