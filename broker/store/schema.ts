/**
 * The tables. Plain SQL types only, so that SQLite and PostgreSQL keep the same: ids are random
 * text, times are milliseconds since the epoch in a bigint, keys and digests are base64url text,
 * yes and no are 1 and 0.
 */
import type { Generated, Kysely } from "kysely";
import type { AlarmsTable } from "./alarm-tables.ts";
import type { ApiTokensTable } from "./api-token-table.ts";
import type { IntegrationSchema } from "./integration-schema.ts";
import type { BreakGlassVerdict, LockKind, Priority } from "./model.ts";
import type { ProviderSchema } from "./provider-tables.ts";
import type { ProvisioningSchema } from "./provisioning-tables.ts";
import type {
  RecordingCommentsTable,
  RecordingSharesTable,
  RecordingViewsTable,
} from "./recording-schema.ts";
import type { SignalSchema } from "./signal-tables.ts";

export interface Schema
  extends IntegrationSchema,
    SignalSchema,
    ProvisioningSchema,
    ProviderSchema {
  readonly people: PeopleTable;
  readonly passkeys: PasskeysTable;
  readonly sign_ins: SignInsTable;
  readonly challenges: ChallengesTable;
  readonly enrolment_links: EnrolmentLinksTable;
  readonly recoveries: RecoveriesTable;
  readonly grants: GrantsTable;
  readonly site_events: SiteEventsTable;
  readonly settings: SettingsTable;
  readonly signed_actions: SignedActionsTable;
  readonly requests: RequestsTable;
  readonly request_decisions: RequestDecisionsTable;
  readonly sponsors: SponsorsTable;
  readonly grant_uses: GrantUsesTable;
  readonly locks: LocksTable;
  readonly recording_comments: RecordingCommentsTable;
  readonly recording_shares: RecordingSharesTable;
  readonly recording_views: RecordingViewsTable;
  readonly alarms: AlarmsTable;
  readonly break_glass_uses: BreakGlassUsesTable;
  readonly change_proposals: ChangeProposalsTable;
  readonly credentials: CredentialsTable;
  readonly log_outbox: LogOutboxTable;
  readonly asset_identities: AssetIdentitiesTable;
  readonly ssh_keys: SshKeysTable;
  readonly devices: DevicesTable;
  readonly gateways: GatewaysTable;
  readonly api_tokens: ApiTokensTable;
}

export interface LogOutboxTable {
  position: Generated<number>;
  kind: "event" | "action";
  id: string;
}

/** The store, or one transaction of it. */
export type Queries = Kysely<Schema>;

export interface PeopleTable {
  id: string;
  name: string;
  email: string;
  employer: string;
  /** Names with a space between them. */
  roles: string;
  /** What authenticators know the person by: random, says nothing. */
  user_handle: string;
  enrolled_ms: number | null;
  disabled_ms: number | null;
  last_sign_in_ms: number | null;
  created_ms: number;
}

export interface PasskeysTable {
  id: string;
  person_id: string;
  label: string;
  rp_id: string;
  public_key: string;
  algorithm: number;
  counter: number;
  transports: string;
  aaguid: string;
  user_verified: number;
  backup_eligible: number;
  backed_up: number;
  created_ms: number;
  last_used_ms: number | null;
}

export interface SignInsTable {
  id: string;
  token_hash: string;
  person_id: string;
  passkey_id: string;
  address: string;
  user_agent: string;
  created_ms: number;
  last_seen_ms: number;
  asserted_ms: number;
  absolute_ends_ms: number;
  machine: string | null;
  key_thumbprint: string | null;
  device_id: string | null;
  provider_issuer: string | null;
  provider_subject: string | null;
  provider_sid: string | null;
  provider_issued_s: number | null;
}

export interface ChallengesTable {
  /** SHA-256 of the challenge. */
  hash: string;
  purpose: string;
  /** SHA-256 of what it is bound to: a browser, a sign-in, a link. */
  binding: string;
  address: string;
  expires_ms: number;
}

export interface EnrolmentLinksTable {
  /** SHA-256 of the token. */
  token_hash: string;
  person_id: string;
  kind: string;
  created_ms: number;
  expires_ms: number;
}

export interface RecoveriesTable {
  id: string;
  person_id: string;
  requested_by: string;
  requested_ms: number;
  expires_ms: number;
  reason: string;
  approved_by: string | null;
  approved_ms: number | null;
}

export interface GrantsTable {
  id: string;
  person_id: string;
  endpoint: string;
  profile: string;
  from_ms: number;
  until_ms: number;
  reason: string;
  created_by: string;
  created_ms: number;
  revoked_ms: number | null;
  revoked_by: string | null;
  /** The request that it was made for. */
  request_id: string | null;
  /** JSON of weekly windows, in the site's time zone. */
  weekly: string | null;
  sessions_max: number | null;
  /** JSON of what each session needs besides. */
  needs: string | null;
}

export interface RequestsTable {
  id: string;
  person_id: string;
  requested_by: string;
  /** JSON. */
  endpoints: string;
  profile: string;
  from_ms: number | null;
  until_ms: number | null;
  duration_ms: number | null;
  weekly: string | null;
  sessions_max: number | null;
  /** More time for this grant, rather than a new one. */
  grant_id: string | null;
  reason: string;
  ticket: string;
  created_ms: number;
  expires_ms: number;
  state: string;
  state_ms: number;
}

export interface RequestDecisionsTable {
  id: string;
  request_id: string;
  person_id: string;
  decision: string;
  reason: string;
  at_ms: number;
  /** The assertion over exactly this. */
  action_id: string;
  /** JSON of what the approver asks of each session. */
  needs: string | null;
}

export interface GrantUsesTable {
  grant_id: string;
  first_ms: number;
  last_ms: number | null;
  last_by: string | null;
}

export interface SponsorsTable {
  vendor_id: string;
  sponsor_id: string;
  reason: string;
  created_ms: number;
}

export interface SignedActionsTable {
  id: string;
  purpose: string;
  /** Canonical JSON; its SHA-256 was the challenge. */
  text: string;
  person_id: string;
  passkey_id: string;
  rp_id: string;
  /** The rest as base64url, for the passkey may be removed later. */
  public_key: string;
  algorithm: number;
  client_data: string;
  authenticator_data: string;
  signature: string;
  at_ms: number;
}

export interface LocksTable {
  id: string;
  kind: LockKind;
  target: string;
  /** As it was called when it was locked. */
  target_name: string;
  reason: string;
  locked_by: string;
  locked_ms: number;
  /** The first of two people who lift a site's lock. */
  lift_by: string | null;
  lift_ms: number | null;
  lift_action_id: string | null;
  lifted_by: string | null;
  lifted_ms: number | null;
  lifted_action_id: string | null;
}

export interface CredentialsTable {
  /** `ASSET/ENDPOINT` */
  endpoint: string;
  kind: string;
  user_name: string;
  /** base64; see `broker/credentials/envelope.ts` */
  sealed: string;
  set_by: string;
  set_ms: number;
}

export interface SshKeysTable {
  id: string;
  person_id: string;
  label: string;
  public_key: string;
  fingerprint: string;
  action_id: string;
  added_ms: number;
  used_ms: number | null;
}

export interface DevicesTable {
  id: string;
  person_id: string;
  kind: "browser" | "machine";
  name: string;
  /** RFC 7638 */
  key_thumbprint: string;
  address: string;
  enrolled_ms: number;
  used_ms: number;
  revoked_ms: number | null;
  revoked_by: string | null;
  machine_id: string | null;
  inventory: string;
  /** JSON of a `DeviceReport`. */
  report: string | null;
}

export interface AssetIdentitiesTable {
  /** `ASSET/ENDPOINT` */
  endpoint: string;
  kind: string;
  fingerprint: string;
  /** JSON */
  shown: string;
  first_ms: number;
  last_ms: number;
  /** JSON of who accepted it. */
  trusted: string | null;
  /** JSON of who wants it accepted, where another one has to agree. */
  proposed: string | null;
}

export interface ChangeProposalsTable {
  id: string;
  kind: "policies";
  /** JSON. */
  files: string;
  digest: string;
  based_on: string;
  reason: string;
  proposed_by: string;
  proposed_ms: number;
  expires_ms: number;
  state: "waiting" | "confirmed" | "withdrawn";
  state_ms: number;
  decided_by: string | null;
  action_id: string | null;
}

export interface BreakGlassUsesTable {
  /** Of its grant. */
  id: string;
  opened_by: string;
  holder_id: string;
  opened_ms: number;
  /** The assertions over exactly this, and over its review. */
  action_id: string;
  reviewed_by: string | null;
  reviewed_ms: number | null;
  verdict: BreakGlassVerdict | null;
  comment: string | null;
  review_action_id: string | null;
}

export interface SiteEventsTable {
  id: string;
  at_ms: number;
  kind: string;
  priority: Priority;
  text: string;
  subject: string | null;
  session: string | null;
  /** JSON of ids; null where there are none. */
  about: string | null;
}

export interface SettingsTable {
  name: string;
  value: string;
}

/** Gateways that may reach assets for this site. */
export interface GatewaysTable {
  id: string;
  /** As the plant file calls it; of one that was revoked it may be given again. */
  name: string;
  created_ms: number;
  created_by: string;
  /** SHA-256 of the one-time token, while it has not been used. */
  token_hash: string | null;
  token_until_ms: number | null;
  /** SHA-256 (hex) of the certificate that counts. */
  certificate: string | null;
  /** Of one that was issued and not used yet: with its first use it is the one that counts. */
  certificate_next: string | null;
  seen_ms: number | null;
  revoked_ms: number | null;
}
