/** What the file of workloads says, checked. */
import type { JWK } from "jose";
import type { WorkloadProof } from "../store/model.ts";
import type { TrustBundle } from "./trust-bundle.ts";

/** Of asymmetric keys alone: with a public key nobody makes an HMAC that counts. */
export const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** A SPIFFE trust domain, whose bundle is a file beside the file of workloads. */
export interface TrustDomain {
  readonly domain: string;
  readonly bundle: TrustBundle;
  readonly bundleFile: string;
}

/** Who signs tokens: a cluster, a CI service. */
export interface TokenIssuer {
  /** `iss`, exactly. */
  readonly issuer: string;
  /** What its tokens for this broker name as `aud`; undefined for the broker's own address. */
  readonly audience: string | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly keys:
    | { readonly from: "file"; readonly keys: readonly JWK[] }
    | { readonly from: "url"; readonly url: string; readonly ca?: string };
  /** A token older than this is refused, however long it says it lives. */
  readonly ageMaxMs: number;
  /** Each token counts once (by `jti`). */
  readonly once: boolean;
}

export interface Workload {
  readonly id: string;
  /** `workload:ID` */
  readonly handle: string;
  readonly name: string;
  /** E-mail address of the person who answers for it. */
  readonly owner: string;
  readonly proof:
    | { readonly kind: "spiffe"; readonly spiffeId: string }
    | {
        readonly kind: "jwt";
        readonly issuer: string;
        readonly subject: string;
        /** Further claims that must be exactly so. */
        readonly claims: ReadonlyMap<string, string>;
      };
  /** How long its token counts from each proof. */
  readonly lifeMs: number;
  /** Nothing proves it from then on. */
  readonly untilMs: number | undefined;
}

/** Verified, and not yet looked up in the file. */
export type Proof = Omit<WorkloadProof, "handle">;

export interface WorkloadConfig {
  readonly domains: readonly TrustDomain[];
  readonly issuers: readonly TokenIssuer[];
  readonly workloads: readonly Workload[];
  /** Files beside it whose change counts too. */
  readonly files: readonly string[];
}

export const NO_WORKLOADS: WorkloadConfig = { domains: [], issuers: [], workloads: [], files: [] };
