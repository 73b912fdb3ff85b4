/**
 * The key by which this site signs what it tells other systems (ES256), made when it is first
 * needed. Whoever listens fetches the public half; a new one counts as soon as they look again.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from "jose";
import type { Clock } from "../clock.ts";
import { checkPrivateFile } from "../store/data-folder.ts";
import { writeWhole } from "../write-whole.ts";

export class SiteKey {
  private readonly path: string;
  private readonly issuer: string;
  private readonly clock: Clock;
  private loaded: ReturnType<typeof load> | undefined;

  /** @param issuer `iss` of what is signed: the broker's own address */
  constructor(path: string, issuer: string, clock: Clock) {
    this.path = path;
    this.issuer = issuer;
    this.clock = clock;
  }

  /** A security event token (RFC 8417). */
  async sign(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const { privateKey, jwk } = await this.key();
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "ES256", typ: "secevent+jwt", kid: jwk.kid ?? "" })
      .setIssuer(this.issuer)
      .setIssuedAt(Math.floor(this.clock.wallMs() / 1_000))
      .sign(privateKey);
  }

  async publicKeys(): Promise<{ readonly keys: readonly JWK[] }> {
    return { keys: [(await this.key()).jwk] };
  }

  private key(): ReturnType<typeof load> {
    this.loaded ??= load(this.path);
    return this.loaded;
  }
}

async function load(path: string) {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeWhole(path, privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  }
  checkPrivateFile(path);
  const privateKey = createPrivateKey(readFileSync(path));
  const jwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, jwk: { ...jwk, kid, use: "sig", alg: "ES256" } };
}
