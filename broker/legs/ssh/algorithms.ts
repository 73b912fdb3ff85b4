/** What is offered to assets and clients. Old algorithms only where the plant file names the need. */
import type { Algorithms } from "ssh2";

const MODERN = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group14-sha256",
  ],
  serverHostKey: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
  ],
  hmac: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
  ],
  compress: ["none"],
} as const;

const LEGACY = {
  kex: [
    ...MODERN.kex,
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group1-sha1",
  ],
  serverHostKey: [...MODERN.serverHostKey, "ssh-rsa", "ssh-dss"],
  cipher: [...MODERN.cipher, "aes256-cbc", "aes128-cbc", "3des-cbc"],
  hmac: [...MODERN.hmac, "hmac-sha1", "hmac-md5"],
  compress: ["none"],
} as const;

/** To assets: the first here that the asset knows. */
export function algorithms(legacy: boolean): Algorithms {
  // The types of the library know fewer names than it does, and only arrays that can change.
  return structuredClone(legacy ? LEGACY : MODERN) as unknown as Algorithms;
}

/**
 * The same exchange as `curve25519-sha256` by its older name. Dropbear's client guesses the newer
 * one and sends its half at once (RFC 4253, 7); the library loses what follows a right guess, and
 * both would wait. After a wrong one the client begins again.
 */
const FIRST_KEX = "curve25519-sha256@libssh.org";
/**
 * Costs sixty times as much as a curve, and who asks for it has proved nothing and need compute
 * nothing: some dozens a second would keep the broker busy. Whoever knows it knows another here.
 */
const COSTLY_KEX = "diffie-hellman-group18-sha512";

/**
 * To clients: the first of theirs that is here. OpenSSH's names ChaCha20-Poly1305 first, which costs
 * a broker more than AES-GCM, and which Terrapin was about; whoever knows it knows another here.
 */
export function algorithmsForClients(): Algorithms {
  const cipher = MODERN.cipher.filter((name) => !name.startsWith("chacha20"));
  const others = MODERN.kex.filter((name) => name !== FIRST_KEX && name !== COSTLY_KEX);
  const kex = [FIRST_KEX, ...others];
  return structuredClone({ ...MODERN, kex, cipher }) as unknown as Algorithms;
}
