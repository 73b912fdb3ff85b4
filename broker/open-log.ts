/**
 * Opens the site log and lets it hear of everything it keeps: what the site's events say, what
 * sessions are and become, what changes the plant. Events are told once they are on disk, so
 * this is the one place that has to listen.
 */
import { join } from "node:path";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { LogBook } from "./evidence/log/log-book.ts";
import type { LogMemory } from "./evidence/log/site-log.ts";
import type { Noticed } from "./noticed.ts";
import type { Opened } from "./opened.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { LiveSession } from "./sessions/session.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import type { SiteEvent } from "./store/model.ts";
import { readSetting, writeSetting } from "./store/settings.ts";
import type { Store } from "./store/store.ts";

interface LogGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly store: Store;
  readonly noticed: Noticed;
  readonly opened: Opened;
}

interface LogParts {
  readonly evidence: Evidence;
  readonly plant: PlantSource;
}

/** Never keeps the broker from starting: a log that cannot be opened keeps sessions from opening. */
export async function openLogBook(ground: LogGround, parts: LogParts): Promise<LogBook> {
  const { config, clock, version, store, noticed, opened } = ground;
  const { plant, evidence } = parts;
  const book = await LogBook.open({
    directory: join(config.dataFolder, "site-log"),
    recordings: join(config.evidenceFolder, "recordings"),
    name: `${config.rpId}/${plant.current().site.id}`,
    ...{ build: version, clock },
    memory: memoryIn(store),
  });
  opened.push(() => book.close());
  opened.push(noticed.siteLog(book));
  opened.push(store.log.onEvent((event) => book.note(eventLeaf(event))));
  opened.push(plantChanges(book, plant));
  opened.push(recorderGaps(book, evidence));
  return book;
}

/** The database is another place than the log: putting one of them back does not go unnoticed. */
function memoryIn(store: Store): LogMemory {
  const name = "site-log-checkpoint";
  return {
    read: () => readSetting(store.queries, name),
    write: (note) => writeSetting(store.queries, name, note),
  };
}

function eventLeaf({ id, atMs, kind, priority, text, subject, session }: SiteEvent) {
  const about = {
    ...(subject === null ? {} : { subject }),
    ...(session === null ? {} : { session }),
  };
  return { kind: "event", id, occurredMs: atMs, name: kind, priority, text, ...about };
}

function plantChanges(book: LogBook, source: PlantSource): () => void {
  let before = source.current().digest;
  book.note({ kind: "plant.loaded", plant: before });
  return source.onChanged((plant) => {
    book.note({ kind: "plant.changed", before, after: plant.digest });
    before = plant.digest;
  });
}

function recorderGaps(book: LogBook, { recorder }: Evidence): () => void {
  return recorder.onState((state) =>
    book.note(
      state.kind === "failed"
        ? { kind: "recorder.gap", began: true, sinceMs: state.sinceMs, cause: state.cause }
        : { kind: "recorder.gap", began: false },
    ),
  );
}

/** The hooks of the sessions with those of the log before them. */
export function loggedHooks(book: LogBook, hooks: SessionHooks): SessionHooks {
  return {
    ...hooks,
    onOpen: (session) => {
      session.listen(capabilityLeaves(book, session));
      hooks.onOpen?.(session);
    },
    onEnd: (session, cause, report) => {
      const { session: id } = session.claims;
      // Also one whose recording could not be closed now: the next start looks again.
      const look = () => book.closeSession(id);
      session.closed.then(look, look);
      hooks.onEnd?.(session, cause, report);
    },
  };
}

function capabilityLeaves(book: LogBook, session: LiveSession) {
  return (event: Parameters<Parameters<LiveSession["listen"]>[0]>[0]) => {
    if (event.kind !== "capabilities") return;
    const { rule, reason, by } = event.cause;
    book.note({
      kind: "session.capabilities",
      session: session.claims.session,
      classes: event.classes,
      ...{ rule, reason },
      ...(by === undefined ? {} : { by }),
    });
  };
}
