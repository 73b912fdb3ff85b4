/** An identity provider of a test: keys, and security event tokens as a real one makes them. */
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose";
import { plainSecret } from "../../broker/integrations/secret.ts";
import { type SignalType, uriOf } from "../../broker/signals/event-types.ts";
import { DEFAULT_EFFECTS, type Transmitter } from "../../broker/signals/transmitter.ts";
import { temporaryFolder } from "./temporary.ts";

export const AUTHORIZATION = "Bearer of-the-identity-provider-0123456789";
export const ISSUER = "https://idp.example";

export interface Told {
  readonly subject?: object;
  readonly event?: object;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Partial<JWTHeaderParameters>;
}

export class SignalSender {
  readonly jwks: string;
  readonly audience: string;
  private readonly privateKey: CryptoKey;
  private readonly nowMs: () => number;

  private constructor(jwks: string, key: CryptoKey, audience: string, nowMs: () => number) {
    this.jwks = jwks;
    this.privateKey = key;
    this.audience = audience;
    this.nowMs = nowMs;
  }

  static async create(audience: string, nowMs: () => number = Date.now): Promise<SignalSender> {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const keys = [{ ...(await exportJWK(publicKey)), kid: "idp-1", use: "sig", alg: "ES256" }];
    return new SignalSender(JSON.stringify({ keys }), privateKey, audience, nowMs);
  }

  /** As the integrations file would say it. */
  transmitter(more: Partial<Transmitter> = {}): Transmitter {
    return {
      ...{ name: "idp", issuer: ISSUER, audience: this.audience, algorithms: ["ES256"] },
      keys: { from: "file", file: plainSecret(this.jwks) },
      delivery: { kind: "push", authorization: plainSecret(AUTHORIZATION) },
      ...{ ageMaxMs: 3_600_000, rate: 20, unknownSubjects: "refuse", effects: DEFAULT_EFFECTS },
      ...more,
    };
  }

  /** The same as text, with its keys in a file. */
  yaml(more = ""): string {
    const folder = temporaryFolder();
    const [keys, secret] = [path.join(folder, "jwks.json"), path.join(folder, "authorization")];
    writeFileSync(keys, this.jwks);
    writeFileSync(secret, AUTHORIZATION);
    return `signals-from:
  - name: idp
    issuer: ${ISSUER}
    audience: ${this.audience}
    algorithms: [ES256]
    keys: ${keys}
    authorization: { file: ${secret} }
${more}`;
  }

  set(type: SignalType, told: Told = {}): Promise<string> {
    return this.token(uriOf(type), told);
  }

  token(
    uri: string,
    { subject, event = {}, claims = {}, header = {} }: Told = {},
  ): Promise<string> {
    const nowS = Math.floor(this.nowMs() / 1_000);
    return new SignJWT({
      ...{ iss: ISSUER, aud: this.audience, iat: nowS, jti: randomUUID() },
      events: { [uri]: { event_timestamp: nowS, ...event } },
      ...(subject && { sub_id: subject }),
      ...claims,
    })
      .setProtectedHeader({ alg: "ES256", typ: "secevent+jwt", kid: "idp-1", ...header })
      .sign(this.privateKey);
  }
}

export function byEmail(email: string): object {
  return { format: "email", email };
}
