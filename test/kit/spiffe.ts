/** Trust domains, certificates and tokens of workloads, as an issuer of the outside makes them. */
import "reflect-metadata";
import { generateKeyPairSync, randomBytes, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { exportJWK, type JWK, type JWTPayload, SignJWT } from "jose";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR_MS = 3_600_000;

export const USAGES = {
  signsEverything: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign,
  keyEncipherment: KeyUsageFlags.keyEncipherment,
} as const;

type Keys = webcrypto.CryptoKeyPair;

export interface LeafTerms {
  readonly uris?: readonly string[];
  readonly isAuthority?: boolean;
  /** Undefined: none is named. */
  readonly usage?: number | undefined;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

export interface Svid {
  readonly der: Uint8Array;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** An authority of a trust domain. */
export class SpiffeAuthority {
  readonly certificate: X509Certificate;
  private readonly keys: Keys;
  private readonly name: string;

  private constructor(name: string, keys: Keys, certificate: X509Certificate) {
    this.name = name;
    this.keys = keys;
    this.certificate = certificate;
  }

  static async make(name = "CN=plant.example authority"): Promise<SpiffeAuthority> {
    const keys = await newKeys();
    const certificate = await made(name, { keys, name }, keys.publicKey, {
      extensions: authorityExtensions(),
    });
    return new SpiffeAuthority(name, keys, certificate);
  }

  get pem(): string {
    return `${this.certificate.toString("pem")}\n`;
  }

  /** Another authority, which this one vouches for. */
  async below(name: string): Promise<SpiffeAuthority> {
    const keys = await newKeys();
    const certificate = await made(name, this, keys.publicKey, {
      extensions: authorityExtensions(),
    });
    return new SpiffeAuthority(name, keys, certificate);
  }

  async issue(terms: LeafTerms = {}): Promise<Svid> {
    const { uris = ["spiffe://plant.example/historian"], isAuthority = false } = terms;
    const usage = "usage" in terms ? terms.usage : KeyUsageFlags.digitalSignature;
    const keys = await newKeys();
    const certificate = await made("CN=workload", this, keys.publicKey, {
      ...terms,
      extensions: [
        new BasicConstraintsExtension(isAuthority, undefined, true),
        ...(usage === undefined ? [] : [new KeyUsagesExtension(usage, true)]),
        new SubjectAlternativeNameExtension(uris.map((value) => ({ type: "url" as const, value }))),
      ],
    });
    const der = new Uint8Array(certificate.rawData);
    const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { der, certificate: `${certificate.toString("pem")}\n`, key: pemOf(key) };
  }

  /** For `made`, without showing the key to tests. */
  get signer(): { readonly keys: Keys; readonly name: string } {
    return { keys: this.keys, name: this.name };
  }
}

function authorityExtensions(): readonly Extension[] {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

function newKeys(): Promise<Keys> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function made(
  subject: string,
  by: SpiffeAuthority | { readonly keys: Keys; readonly name: string },
  publicKey: webcrypto.CryptoKey,
  terms: { readonly extensions: readonly Extension[] } & Pick<LeafTerms, "fromMs" | "untilMs">,
): Promise<X509Certificate> {
  const { keys, name } = by instanceof SpiffeAuthority ? by.signer : by;
  const serial = randomBytes(16);
  serial[0] = 0x4f;
  return X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    ...{ subject, issuer: name },
    notBefore: new Date(terms.fromMs ?? Date.now() - HOUR_MS),
    notAfter: new Date(terms.untilMs ?? Date.now() + HOUR_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: publicKey as CryptoKey,
    signingKey: keys.privateKey as CryptoKey,
    extensions: [...terms.extensions],
  });
}

function pemOf(pkcs8: ArrayBuffer): string {
  const lines =
    Buffer.from(pkcs8)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/** A cluster or a CI service that signs tokens. */
export class TokenSigner {
  readonly issuer: string;
  readonly kid: string;
  readonly publicKey: JWK;
  readonly privateKey: ReturnType<typeof generateKeyPairSync>["privateKey"];

  private constructor(
    issuer: string,
    kid: string,
    publicKey: JWK,
    privateKey: TokenSigner["privateKey"],
  ) {
    this.issuer = issuer;
    this.kid = kid;
    this.publicKey = publicKey;
    this.privateKey = privateKey;
  }

  static async make(issuer = "https://ci.example", kid = "key-1"): Promise<TokenSigner> {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: "RS256" };
    return new TokenSigner(issuer, kid, jwk, privateKey);
  }

  get keySet(): string {
    return JSON.stringify({ keys: [{ ...this.publicKey, use: "sig" }] });
  }

  /** @param nowMs of the broker's clock */
  sign(
    claims: JWTPayload,
    { header = {}, nowMs = Date.now() }: { readonly header?: object; readonly nowMs?: number } = {},
  ): Promise<string> {
    const nowS = Math.floor(nowMs / 1_000);
    return new SignJWT({ iss: this.issuer, iat: nowS, exp: nowS + 600, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: this.kid, ...header })
      .sign(this.privateKey);
  }
}
