/**
 * What an asset shows to prove that it is the one meant: a host key of SSH, a certificate of
 * OPC UA or of TLS. The plant file can pin it; where it does not, an administrator accepts what
 * was shown by a signed act (`broker/trust`). A pin of the plant file is the stronger statement:
 * where there is one, nothing that was accepted counts.
 */
import type { Endpoint } from "./model.ts";

export type IdentityKind = "ssh-host-key" | "opcua-certificate" | "tls-certificate";

export interface ShownIdentity {
  readonly kind: IdentityKind;
  /** What is pinned: `SHA256:…` of a host key, 64 hexadecimal digits of a certificate. */
  readonly fingerprint: string;
  /** For example `ssh-ed25519` or `RSA 2048 bit`. */
  readonly algorithm: string;
  /** Host and port that showed it, as they were dialled. */
  readonly address: string;
  /** The same in the forms that the tools of the field print. */
  readonly alsoWritten: readonly { readonly as: string; readonly text: string }[];
  /** Absent for host keys, and for certificates that cannot be read. */
  readonly certificate?: ShownCertificate;
}

/** The asset's own words, as harmless text. */
export interface ShownCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** Names and addresses that it is for. */
  readonly names: string;
  readonly validFromMs: number;
  readonly validUntilMs: number;
}

/** What was accepted besides the plant file. Asked at each dial, so that a change counts at once. */
export interface TrustedIdentities {
  /** @param endpoint `ASSET/ENDPOINT` */
  of(endpoint: string, kind: IdentityKind): readonly string[];
}

/** Undefined where the endpoint proves nothing, or an authority vouches for it. */
export function identityKindOf(endpoint: Endpoint): IdentityKind | undefined {
  switch (endpoint.protocol) {
    case "ssh":
      return "ssh-host-key";
    case "opcua": {
      const { security, certificates } = endpoint;
      return security.mode === "None" && certificates.length === 0
        ? undefined
        : "opcua-certificate";
    }
    case "vnc":
    case "web":
      return endpoint.tls?.kind === "pinned" ? "tls-certificate" : undefined;
    default:
      return undefined;
  }
}

/** Empty where the plant file leaves it to an administrator's act. */
export function pinnedInFile(endpoint: Endpoint): readonly string[] {
  switch (endpoint.protocol) {
    case "ssh":
      return endpoint.hostKeys;
    case "opcua":
      return endpoint.certificates;
    case "vnc":
    case "web":
      return endpoint.tls?.kind === "pinned" ? endpoint.tls.certificates : [];
    default:
      return [];
  }
}

/** The fingerprints that count for it now. */
export function pinsOf(
  name: string,
  endpoint: Endpoint,
  trusted: TrustedIdentities | undefined,
): readonly string[] {
  const inFile = pinnedInFile(endpoint);
  if (inFile.length > 0) return inFile;
  const kind = identityKindOf(endpoint);
  return kind === undefined ? [] : (trusted?.of(name, kind) ?? []);
}
