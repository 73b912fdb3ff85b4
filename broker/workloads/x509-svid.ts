/**
 * An X.509-SVID as a workload shows it in a TLS handshake, whose key it has proved there and whose
 * chain the platform has verified against all bundles. Here it is held to the bundle of its own
 * trust domain, and to what the standard says a leaf is.
 */
import { createHash, X509Certificate } from "node:crypto";
import type { Proof, TrustDomain } from "./model.ts";
import { parseSpiffeId, type SpiffeId } from "./spiffe-id.ts";

export type SvidRead =
  | { readonly kind: "svid"; readonly id: SpiffeId; readonly proof: Proof }
  /** In a few words, for the log. */
  | { readonly kind: "refused"; readonly why: string };

/** Leaf, some authorities between, anchor. */
export const CHAIN_MAX = 6;
/** RFC 5280, 4.2.1.3: bits of keyUsage, the first one is the highest. */
const DIGITAL_SIGNATURE = 0;
const KEY_CERT_SIGN = 5;
const CRL_SIGN = 6;

/** @param chain DER, the leaf first, as it was shown */
export async function readSvid(
  chain: readonly Uint8Array[],
  domains: readonly TrustDomain[],
  nowMs: number,
): Promise<SvidRead> {
  const certificates = readChain(chain);
  const [leaf, ...between] = certificates;
  if (!leaf) return refused("no certificate that can be read was shown");
  const uris = await urisOf(leaf.raw);
  if (uris.length !== 1) return refused(`it has ${uris.length} URIs, not one`);
  const id = parseSpiffeId(uris[0] ?? "");
  if (!id || id.path === "") return refused("its URI is not the SPIFFE ID of a workload");
  const wrong = await leafFault(leaf);
  if (wrong !== undefined) return refused(`${id.text}: ${wrong}`);
  const domain = domains.find((each) => each.domain === id.domain);
  if (!domain) return refused(`${id.text}: its trust domain is not known here`);
  if (!isOfNow(leaf, nowMs)) return refused(`${id.text}: it is not of now`);
  const anchor = anchorOf(leaf, between, domain.bundle.anchors, nowMs);
  if (!anchor) return refused(`${id.text}: no authority of its trust domain made it`);
  const proof: Proof = {
    ...{ kind: "svid", identity: id.text, trust: id.domain, anchor: fingerprintOf(anchor) },
    endsMs: Date.parse(leaf.validTo),
  };
  return { kind: "svid", id, proof };
}

/** SHA-256 of the DER, lower-case hex. */
export function fingerprintOf({ raw }: Pick<X509Certificate, "raw">): string {
  return createHash("sha256").update(raw).digest("hex");
}

function refused(why: string): SvidRead {
  return { kind: "refused", why };
}

function readChain(chain: readonly Uint8Array[]): readonly X509Certificate[] {
  try {
    return chain.slice(0, CHAIN_MAX).map((der) => new X509Certificate(der));
  } catch {
    return [];
  }
}

/**
 * The anchor that the leaf leads to by signatures, or undefined. Only the anchors of one domain
 * are looked at: an authority of another domain that takes the name of one of these gets nowhere.
 */
function anchorOf(
  leaf: X509Certificate,
  between: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  nowMs: number,
): X509Certificate | undefined {
  let at = leaf;
  for (let depth = 0; depth < CHAIN_MAX; depth += 1) {
    const anchor = anchors.find((each) => isOfNow(each, nowMs) && isIssuer(each, at));
    if (anchor) return anchor;
    const next = between.find((each) => each.ca && isOfNow(each, nowMs) && isIssuer(each, at));
    if (!next || next.fingerprint256 === at.fingerprint256) return undefined;
    at = next;
  }
  return undefined;
}

function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  try {
    return of.checkIssued(issuer) && of.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function isOfNow({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs < Date.parse(validTo);
}

/** X509-SVID, section 4: what a leaf must and must not be. */
async function leafFault(leaf: X509Certificate): Promise<string | undefined> {
  const {
    X509Certificate: Certificate,
    BasicConstraintsExtension,
    KeyUsagesExtension,
  } = await x509();
  const read = new Certificate(new Uint8Array(leaf.raw));
  // The platform calls only those an authority whose key may sign certificates, too.
  if (leaf.ca || read.getExtension(BasicConstraintsExtension)?.ca) {
    return "it is an authority, not a leaf";
  }
  const usages = read.getExtension(KeyUsagesExtension)?.usages;
  if (usages === undefined) return "it does not say what its key is for";
  const has = (bit: number) => (usages & (1 << bit)) !== 0;
  if (!has(DIGITAL_SIGNATURE)) return "its key is not for signatures";
  if (has(KEY_CERT_SIGN) || has(CRL_SIGN)) return "its key may sign certificates";
  return undefined;
}

/** Read from the DER: names in printed text can pretend to be several. */
async function urisOf(der: Uint8Array): Promise<readonly string[]> {
  try {
    const { X509Certificate: Certificate, SubjectAlternativeNameExtension } = await x509();
    const names = new Certificate(new Uint8Array(der)).getExtension(
      SubjectAlternativeNameExtension,
    )?.names;
    return (names?.items ?? []).filter(({ type }) => type === "url").map(({ value }) => value);
  } catch {
    return [];
  }
}

/** Loaded where the first certificate comes. */
async function x509() {
  await import("reflect-metadata");
  return import("@peculiar/x509");
}
