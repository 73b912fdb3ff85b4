/**
 * While a broker waits: it keeps a connection to the database by which the active one sees that it is
 * there, and finds out in time what would be in its way when its turn comes. It only reads.
 */
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import type { Config } from "../config.ts";
import { checkPlace, dialerOf, placeOf } from "../site-store.ts";
import { newId } from "../store/ids.ts";
import { PostgresLink } from "../store/postgres-link.ts";
import { STANDBY_BEAT_MS, standbyName } from "../store/postgres-standby.ts";
import { settingsOver } from "../store/postgres-store.ts";
import { ACTIVE_SETTING, LISTEN } from "./active-place.ts";
import { WokenPause } from "./woken-pause.ts";

type PresenceConfig = Pick<
  Config,
  "dataFolder" | "database" | "databasePasswordFile" | "databaseCa" | "plantNetworks"
>;

/** A server that does not answer in this time is not one that could be taken over with. */
const ANSWER_WITHIN_MS = 8_000;
const AGAIN_MS = 2_000;
/** Its connection may hang, and somebody waits for the end of this process. */
const LEAVE_WITHIN_MS = 1_000;

interface PresenceOptions {
  /** What people see; by default this machine's name. */
  readonly name?: string;
  readonly answerWithinMs?: number;
  /** Told where the active broker is, as it was published: at once, and again at each look. */
  heard?(active: string | undefined): void;
}

export class Presence {
  private readonly config: PresenceConfig;
  private readonly options: Required<PresenceOptions>;
  private readonly stopping = new AbortController();
  private readonly ran: Promise<void>;
  private found: string | undefined;

  constructor(config: PresenceConfig, options: PresenceOptions = {}) {
    this.config = config;
    const heard = () => {};
    this.options = { name: hostname(), answerWithinMs: ANSWER_WITHIN_MS, heard, ...options };
    this.ran = this.run();
  }

  /** Why it could not take over now, in words for a person; undefined: nothing is known. */
  get trouble(): string | undefined {
    return this.found;
  }

  /** Resolves once nothing of it is left at the server, or soon where that does not answer. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.race([this.ran, pause(LEAVE_WITHIN_MS)]);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.connected();
      } catch (error) {
        this.found = error instanceof Error ? error.message : String(error);
      }
      await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** For as long as it lasts. @throws what is wrong with the connection, or with the database */
  private async connected(): Promise<void> {
    const { config } = this;
    const { signal } = this.stopping;
    if (!config.database) return;
    const place = placeOf(config, config.database);
    const { name, answerWithinMs, heard } = this.options;
    const options = { place, dial: dialerOf(config), reads: true, answerWithinMs };
    const link = await PostgresLink.open(options, newId());
    const looks = new WokenPause();
    let isNews = false;
    link.onNotification(() => {
      isNews = true;
      looks.wake();
    });
    try {
      await link.query(LISTEN);
      while (!signal.aborted) {
        isNews = false;
        const settings = await settingsOver(link, place);
        checkPlace(config, place, settings);
        this.found = undefined;
        heard(settings.get(ACTIVE_SETTING));
        // Not before: one that could not take over is none that waits.
        await link.query(standbyName(name));
        if (!isNews) await looks.wait(STANDBY_BEAT_MS, signal);
      }
    } finally {
      await link.close();
    }
  }
}
