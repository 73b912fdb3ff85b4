/**
 * Opens the alarms and lets them hear of every condition that needs a person: from the parts
 * themselves where they know their state, else from the site's events (`alarms-by-event.ts`).
 */
import type { Access } from "./access/access.ts";
import type { PolicyStore } from "./access/policies/policy-store.ts";
import { AlarmBook, type Occurrence } from "./alarms/alarm-book.ts";
import type { AlarmKindName } from "./alarms/alarm-kinds.ts";
import {
  type AlarmPlace,
  OF_THE_WHOLE,
  placeOfAsset,
  placeOfEndpoint,
  placeOfEvent,
  placeOfSite,
  placeOfZone,
} from "./alarms/alarm-place.ts";
import { followEvents, hearWhatWaits, SITE } from "./alarms/alarms-by-event.ts";
import type { TopicBell } from "./api/live/topic-bell.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { LogBook } from "./evidence/log/log-book.ts";
import type { VolumeState } from "./evidence/volume-watch.ts";
import type { Logger } from "./log.ts";
import type { Opened } from "./opened.ts";
import type { Plant } from "./plant/model.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { ResponseDesk } from "./risk/response-desk.ts";
import type { LiveSession, SessionHost } from "./sessions/session.ts";
import { listBreakGlass } from "./store/break-glass.ts";
import type { SiteEvent } from "./store/model.ts";
import type { Store } from "./store/store.ts";

export interface AlarmGround {
  readonly config: Pick<Config, "witnessPolicy" | "retentionMs" | "objects" | "standby">;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Pick<Logger, "error">;
  readonly bell: TopicBell;
  readonly opened: Opened;
}

export async function openAlarms(ground: AlarmGround): Promise<AlarmBook> {
  const { config, store, clock, log, bell, opened } = ground;
  const book = await AlarmBook.open({
    ...{ store, clock },
    changed: () => bell.ring("alarms"),
    trouble: (error) => log.error({ error }, "an alarm was not kept"),
  });
  opened.push(() => book.close());
  if (config.witnessPolicy === "") {
    for (const kind of ["witness-behind", "site-log-forked"] as const) {
      book.takeOutOfService(kind, "No witness is configured (SALLYPORT_WITNESS_POLICY).");
    }
  }
  if (config.retentionMs === 0) {
    book.takeOutOfService("retention-failing", "Recordings are kept for ever.");
  }
  if (config.objects === undefined) {
    for (const kind of ["copies-late", "copy-parked", "copy-differs"] as const) {
      book.takeOutOfService(kind, "No object store is configured (SALLYPORT_OBJECTS).");
    }
  }
  if (!config.standby) {
    book.takeOutOfService("standby-unseen", "This broker has no standby (SALLYPORT_STANDBY).");
  }
  store.onFailure((error) => book.raise("store-failed", SITE, { text: error.message }));
  store.onAway((away) => {
    told(book, "store-failed", away?.message);
    if (!away) book.keepLate();
  });
  return book;
}

/**
 * From when the plant file says where everything is, and before the site log takes what waits for
 * it: so nothing that happened meanwhile is missed.
 */
export async function hearEvents(
  { store, log, opened, alarms }: AlarmGround & { readonly alarms: AlarmBook },
  plant: Pick<PlantSource, "current" | "onChanged">,
): Promise<void> {
  const placed = (event: SiteEvent) => placeOfEvent(plant.current(), event);
  const follow = followEvents(alarms, placed);
  const early: SiteEvent[] = [];
  let take = (event: SiteEvent): void => void early.push(event);
  opened.push(store.log.onEvent((event) => take(event)));
  const place = (): Promise<void> =>
    alarms
      .place((asset) => placeOfAsset(plant.current(), asset))
      .catch((error: unknown) => log.error({ error }, "where alarms are was not kept"));
  const heard = await hearWhatWaits(alarms, store.queries, placed);
  for (const event of early) if (!heard.has(event.id)) follow(event);
  take = follow;
  await place();
  opened.push(plant.onChanged(() => void place()));
  store.onAway((away) => {
    if (!away) void place();
  });
}

export interface WatchedParts {
  readonly evidence: Pick<Evidence, "recorder" | "onOverQuota">;
  readonly book: LogBook;
  readonly plant: PlantSource;
  readonly policies: PolicyStore;
  readonly access: Pick<Access<LiveSession>, "locks" | "keySwitches">;
  readonly sessions: SessionHost;
  readonly responses?: Pick<ResponseDesk, "list">;
}

/** Parts that know their own state say it now and whenever it changes. */
export function watchConditions(
  ground: AlarmGround & { readonly alarms: AlarmBook },
  { evidence, book, plant, policies, access, sessions, responses }: WatchedParts,
): void {
  const { alarms, bell, opened } = ground;
  const { recorder } = evidence;
  const failing = (kind: AlarmKindName) => (state: State) =>
    told(alarms, kind, state.kind === "failed" ? `${state.cause}.` : undefined);
  failing("recorder-failed")(recorder.state);
  failing("site-log-failed")(book.state);
  told(alarms, "plant-invalid", plant.problem());
  told(alarms, "policy-invalid", policies.problem());
  const locks = () => alarms.hold("lockdown", locksOf(access, plant.current()));
  const holds = () => alarms.hold("hold-waiting", holdsOf(sessions, plant.current()));
  const asked = () => alarms.hold("response-waiting", askedBy(responses, plant.current()));
  locks();
  holds();
  asked();
  for (const stop of [
    recorder.onState(failing("recorder-failed")),
    book.onState(failing("site-log-failed")),
    plant.onProblem((problem) => told(alarms, "plant-invalid", problem)),
    policies.onProblem((problem) => told(alarms, "policy-invalid", problem)),
    access.locks.onChanged(locks),
    // Zones may be at another site now: what has an asset goes with it, a lock has none.
    plant.onChanged(locks),
    evidence.onOverQuota((session) => {
      const text = "The recording of a session reached the size that one may have.";
      const asset = sessions.get(session)?.claims.asset.id;
      const about = asset === undefined ? {} : { asset };
      const place = placeOfEvent(plant.current(), { session, about });
      alarms.raise("recording-quota", session, { text, session, place });
    }),
    bell.onRing((topic) => {
      if (topic === "holds") holds();
      if (topic === "sessions" && responses) asked();
    }),
    ground.store.log.onEvent(({ kind }) => {
      const switched = kind.startsWith("key-switch:") || kind === "plant:changed";
      if (switched) alarms.hold("key-switch-unknown", switchesOf(access, plant));
    }),
  ]) {
    opened.push(stop);
  }
  watchReviews(ground, plant);
}

/** How full the volume is: one alarm, the more urgent the fuller. */
export function volumeAlarms(alarms: AlarmBook) {
  return ({ level, atFloor }: VolumeState, text: string): void => {
    const reached = atFloor ? 95 : level;
    for (const [kind, at] of VOLUME_KINDS) told(alarms, kind, reached === at ? text : undefined);
  };
}

const VOLUME_KINDS = [
  ["volume-filling", 70],
  ["volume-high", 85],
  ["volume-full", 95],
] as const;

type State = { readonly kind: "ready" } | { readonly kind: "failed"; readonly cause: string };

/** @param text what is wrong; undefined: nothing is */
function told(alarms: AlarmBook, kind: AlarmKindName, text: string | undefined): void {
  if (text === undefined) alarms.clear(kind, SITE);
  else alarms.raise(kind, SITE, { text });
}

/** One that was not read yet has no reason to be unknown. */
function switchesOf(
  { keySwitches }: WatchedParts["access"],
  source: Pick<PlantSource, "current">,
): ReadonlyMap<string, Occurrence> {
  const plant = source.current();
  const unknown = keySwitches.list().filter(({ state, why }) => state === "unknown" && why !== "");
  return new Map(
    unknown.map(({ keySwitch: { id, name, covers }, why }) => {
      const place = covers.id === undefined ? OF_THE_WHOLE : placeOf(plant, covers.kind, covers.id);
      return [id, { text: `${name}: ${why}`, place }];
    }),
  );
}

function locksOf({ locks }: WatchedParts["access"], plant: Plant): ReadonlyMap<string, Occurrence> {
  return new Map(
    locks.list().map(({ id, kind, target, targetName, lockedByName, reason }) => {
      const what = `${kind === "person" ? "" : `the ${kind} `}${targetName || target}`;
      const place = placeOf(plant, kind, target);
      return [id, { text: `${lockedByName} locked ${what}: ${reason}`, place }];
    }),
  );
}

function placeOf(plant: Plant, kind: "person" | "site" | "zone" | "asset", id: string): AlarmPlace {
  if (kind === "asset") return placeOfAsset(plant, id);
  if (kind === "zone") return placeOfZone(plant, id);
  return kind === "site" ? placeOfSite(plant, id) : OF_THE_WHOLE;
}

function holdsOf(sessions: SessionHost, plant: Plant): ReadonlyMap<string, Occurrence> {
  const waiting = new Map<string, Occurrence>();
  for (const { claims, holds } of sessions.list()) {
    for (const { id, state, rule, changes } of holds) {
      if (state !== "waiting") continue;
      const what = changes.map(({ point, now, asked }) => `${point} from ${now} to ${asked}`);
      const text = `${claims.subject.name} on ${claims.asset.name}: ${what.join(", ") || rule}`;
      const place = placeOfAsset(plant, claims.asset.id);
      waiting.set(id, { text, place, subject: claims.subject.id, session: claims.session });
    }
  }
  return waiting;
}

/** What rules stopped, until somebody answers. */
function askedBy(
  responses: WatchedParts["responses"],
  plant: Plant,
): ReadonlyMap<string, Occurrence> {
  return new Map(
    (responses?.list() ?? []).map(({ id, sentence, person, asset, session }) => [
      id,
      {
        ...{ text: `${asset.name}: ${sentence}`, place: placeOfAsset(plant, asset.id) },
        ...{ subject: person.id, session },
      },
    ]),
  );
}

/** A use of break-glass is over at some time; whether somebody has reviewed it is asked then. */
const REVIEWS_EVERY_MS = 60_000;
const REVIEWS_MAX = 100;

function watchReviews(
  { store, clock, log, opened, alarms }: AlarmGround & { readonly alarms: AlarmBook },
  plant: Pick<PlantSource, "current">,
): void {
  let stopTimer = () => {};
  let closed = false;
  const look = async () => {
    const uses = await listBreakGlass(store.queries, REVIEWS_MAX);
    const due = uses.filter(({ review, untilMs }) => !review && untilMs <= clock.wallMs());
    alarms.hold(
      "break-glass-unreviewed",
      new Map(
        due.map(({ id, holder, openedBy, endpoint, reason }) => [
          id,
          {
            text: `${holder.name} on ${endpoint}, opened by ${openedBy.name}: ${reason}`,
            place: placeOfEndpoint(plant.current(), endpoint),
          },
        ]),
      ),
    );
  };
  const lookAgain = () => {
    stopTimer();
    // A database that cannot be read has an alarm of its own.
    look()
      .catch((error: unknown) => log.error({ error }, "reviews of break-glass were not read"))
      .finally(() => {
        if (!closed) stopTimer = clock.after(REVIEWS_EVERY_MS, lookAgain);
      });
  };
  lookAgain();
  opened.push(
    store.log.onEvent(({ kind }) => {
      if (kind.startsWith("break-glass:")) lookAgain();
    }),
  );
  opened.push(() => {
    closed = true;
    stopTimer();
  });
}
