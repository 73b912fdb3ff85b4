/**
 * Who someone is, as the API sees it; `openIdentity` in `open-identity.ts` builds the real one.
 * What is refused rejects with `IdentityRefused`, whose code is stable. Anything else that
 * rejects is our fault. Options and responses are WebAuthn's own JSON; responses may be anything
 * a client sent: they are parsed here.
 */
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import type { Passkey, Person, Recovery, Role, SignIn } from "../store/model.ts";
import type { ApiTokens } from "./api-tokens.ts";
import type { DeviceBook } from "./device-book.ts";
import type { DeviceShown } from "./device-proof.ts";
import type { Devices } from "./devices.ts";
import type { DraftKeys } from "./draft-keys.ts";
import type { MachineSignIns } from "./machine-sign-ins.ts";
import type { ProvisionedGroups } from "./provisioned-groups.ts";
import type { Provisioning } from "./provisioning.ts";
import type { SignedActions } from "./signed-actions.ts";
import type { ThroughProvider } from "./through-provider.ts";
import type { TokenScope } from "./token-scope.ts";
import type { WorkloadSignIns } from "./workload-sign-ins.ts";

export interface Identity {
  readonly enrolment: Enrolment;
  readonly signIns: SignIns;
  /** Of the `sallyport` command. */
  readonly machines: MachineSignIns;
  readonly workloads: WorkloadSignIns;
  readonly tokens: ApiTokens;
  readonly devices: Devices;
  /** What policies hear of them. */
  readonly deviceFacts: DeviceBook;
  readonly passkeys: Passkeys;
  readonly through: ThroughProvider;
  readonly drafts: DraftKeys;
  readonly people: People;
  readonly recoveries: Recoveries;
  /** By an identity provider. */
  readonly provisioned: { readonly people: Provisioning; readonly groups: ProvisionedGroups };
  readonly signedActions: SignedActions;
  /** Writes what is only in memory (last-seen times) and stops timers. */
  close(): Promise<void>;
}

/** The browser that asks, signed in or not. */
export interface Browser {
  /**
   * Random value of an HttpOnly cookie that the API sets before sign-in (`newBrowserId()`).
   * Challenges made for it can be answered by this browser alone.
   */
  readonly id: string;
  /** Address of the client, proxies resolved by the API. */
  readonly address: string;
  readonly userAgent: string;
  /** Token of the sign-in cookie, if it sent one: that sign-in ends when a new one begins. */
  readonly token?: string;
  /** Token of the cookie by which an expected person is known. */
  readonly expected?: string;
  /** Its own key, shown while its person is proved. */
  readonly device?: DeviceShown;
}

/** A proved person in a browser: the value that everything behind sign-in asks for. */
export interface SignedIn {
  readonly person: Person;
  readonly signIn: SignIn;
  /** Ends then if nothing is heard of the browser before. */
  readonly idleEndsMs: number;
  /** How long ago a passkey proved the person here, by a clock that never steps. */
  readonly assertionAgeMs: number;
  /** Of a program with a token: what it may be used for. */
  readonly scope?: TokenScope;
}

/** The token is shown to the browser once, as its cookie, and kept nowhere. */
export interface NewSignIn extends SignedIn {
  readonly token: string;
}

/** Shown once, kept hashed. */
export interface EnrolmentLink {
  readonly url: string;
  readonly expiresMs: number;
}

export interface Enrolment {
  /**
   * Makes the first person (administrator and engineer) and a link of 15 minutes; voids links
   * made earlier. Undefined once anyone has a passkey.
   */
  firstStart(first: {
    readonly name: string;
    readonly email: string;
  }): Promise<EnrolmentLink | undefined>;
  /** @throws link-invalid, rate-limited */
  options(
    token: string,
    browser: Browser,
  ): Promise<{
    readonly person: { readonly name: string; readonly email: string };
    readonly options: PublicKeyCredentialCreationOptionsJSON;
  }>;
  /** Uses the link up and signs the person in. @throws provider-required (the passkey is kept), link-invalid, challenge-invalid, response-invalid, passkey-known, rate-limited */
  finish(
    answer: { readonly token: string; readonly label: string; readonly response: unknown },
    browser: Browser,
  ): Promise<NewSignIn>;
}

/** `signed-out`, `ended` (in the list of own sign-ins), `idle`, `absolute`, `replaced`, `stolen`, `person-disabled`, `recovered`, `passkey-removed`, `device-revoked`, `signal`, `provider-logout`, `account-unlinked`. */
export interface SignInEnd {
  readonly rule: string;
  readonly reason: string;
  readonly by?: string;
}

export interface SignIns {
  /** Discoverable: names no credentials. @throws rate-limited */
  options(browser: Browser): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /**
   * @param through as the person whom a provider sent to this browser, and nobody else
   * @throws challenge-invalid, response-invalid, passkey-unknown, passkey-counter, person-disabled, rate-limited, provider-required, provider-expired, other-person
   */
  finish(response: unknown, browser: Browser, through?: "provider"): Promise<NewSignIn>;
  /**
   * Whose cookie this is, or undefined (also for the token of a command). A lookup in memory: call it on every request.
   * @param seen whether a person did it (a click, a page), which keeps idle away; background polling passes false
   */
  authenticate(token: string, seen: boolean): SignedIn | undefined;
  /** For sockets: the sign-in as it stands, without counting as being seen. */
  get(signInId: string): SignedIn | undefined;
  /** A person did something on a live channel: keeps idle away. */
  seen(signInId: string): void;
  stepUpOptions(who: SignedIn): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /**
   * New token, same sign-in. The old token dies after a few seconds (requests under way) and
   * never counts as freshly asserted. @throws as `finish`
   */
  stepUp(who: SignedIn, response: unknown, browser: Browser): Promise<NewSignIn>;
  listOwn(who: SignedIn): Promise<readonly SignIn[]>;
  /** One of one's own. @throws not-found */
  end(who: SignedIn, signInId: string): Promise<void>;
  signOut(who: SignedIn): Promise<void>;
  /** All of a person's, commands' too, in this turn: another system says that they must not go on. */
  endAll(personId: string, end: SignInEnd): Promise<number>;
  /** Called in the turn in which a sign-in stops counting. Returns an unsubscribe function. */
  onEnded(listener: (signIn: SignIn, end: SignInEnd) => void): () => void;
  /** Called in the turn in which a step-up counts. Returns an unsubscribe function. */
  onAsserted(listener: (signIn: SignIn) => void): () => void;
}

export interface Passkeys {
  list(who: SignedIn): Promise<readonly Passkey[]>;
  /** @throws step-up-required (no assertion within `FRESH_MS`) */
  addOptions(who: SignedIn): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** @throws step-up-required, challenge-invalid, response-invalid, passkey-known, too-many */
  add(
    who: SignedIn,
    answer: { readonly label: string; readonly response: unknown },
  ): Promise<Passkey>;
  /** Ends the sign-ins made with it, except the one that asks. @throws step-up-required, not-found, last-passkey */
  remove(who: SignedIn, passkeyId: string): Promise<void>;
}

export interface Invitation {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly roles: readonly Role[];
}

/** By a sponsor, who answers for them; the role is vendor and nothing else. */
export interface VendorInvited {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly reason: string;
}

export interface PersonChange {
  readonly name?: string;
  readonly employer?: string;
  readonly roles?: readonly Role[];
  readonly disabled?: boolean;
}

/** `by` must be an administrator: `not-allowed` otherwise. */
export interface People {
  list(): Promise<readonly Person[]>;
  get(personId: string): Promise<Person | undefined>;
  /** Link of 24 h. @throws email-taken, roles-conflict, input-invalid */
  invite(
    by: SignedIn,
    invitation: Invitation,
  ): Promise<{ readonly person: Person; readonly link: EnrolmentLink }>;
  /**
   * Disabling ends sign-ins at once and voids links. Nobody adds a role to oneself.
   * @throws not-found, not-allowed, last-administrator, roles-conflict, input-invalid
   */
  change(by: SignedIn, personId: string, change: PersonChange): Promise<Person>;
  /** Only while invited; voids the earlier link. @throws not-found, not-invited */
  newLink(by: SignedIn, personId: string): Promise<EnrolmentLink>;
  /** By whoever may invite vendors (checked before). Link of 24 h. @throws email-taken, input-invalid */
  inviteVendor(
    by: SignedIn,
    invited: VendorInvited,
  ): Promise<{ readonly person: Person; readonly link: EnrolmentLink }>;
  /** By the sponsor (checked before), while invited. @throws not-found, not-invited */
  newVendorLink(by: SignedIn, vendorId: string): Promise<EnrolmentLink>;
  /** Roles, state, name: called in the turn in which the change counts. Returns an unsubscribe function. */
  onChanged(listener: (person: Person) => void): () => void;
}

/** A person lost all passkeys: one administrator asks, another one agrees. `by` must be an administrator. */
export interface Recoveries {
  /** Open and not expired. */
  list(): Promise<readonly Recovery[]>;
  /** For oneself: never. @throws not-found, not-allowed, recovery-open, input-invalid */
  request(by: SignedIn, personId: string, reason: string): Promise<Recovery>;
  mayApprove(by: SignedIn, recovery: Recovery): boolean;
  /** Needs a fresh assertion. The person's old passkeys go when the link is used. @throws step-up-required, not-found, not-allowed */
  approve(by: SignedIn, recoveryId: string): Promise<EnrolmentLink>;
  /**
   * For `sallyport recover` on the host, with the broker stopped: where no two administrators
   * are left to help. Logged as an alarm. @param operator account on the host, for the log
   * @throws not-found, not-allowed (not active)
   */
  onHost(email: string, operator: string): Promise<EnrolmentLink>;
}

export type IdentityCode =
  /** The challenge is unknown, used, expired, for another purpose or another browser: start again. */
  | "challenge-invalid"
  /** Not what an authenticator of ours would have answered. */
  | "response-invalid"
  | "passkey-unknown"
  | "passkey-known"
  /** Its counter went back: it may have been copied. */
  | "passkey-counter"
  | "last-passkey"
  | "person-disabled"
  /** The browser's key was revoked; another one may be enrolled. */
  | "device-revoked"
  | "link-invalid"
  | "rate-limited"
  | "step-up-required"
  | "last-administrator"
  | "roles-conflict"
  | "email-taken"
  | "not-invited"
  | "recovery-open"
  | "input-invalid"
  | "not-allowed"
  | "not-found"
  | "too-many"
  /** At start: passkeys exist for another RP ID. */
  | "rp-id-changed"
  /** The site asks for the word of an identity provider besides. */
  | "provider-required"
  /** Nobody is expected in this browser any more, or the provider took its word back. */
  | "provider-expired"
  /** The passkey is not that of whom the provider said. */
  | "other-person"
  /** At an identity provider, and nobody's here. */
  | "account-unknown"
  | "account-taken"
  /** Known, but without a passkey yet. */
  | "not-enrolled"
  /** It is another version by now. */
  | "changed";

/** Refused. The message is for logs; people get theirs from the API by the code. */
export class IdentityRefused extends Error {
  override readonly name = "IdentityRefused";
  readonly code: IdentityCode;
  /** With `rate-limited`: when to try again. */
  readonly retryAfterMs?: number;
  constructor(code: IdentityCode, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
  }
}

/** An assertion this old still counts as fresh for adding or removing passkeys and for approvals. */
export const FRESH_MS = 5 * 60_000;
