/** What the store keeps, as the rest of the broker sees it. Times are milliseconds since the epoch. */

export type Role = "administrator" | "engineer" | "supervisor" | "vendor" | "auditor";

export const ROLES: readonly Role[] = [
  "administrator",
  "engineer",
  "supervisor",
  "vendor",
  "auditor",
];

/** `invited`: has never enrolled a passkey. */
export type PersonState = "invited" | "active" | "disabled";

export interface Person {
  readonly id: string;
  readonly name: string;
  /** Lower case, unique: the handle that plant-file grants name. */
  readonly email: string;
  readonly employer: string;
  readonly roles: readonly Role[];
  readonly state: PersonState;
  /** How many passkeys are enrolled. */
  readonly passkeys: number;
  readonly lastSignInMs: number | null;
  readonly createdMs: number;
}

export interface Passkey {
  /** Credential id, base64url. */
  readonly id: string;
  readonly personId: string;
  readonly label: string;
  /** The relying party it was made for; it works for no other. */
  readonly rpId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  readonly algorithm: number;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly aaguid: string;
  /** WebAuthn flags UV, BE and BS as last seen (BE never changes). */
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly createdMs: number;
  readonly lastUsedMs: number | null;
}

/** One browser in which a person is signed in. The token itself is kept nowhere. */
export interface SignIn {
  readonly id: string;
  readonly personId: string;
  readonly passkeyId: string;
  readonly address: string;
  readonly userAgent: string;
  readonly createdMs: number;
  readonly lastSeenMs: number;
  /** When a passkey last proved the person in this browser. */
  readonly assertedMs: number;
  /** Ends then at the latest. */
  readonly absoluteEndsMs: number;
}

export interface Recovery {
  readonly id: string;
  readonly personId: string;
  readonly requestedBy: string;
  readonly requestedMs: number;
  readonly expiresMs: number;
  readonly reason: string;
}

/** A grant made by an administrator in the console. */
export interface ConsoleGrant {
  readonly id: string;
  readonly personId: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
  readonly createdBy: string;
  readonly createdMs: number;
  readonly revokedMs: number | null;
  readonly revokedBy: string | null;
}

export type Priority = "event" | "alarm";

/** What the broker noticed and a person may want to know; alarms need a person. */
export interface SiteEvent {
  /** Sorts in the order in which events happened. */
  readonly id: string;
  readonly atMs: number;
  /** `area:what`, for example `sign-in:refused`. */
  readonly kind: string;
  readonly priority: Priority;
  /** One line without control or direction characters. */
  readonly text: string;
  /** Id of the person it is about or who did it. */
  readonly subject: string | null;
  readonly session: string | null;
}
