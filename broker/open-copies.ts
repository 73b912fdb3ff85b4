/** Copies of recordings in the object store, where one is configured, and how it stands with them. */
import { join } from "node:path";
import type { AlarmBook } from "./alarms/alarm-book.ts";
import { SITE } from "./alarms/alarms-by-event.ts";
import type { HealthBoard } from "./api/health/health-board.ts";
import type { CopiesGauge } from "./api/health/metrics.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { Copies, type CopiesState } from "./evidence/objects/copies.ts";
import { CopyLink } from "./evidence/objects/copy-link.ts";
import type { CopyPlace } from "./evidence/objects/copy-messages.ts";
import { StoredAway } from "./evidence/objects/stored-volume.ts";
import { diskUse } from "./evidence/volume-watch.ts";
import type { Logger } from "./log.ts";
import type { Noticed } from "./noticed.ts";
import type { Opened } from "./opened.ts";
import type { PlantSource } from "./plant/plant-source.ts";

export interface CopiesGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Pick<Logger, "warn">;
  readonly board: HealthBoard;
  readonly alarms: AlarmBook;
  readonly noticed: Pick<Noticed, "note">;
  readonly opened: Opened;
}

type ObjectConfig = Pick<
  Config,
  | "objects"
  | "objectsStyle"
  | "objectsRegion"
  | "objectsCredentials"
  | "objectsCa"
  | "evidenceFolder"
  | "plantNetworks"
>;

/** Undefined where no store is configured. */
export function copyPlace(config: ObjectConfig): CopyPlace | undefined {
  const { objects, evidenceFolder } = config;
  if (objects === undefined) return undefined;
  return {
    recordings: join(evidenceFolder, "recordings"),
    states: join(evidenceFolder, "objects"),
    ...{ endpoint: objects.endpoint, bucket: objects.bucket },
    ...{ region: config.objectsRegion, style: config.objectsStyle },
    ...{ credentials: config.objectsCredentials, ca: config.objectsCa },
    networks: config.plantNetworks,
  };
}

/** Recordings that wait longer than this ring: a store may be away for a night's work on it. */
const LATE_MS = 60 * 60_000;
/** At which the oldest proven ones may go from this machine (`SALLYPORT_OBJECTS_LOCAL`). */
const FULL_SHARE = 0.85;

export class SiteCopies {
  private readonly ground: CopiesGround;
  private readonly place: CopyPlace;
  private readonly link: CopyLink;
  private copies: Copies | undefined;
  private isFull = false;

  constructor(ground: CopiesGround, place: CopyPlace) {
    this.ground = ground;
    this.place = place;
    this.link = new CopyLink(place);
    ground.opened.push(() => this.link.close());
    ground.board.report("object store", "ok", "It has not been asked yet.");
  }

  /** From here on what is closed is copied. */
  start(plant: PlantSource, evidence: Pick<Evidence, "isIndexed">): void {
    const { config, clock, noticed, opened } = this.ground;
    const places = () => plant.current().assets.flatMap(({ endpoints }) => endpoints);
    this.link.plant(places());
    opened.push(plant.onChanged(() => this.link.plant(places())));
    const prefix = `${config.objects?.prefix ?? ""}${plant.current().site.id}`;
    const copies = new Copies({
      ...{ volume: diskVolume, recordings: this.place.recordings, clock, work: this.link },
      rules: { lock: config.objectsLock, local: config.objectsLocal },
      keyOf: (session) => `${prefix}/${session}.tar`,
      needsRoom: () => this.isFull,
      isIndexed: (session) => evidence.isIndexed(session),
      changed: (state) => this.tell(state),
      differs: (session, cause) => this.differs(session, cause),
      wentAway: (session, bytes) => {
        const text = `The segments of a recording (${bytes} bytes) are in the object store alone: its copy there was read back whole just before`;
        noticed.note({ kind: "recording:moved", priority: "event", text, session });
      },
    });
    this.copies = copies;
    opened.push(() => copies.stop());
    copies.start();
  }

  changed(session: string): void {
    this.copies?.changed(session);
  }

  isOnlyThere(session: string): boolean {
    return this.copies?.isOnlyThere(session) ?? false;
  }

  /** A segment as it was sealed. */
  async read(session: string, name: string): Promise<Uint8Array | undefined> {
    try {
      return await this.link.read(session, name);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (error instanceof Error && error.name === "CopyDiffers") this.differs(session, cause);
      throw new StoredAway(`it is in the object store alone: ${cause}`);
    }
  }

  gauge(): CopiesGauge {
    const state = this.copies?.state;
    const { oldestMs } = state ?? {};
    const { clock } = this.ground;
    return {
      waiting: state?.waiting ?? 0,
      parked: state?.parked.length ?? 0,
      stored: state?.stored ?? 0,
      onlyThere: state?.onlyThere ?? 0,
      oldestSeconds: oldestMs === undefined ? 0 : (clock.wallMs() - oldestMs) / 1_000,
    };
  }

  /** In words, for Health and the page Audit; undefined before the first look. */
  said(): { readonly text: string; readonly isWell: boolean } | undefined {
    const { copies, ground } = this;
    return copies && saidOf(copies.state, ground.clock.wallMs());
  }

  private tell(state: CopiesState): void {
    const { board, alarms, clock } = this.ground;
    const nowMs = clock.wallMs();
    const { text, isWell } = saidOf(state, nowMs);
    board.report("object store", isWell ? "ok" : "attention", text);
    const isLate = state.oldestMs !== undefined && state.oldestMs + LATE_MS < nowMs;
    if (isLate) alarms.raise("copies-late", SITE, { text });
    else alarms.clear("copies-late", SITE);
    const parked = state.parked.map(
      ({ session, cause }) => [session, { text: cause, session }] as const,
    );
    alarms.hold("copy-parked", new Map(parked));
    void this.lookAtVolume();
  }

  private async lookAtVolume(): Promise<void> {
    const use = await diskUse(this.place.recordings).catch(() => undefined);
    this.isFull = use !== undefined && use.freeBytes < use.totalBytes * (1 - FULL_SHARE);
  }

  private differs(session: string, cause: string): void {
    const { noticed } = this.ground;
    const text = `The copy of a recording is not what it should be: ${cause}`;
    noticed.note({ kind: "recording:copy-differs", priority: "alarm", text, session });
  }
}

function saidOf(state: CopiesState, nowMs: number): { text: string; isWell: boolean } {
  const { away, waiting, parked, stored, onlyThere, oldestMs } = state;
  const are = stored === 1 ? "1 recording is" : `${stored} recordings are`;
  const parts = [`${are} in the store, read back and the same`];
  if (onlyThere > 0) parts.push(`${onlyThere} of them there alone`);
  if (waiting > 0) {
    const sinceMs = nowMs - (oldestMs ?? nowMs);
    parts.push(`${waiting} waiting, the oldest for ${Math.ceil(sinceMs / 60_000)} min`);
  }
  if (parked.length > 0) parts.push(`${parked.length} do not come through`);
  const text = `${parts.join("; ")}.`;
  if (away === undefined) return { text, isWell: parked.length === 0 };
  return { text: `It is out of reach: ${away.cause}. ${text}`, isWell: false };
}

/** The store's own part in what the recorder is opened with. */
export function openCopies(ground: CopiesGround): SiteCopies | undefined {
  const place = copyPlace(ground.config);
  return place && new SiteCopies(ground, place);
}
