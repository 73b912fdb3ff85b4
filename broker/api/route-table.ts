/**
 * Every route there is, and the right that it needs. What is not here does not exist; the server
 * refuses to start with any other (`mount-routes.ts`).
 */
import type { Access } from "../access/access.ts";
import type { Decisions } from "../access/decision-point.ts";
import type { PlantConfirmation } from "../access/plant-confirmation.ts";
import type { DefaultRights } from "../access/policies/default-rights.ts";
import type { PolicyProposals } from "../access/policies/policy-proposals.ts";
import type { PolicyStore } from "../access/policies/policy-store.ts";
import type { FiguresByMonth } from "../access/steering-figures.ts";
import type { AlarmBook } from "../alarms/alarm-book.ts";
import type { Clock } from "../clock.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { AuditLog } from "../evidence/audit/audit-log.ts";
import type { BundleDesk } from "../evidence/log/bundle-desk.ts";
import type { Foresights } from "../evidence/past/foresights.ts";
import type { Recorder } from "../evidence/recorder.ts";
import type { Recordings } from "../evidence/recordings.ts";
import type { Videos } from "../evidence/video/videos.ts";
import type { Viewing } from "../evidence/viewing/viewing.ts";
import type { Identity } from "../identity/identity.ts";
import type { Native } from "../native/open-native.ts";
import type { SiteGateways } from "../open-gateways.ts";
import type { ReachDesk } from "../sessions/reach-desk.ts";
import type { LiveSession, SessionHost } from "../sessions/session.ts";
import type { SiteEvents } from "../store/site-events.ts";
import { alarmRoutes } from "./alarm-routes.ts";
import { removeCredential, setCredential } from "./credentials/change-credentials.ts";
import { listCredentials } from "./credentials/list-credentials.ts";
import { deviceRoutes } from "./device-routes.ts";
import { enrol } from "./enrolment/enrol.ts";
import { enrolmentOptions } from "./enrolment/enrolment-options.ts";
import { listEvents } from "./events/list-events.ts";
import { inviteGateway, listGateways, revokeGateway } from "./gateways/gateways.ts";
import { createGrant } from "./grants/create-grant.ts";
import { listGrants } from "./grants/list-grants.ts";
import { type NarrowGround, narrowGrant } from "./grants/narrow-grant.ts";
import { revokeGrant } from "./grants/revoke-grant.ts";
import { healthz } from "./health/healthz.ts";
import { readyz } from "./health/readyz.ts";
import { showHealth } from "./health/show-health.ts";
import { showMetrics } from "./health/show-metrics.ts";
import { type IdentityRouteParts, identityRoutes } from "./identity-routes.ts";
import { type IntegrationRouteParts, integrationRoutes } from "./integration-routes.ts";
import { type LogRouteParts, logRoutes } from "./log-routes.ts";
import { machineRoutes } from "./machine-routes.ts";
import { addPasskey } from "./me/add-passkey.ts";
import { endSignIn } from "./me/end-sign-in.ts";
import { listMyGrants } from "./me/list-my-grants.ts";
import { listPasskeys } from "./me/list-passkeys.ts";
import { listSignIns } from "./me/list-sign-ins.ts";
import { passkeyOptions } from "./me/passkey-options.ts";
import { removePasskey } from "./me/remove-passkey.ts";
import { showDraftKey } from "./me/show-draft-key.ts";
import { showMe } from "./me/show-me.ts";
import { nativeRoutes } from "./native-routes.ts";
import { listPanelRequests, openPanel, type Panels } from "./panel/open-panel.ts";
import { changePerson } from "./people/change-person.ts";
import { invitePerson } from "./people/invite-person.ts";
import { listPeople } from "./people/list-people.ts";
import { newEnrolmentLink } from "./people/new-enrolment-link.ts";
import type { PlantFileGround } from "./plant/plant-file.ts";
import type { PlantShown } from "./plant/plant-view.ts";
import { plantRoutes, plantViewRoutes } from "./plant-routes.ts";
import { activatePolicies, rollbackPolicies } from "./policies/change-policies.ts";
import { checkPolicies } from "./policies/check-policies.ts";
import {
  confirmOptions,
  confirmProposal,
  listProposals,
  showProposal,
  withdrawProposal,
} from "./policies/policy-proposals.ts";
import { showPolicies } from "./policies/show-policies.ts";
import { showPolicyVersion } from "./policies/show-policy-version.ts";
import { askWhatIf, cancelWhatIf, showWhatIf } from "./policies/what-if.ts";
import { type ProviderRouteParts, providerRoutes } from "./provider-routes.ts";
import { recordingRoutes } from "./recording-routes.ts";
import { approveRecovery } from "./recoveries/approve-recovery.ts";
import { listRecoveries } from "./recoveries/list-recoveries.ts";
import { requestRecovery } from "./recoveries/request-recovery.ts";
import { askMoreTime } from "./requests/ask-more-time.ts";
import { decideRequest } from "./requests/decide-request.ts";
import { decisionOptions } from "./requests/decision-options.ts";
import { listRequests } from "./requests/list-requests.ts";
import { makeRequest } from "./requests/make-request.ts";
import { requestChoices } from "./requests/request-choices.ts";
import { withdrawRequest } from "./requests/withdraw-request.ts";
import { reviewAccess } from "./review/review-access.ts";
import { showFigures } from "./review/show-figures.ts";
import {
  forCommands,
  forSiteTokens,
  forTokens,
  guarded,
  open,
  type Route,
  scraped,
} from "./route.ts";
import { type ScimRouteParts, scimRoutes } from "./scim-routes.ts";
import type { SearchRouteParts } from "./search/ask-search.ts";
import { endSession } from "./sessions/end-session.ts";
import { listSessions } from "./sessions/list-sessions.ts";
import { openSession } from "./sessions/open-session.ts";
import { showSession } from "./sessions/show-session.ts";
import type { HealthView } from "./shapes/health.ts";
import { signIn } from "./sign-in/sign-in.ts";
import { signInOptions } from "./sign-in/sign-in-options.ts";
import { signOut } from "./sign-in/sign-out.ts";
import { stepUp } from "./sign-in/step-up.ts";
import { stepUpOptions } from "./sign-in/step-up-options.ts";
import { type SupervisionParts, supervisionRoutes } from "./supervision-routes.ts";
import { adoptVendor } from "./vendors/adopt-vendor.ts";
import { askForVendor } from "./vendors/ask-for-vendor.ts";
import { inviteVendor } from "./vendors/invite-vendor.ts";
import { listVendors } from "./vendors/list-vendors.ts";
import { newVendorLink } from "./vendors/new-vendor-link.ts";
import { type WorkloadRouteParts, workloadRoutes } from "./workload-routes.ts";

/** What the endpoints ask; each is handed only its own part. */
export interface ApiParts {
  readonly identity: Identity;
  readonly access: Access<LiveSession>;
  readonly sessions: SessionHost;
  readonly decisions: Decisions;
  readonly policies: PolicyStore;
  readonly proposals: PolicyProposals;
  readonly foresights: Foresights;
  readonly narrower: NarrowGround["narrower"];
  /** Policies are put in force in the console only after they were tried over past sessions. */
  readonly needsWhatIf: boolean;
  readonly plantConfirmation: PlantConfirmation;
  readonly plantFile: PlantFileGround;
  readonly reach: ReachDesk;
  readonly defaultRights: Pick<DefaultRights, "missing">;
  readonly recorder: Pick<Recorder, "state">;
  readonly recordings: Recordings;
  readonly viewing: Viewing;
  readonly searching: SearchRouteParts;
  readonly videos: Videos;
  readonly bundles: Pick<BundleDesk, "take">;
  readonly plant: PlantShown;
  readonly siteLog: Pick<SiteEvents, "record" | "list">;
  readonly credentials: Pick<Credentials, "list" | "set" | "remove">;
  readonly trust: IdentityRouteParts["trust"];
  /** Undefined where no gateway is let in. */
  readonly gateways: SiteGateways | undefined;
  readonly native: Native;
  /** Undefined where no web panels are served. */
  readonly panels: Panels | undefined;
  readonly services: WorkloadRouteParts["services"];
  readonly clock: Clock;
  readonly figuresByMonth: FiguresByMonth;
  readonly alarms: AlarmBook;
  readonly audit: AuditLog;
  readonly logState: LogRouteParts["logState"];
  readonly integrations: IntegrationRouteParts["integrations"];
  readonly signals: IntegrationRouteParts["signals"];
  readonly scim: ScimRouteParts["scim"];
  readonly providers: ProviderRouteParts["providers"];
  readonly responses: SupervisionParts["responses"];
  readonly baselines: IntegrationRouteParts["baselines"];
  readonly brokers?: readonly string[];
  readonly health: { isReady(): boolean; view(): Promise<HealthView> };
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

export function routeTable(parts: ApiParts): readonly Route[] {
  const { decisions } = parts;
  const { identity, plant, siteLog, gateways } = parts;
  const asked = { decisions, through: identity.through };
  const { enrolment, signIns, passkeys, people } = identity;
  return [
    open("GET", "/healthz", healthz),
    open("GET", "/readyz", readyz(parts.health.isReady)),
    open("GET", "/readyz/any", readyz(parts.health.isReady, "Some broker can be used from here")),
    scraped("/metrics", showMetrics(parts.metrics)),

    open("POST", "/api/enrolment/options", enrolmentOptions(enrolment)),
    open("POST", "/api/enrolment", enrol(enrolment, plant, asked)),
    open("POST", "/api/sign-in/options", signInOptions(signIns)),
    open("POST", "/api/sign-in", signIn(signIns, plant, asked)),

    forTokens(forCommands(guarded("GET", "/api/me", "signed-in", showMe(plant, asked)))),
    forCommands(guarded("POST", "/api/sign-out", "signed-in", signOut(signIns))),
    guarded("POST", "/api/step-up/options", "signed-in", stepUpOptions(signIns)),
    guarded("POST", "/api/step-up", "signed-in", stepUp(signIns, plant, asked)),
    guarded("GET", "/api/me/draft-key", "signed-in", showDraftKey(identity.drafts)),
    guarded("GET", "/api/me/passkeys", "signed-in", listPasskeys(passkeys)),
    guarded("POST", "/api/me/passkeys/options", "signed-in", passkeyOptions(passkeys)),
    guarded("POST", "/api/me/passkeys", "signed-in", addPasskey(passkeys)),
    guarded("DELETE", "/api/me/passkeys/:id", "signed-in", removePasskey(passkeys)),
    guarded("GET", "/api/me/sign-ins", "signed-in", listSignIns(signIns, identity.through)),
    guarded("DELETE", "/api/me/sign-ins/:id", "signed-in", endSignIn(signIns)),

    ...plantViewRoutes(parts),
    ...machineRoutes(parts),
    ...workloadRoutes(parts),
    ...deviceRoutes(parts),
    ...peopleRoutes(parts),
    ...requestRoutes(parts),
    ...vendorRoutes(parts),

    ...sessionRoutes(parts),

    ...supervisionRoutes(parts),

    ...recordingRoutes(parts),

    ...plantRoutes(parts),
    ...policyRoutes(parts),

    ...credentialRoutes(parts),
    ...identityRoutes(parts),

    ...nativeRoutes(parts),

    guarded("GET", "/api/gateways", "plant:change", listGateways(gateways, plant)),
    guarded("POST", "/api/gateways", "plant:change", inviteGateway(gateways)),
    guarded("DELETE", "/api/gateways/:id", "plant:change", revokeGateway(gateways)),

    ...alarmRoutes(parts),
    ...logRoutes(parts),

    forSiteTokens(guarded("GET", "/api/events", "events:view", listEvents(siteLog, people, parts))),
    forSiteTokens(guarded("GET", "/api/health", "health:view", showHealth(parts.health.view))),
    ...integrationRoutes(parts),
    ...scimRoutes(parts),
    ...providerRoutes(parts),
  ];
}

function sessionRoutes({ access, recorder, sessions, panels }: ApiParts): readonly Route[] {
  const ownSessions = ["session:open", "session:list"] as const;
  const endable = ["session:open", "session:end"] as const;
  const panel = "/api/sessions/:id/panel";
  return [
    guarded("POST", "/api/sessions", "session:open", openSession(access, recorder, sessions)),
    forTokens(
      forCommands(guarded("GET", "/api/sessions", ownSessions, listSessions(sessions, recorder))),
    ),
    forTokens(
      forCommands(
        guarded("GET", "/api/sessions/:id", ownSessions, showSession(sessions, recorder)),
      ),
    ),
    forTokens(forCommands(guarded("POST", "/api/sessions/:id/end", endable, endSession(sessions)))),
    guarded("GET", panel, "session:open", listPanelRequests(sessions, panels)),
    guarded("POST", panel, "session:open", openPanel(sessions, panels)),
  ];
}

function peopleRoutes(parts: ApiParts): readonly Route[] {
  const { identity, access } = parts;
  const { people, recoveries } = identity;
  return [
    guarded("GET", "/api/people", "people:manage", listPeople(people)),
    guarded("POST", "/api/people", "people:manage", invitePerson(people)),
    guarded("PATCH", "/api/people/:id", "people:manage", changePerson(people)),
    guarded("POST", "/api/people/:id/enrolment-link", "people:manage", newEnrolmentLink(people)),
    guarded(
      "POST",
      "/api/people/:id/recovery",
      "people:manage",
      requestRecovery(recoveries, people),
    ),
    guarded("GET", "/api/recoveries", "people:manage", listRecoveries(recoveries, people)),
    guarded("POST", "/api/recoveries/:id/approval", "people:manage", approveRecovery(recoveries)),

    guarded("GET", "/api/grants", "grant:manage", listGrants(access)),
    guarded("POST", "/api/grants", "grant:manage", createGrant(access)),
    guarded("DELETE", "/api/grants/:id", "grant:manage", revokeGrant(access)),
    guarded("POST", "/api/grants/:id/narrower", "grant:manage", narrowGrant(parts)),
  ];
}

/** Who may decide about a request is said by the plant's rules: others find nothing there. */
function requestRoutes({ access, plant }: ApiParts): readonly Route[] {
  const { requests } = access;
  const concerned = ["session:open", "session:end"] as const;
  const choosing = ["session:open", "vendor:invite", "break-glass:open"] as const;
  const decision = "/api/requests/:id/decision";
  return [
    forTokens(
      forCommands(guarded("GET", "/api/me/grants", "session:open", listMyGrants(access, plant))),
    ),
    forTokens(
      forCommands(guarded("GET", "/api/requests", concerned, listRequests(requests, plant))),
    ),
    forCommands(guarded("GET", "/api/requests/choices", choosing, requestChoices(access, plant))),
    forTokens(
      forCommands(guarded("POST", "/api/requests", "session:open", makeRequest(requests, plant))),
    ),
    forCommands(
      guarded("POST", "/api/requests/:id/withdrawal", concerned, withdrawRequest(requests)),
    ),
    guarded("POST", `${decision}/options`, concerned, decisionOptions(requests)),
    guarded("POST", decision, concerned, decideRequest(requests, plant)),
    guarded("POST", "/api/grants/:id/more-time", "session:open", askMoreTime(requests, plant)),
  ];
}

function credentialRoutes({ credentials, plant }: ApiParts): readonly Route[] {
  const path = "/api/credentials";
  return [
    guarded("GET", path, "credential:set", listCredentials(credentials)),
    guarded("POST", path, "credential:set", setCredential(credentials, plant)),
    guarded("POST", `${path}/removal`, "credential:set", removeCredential(credentials)),
  ];
}

function policyRoutes(parts: ApiParts): readonly Route[] {
  const { policies, proposals, defaultRights } = parts;
  const proposal = "/api/policy-proposals/:id";
  const trying = ["policy:view", "plant:change"] as const;
  return [
    guarded("POST", "/api/what-if", trying, askWhatIf(parts)),
    guarded("GET", "/api/what-if/:id", trying, showWhatIf(parts)),
    guarded("DELETE", "/api/what-if/:id", trying, cancelWhatIf(parts)),
    guarded("GET", "/api/policies", "policy:view", showPolicies(policies, parts, defaultRights)),
    guarded("GET", "/api/policies/:id", "policy:view", showPolicyVersion(policies)),
    guarded("POST", "/api/policies/check", "policy:view", checkPolicies(policies)),
    guarded("POST", "/api/policies", "policy:change", activatePolicies(policies, parts)),
    guarded(
      "POST",
      "/api/policies/rollback",
      "policy:change",
      rollbackPolicies(policies, proposals),
    ),
    guarded("GET", "/api/policy-proposals", "policy:view", listProposals(proposals)),
    guarded("GET", proposal, "policy:view", showProposal(proposals)),
    guarded("POST", `${proposal}/confirmation/options`, "policy:change", confirmOptions(proposals)),
    guarded("POST", `${proposal}/confirmation`, "policy:change", confirmProposal(proposals)),
    guarded("POST", `${proposal}/withdrawal`, "policy:change", withdrawProposal(proposals)),
  ];
}

function vendorRoutes(parts: ApiParts): readonly Route[] {
  const { access, plant } = parts;
  const { vendors } = access;
  return [
    guarded("GET", "/api/vendors", "vendor:invite", listVendors(vendors)),
    guarded("POST", "/api/vendors", "vendor:invite", inviteVendor(vendors, plant)),
    guarded("POST", "/api/vendors/:id/requests", "vendor:invite", askForVendor(vendors, plant)),
    guarded("POST", "/api/vendors/:id/enrolment-link", "vendor:invite", newVendorLink(vendors)),
    guarded("POST", "/api/vendors/:id/sponsorship", "people:manage", adoptVendor(vendors)),
    forSiteTokens(guarded("GET", "/api/review", "access:review", reviewAccess(access))),
    forSiteTokens(guarded("GET", "/api/figures", "access:review", showFigures(parts))),
  ];
}
