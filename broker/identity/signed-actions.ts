/**
 * One act, signed by a person's passkey: approving a request, answering a hold, opening the
 * glass, lifting a lock. The challenge is the SHA-256 of the act's canonical JSON, so the
 * authenticator signs exactly this and nothing else; it is good for one answer, one sign-in and
 * five minutes. The whole assertion is kept and verifies offline with public algorithms.
 */
import { createHash } from "node:crypto";
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/server";
import {
  canonicalJson,
  type JsonValue,
  parseCanonicalJson,
} from "../../protocols/log/canonical-json.ts";
import { newId } from "../store/ids.ts";
import type { SignedAction } from "../store/model.ts";
import { insertSignedAction } from "../store/signed-actions.ts";
import { bindingTo, CHALLENGE_MS } from "./challenge-book.ts";
import { IdentityRefused, type SignedIn } from "./identity.ts";
import { advance, prove, type SignInParts } from "./sign-ins.ts";
import { newToken } from "./token.ts";
import { parseAssertion, requestOptions } from "./webauthn.ts";

/** What is signed for; an answer given for one purpose is worth nothing for another. */
export type ActionPurpose =
  | "request"
  | "hold"
  | "break-glass"
  | "lock"
  | "consent"
  | "change"
  | "native"
  | "trust"
  | "ssh-key"
  | "machine"
  | "account"
  | "response";

export type ActionContent = { readonly [key: string]: JsonValue };

export interface ActionToSign {
  /** Canonical JSON of `{by, content, expiresMs, nonce, purpose}`: the challenge is its SHA-256. */
  readonly text: string;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

export interface ProvedAction {
  /** As kept, with all that an auditor needs to verify it. */
  readonly action: SignedAction;
  readonly content: ActionContent;
}

export interface SignedActions {
  /** @throws rate-limited, input-invalid (more than `TEXT_MAX`) */
  options(who: SignedIn, purpose: ActionPurpose, content: ActionContent): Promise<ActionToSign>;
  /**
   * Keeps the assertion, then says what was signed. Whoever asked compares the content with how
   * things stand now; nothing has happened yet.
   * @throws challenge-invalid, response-invalid, passkey-unknown, passkey-counter, rate-limited
   */
  prove(
    who: SignedIn,
    purpose: ActionPurpose,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<ProvedAction>;
  /** Called once an act is on disk. Returns an unsubscribe function. */
  onKept(listener: (action: SignedAction) => void): () => void;
}

/** A request with all its endpoints and reasons has about 4,000 characters. */
const TEXT_MAX = 16_384;

export function createSignedActions(parts: SignInParts): SignedActions {
  const listeners = new Set<(action: SignedAction) => void>();
  return {
    options: (who, purpose, content) => options(parts, who, purpose, content),
    async prove(who, purpose, answer) {
      const proved = await proveAction(parts, who, purpose, answer);
      for (const listener of listeners) listener(proved.action);
      return proved;
    },
    onKept(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

async function options(
  parts: SignInParts,
  who: SignedIn,
  purpose: ActionPurpose,
  content: ActionContent,
): Promise<ActionToSign> {
  const text = canonicalJson({
    ...{ by: who.person.id, purpose, content, nonce: newToken() },
    expiresMs: parts.clock.wallMs() + CHALLENGE_MS,
  });
  if (text.length > TEXT_MAX) throw new IdentityRefused("input-invalid", "this is too long");
  const challenge = await parts.challenges.issue(
    `action ${purpose}`,
    bindingTo.signIn(who.signIn.id),
    who.signIn.address,
    digestOf(text),
  );
  return { text, options: await requestOptions(parts.config, challenge) };
}

async function proveAction(
  parts: SignInParts,
  who: SignedIn,
  purpose: ActionPurpose,
  answer: { readonly text: string; readonly response: unknown },
): Promise<ProvedAction> {
  const { person, signIn } = who;
  parts.failures.check(signIn.address, person.id);
  const assertion = parseAssertion(answer.response);
  const proved = await parts.failures.counting(
    signIn.address,
    async () => {
      if (assertion.challenge !== Buffer.from(digestOf(answer.text)).toString("base64url")) {
        throw new IdentityRefused("response-invalid", "the signature is for something else");
      }
      const binding = bindingTo.signIn(signIn.id);
      return prove(parts, answer.response, signIn, `action ${purpose}`, binding, person);
    },
    person.id,
  );
  const { passkey } = proved;
  const { response } = assertion.response;
  const action: SignedAction = {
    ...{ id: newId(), purpose, text: answer.text, personId: person.id, atMs: parts.clock.wallMs() },
    ...{ passkeyId: passkey.id, rpId: passkey.rpId, publicKey: passkey.publicKey },
    algorithm: passkey.algorithm,
    clientDataJson: response.clientDataJSON,
    authenticatorData: response.authenticatorData,
    signature: response.signature,
  };
  await parts.store
    .act(async (queries) => {
      await advance(queries, passkey, { ...proved, atMs: action.atMs });
      await insertSignedAction(queries, action);
    })
    .catch((error: unknown) => parts.failures.alarm(error, passkey));
  // It may have ended while the signature was looked at and kept.
  if (!parts.book.get(signIn.id)) throw new IdentityRefused("not-allowed", "signed out meanwhile");
  return { action, content: contentOf(answer.text) };
}

/** Only of texts whose digest was a challenge of ours: they have the form that `options` gave. */
function contentOf(text: string): ActionContent {
  const { content } = parseCanonicalJson(text) as { readonly content: ActionContent };
  return content;
}

function digestOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHash("sha256").update(text).digest());
}
