/**
 * An RSA key that anybody can make again from a word. The simulated devices show the same one on
 * every machine, so that the example plant can pin it, and no private key lies in the repository.
 * Worthless as a secret, on purpose: it belongs to a toy.
 */
import { checkPrimeSync, createHash, createPrivateKey, type KeyObject } from "node:crypto";

const PRIME_BITS = 1024;
const EXPONENT = 65_537n;

export function knownKey(word: string): KeyObject {
  const [p, q] = [prime(`${word}/p`), prime(`${word}/q`)].sort((a, b) => (a > b ? -1 : 1));
  if (p === undefined || q === undefined) throw new Error("a key has two primes");
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  return createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      ...{ n: text(p * q), e: text(EXPONENT), d: text(d), p: text(p), q: text(q) },
      ...{ dp: text(d % (p - 1n)), dq: text(d % (q - 1n)), qi: text(inverse(q, p)) },
    },
  });
}

/** The first one from a number that the word gives; both top bits are set, so that n is 2,048 bits long. */
function prime(word: string): bigint {
  const bytes = createHash("shake256", { outputLength: PRIME_BITS / 8 })
    .update(word)
    .digest("hex");
  const top = 3n << BigInt(PRIME_BITS - 2);
  for (let number = BigInt(`0x${bytes}`) | top | 1n; ; number += 2n) {
    if ((number - 1n) % EXPONENT !== 0n && checkPrimeSync(number)) return number;
  }
}

function inverse(of: bigint, modulus: bigint): bigint {
  let [r, next] = [modulus, of % modulus];
  let [t, nextT] = [0n, 1n];
  while (next !== 0n) {
    const times = r / next;
    [r, next] = [next, r - times * next];
    [t, nextT] = [nextT, t - times * nextT];
  }
  return t < 0n ? t + modulus : t;
}

function text(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex").toString("base64url");
}
