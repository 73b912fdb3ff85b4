/**
 * Signatures checked by the browser itself. WebCrypto answers later and our proofs ask at once: so
 * what a check asks about is noted, looked up, and the check is run again until it asks nothing new.
 */
import type { VerifyEd25519 } from "../../protocols/log/note.ts";
import type { SignedAct } from "../../protocols/log/signed-act.ts";

/** Each round can only ask about what the one before made it reach; a note has few signatures. */
const ROUNDS_MAX = 4;

/** Answers what `compute` makes of it once every signature that it asks about is known. */
export async function withSignatures<T>(compute: (verify: VerifyEd25519) => T): Promise<T> {
  const known = new Map<string, boolean>();
  for (let round = 0; ; round += 1) {
    const asked = new Map<string, Parameters<VerifyEd25519>>();
    const result = compute((...given) => {
      const name = given.map((bytes) => bytes.join()).join("|");
      if (!known.has(name)) asked.set(name, given);
      return known.get(name) ?? false;
    });
    if (asked.size === 0 || round === ROUNDS_MAX) return result;
    for (const [name, given] of asked) known.set(name, await verifyEd25519(...given));
  }
}

async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", own(publicKey), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, own(signature), own(message));
}

/** Whether the passkey has signed the act. */
export async function isSignedByPasskey(act: SignedAct): Promise<boolean> {
  const { name, raw } = ALGORITHMS[act.key.kty];
  const signature = raw ? rawOfDer(act.signature) : act.signature;
  if (!signature) return false;
  try {
    const key = await crypto.subtle.importKey("jwk", act.key, name, false, ["verify"]);
    return await crypto.subtle.verify(name, key, own(signature), own(act.message));
  } catch {
    // A key that the browser cannot take has signed nothing that it can vouch for.
    return false;
  }
}

const ALGORITHMS = {
  EC: { name: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }, raw: true },
  OKP: { name: { name: "Ed25519" }, raw: false },
  RSA: { name: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, raw: false },
} as const;

const COORDINATE = 32;

/** WebAuthn carries ECDSA signatures in DER; WebCrypto takes the two numbers side by side. */
export function rawOfDer(der: Uint8Array): Uint8Array | undefined {
  const raw = new Uint8Array(2 * COORDINATE);
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  let at = 2;
  for (const end of [COORDINATE, 2 * COORDINATE]) {
    const length = der[at + 1] ?? 0;
    if (der[at] !== 0x02 || at + 2 + length > der.length) return undefined;
    const digits = der.subarray(at + 2, at + 2 + length);
    const value = digits[0] === 0 ? digits.subarray(1) : digits;
    if (value.length > COORDINATE) return undefined;
    raw.set(value, end - value.length);
    at += 2 + length;
  }
  return at === der.length ? raw : undefined;
}

/** WebCrypto takes no views of shared memory. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
