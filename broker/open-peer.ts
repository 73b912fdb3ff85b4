/** Opens what lets the brokers that wait lead people to this one, which is active. */
import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { boundPerAddress } from "./api/connection-limits.ts";
import type { Config } from "./config.ts";
import type { Logger } from "./log.ts";
import type { Native } from "./native/open-native.ts";
import type { Opened } from "./opened.ts";
import { publish, sealPlace } from "./standby/active-place.ts";
import { makePeerCertificate } from "./standby/peer-certificate.ts";
import { PeerKey } from "./standby/peer-key.ts";
import { PeerListener, type TakeConnection } from "./standby/peer-listener.ts";
import { StartRefused } from "./start-refused.ts";
import type { Store } from "./store/store.ts";

interface PeerGround {
  readonly config: Config;
  readonly store: Pick<Store, "queries">;
  readonly log: Logger;
  readonly opened: Opened;
}

/** What takes connections that came to a broker that waits. */
export interface OpenedDoors {
  readonly console: Server;
  readonly panels: Server | undefined;
  readonly taking: Native["taking"];
}

/** Of a database that is away. */
const AGAIN_MS = 1_000;
/** Strangers at this port are told to the log at most this often. */
const TOLD_EVERY_MS = 60_000;

/** The brokers that wait, as far as they lead people here. */
export class Peers {
  private readonly ground: PeerGround;
  private listener: PeerListener | undefined;
  private toldMs = Number.NEGATIVE_INFINITY;

  constructor(ground: PeerGround) {
    this.ground = ground;
    // After the console's own end, which tells people why.
    ground.opened.push(() => this.listener?.close());
  }

  /** Machines of those that do so now. */
  get names(): readonly string[] {
    return this.listener?.names ?? [];
  }

  /**
   * @param doors which listen
   * @returns what was published; undefined where it is not set up
   * @throws StartRefused where it cannot listen
   */
  async open(doors: OpenedDoors): Promise<string | undefined> {
    const { config, opened } = this.ground;
    const { peerAddress: place, tls, dataFolder, trustedProxies } = config;
    if (!place) return undefined;
    const key = PeerKey.open(dataFolder);
    const identity = await makePeerCertificate();
    const listening = PeerListener.open({
      ...{ ...place, ...identity, key },
      doors: {
        console: consoleDoor(doors.console, tls !== "off", trustedProxies),
        ...(doors.panels && { panels: consoleDoor(doors.panels, tls !== "off", trustedProxies) }),
        ...doors.taking,
      },
      stranger: (address, why) => this.stranger(address, why),
    });
    this.listener = await listening.catch((error: NodeJS.ErrnoException) => {
      const at = `${place.host}:${place.port}`;
      const why = error.code === "EADDRNOTAVAIL" ? "it is no address of this machine" : error.code;
      throw new StartRefused(`SALLYPORT_PEER_ADDRESS: cannot listen on ${at}: ${why}`, 2);
    });
    opened.push(() => this.listener?.leave());
    const sealed = sealPlace({ ...place, certificate: identity.certificate }, key);
    this.publish(sealed);
    return sealed;
  }

  private publish(sealed: string): void {
    const { store, log, opened } = this.ground;
    const stopping = new AbortController();
    const { signal } = stopping;
    const published = (async () => {
      while (!signal.aborted) {
        try {
          return await publish(store.queries, sealed);
        } catch (error) {
          log.warn({ error }, "where this broker is reached could not be published yet");
        }
        await pause(AGAIN_MS, undefined, { signal }).catch(() => {});
      }
    })();
    opened.push(() => {
      stopping.abort();
      return published;
    });
  }

  private stranger(address: string, why: string): void {
    const nowMs = performance.now();
    if (nowMs - this.toldMs < TOLD_EVERY_MS) return;
    this.toldMs = nowMs;
    this.ground.log.warn({ address, why }, "somebody else at the port between brokers");
  }
}

/** TLS of the person's ended where they came; what is inside is as it would be here. */
export function consoleDoor(
  server: Server,
  isSecure: boolean,
  trustedProxies: readonly string[],
): TakeConnection {
  // The server's own bound counts those that come in plain text.
  if (!isSecure) return (socket) => void server.emit("connection", socket);
  const bound = boundPerAddress(trustedProxies);
  return (socket) => {
    bound(socket);
    if (!socket.destroyed) server.emit("secureConnection", socket);
  };
}
