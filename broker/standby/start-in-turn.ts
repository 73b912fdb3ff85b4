/**
 * Waits until this broker is the one that may run, then starts it. Two things must be free: first
 * the lock of the data folder, which lies on a volume that all of them reach, then the database.
 * The folder's is the one that counts: it goes with the end of a process and with nothing else,
 * and without the folder nobody can record, so nobody can change anything in the plant.
 */
import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { FolderInUse, lockFolder } from "../folder-lock.ts";
import { dialPeer } from "../legs/peer-dialer.ts";
import { acmeFile, servedNames, siteAuthority } from "../open-tls.ts";
import { type Broker, type StartOptions, startBroker } from "../start.ts";
import { StartRefused } from "../start-refused.ts";
import { StoreAway, StoreInUse } from "../store/store-failed.ts";
import { fromAuthority, fromFiles, ServedCertificate } from "../tls/served-certificate.ts";
import { authorityFiles } from "../tls/site-authority.ts";
import type { ActivePlace } from "./active-place.ts";
import { Keeper } from "./keeper.ts";
import { PeerKey } from "./peer-key.ts";
import { Presence } from "./presence.ts";
import { RoadToActive } from "./road-to-active.ts";
import { StandbyDoor, TAKES_OVER, WAITS } from "./standby-door.ts";
import { ToolDoors } from "./tool-doors.ts";
import { WokenPause } from "./woken-pause.ts";

/** Of the time that a take-over takes, what is spent on noticing that the way is free. */
const LOOK_MS = 250;
/** Those whose question was cut off by the end of the last one hear this one's answer within this. */
const ANSWERED_WITHIN_MS = 15_000;
/** Where the folder was free and the database not, somebody else may have the better way to it. */
const AGAIN_MS = 1_000;

/**
 * @param stop ends the waiting
 * @returns undefined where it was stopped before its turn came
 * @throws StartRefused as `startBroker`
 */
export async function startInTurn(
  config: Config,
  options: StartOptions,
  stop: AbortSignal,
): Promise<Broker | undefined> {
  const turn = new Turn(config, options);
  try {
    while (!stop.aborted) {
      await turn.openDoor();
      const broker = await turn.take();
      if (broker) return broker;
      await turn.wait(stop);
    }
    return undefined;
  } finally {
    await turn.close();
  }
}

class Turn {
  private againMs = LOOK_MS;
  private readonly config: Config;
  private readonly options: StartOptions;
  private why = WAITS;
  private said = "";
  private door: StandbyDoor | undefined;
  private tools: ToolDoors | undefined;
  /** Left to this broker's own console; questions that wait for it may still be open. */
  private left: StandbyDoor | undefined;
  private readonly road: RoadToActive | undefined;
  private broker: Broker | undefined;
  private readonly pause = new WokenPause();
  private presence: Presence | undefined;

  constructor(config: Config, options: StartOptions) {
    this.config = config;
    this.options = options;
    if (!config.peerAddress) return;
    const ranges = { plant: () => [], networks: config.plantNetworks };
    const dial = (place: ActivePlace) => dialPeer(ranges, place);
    const key = () => PeerKey.read(config.dataFolder);
    this.road = new RoadToActive({
      ...{ name: hostname(), dial, key },
      say: (line) => this.say(line),
    });
    // The end of the active one need not be found by looking.
    this.road.onChange((isUp) => {
      if (!isUp) this.pause.wake();
    });
  }

  /** Until it is time to look again. */
  wait(stop: AbortSignal): Promise<void> {
    return this.pause.wait(this.againMs, stop);
  }

  async close(): Promise<void> {
    await this.leave();
    // What it may reject with is a listener's that is closed already.
    if (this.broker) void this.answerHeld(this.broker).catch(() => {});
    else await this.closeDoor();
  }

  /** Undefined: not yet. */
  async take(): Promise<Broker | undefined> {
    const free = this.lock();
    if (!free) {
      this.presence ??= new Presence(this.config, { heard: (text) => this.road?.follow(text) });
      return undefined;
    }
    let keeper: Keeper | undefined;
    try {
      this.waitBecause(TAKES_OVER, LOOK_MS);
      keeper = await Keeper.start((line) => this.say(line)).catch((error: Error) => {
        throw new StartRefused(error.message, 1);
      });
      // Its connection may hang: nothing of the take-over waits for its end.
      void this.leave();
      return await this.start(keeper, free);
    } catch (error) {
      keeper?.close();
      free();
      if (!isPassing(error)) throw error;
      this.waitBecause(couldNot(explained(error)), AGAIN_MS);
      return undefined;
    }
  }

  async openDoor(): Promise<void> {
    if (this.door) return;
    const certificate = await standbyCertificate(this.config);
    if (certificate === "none-yet") return;
    const { config, road } = this;
    const { listen, port, trustedProxies, requestsPerMinute } = config;
    this.door = await StandbyDoor.open({
      ...{ listen, port, trustedProxies, requestsPerMinute },
      ...{ certificate, road, why: () => this.why },
    }).catch((error: Error) => {
      certificate?.close();
      throw new StartRefused(`probes cannot be answered: ${error.message}`, 1);
    });
    if (!road) return;
    const { sshPort, opcuaPort, panelPort } = config;
    this.tools = await ToolDoors.open({
      ...{ listen, sshPort, opcuaPort, panelPort, certificate, road },
      ...{ why: () => this.why, say: (line: string) => this.options.say?.(line) },
    });
  }

  private async closeDoor(): Promise<void> {
    this.tools?.close();
    this.tools = undefined;
    const doors = [this.door, this.left];
    [this.door, this.left] = [undefined, undefined];
    await Promise.all(doors.map((door) => door?.close()));
    this.road?.close();
  }

  /** Questions that the last active broker left open are this one's now. */
  private async answerHeld({ published }: Broker): Promise<void> {
    this.road?.follow(published);
    if (this.left?.isAsked) await pause(ANSWERED_WITHIN_MS, undefined, { ref: false });
    await this.closeDoor();
  }

  private async leave(): Promise<void> {
    const { presence } = this;
    this.presence = undefined;
    await presence?.close();
  }

  private lock(): (() => void) | undefined {
    try {
      return lockFolder(this.config.dataFolder);
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw new StartRefused(String(error), 1);
      const trouble = this.presence?.trouble;
      this.waitBecause(trouble ? couldNot(trouble) : WAITS, LOOK_MS);
      return undefined;
    }
  }

  private async start(keeper: Keeper, free: () => void): Promise<Broker> {
    const { options } = this;
    const broker = await startBroker(this.config, {
      ...options,
      beforeListening: async () => {
        // Of a start that failed.
        void this.left?.close();
        [this.left, this.door] = [this.door, undefined];
        this.left?.leave();
        this.tools?.close();
        this.tools = undefined;
      },
    });
    this.broker = broker;
    this.say(`${hostname()} is the active broker now`);
    return {
      ...broker,
      close: async () => {
        await broker.close();
        keeper.close();
        free();
      },
    };
  }

  private waitBecause(why: string, againMs: number): void {
    this.why = why;
    this.againMs = againMs;
    this.say(why);
  }

  /** Each thing once, not at each look. */
  private say(line: string): void {
    if (line === this.said) return;
    this.said = line;
    this.options.say?.(line);
  }
}

function couldNot(why: string): string {
  return `${WAITS} It could not: ${why}.`;
}

/** With the folder free and the database not, for long, something is wrong with the folder. */
function explained(error: StartRefused): string {
  const isDatabase = error.cause instanceof StoreInUse;
  const hint =
    "; if this stays so, the locks of the data folder do not reach from one to the other";
  return `${error.message}${isDatabase ? hint : ""}`;
}

/** What may be otherwise a moment later, without anybody's changing a setting. */
function isPassing(error: unknown): error is StartRefused {
  if (!(error instanceof StartRefused)) return false;
  const { cause } = error;
  return cause instanceof StoreInUse || cause instanceof StoreAway || cause instanceof FolderInUse;
}

/** As far as it can be shown without making one: what is made belongs to the active broker. */
async function standbyCertificate(
  config: Config,
): Promise<ServedCertificate | "none-yet" | undefined> {
  const { tls, dataFolder, tlsCertificate, tlsKey } = config;
  if (tls === "off") return undefined;
  const clock = systemClock;
  const names = servedNames(config);
  const open = (certificate: string, key: string) =>
    ServedCertificate.open(fromFiles(certificate, key, names), clock);
  if (tls === "files") return open(tlsCertificate, tlsKey);
  const ordered = acmeFile(dataFolder);
  if (tls === "acme" && existsSync(ordered)) return open(ordered, ordered);
  if (!existsSync(authorityFiles(dataFolder).certificate)) return "none-yet";
  return ServedCertificate.open(
    fromAuthority(await siteAuthority(config, clock), clock, names),
    clock,
  );
}
