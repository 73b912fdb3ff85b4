/** How a gateway reaches control: the one connection it opens besides those to its assets. */
import { createHash } from "node:crypto";
import { connect, type DetailedPeerCertificate, type TLSSocket } from "node:tls";

export interface ControlAddress {
  readonly host: string;
  readonly port: number;
}

export interface ControlTrust {
  /** PEM of the site's authority. */
  readonly authority: string;
  /** What control's certificate is for, whatever address it is reached at. */
  readonly serverName: string;
}

export interface OwnCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

const CONNECT_MS = 10_000;

/** Rejects with what went wrong. */
export function dialControl(
  { host, port }: ControlAddress,
  { authority, serverName }: ControlTrust,
  own?: OwnCertificate,
): Promise<TLSSocket> {
  const socket = connect({
    ...{ host, port, ca: authority, servername: serverName, minVersion: "TLSv1.3" as const },
    ...(own && { cert: own.certificate, key: own.key }),
  });
  return secured(socket);
}

/**
 * The authority that control shows, if it is the one of this fingerprint (SHA-256 of its DER, in
 * hex): nothing was said to control yet.
 */
export async function fetchAuthority(
  { host, port }: ControlAddress,
  serverName: string,
  fingerprint: string,
): Promise<string> {
  const socket = await secured(
    connect({ host, port, servername: serverName, rejectUnauthorized: false }),
  );
  try {
    for (const shown of chainOf(socket.getPeerCertificate(true))) {
      if (createHash("sha256").update(shown.raw).digest("hex") !== fingerprint) continue;
      const base64 = shown.raw.toString("base64").replace(/.{64}/g, "$&\n");
      return `-----BEGIN CERTIFICATE-----\n${base64.trimEnd()}\n-----END CERTIFICATE-----\n`;
    }
  } finally {
    socket.destroy();
  }
  throw new Error(
    "what answers there is another site, or somebody between: nothing was told to it",
  );
}

function* chainOf(leaf: DetailedPeerCertificate): Iterable<DetailedPeerCertificate> {
  for (let at: DetailedPeerCertificate | undefined = leaf, n = 0; at?.raw && n < 8; n++) {
    yield at;
    if (at.issuerCertificate === at) return;
    at = at.issuerCertificate;
  }
}

function secured(socket: TLSSocket): Promise<TLSSocket> {
  socket.setNoDelay(true);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => socket.destroy(new Error("no answer in time")), CONNECT_MS);
    socket.once("secureConnect", () => {
      clearTimeout(late);
      socket.removeListener("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}
