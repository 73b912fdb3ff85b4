/** One act signed by the passkey: the broker says what, this checks that it is what is signed. */
import type { PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { confirmByPasskey } from "./passkey.ts";
import { ApiProblem } from "./problem.ts";

export interface ActionToSign {
  readonly text: string;
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}

/** @throws {ApiProblem} `passkey-…` when the person did not confirm, `altered` when the challenge is of another text */
export async function signAction({ text, options }: ActionToSign, altered: string) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  if (base64url(new Uint8Array(digest)) !== options.challenge) {
    throw new ApiProblem(400, { code: "altered", message: altered });
  }
  return { text, response: await confirmByPasskey(options) };
}

function base64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
