/**
 * The one place where the broker's parts are built. They are opened in the order in which they
 * need each other and closed in reverse; a start that fails closes what it had opened.
 */
import { HealthBoard } from "./api/health/health-board.ts";
import { createMetrics } from "./api/health/metrics.ts";
import { TopicBell } from "./api/live/topic-bell.ts";
import { answerDatabaseCopies } from "./backup/database-copy.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { type Door, doorsOf } from "./doors.ts";
import { answerComments } from "./evidence/viewing/host-comments.ts";
import type { EnrolmentLink } from "./identity/identity.ts";
import type { PlantPlace } from "./legs/pinned-address.ts";
import { writeDirectly } from "./legs/socket-output.ts";
import { type Logger, openLog } from "./log.ts";
import { Noticed } from "./noticed.ts";
import { hearEvents, openAlarms, watchConditions } from "./open-alarms.ts";
import { openAudit } from "./open-audit.ts";
import { openCopies } from "./open-copies.ts";
import { openIntegrations } from "./open-integrations.ts";
import { openLogBook } from "./open-log.ts";
import {
  type Core,
  type Ground,
  openCore,
  openDoors,
  openPlant,
  openRecorder,
} from "./open-parts.ts";
import { Peers } from "./open-peer.ts";
import { openPeople } from "./open-people.ts";
import { openProviders, readProviders } from "./open-providers.ts";
import { openSignals } from "./open-signals.ts";
import { openTls } from "./open-tls.ts";
import { openWorkloads } from "./open-workloads.ts";
import { Opened } from "./opened.ts";
import { withFreePort } from "./port.ts";
import { openSiteStore } from "./site-store.ts";
import { standStillWhileAway } from "./standby/stand-still.ts";
import { StandbyWatch } from "./standby/standby-watch.ts";
import { startRefusalOf } from "./start-refused.ts";
import { prepareDataFolder } from "./store/data-folder.ts";
import { STORE_RESERVE_BYTES } from "./store/store.ts";
import { readVersion } from "./version.ts";

/** A broker that runs. */
export interface Broker {
  /** Where people open the console. */
  readonly address: string;
  /** Present while nobody has enrolled. */
  readonly enrolmentLink: EnrolmentLink | undefined;
  readonly plantName: string;
  readonly plantFile: string;
  /** What the simulated plant says about itself, where there is one. */
  readonly simulatedPlant: string | undefined;
  readonly doors: readonly Door[];
  readonly dataFolder: string;
  readonly log: string;
  readonly version: string;
  /** Where brokers that wait reach it, as it was published; undefined where none is to. */
  readonly published: string | undefined;
  /** Accepts nothing new, ends sessions, seals their recordings, closes everything. Idempotent. */
  close(): Promise<void>;
  /** Into the log, before the process ends because of it. */
  noteFault(error: unknown): void;
}

export interface StartOptions {
  /** Told what takes its time. */
  say?(line: string): void;
  readonly clock?: Clock;
  /** All is open but the doors that people come in by. */
  beforeListening?(): Promise<void>;
  /** It must not go on, for another broker may take over: whoever started it ends it now. */
  stepDown?(reason: string): void;
}

/** @throws StartRefused with one line for a person; anything else is a fault */
export async function startBroker(given: Config, options: StartOptions = {}): Promise<Broker> {
  const opened = new Opened();
  try {
    return await build(await withFreePort(given), opened, options);
  } catch (error) {
    await opened.close().catch(() => {});
    throw startRefusalOf(error);
  }
}

async function build(config: Config, opened: Opened, options: StartOptions): Promise<Broker> {
  const assets: Assets = { places: () => [] };
  const ground = await openGround(config, opened, options, assets);
  const { log, version } = ground;
  const copies = openCopies(ground);
  const evidence = await openRecorder(ground, copies);
  const plant = await openPlant(ground);
  assets.places = () => plant.source.current().assets.flatMap(({ endpoints }) => endpoints);
  await hearEvents(ground, plant.source);
  const book = await openLogBook(ground, { evidence, plant: plant.source });
  const providers = readProviders(config.providers);
  const identity = await openPeople(ground, providers);
  const core = await openCore(ground, { identity, evidence, plant: plant.source, book });
  watchConditions(ground, { ...core, book });
  const witnessesBehind = () => ground.noticed.witnessTrouble;
  const audit = openAudit(ground, { evidence, book, witnessesBehind, copies });
  const signals = openSignals(ground, { ...core, plant: plant.source });
  const integrations = await openIntegrations(ground, core, signals);
  const tls = await openTls(ground, plant.source);
  if (config.standby) opened.push(openStandStill(ground, core, options));
  const peers = new Peers(ground);
  const standby = config.standby
    ? new StandbyWatch({ ...ground, forwarding: () => peers.names })
    : undefined;
  opened.push(() => standby?.close());
  const services = await openWorkloads(ground, { identity, plant: plant.source, tls });
  await options.beforeListening?.();
  const doors = await openDoors(ground, {
    ...core,
    ...audit,
    integrations,
    signals,
    tls,
    services,
    providers: openProviders(ground, { identity, plant: plant.source, providers }),
    ...{ plantFile: plant, copies, standby },
  });
  const published = await peers.open(doors);
  copies?.start(plant.source, evidence);
  opened.push(ground.noticed.clockSteps());
  const { firstName: name, firstEmail: email } = config;
  const enrolmentLink = await identity.enrolment.firstStart({ name, email });
  log.info({ address: config.origins[0], plant: plant.file }, "ready");
  return {
    address: config.origins[0] ?? "",
    enrolmentLink,
    plantName: plant.source.current().site.name,
    plantFile: plant.file,
    simulatedPlant: plant.simulated,
    doors: doorsOf(config),
    dataFolder: config.dataFolder,
    log: config.log,
    ...{ version, published },
    close: async () => {
      log.info("stopping");
      await opened.close();
      log.info("stopped");
    },
    noteFault: (error) => log.fatal({ error }, "a fault of the broker's own: it ends"),
  };
}

function openStandStill(
  { store, clock, log }: Ground,
  { sessions, access }: Core,
  { stepDown }: StartOptions,
): () => void {
  return standStillWhileAway({
    ...{ store, clock, sessions },
    unkeptLocks: () => access.locks.unkeptCount,
    stepDown: (reason) => {
      log.error({ reason }, "this broker steps down");
      stepDown?.(reason);
    },
  });
}

/** Where the database is never looked for; known once the plant file is read, which needs the store. */
interface Assets {
  places: () => readonly PlantPlace[];
}

async function openGround(
  config: Config,
  opened: Opened,
  options: StartOptions,
  assets: Assets,
): Promise<Ground> {
  const { clock = systemClock, say = () => {} } = options;
  const version = readVersion();
  const dataFolder = prepareDataFolder(config.dataFolder);
  const log = openLog(config.log, config.logLevel);
  writeDirectly(!config.publicSockets);
  log.info({ version, node: process.version, dataFolder }, "starting");
  const store = await openSiteStore(config, {
    ...{ clock, reserveBytes: STORE_RESERVE_BYTES },
    plant: () => assets.places(),
  });
  opened.push(() => store.close());
  opened.push(answerDatabaseCopies({ store, clock, dataFolder, failed: copyFailed(log) }));
  const notTold = (reason: string) => log.error({ reason }, "comments were not told to an export");
  opened.push(answerComments({ store, clock, dataFolder, failed: notTold }));
  const metrics = createMetrics();
  opened.push(() => metrics.close());
  const [board, bell] = [new HealthBoard(clock), new TopicBell()];
  const noticed = new Noticed({ ...{ store, clock, log, metrics, board, bell } });
  const parts = {
    ...{ config, clock, version, log, store, metrics, board, bell, noticed },
    opened,
  };
  return { ...parts, alarms: await openAlarms(parts), say };
}

function copyFailed(log: Logger): (reason: string) => void {
  return (reason) => log.error({ reason }, "the database was not copied for a backup");
}
