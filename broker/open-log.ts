/**
 * Opens the site log and lets it hear of everything it keeps: what the site's events say, what
 * sessions are and become, what changes the plant. Events are told once they are on disk, so
 * this is the one place that has to listen.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type LogPolicy, parsePolicy } from "../protocols/log/policy.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { mirrorEvents } from "./event-mirror.ts";
import { diskVolume } from "./evidence/disk-volume.ts";
import type { Evidence } from "./evidence/evidence.ts";
import { LogBook } from "./evidence/log/log-book.ts";
import { keepProgressLeaves } from "./evidence/log/progress-leaves.ts";
import { sha256 } from "./evidence/log/sha256.ts";
import { SpentKeys } from "./evidence/log/spent-keys.ts";
import { Witnessing, type WitnessingParts } from "./evidence/log/witnessing.ts";
import { takeHostNotes } from "./host-notes.ts";
import { IntegrationDialer } from "./legs/integration-dialer.ts";
import type { Logger } from "./log.ts";
import type { Noticed } from "./noticed.ts";
import type { Opened } from "./opened.ts";
import type { PlantSource } from "./plant/plant-source.ts";
import type { LiveSession } from "./sessions/session.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { siteLogFolder, siteLogKeys, siteLogMemory } from "./site-log-place.ts";
import { StartRefused } from "./start-refused.ts";
import type { Store } from "./store/store.ts";

interface LogGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly version: string;
  readonly log: Pick<Logger, "error">;
  readonly store: Store;
  readonly noticed: Noticed;
  readonly opened: Opened;
  /** To whoever starts the broker. */
  say(line: string): void;
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
    directory: siteLogFolder(config),
    recordings: join(config.evidenceFolder, "recordings"),
    name: `${config.rpId}/${plant.current().site.id}`,
    ...{ build: version, clock },
    memory: siteLogMemory(store),
    keys: siteLogKeys(config),
    signerAwayMaxMs: config.signerAwayMaxMs,
  });
  if (book.state.kind === "failed") {
    ground.say(`no session can begin: the site log cannot be written: ${book.state.cause}`);
  }
  opened.push(() => book.close());
  opened.push(() => book.settle());
  opened.push(noticed.siteLog(book));
  opened.push(noticed.logSigner(book));
  opened.push(await mirrorEvents(store, book));
  opened.push(plantChanges(book, plant));
  opened.push(recorderGaps(book, evidence));
  opened.push(keepProgressLeaves({ book, evidence, clock }));
  opened.push(
    takeHostNotes({
      ...{ directory: siteLogFolder(config), siteLog: store.log, clock },
      failed: (error) =>
        ground.log.error({ error }, "notes of commands on the host were not taken"),
    }),
  );
  openWitnessing(ground, parts, book);
  return book;
}

/** Asks the witnesses of the policy file, where there is one. */
function openWitnessing(ground: LogGround, { plant }: LogParts, book: LogBook): void {
  const { config, clock, noticed, opened } = ground;
  if (config.witnessPolicy === "") {
    destroySpentKeys(ground, book, undefined, async () => ({ status: 0, body: "" }));
    return;
  }
  const policy = readWitnessPolicy(config.witnessPolicy);
  const destinations = policy.witnesses.flatMap(({ url }) => url ?? []);
  const dialer = new IntegrationDialer({
    destinations,
    plant: () => plant.current().assets.flatMap(({ endpoints }) => endpoints),
  });
  const post: WitnessingParts["post"] = (url, type, body) => dialer.post(url, type, body);
  destroySpentKeys(ground, book, policy, post);
  book.whenOpen((log) => {
    const witnessing = new Witnessing({
      ...{ log, policy, clock, post },
      onLag: (cause) => noticed.witnesses(cause),
      onFork: (text) => noticed.note({ kind: "site-log:forked", priority: "alarm", text }),
    });
    opened.push(() => witnessing.close());
  });
}

/** After a change of key. */
function destroySpentKeys(
  { config, clock, noticed, opened }: LogGround,
  book: LogBook,
  policy: LogPolicy | undefined,
  post: WitnessingParts["post"],
): void {
  const text = (cause: string) => `A key of the site log that is spent is there still: ${cause}`;
  book.whenOpen((log) => {
    const spent = new SpentKeys({
      ...{ volume: diskVolume, directory: siteLogFolder(config), keys: siteLogKeys(config) },
      ...{ clock, policy, post },
      append: (event) => log.append(event),
      trouble: (cause) =>
        noticed.note({ kind: "log-key:not-destroyed", priority: "alarm", text: text(cause) }),
    });
    opened.push(() => spent.close());
    spent.look();
  });
}

/** @throws StartRefused */
function readWitnessPolicy(file: string): LogPolicy {
  const refused = (reason: string) =>
    new StartRefused(`SALLYPORT_WITNESS_POLICY: ${file}: ${reason}`, 2);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
  const parsed = parsePolicy(text, sha256);
  if (parsed.kind === "policy") return parsed.policy;
  throw refused(`line ${parsed.line}: ${parsed.reason}`);
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
    // Leases, freezes and standing conditions: whatever changes the classes that are held.
    if (!("classes" in event)) return;
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
