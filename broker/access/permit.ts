/**
 * A permit is the only value that can be dialled with. It is minted by the policy administrator
 * from a live grant, carries its target, and can cross a process border: plain data and a
 * signature that `sessions/` checks before it connects.
 */
import type { OperationClass } from "../../protocols/guard.ts";
import type { LeftDown } from "../../protocols/rfb/left-down.ts";
import type { Endpoint, Profile } from "../plant/model.ts";

/** The broker itself, where it reads for its own purposes. People's ids look different. */
export const BROKER_SUBJECT = { id: "broker", name: "broker", roles: [] } as const;

export interface PermitClaims {
  readonly session: string;
  readonly site: { readonly id: string; readonly name: string };
  readonly subject: {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly string[];
  };
  /** `breakGlass`: nobody had agreed to it. */
  readonly grant: { readonly id: string; readonly untilMs: number; readonly breakGlass?: true };
  readonly asset: { readonly id: string; readonly name: string; readonly zone: string };
  readonly endpoint: Endpoint;
  readonly profile: Profile;
  readonly plantDigest: string;
  /** What the subject holds at opening; changes arrive as capability leases. */
  readonly capabilities: readonly OperationClass[];
  /** What that was decided on and by which policies, as canonical JSON for the tape. */
  readonly basis?: string;
  /** Who of the control room agreed to this session, by which signed act. */
  readonly consent?: {
    readonly id: string;
    readonly by: string;
    readonly name: string;
    readonly actionId: string;
  };
  /** The session that it is opened beside, on the same asset. */
  readonly visit?: string;
  /** What the recording of a killed session shows pressed on the screen; this one lets go of it. */
  readonly leftDown?: LeftDown;
  readonly limits: SessionLimits;
  /** Must be dialled before this (ms since the epoch). */
  readonly expiresMs: number;
}

export interface SessionLimits {
  /** No human input for this long ends the session. */
  readonly idleMs: number;
  /** The owner's connection may be away for this long. */
  readonly leaseMs: number;
  /** The session ends here, whatever happens (ms since the epoch). Never later than the grant. */
  readonly untilMs: number;
  /** Capabilities lapse by themselves if they are neither leased nor renewed for this long. */
  readonly renewMs: number;
}

declare const minted: unique symbol;

/** Only `mintPermit` makes one, only `verifyPermit` opens one. */
export interface Permit {
  readonly [minted]: true;
  /** Canonical JSON of the claims, and an Ed25519 signature over it (base64url). */
  readonly claims: string;
  readonly signature: string;
}
