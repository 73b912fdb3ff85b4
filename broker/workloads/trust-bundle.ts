/**
 * What the workloads of a trust domain are verified by: certificates in PEM, or a bundle as SPIFFE
 * defines it (a JWK set whose keys say what they are for). An empty bundle trusts nobody, which is
 * how a domain is shut.
 */
import { createPublicKey, X509Certificate } from "node:crypto";
import type { JWK } from "jose";
import { z } from "zod";

export interface TrustBundle {
  readonly anchors: readonly X509Certificate[];
  /** Public keys of JWT-SVIDs, or of an issuer. */
  readonly keys: readonly JWK[];
}

export class BundleInvalid extends Error {
  override readonly name = "BundleInvalid";
}

export const NO_TRUST: TrustBundle = { anchors: [], keys: [] };

/** Old and new ones of a rotation, of some federated domains. */
const KEYS_MAX = 64;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(KEYS_MAX) });
type Key = z.infer<typeof keySet>["keys"][number];

/** @throws BundleInvalid with what is wrong in a few words */
export function parseBundle(text: string): TrustBundle {
  if (text.trimStart().startsWith("{")) return spiffeBundle(keysIn(text));
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new BundleInvalid("it holds no certificate and no JWK set");
  if (blocks.length > KEYS_MAX) throw new BundleInvalid(`more than ${KEYS_MAX} certificates`);
  return { anchors: blocks.map(anchor), keys: [] };
}

/** The keys of an issuer of tokens. @throws BundleInvalid */
export function parseKeySet(text: string): readonly JWK[] {
  return keysIn(text)
    .filter(({ use }) => use === undefined || use === "sig")
    .map(publicKey);
}

function keysIn(text: string): readonly Key[] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new BundleInvalid("it is not JSON");
  }
  const parsed = keySet.safeParse(read);
  if (!parsed.success) throw new BundleInvalid("it is not a JWK set");
  return parsed.data.keys;
}

/** SPIFFE Trust Domain and Bundle, section 4: what is for something else is left out. */
function spiffeBundle(keys: readonly Key[]): TrustBundle {
  return {
    anchors: keys.filter(({ use }) => use === "x509-svid").map(anchorOfKey),
    keys: keys.filter(({ use, kid }) => use === "jwt-svid" && kid !== undefined).map(publicKey),
  };
}

function anchorOfKey({ x5c }: Key): X509Certificate {
  const [only, ...more] = Array.isArray(x5c) ? (x5c as unknown[]) : [];
  if (typeof only !== "string" || more.length > 0) {
    throw new BundleInvalid("a key for x509-svid has exactly one certificate in x5c");
  }
  return anchor(Buffer.from(only, "base64"));
}

function anchor(of: string | Buffer): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(of);
  } catch {
    throw new BundleInvalid("a certificate in it cannot be read");
  }
  if (certificate.ca) return certificate;
  throw new BundleInvalid(`${certificate.subject.split("\n").join(", ")} is no authority`);
}

/** Nothing that could sign: a secret in a file of public keys is a mistake to be told. */
function publicKey(key: Key): JWK {
  if (key.kty === "oct" || key.d !== undefined) {
    throw new BundleInvalid("it holds a secret key; public keys alone belong here");
  }
  try {
    createPublicKey({ key: key as JWK, format: "jwk" });
  } catch {
    throw new BundleInvalid("a key in it cannot be used");
  }
  // Which one it is for is what the set that it stands in says.
  const { use: _, ...rest } = key;
  return rest as JWK;
}
