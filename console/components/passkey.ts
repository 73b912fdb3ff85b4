/** Passkeys in this browser: whether they can work here, using one, making one; failures in plain words. */
import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from "@simplewebauthn/browser";
import { passkeyText } from "../text/sign-in.ts";
import { ApiProblem } from "./problem.ts";

export type Hurdle = keyof typeof passkeyText.hurdle;

const IP_ADDRESS = /^(\d+\.\d+\.\d+\.\d+|\[.*\])$/;
const { failure } = passkeyText;

/** What keeps passkeys from working at all, known before anyone tries. */
export function passkeyHurdle(): Hurdle | null {
  if (IP_ADDRESS.test(window.location.hostname)) return "ip-address";
  if (!window.isSecureContext) return "insecure-address";
  return browserSupportsWebAuthn() ? null : "no-passkeys";
}

/** @throws {ApiProblem} `passkey-…` when there was none, or the person did not confirm */
export async function confirmByPasskey(options: PublicKeyCredentialRequestOptionsJSON) {
  return startAuthentication({ optionsJSON: options }).catch(rethrow);
}

/**
 * Waits until the person picks a passkey in the browser's own list at an input field.
 * @returns undefined when the wait was ended by another use of passkeys
 */
export async function offerPasskeys(options: PublicKeyCredentialRequestOptionsJSON) {
  return startAuthentication({ optionsJSON: options, useBrowserAutofill: true }).catch(
    () => undefined,
  );
}

/** @throws {ApiProblem} `passkey-…` when none was made */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON) {
  return startRegistration({ optionsJSON: options }).catch(rethrow);
}

function rethrow(thrown: unknown): never {
  const code = thrown instanceof WebAuthnError ? thrown.code : "";
  const name = thrown instanceof Error ? thrown.name : "";
  throw new ApiProblem(400, {
    code: name === "NotAllowedError" ? "passkey-not-confirmed" : "passkey-failed",
    message: wordsFor(code, name),
  });
}

function wordsFor(code: string, name: string): string {
  if (code === "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED") return failure.alreadyThere;
  if (code === "ERROR_INVALID_DOMAIN" || code === "ERROR_INVALID_RP_ID")
    return failure.wrongAddress;
  if (code === "ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT")
    return failure.noVerification;
  if (name === "NotAllowedError" || name === "AbortError") return failure.notConfirmed;
  return failure.other;
}
