/** Names of workloads as the SPIFFE standard writes them: `spiffe://TRUST-DOMAIN/PATH`. */

export interface SpiffeId {
  readonly text: string;
  readonly domain: string;
  /** With its leading slash; empty for the trust domain itself. */
  readonly path: string;
}

/** SPIFFE ID, section 2.3. */
const LENGTH_MAX = 2_048;
/** Section 2.1. */
const DOMAIN_LENGTH_MAX = 255;
const DOMAIN = /^[a-z0-9._-]+$/;
/** Section 2.2: no empty segment, no `.` and `..`, nothing that is percent-encoded. */
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/;

export function parseSpiffeId(text: string): SpiffeId | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const [, domain = "", path = ""] = /^spiffe:\/\/([^/]*)(\/.*)?$/s.exec(text) ?? [];
  if (!isTrustDomain(domain)) return undefined;
  const segments = path === "" ? [] : path.slice(1).split("/");
  return segments.every((each) => SEGMENT.test(each)) ? { text, domain, path } : undefined;
}

export function isTrustDomain(text: string): boolean {
  return text.length <= DOMAIN_LENGTH_MAX && DOMAIN.test(text);
}
