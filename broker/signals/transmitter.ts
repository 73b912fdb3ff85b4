/** Those whose signals are taken, as the integrations file names them. */
import type { Secret } from "../integrations/model.ts";
import type { Algorithm } from "../workloads/model.ts";
import type { RiskLevel } from "./event-types.ts";

/** What a signal leads to. `note`: the policies hear of the risk, and nothing else happens. */
export const EFFECTS = ["end", "view-only", "supervisor", "proof", "note"] as const;
export type Effect = (typeof EFFECTS)[number];

export type EffectOf = Readonly<
  Record<"session-revoked" | "credential-change" | "risk-medium" | "risk-high", Effect>
>;

export interface Transmitter {
  readonly name: string;
  /** `iss`, exactly. */
  readonly issuer: string;
  /** What its tokens for this broker name as `aud`; undefined for the broker's own address. */
  readonly audience: string | undefined;
  readonly algorithms: readonly Algorithm[];
  /** JWK set: a file that is read at each use, or an https address. */
  readonly keys:
    | { readonly from: "file"; readonly file: Secret }
    | { readonly from: "url"; readonly url: string };
  /** Whether it comes to us, or is asked. */
  readonly delivery: /** The whole `Authorization` header that it sends. */
    | { readonly kind: "push"; readonly authorization: Secret }
    /** The one that we send. */
    | { readonly kind: "poll"; readonly url: string; readonly authorization: Secret };
  /** PEM; in place of the system's roots, for the addresses above. */
  readonly ca?: Secret;
  /** A signal older than this is refused. */
  readonly ageMaxMs: number;
  /** Signals a second. */
  readonly rate: number;
  readonly unknownSubjects: "refuse" | "ignore";
  readonly effects: EffectOf;
}

export const DEFAULT_EFFECTS: EffectOf = {
  "session-revoked": "end",
  "credential-change": "proof",
  "risk-medium": "proof",
  "risk-high": "view-only",
};

export function effectOfRisk(effects: EffectOf, level: RiskLevel): Effect {
  if (level === "LOW") return "note";
  return effects[level === "HIGH" ? "risk-high" : "risk-medium"];
}
