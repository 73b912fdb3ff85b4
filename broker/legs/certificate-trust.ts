/** Whether a certificate that an asset shows is one of those that are trusted now. */
import type { TLSSocket } from "node:tls";
import type { ShownIdentity } from "../plant/shown-identity.ts";
import { shownCertificate } from "./read-identity.ts";

export interface CertificateTrust {
  readonly address: string;
  readonly port: number;
  /** Those that are trusted now, where they are pinned. */
  certificates(): readonly string[];
  unknownCertificate(shown: ShownIdentity, pinned: boolean): void;
}

/** In words for the person; undefined if it is trusted. */
export function certificateRefusal(
  { address, port, ...trust }: CertificateTrust,
  socket: TLSSocket,
): string | undefined {
  const { raw } = socket.getPeerCertificate();
  if (!raw) return "it shows no certificate";
  const shown = shownCertificate("tls-certificate", raw, `${address}:${port}`);
  const { fingerprint } = shown;
  const trusted = trust.certificates();
  if (trusted.includes(fingerprint)) return undefined;
  trust.unknownCertificate(shown, trusted.length > 0);
  return trusted.length > 0
    ? `it shows another certificate than the one that is trusted (SHA-256 ${fingerprint})`
    : `its certificate is not trusted yet (SHA-256 ${fingerprint}): an administrator can accept it`;
}
