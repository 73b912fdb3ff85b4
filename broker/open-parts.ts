/** Opens the broker's parts, each from those before it. */
import { join } from "node:path";
import type { Access } from "./access/access.ts";
import { answerHostLifts } from "./access/lift-on-host.ts";
import { openAccess } from "./access/open-access.ts";
import { loadSigningKey } from "./access/signing-key.ts";
import { figuresByMonth } from "./access/steering-figures.ts";
import { mirrorActions } from "./action-mirror.ts";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import { alarmCounts, alarmCountsByKind } from "./alarms/alarm-counts.ts";
import { diskOf, type HealthBoard } from "./api/health/health-board.ts";
import type { Metrics } from "./api/health/metrics.ts";
import { type LiveChannel, openLiveChannel } from "./api/live/live-channel.ts";
import { OwnerLinks } from "./api/live/owner-links.ts";
import type { TopicBell } from "./api/live/topic-bell.ts";
import { routeTable } from "./api/route-table.ts";
import { surroundingsOf } from "./api/search/surroundings.ts";
import { buildServer } from "./api/server.ts";
import type { WorkloadRouteParts } from "./api/workload-routes.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { buildConsole, needsBuild } from "./console-build.ts";
import { openCredentialKey } from "./credentials/credential-key.ts";
import { Credentials } from "./credentials/credentials.ts";
import { type Evidence, openEvidence } from "./evidence/evidence.ts";
import { openEvidenceKeys } from "./evidence/keys.ts";
import type { LogBook } from "./evidence/log/log-book.ts";
import { Videos } from "./evidence/video/videos.ts";
import { openViewing } from "./evidence/viewing/viewing.ts";
import { firstPlantFile } from "./first-plant.ts";
import { lockFolder } from "./folder-lock.ts";
import type { Identity } from "./identity/identity.ts";
import type { Integrations } from "./integrations/integrations.ts";
import type { Tickets } from "./integrations/tickets.ts";
import type { OpcuaProcess } from "./legs/opcua/apart/opcua-process.ts";
import type { Logger } from "./log.ts";
import { openNative, plainOpcua } from "./native/open-native.ts";
import type { Noticed } from "./noticed.ts";
import { evidenceNotices } from "./noticed-evidence.ts";
import type { AuditParts } from "./open-audit.ts";
import { openBundles } from "./open-bundles.ts";
import { openChanges, openPlantHistory } from "./open-changes.ts";
import { openConnect } from "./open-connect.ts";
import type { SiteCopies } from "./open-copies.ts";
import { openForesights } from "./open-foresights.ts";
import { gatewayGauges, type SiteGateways } from "./open-gateways.ts";
import { gaugesOf, openTickets } from "./open-integrations.ts";
import { openLetGo } from "./open-let-go.ts";
import { openOpcua } from "./open-opcua.ts";
import { openPanels } from "./open-panels.ts";
import type { OpenedDoors } from "./open-peer.ts";
import { openPolicies, type Policies } from "./open-policies.ts";
import { openProvisioning } from "./open-provisioning.ts";
import { openRisk, type RiskPlace } from "./open-risk.ts";
import { openSessions } from "./open-sessions.ts";
import type { SignalDesk } from "./open-signals.ts";
import { openReach, openTrustDesk, openTrusted } from "./open-trust.ts";
import type { Opened } from "./opened.ts";
import { ConfirmedPlant } from "./plant/confirmed-plant.ts";
import type { PlantHistory } from "./plant/plant-history.ts";
import { PlantSource } from "./plant/plant-source.ts";
import { portRefusal } from "./port.ts";
import type { ProviderDesk } from "./providers/provider-desk.ts";
import { openProbe } from "./sessions/probe-session.ts";
import type { ReachDesk } from "./sessions/reach-desk.ts";
import type { Cause, LiveSession, SessionHost } from "./sessions/session.ts";
import { startSimulatedPlant } from "./simulated-plant.ts";
import type { StandbyWatch } from "./standby/standby-watch.ts";
import type { Store } from "./store/store.ts";
import type { ServedCertificate } from "./tls/served-certificate.ts";
import type { TrustDesk } from "./trust/trust-desk.ts";

/** What every part stands on. */
export interface Ground {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly log: Logger;
  readonly store: Store;
  readonly metrics: Metrics;
  readonly board: HealthBoard;
  readonly bell: TopicBell;
  readonly noticed: Noticed;
  readonly alarms: AlarmBook;
  readonly opened: Opened;
  say(line: string): void;
}

export async function openRecorder(
  ground: Ground,
  copies: SiteCopies | undefined,
): Promise<Evidence> {
  const { config, opened, clock, version, say, noticed } = ground;
  const { evidenceFolder, auditorRecipients: auditors } = config;
  opened.push(lockFolder(evidenceFolder));
  const file = join(config.dataFolder, "evidence.key");
  const keys = await openEvidenceKeys({ file, evidenceFolder, auditors, say });
  const evidence = await openEvidence({
    directory: evidenceFolder,
    keys,
    build: version,
    clock,
    onCommit: ground.metrics.commit,
    limits: { recordingBytesMax: config.recordingMibMax * 2 ** 20 },
    ...(config.retentionMs > 0 ? { keepMs: config.retentionMs } : {}),
    ...(copies && { stored: copies }),
    ...evidenceNotices({ ...ground, siteLog: ground.store.log }),
  });
  opened.push(() => evidence.close());
  opened.push(noticed.recorder(evidence.recorder));
  // Of years of recordings the first list takes seconds: read beside everything else.
  void evidence.recordings.page({ limit: 1, wanted: () => true }).catch(() => {});
  const { recovered } = evidence;
  if (recovered.length > 0) say(`closed ${counted(recovered.length)} of an earlier run`);
  for (const { session, state, cause } of recovered) {
    const text = `A recording of an earlier run was closed as ${state}: ${cause}`;
    noticed.note({ kind: "recording:recovered", priority: "alarm", text, session });
  }
  return evidence;
}

function openVideos({ clock, opened }: Ground, { recordings }: Evidence): Videos {
  const videos = new Videos({ recordings, clock });
  opened.push(() => videos.stop());
  return videos;
}

function counted(recordings: number): string {
  return recordings === 1 ? "1 recording" : `${recordings} recordings`;
}

export interface OpenPlant {
  readonly source: PlantSource;
  readonly history: PlantHistory;
  readonly file: string;
  /** What the simulated plant says about itself. */
  readonly simulated: string | undefined;
}

export async function openPlant(ground: Ground): Promise<OpenPlant> {
  const { config, opened, clock, noticed } = ground;
  const { dataFolder, simulatorPort } = config;
  // First of all: where its ports are taken, no plant file that names them is left behind.
  const simulate = config.plantFile === "" || config.simulate;
  const simulated = simulate ? await openSimulator(ground) : undefined;
  const file =
    config.plantFile ||
    (await firstPlantFile(dataFolder, simulatorPort, () => openCredentials(ground)));
  const confirmed = new ConfirmedPlant(dataFolder);
  const needed = config.plantSecondAdministrator;
  const source = await PlantSource.open({ path: file, clock, ...(needed && { confirmed }) });
  opened.push(() => source.close());
  opened.push(noticed.plant(source));
  if (!needed && confirmed.exists) await noticed.unconfirmed(confirmed, source);
  const history = await openPlantHistory(ground, source);
  return { source, history, file, simulated };
}

async function openSimulator({ config, opened, board, log }: Ground): Promise<string> {
  const name = "simulated plant";
  const plant = await startSimulatedPlant(config.simulator, config.simulatorPort, (reason) => {
    log.error({ reason }, "the simulated plant is gone");
    board.report(name, "failed", `The simulated plant is gone: ${reason}. Restart the broker.`);
  });
  opened.push(() => plant.stop());
  board.report(name, "ok", `It runs: ${plant.addresses}.`);
  return plant.addresses;
}

export interface Core extends Policies, RiskPlace {
  readonly identity: Identity;
  readonly evidence: Evidence;
  readonly plant: PlantSource;
  readonly sessions: SessionHost;
  readonly access: Access<LiveSession>;
  readonly credentials: Credentials;
  readonly opcua: OpcuaProcess;
  readonly trust: TrustDesk;
  readonly reach: ReachDesk;
  readonly gateways: SiteGateways | undefined;
  readonly tickets: Tickets;
}

export async function openCore(
  ground: Ground,
  parts: Pick<Core, "identity" | "evidence" | "plant"> & { readonly book: LogBook },
): Promise<Core> {
  const { config, opened, clock, store } = ground;
  const { identity, evidence, plant, book } = parts;
  const key = loadSigningKey(join(config.dataFolder, "permit-key.pem"));
  const credentials = openCredentials(ground);
  const opcua = openOpcua(ground);
  const trusted = await openTrusted(ground);
  const risk: RiskPlace = {};
  const { sessions, gateways } = await openSessions(ground, {
    ...{ evidence, plant, book, credentials, opcua, trusted, risk, permitKey: key.publicKey },
  });
  opened.push(evidence.onOverQuota((session) => sessions.get(session)?.end(overQuota(config))));
  let siteState = (_site: string) => ({ open: true, locked: false });
  const ruled = await openPolicies(ground, parts, (site) => siteState(site));
  const { decisions, demands } = ruled;
  const tickets = openTickets(ground, plant);
  await openRisk(ground, risk, { demands, plant, signedActions: identity.signedActions });
  opened.push(await mirrorActions(store, identity.signedActions, book));
  const access = await openAccess<LiveSession>({
    ...{ store, clock, plant, host: sessions, permitKey: key.privateKey, decisions, demands },
    tickets,
    people: identity.people,
    signIns: identity.signIns,
    devices: identity.deviceFacts,
    signedActions: identity.signedActions,
    openProbe: (permit) => openProbe(sessions, permit),
    limits: {
      idleMs: config.sessionIdleMs,
      leaseMs: config.sessionLeaseMs,
      absoluteMs: config.sessionAbsoluteMs,
      assertionMaxMs: config.assertionAgeMaxMs,
      knownDevicesOnly: config.unknownDevices === "refuse",
    },
  });
  opened.push(
    answerHostLifts({
      ...{ dataFolder: config.dataFolder, store, clock },
      lifted: (locks) => access.locks.liftedOnHost(locks),
      failed: (reason) => ground.log.error({ reason }, "unlocking on the host failed"),
    }),
  );
  siteState = (site) => ({
    open: access.keySwitches.isSiteOpen(site),
    locked: access.locks.isSiteLocked(site),
  });
  opened.push(() => access.close());
  const permitKey = key.privateKey;
  const trust = openTrustDesk(ground, {
    ...{ book: trusted, identity, decisions, plant, sessions, access, permitKey },
  });
  openLetGo(ground, { evidence, plant, sessions, access, permitKey });
  const reach = openReach(clock, { plant, sessions, access, permitKey });
  opened.push(() => reach.close());
  const desks = { trust, gateways, reach, tickets, ...risk };
  return { ...parts, ...ruled, sessions, access, credentials, opcua, ...desks };
}

function openCredentials({ config, store, clock }: Ground): Credentials {
  const file = join(config.dataFolder, "credentials.key");
  const key = openCredentialKey({ file, command: config.credentialsKeyCommand });
  return new Credentials(store, key, clock);
}

function overQuota({ recordingMibMax }: Config): Cause {
  const reason = `its recording is larger than the ${recordingMibMax} MiB that one may have`;
  return { rule: "quota", reason };
}

interface DoorParts {
  readonly integrations: Integrations;
  readonly signals: SignalDesk;
  readonly tls: ServedCertificate | undefined;
  readonly services: WorkloadRouteParts["services"];
  readonly providers: ProviderDesk;
  readonly plantFile: OpenPlant;
  readonly copies: SiteCopies | undefined;
  readonly standby: StandbyWatch | undefined;
}

type AllParts = Core & AuditParts & DoorParts;

/** Builds the console if need be, then listens: from here on people can come in. */
export async function openDoors(ground: Ground, core: AllParts): Promise<OpenedDoors> {
  const { config, opened, clock, log, say, version, store, bell, metrics } = ground;
  const { identity, access, sessions, evidence, decisions, policies, tls } = core;
  if (needsBuild(config.consoleFolder)) {
    say("building the console …");
    await buildConsole(config.consoleFolder);
  }
  const viewing = openViewing(store, clock);
  opened.push(() => viewing.looks.close());
  const native = await openNative({
    ...{ config, clock, store, opcua: core.opcua },
    signedActions: identity.signedActions,
    seen: (signIn) => identity.signIns.seen(signIn),
    plain: () => plainOpcua(core.plant.current()),
  });
  opened.push(() => native.close());
  const panels = await openPanels(ground, { sessions, signIns: identity.signIns, tls });
  // The first list need not wait for what no run has read yet; it reads what is still missing.
  void evidence.recordings.heads(() => false).catch(() => undefined);
  const routes = routeTable({
    ...openChanges(ground, core, core.plantFile),
    ...openForesights(ground, evidence),
    ...{ native, panels, viewing },
    searching: {
      search: evidence.openSearch((cause) => log.warn({ cause }, "the search index is behind")),
      surroundings: (terms) => surroundingsOf(store.queries, terms),
    },
    videos: openVideos(ground, evidence),
    bundles: openBundles(ground, viewing, core.copies),
    ...{ credentials: core.credentials, defaultRights: core.defaultRights, trust: core.trust },
    reach: core.reach,
    ...{ gateways: core.gateways, responses: core.responses, baselines: core.baselines },
    ...{ identity, access, sessions, decisions, policies, metrics, clock },
    ...{ recorder: evidence.recorder, recordings: evidence.recordings },
    siteLog: store.log,
    figuresByMonth: (recordings, when) => figuresByMonth(store, recordings, when),
    plant: core.plant,
    health: healthOf(ground, core),
    ...{ integrations: core.integrations, signals: core.signals },
    ...{ alarms: ground.alarms, audit: core.audit, logState: core.logState },
    brokers: config.standby ? config.origins : [],
    ...{ services: core.services, scim: openProvisioning(ground), providers: core.providers },
  });
  const gatekeepers = { ...identity, decisions };
  const served = { ...config, version, certificate: tls };
  const app = await buildServer(served, routes, gatekeepers, log, metrics.request);
  const owners = new OwnerLinks(sessions);
  const live = openLiveChannel(app.server, {
    ...{ identity, sessions, owners, decisions, clock, log, origins: config.origins },
    unknownDevices: config.unknownDevices,
    recordings: evidence.recordings,
    presence: access.presence,
    ...{ looks: viewing.looks, siteLog: store.log },
    parseCookies: (header) => app.parseCookie(header),
  });
  const connect = openConnect(app.server, ground, { ...core, native, owners });
  const stops = [...announcements(live, bell, core), () => connect.close()];
  metrics.read({ ...gaugesFrom(ground, core), sockets: () => live.sockets });
  opened.push(async () => {
    app.server.close();
    // People hear why their session ended before their page is cut off.
    await sessions.shutdown();
    for (const stop of stops) stop();
    await live.close();
    await app.close();
  });
  await app.listen({ host: config.listen, port: config.port }).catch((error) => {
    throw portRefusal(config, error);
  });
  return { console: app.server, panels: panels?.http, taking: native.taking };
}

/** Changed lists are told to the pages that show them. */
function announcements(live: LiveChannel, bell: TopicBell, core: Core) {
  const { identity, decisions, access, plant } = core;
  return [
    plant.onChanged(() => live.announce("plant")),
    bell.onRing((topic) => live.announce(topic)),
    identity.people.onChanged(() => live.announce("people")),
    decisions.onPoliciesChanged(() => live.announce("people")),
    access.onGrantsChanged(() => live.announce("grants")),
    access.onSupervisionChanged(() => {
      for (const topic of ["consents", "plant"] as const) live.announce(topic);
    }),
    access.locks.onChanged(() => {
      for (const topic of ["locks", "plant"] as const) live.announce(topic);
    }),
  ];
}

function gaugesFrom(
  { alarms, board, config, version }: Ground,
  core: Core & Pick<DoorParts, "integrations" | "copies" | "standby">,
) {
  const { sessions, evidence, integrations, gateways, copies, standby } = core;
  return {
    liveSessions: () => sessions.list().length,
    recorderReady: () => evidence.recorder.state.kind === "ready",
    alarms: () => alarmCounts(alarms.list()),
    alarmKinds: () => alarmCountsByKind(alarms.list()),
    parts: () => board.states(),
    copies: () => copies?.gauge(),
    standby: () => standby?.gauge(),
    evidenceFreeBytes: async () => (await diskOf(config.evidenceFolder)).freeBytes,
    version,
    integrations: () => gaugesOf(integrations),
    gateways: async () => gatewayGauges((await gateways?.list()) ?? []),
  };
}

function healthOf({ board, config, metrics, version, clock }: Ground, core: Core) {
  const { plant, sessions, evidence } = core;
  let plantLoadedMs = clock.wallMs();
  plant.onChanged(() => {
    plantLoadedMs = clock.wallMs();
  });
  return {
    isReady: () => board.isReady(),
    view: () =>
      board.view({
        ...{ version, plantLoadedMs },
        evidenceFolder: config.evidenceFolder,
        plantDigest: plant.current().digest,
        plantProblem: plant.problem() ?? null,
        liveSessions: sessions.list().length,
        recorderReady: evidence.recorder.state.kind === "ready",
        commitMs: metrics.commitMs,
        cutMs: metrics.cutMs,
      }),
  };
}
