/** Every address of the broker's API that the console uses, with the shape of its answer. */

import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from "@simplewebauthn/browser";
import type { FiguresView } from "../../broker/api/shapes/figures.ts";
import type { HealthView } from "../../broker/api/shapes/health.ts";
import type {
  IntegrationsView,
  IntegrationTestView,
} from "../../broker/api/shapes/integrations.ts";
import type { PanelRequestsView } from "../../broker/api/shapes/panel.ts";
import type {
  EnrolmentLinkView,
  MeView,
  PasskeyView,
  PersonView,
  RecoveryView,
  RoleName,
  SignInView,
} from "../../broker/api/shapes/people.ts";
import type { AssetTagsView, GrantView } from "../../broker/api/shapes/plant.ts";
import type {
  PoliciesView,
  PolicyActivationView,
  PolicyCheckView,
  PolicyFileView,
  PolicyVersionFilesView,
} from "../../broker/api/shapes/policies.ts";
import type {
  HeldGrantView,
  RequestChoicesView,
  RequestView,
  WeeklyWindowView,
} from "../../broker/api/shapes/requests.ts";
import type { FoundView, SearchView } from "../../broker/api/shapes/search.ts";
import type {
  LiveSessionView,
  RecordingChoicesView,
  RecordingDetailView,
  RecordingView,
  SiteEventView,
} from "../../broker/api/shapes/sessions.ts";
import type {
  StandingRightView,
  VendorInvitedView,
  VendorView,
} from "../../broker/api/shapes/vendors.ts";
import type { WorkloadsView } from "../../broker/api/shapes/workloads.ts";
import { ask, askBytes, askUnlessSame, askWithKey } from "./http.ts";

export interface CreationOptions {
  readonly options: PublicKeyCredentialCreationOptionsJSON;
}
export interface RequestOptions {
  readonly options: PublicKeyCredentialRequestOptionsJSON;
}
export interface EnrolmentStart extends CreationOptions {
  readonly person: { readonly name: string; readonly email: string };
}
export interface NewPerson {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly roles: readonly RoleName[];
}
export interface PersonChange {
  readonly name?: string;
  readonly employer?: string;
  readonly roles?: readonly RoleName[];
  readonly disabled?: boolean;
}
export interface NewGrant {
  readonly personId: string;
  readonly endpoint: string;
  readonly profile: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly reason: string;
}
/** Either `untilMs` or `durationMs`, whose clock starts at approval. */
/** As the address carries it; absent ones do not narrow. */
export interface RecordingsAsked {
  readonly limit: string;
  readonly after?: string;
  readonly asset?: string;
  readonly person?: string;
  readonly site?: string;
  readonly state?: string;
  readonly contains?: string;
  readonly fromMs?: string;
  readonly untilMs?: string;
  readonly probes?: "without";
  /** Id of the first session of a visit: all of it. */
  readonly visit?: string;
}

export interface SessionAsked {
  readonly endpoint: string;
  /** Without one the broker takes the best. */
  readonly grant?: string;
  readonly consent?: string;
  /** A live session of one's own on the same asset, whose visit it joins. */
  readonly beside?: string;
}

export interface EventsAsked {
  readonly limit: string;
  readonly before?: string;
  readonly priority?: "alarm";
  readonly contains?: string;
}

export interface NewRequest {
  readonly endpoints: readonly string[];
  readonly profile: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
  readonly durationMs?: number;
  readonly weekly?: readonly WeeklyWindowView[];
  /** Live sessions at a time. */
  readonly sessionsMax?: number;
  readonly reason: string;
  readonly ticket?: string;
}
/** With the time that the sponsor asks for. */
export interface NewVendor {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  readonly wanted: NewRequest;
}
/** An act whose text the passkey signs: its SHA-256 is the challenge in the options. */
export interface ActionOptions extends RequestOptions {
  readonly text: string;
}
export interface SignedAnswer {
  readonly text: string;
  readonly response: AuthenticationResponseJSON;
}
/** How fast and with what loss a session was ended. */
export interface EndReportView {
  readonly cutMicroseconds: number;
  readonly droppedOperations: number;
}

const part = encodeURIComponent;

/** `needs`: what an approver asks of each session under the grant. */
export interface DecisionBody {
  readonly decision: "approve" | "refuse";
  readonly reason: string;
  readonly needs?: readonly ("supervisor" | "consent")[];
}

export const api = {
  enrolmentOptions: (token: string) =>
    ask<EnrolmentStart>("POST", "/api/enrolment/options", { token }),
  /** `challenge` is what the passkey answered: this browser's key signs it too. */
  enrol: (token: string, label: string, response: RegistrationResponseJSON, challenge: string) =>
    askWithKey<MeView>("/api/enrolment", { token, label, response }, challenge),
  signInOptions: () => ask<RequestOptions>("POST", "/api/sign-in/options", {}),
  /** @param through as the person whom a provider sent here, and nobody else */
  signIn: (response: AuthenticationResponseJSON, challenge: string, through?: "provider") =>
    askWithKey<MeView>("/api/sign-in", { response, ...(through && { through }) }, challenge),

  me: () => ask<MeView>("GET", "/api/me"),
  signOut: () => ask<void>("POST", "/api/sign-out", {}),
  stepUpOptions: () => ask<RequestOptions>("POST", "/api/step-up/options", {}),
  stepUp: (response: AuthenticationResponseJSON, challenge: string) =>
    askWithKey<MeView>("/api/step-up", { response }, challenge),
  draftKey: () => ask<{ readonly key: string }>("GET", "/api/me/draft-key"),
  passkeys: () => ask<PasskeyView[]>("GET", "/api/me/passkeys"),
  passkeyOptions: () => ask<CreationOptions>("POST", "/api/me/passkeys/options", {}),
  addPasskey: (label: string, response: RegistrationResponseJSON) =>
    ask<PasskeyView>("POST", "/api/me/passkeys", { label, response }),
  removePasskey: (id: string) => ask<void>("DELETE", `/api/me/passkeys/${part(id)}`),
  signIns: () => ask<SignInView[]>("GET", "/api/me/sign-ins"),
  endSignIn: (id: string) => ask<void>("DELETE", `/api/me/sign-ins/${part(id)}`),

  assetTags: (asset: string) => ask<AssetTagsView>("GET", `/api/assets/${part(asset)}/tags`),

  people: () => ask<PersonView[]>("GET", "/api/people"),
  workloads: () => ask<WorkloadsView>("GET", "/api/workloads"),
  invite: (person: NewPerson) =>
    ask<{ person: PersonView; link: EnrolmentLinkView }>("POST", "/api/people", person),
  changePerson: (id: string, change: PersonChange) =>
    ask<PersonView>("PATCH", `/api/people/${part(id)}`, change),
  enrolmentLink: (id: string) =>
    ask<EnrolmentLinkView>("POST", `/api/people/${part(id)}/enrolment-link`, {}),
  requestRecovery: (id: string, reason: string) =>
    ask<RecoveryView>("POST", `/api/people/${part(id)}/recovery`, { reason }),
  recoveries: () => ask<RecoveryView[]>("GET", "/api/recoveries"),
  approveRecovery: (id: string) =>
    ask<{ link: EnrolmentLinkView }>("POST", `/api/recoveries/${part(id)}/approval`, {}),

  grants: () => ask<GrantView[]>("GET", "/api/grants"),
  makeGrant: (grant: NewGrant) => ask<GrantView>("POST", "/api/grants", grant),
  revokeGrant: (id: string) => ask<void>("DELETE", `/api/grants/${part(id)}`),

  myGrants: () => ask<HeldGrantView[]>("GET", "/api/me/grants"),
  requests: () => ask<RequestView[]>("GET", "/api/requests"),
  requestChoices: () => askUnlessSame<RequestChoicesView>("/api/requests/choices"),
  vendors: () => ask<VendorView[]>("GET", "/api/vendors"),
  inviteVendor: (vendor: NewVendor) => ask<VendorInvitedView>("POST", "/api/vendors", vendor),
  askForVendor: (id: string, wanted: NewRequest) =>
    ask<RequestView>("POST", `/api/vendors/${part(id)}/requests`, wanted),
  vendorLink: (id: string) =>
    ask<EnrolmentLinkView>("POST", `/api/vendors/${part(id)}/enrolment-link`, {}),
  adoptVendor: (id: string, reason: string) =>
    ask<VendorView>("POST", `/api/vendors/${part(id)}/sponsorship`, { reason }),
  review: () => ask<StandingRightView[]>("GET", "/api/review"),
  figures: () => ask<FiguresView>("GET", "/api/figures"),
  makeRequest: (wanted: NewRequest) => ask<RequestView>("POST", "/api/requests", wanted),
  askMoreTime: (grant: string, durationMs: number, reason: string) =>
    ask<RequestView>("POST", `/api/grants/${part(grant)}/more-time`, { durationMs, reason }),
  withdrawRequest: (id: string) => ask<void>("POST", `/api/requests/${part(id)}/withdrawal`, {}),
  decisionOptions: (id: string, decision: DecisionBody) =>
    ask<ActionOptions>("POST", `/api/requests/${part(id)}/decision/options`, decision),
  decideRequest: (id: string, answer: SignedAnswer) =>
    ask<RequestView>("POST", `/api/requests/${part(id)}/decision`, answer),

  /** Opens a session; without a grant the broker takes the best one. May throw `step-up-required`. */
  openSession: (asked: SessionAsked) => ask<LiveSessionView>("POST", "/api/sessions", asked),
  sessions: () => ask<LiveSessionView[]>("GET", "/api/sessions"),
  session: (id: string) => ask<LiveSessionView>("GET", `/api/sessions/${part(id)}`),
  openPanel: (id: string) =>
    ask<{ readonly address: string }>("POST", `/api/sessions/${part(id)}/panel`, {}),
  panelRequests: (id: string) => ask<PanelRequestsView>("GET", `/api/sessions/${part(id)}/panel`),
  endSession: (id: string, reason: string) =>
    ask<EndReportView>("POST", `/api/sessions/${part(id)}/end`, { reason }),

  recordings: (page: RecordingsAsked) =>
    ask<RecordingView[]>("GET", `/api/recordings?${new URLSearchParams({ ...page })}`),
  recordingChoices: () => ask<RecordingChoicesView>("GET", "/api/recording-choices"),
  search: (question: SearchView) => ask<FoundView>("POST", "/api/search", question),
  recording: (id: string) => ask<RecordingDetailView>("GET", `/api/recordings/${part(id)}`),
  segment: (id: string, number: number) =>
    askBytes(`/api/recordings/${part(id)}/segments/${number}`),

  /** Empty where the segment has none. */
  frame: (id: string, number: number) =>
    askBytes(`/api/recordings/${part(id)}/segments/${number}/frame`),
  policies: () => ask<PoliciesView>("GET", "/api/policies"),
  policyVersion: (sequence: number) =>
    ask<PolicyVersionFilesView>("GET", `/api/policies/${sequence}`),
  checkPolicies: (files: readonly PolicyFileView[]) =>
    ask<PolicyCheckView>("POST", "/api/policies/check", { files }),
  activatePolicies: (files: readonly PolicyFileView[], basedOn: string, reason: string) =>
    ask<PolicyActivationView>("POST", "/api/policies", { files, basedOn, reason }),
  rollbackPolicies: (version: number, basedOn: string) =>
    ask<PolicyActivationView>("POST", "/api/policies/rollback", { version, basedOn }),
  events: (page: EventsAsked) =>
    ask<SiteEventView[]>("GET", `/api/events?${new URLSearchParams({ ...page })}`),
  health: () => ask<HealthView>("GET", "/api/health"),
  integrations: () => ask<IntegrationsView>("GET", "/api/integrations"),
  testIntegration: (name: string) =>
    ask<IntegrationTestView>("POST", `/api/integrations/${part(name)}/test`, {}),
} as const;
