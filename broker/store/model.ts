/** What the store keeps, as the rest of the broker sees it. Times are milliseconds since the epoch. */

/** `workload` stands for a service: no person ever holds it, and no workload holds another. */
export type Role = "administrator" | "engineer" | "supervisor" | "vendor" | "auditor" | "workload";

export const ROLES: readonly Role[] = [
  "administrator",
  "engineer",
  "supervisor",
  "vendor",
  "auditor",
  "workload",
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

/** A service, proved by certificate or token: kept like a person, and never treated as one. */
export function isWorkload({ roles }: Pick<Person, "roles">): boolean {
  return roles.includes("workload");
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

/** A person's own machine, on which `sallyport` is signed in. */
export interface SignInMachine {
  /** As it calls itself; nothing proves it. */
  readonly name: string;
  /** SHA-256 of its public key (RFC 7638): its token is worth nothing without the key. */
  readonly keyThumbprint: string;
}

/** What proved a workload: it stands in its sign-in, and never outlives what is trusted. */
export interface WorkloadProof {
  readonly kind: "svid" | "jwt";
  /** `workload:ID` in the file of workloads. */
  readonly handle: string;
  /** SPIFFE ID, or `ISSUER subject SUBJECT`. */
  readonly identity: string;
  /** Trust domain or issuer. */
  readonly trust: string;
  /** SHA-256 of the root, or thumbprint of the key, that it was verified by. */
  readonly anchor: string;
  /** The proof itself ends then. */
  readonly endsMs: number;
}

/** One browser, or command, in which a person is signed in. The token itself is kept nowhere. */
/** What an identity provider said of somebody. Alone it opens nothing. */
export interface ProviderProof {
  readonly issuer: string;
  readonly subject: string;
  /** Its own session, where it names them. */
  readonly sid?: string;
  /** When it said so, in seconds by its own clock. */
  readonly issuedS: number;
}

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
  /** Whether that passkey is copied between devices (backup eligible) or bound to one. */
  readonly synced: boolean;
  /** Ends then at the latest. */
  readonly absoluteEndsMs: number;
  /** Absent for a browser. */
  readonly machine?: SignInMachine;
  /** The device that showed its key when the person was proved; absent where none did. */
  readonly deviceId?: string;
  /** Through which account at an identity provider; absent where the passkey alone was shown. */
  readonly provider?: ProviderProof;
  /** Present where no person signed in. Such a sign-in is never in the store. */
  readonly workload?: WorkloadProof;
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
  /** The request that it was made for; null for one that an administrator made. */
  readonly requestId: string | null;
  /** Counts only within these, in the site's time zone; null at any hour. */
  readonly weekly: readonly WeeklyWindow[] | null;
  /** Live sessions at a time; null for no limit of its own. */
  readonly sessionsMax: number | null;
  /** What its approvers ask of each session under it. */
  readonly needs?: readonly SessionNeed[];
  /** What it rests on, where somebody asked and others agreed. */
  readonly agreement?: GrantAgreement;
}

export interface GrantAgreement {
  /** Ids of the people who approved the request, each once, sorted. */
  readonly approvers: readonly string[];
  readonly ticket: string;
}

/** Somebody who may supervise watches; the control room agrees before each session. */
export const SESSION_NEEDS = ["supervisor", "consent"] as const;
export type SessionNeed = (typeof SESSION_NEEDS)[number];

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** `{ day: "tue", from: "08:00", until: "12:00" }`, within one day; `24:00` is its end. */
export interface WeeklyWindow {
  readonly day: Day;
  readonly from: string;
  readonly until: string;
}

export type RequestState = "waiting" | "approved" | "refused" | "withdrawn" | "expired";

/** Somebody asks for a time on some endpoints, or for more time of a grant they hold. */
export interface AccessRequest {
  readonly id: string;
  /** Who will hold the grants. */
  readonly personId: string;
  /** The same, or the sponsor who asks for a vendor. */
  readonly requestedBy: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoints: readonly string[];
  readonly profile: string;
  /** A window (`untilMs`), or a duration whose clock starts at approval. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  readonly durationMs: number | null;
  readonly weekly: readonly WeeklyWindow[] | null;
  readonly sessionsMax: number | null;
  /** Set where it asks for more time of this grant. */
  readonly grantId: string | null;
  readonly reason: string;
  readonly ticket: string;
  readonly createdMs: number;
  /** Nobody may approve it from then on. */
  readonly expiresMs: number;
  /** As kept: `expired` is worked out from `expiresMs` while it waits. */
  readonly state: Exclude<RequestState, "expired">;
  /** When it came into its state. */
  readonly stateMs: number;
}

export interface RequestDecision {
  readonly id: string;
  readonly requestId: string;
  readonly personId: string;
  readonly decision: "approve" | "refuse";
  readonly reason: string;
  readonly atMs: number;
  readonly actionId: string;
  /** Of an approval: what each session under the grant must have. */
  readonly needs?: readonly SessionNeed[];
}

/** An act that a person signed with a passkey; verifies with these values alone. */
export interface SignedAction {
  readonly id: string;
  readonly purpose: string;
  /** Canonical JSON; its SHA-256 is the challenge in the client data. */
  readonly text: string;
  readonly personId: string;
  readonly passkeyId: string;
  readonly rpId: string;
  /** COSE key; it and the rest as base64url. */
  readonly publicKey: string;
  readonly algorithm: number;
  readonly clientDataJson: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly atMs: number;
}

export type LockKind = "person" | "asset" | "zone" | "site";

/** Somebody shut something; in force until it is lifted. */
export interface Lock {
  readonly id: string;
  readonly kind: LockKind;
  /** Id of the person, asset, zone or site. */
  readonly target: string;
  /** Its name then; empty while nobody has looked a person up. */
  readonly targetName: string;
  readonly reason: string;
  readonly lockedBy: string;
  readonly lockedByName: string;
  readonly lockedMs: number;
  /** The first of the two people who lift a site's lock. */
  readonly liftBy: string | null;
  readonly liftByName: string | null;
}

export interface ProposedFile {
  readonly name: string;
  readonly text: string;
}

/** A change that counts only once another administrator has agreed to exactly it. */
export interface ChangeProposal {
  readonly id: string;
  readonly kind: "policies";
  readonly files: readonly ProposedFile[];
  /** SHA-256 (hex) of the files, and of the set they were made from. */
  readonly digest: string;
  readonly basedOn: string;
  readonly reason: string;
  readonly proposedBy: { readonly id: string; readonly name: string };
  readonly proposedMs: number;
  /** Nobody can confirm it from then on. */
  readonly expiresMs: number;
  /** As kept: that it has expired or was overtaken is worked out. */
  readonly state: "waiting" | "confirmed" | "withdrawn";
  readonly stateMs: number;
  readonly decidedBy: { readonly id: string; readonly name: string } | null;
}

export type BreakGlassVerdict = "justified" | "not-justified";

/** Somebody took access without approvers; its id is that of the grant it opened. */
export interface BreakGlassUse {
  readonly id: string;
  readonly openedBy: { readonly id: string; readonly name: string };
  /** Who held the grant: the same, or somebody who could act. */
  readonly holder: { readonly id: string; readonly name: string };
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  readonly profile: string;
  readonly reason: string;
  readonly openedMs: number;
  /** When it ends, or was ended. */
  readonly untilMs: number;
  /** Null while nobody has judged it. */
  readonly review: {
    readonly by: { readonly id: string; readonly name: string };
    readonly atMs: number;
    readonly verdict: BreakGlassVerdict;
    readonly comment: string;
  } | null;
}

export type Priority = "event" | "alarm";

/** What an event is about besides its person and session: ids and names, never values or secrets. */
export type EventAbout = Readonly<
  Partial<
    Record<
      | "action"
      | "address"
      | "asset"
      | "assetName"
      | "cutMs"
      | "device"
      | "endpoint"
      | "grant"
      | "holder"
      | "host"
      | "integration"
      | "lock"
      | "port"
      | "profile"
      | "protocol"
      | "refusal"
      | "request"
      | "rule"
      | "signal"
      | "untilMs",
      string
    >
  >
>;

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
  readonly about?: EventAbout;
}
