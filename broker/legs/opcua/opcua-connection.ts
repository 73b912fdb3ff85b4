/**
 * The connection of one channel to its OPC UA asset, and of the probes beside it: one secure
 * channel, one session. When the channel breaks it is opened again and the session resumed;
 * nothing is sent twice, and what was under way is lost.
 */
import type { AssetSession, AssetSessions } from "./asset-session.ts";
import { readNamespaces, readState } from "./read-node.ts";

/** A leg, as its connection sees it. */
export interface ConnectedLeg {
  /** It can ask now; the indexes of namespaces are those of this session at this time. */
  ready(namespaces: readonly string[]): void;
  /** What was under way is lost; it may go on later. */
  broken(why: string): void;
  gone(reason: string): void;
}

interface Live extends AssetSession {
  readonly namespaces: readonly string[];
}

/** Two further tries, the second after a pause: an asset that restarts has lost the session anyway. */
const RESUME_AFTER_MS = [0, 2_000] as const;
/** Silence of a third of the session's time is broken by a question. */
const KEEP_ALIVE_SHARE = 3;

export class OpcuaConnection {
  private readonly sessions: AssetSessions;
  private readonly legs = new Set<ConnectedLeg>();
  private session: Live | undefined;
  private opening: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(sessions: AssetSessions) {
    this.sessions = sessions;
  }

  get isOver(): boolean {
    return this.over;
  }

  /** What requests can go over now. */
  get current(): AssetSession | undefined {
    return this.session;
  }

  enter(leg: ConnectedLeg): void {
    this.legs.add(leg);
    const { session } = this;
    // Never within `enter`: the leg has no sink yet.
    if (session) queueMicrotask(() => this.session === session && leg.ready(session.namespaces));
    else this.opening ??= this.open();
  }

  leave(leg: ConnectedLeg): void {
    this.legs.delete(leg);
    if (this.legs.size === 0) this.close("no channel is left");
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    for (const leg of [...this.legs]) leg.gone(reason);
    this.legs.clear();
    const { session } = this;
    this.session = undefined;
    if (session) void this.sessions.close(session);
  }

  private async open(): Promise<void> {
    try {
      await this.use(await this.sessions.open());
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  private async use(session: AssetSession): Promise<void> {
    if (this.over) return this.sessions.close(session);
    const { channel, token } = session;
    // A break while the namespaces are read is told by that reading.
    const namespaces = await readNamespaces(channel, token).catch(async (error: unknown) => {
      await this.sessions.close(session);
      throw error;
    });
    if (this.over) return this.sessions.close(session);
    const live = { ...session, namespaces };
    this.session = live;
    channel.closed = (why) => void this.broken(why);
    if (channel.isOver) return this.broken("the asset closed the connection");
    this.watch(live);
    for (const leg of [...this.legs]) leg.ready(namespaces);
  }

  private async broken(why: string): Promise<void> {
    if (this.over) return;
    clearTimeout(this.timer);
    this.session = undefined;
    for (const leg of [...this.legs]) leg.broken(why);
    for (const afterMs of RESUME_AFTER_MS) {
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      if (this.over) return;
      if (await this.resumed()) return;
    }
    this.close(why);
  }

  private async resumed(): Promise<boolean> {
    try {
      const session = await this.sessions.resume();
      if (!session) return false;
      await this.use(session);
      return true;
    } catch {
      return false;
    }
  }

  /** Asks for the state of the server (i=2259) where nobody else asks for anything. */
  private watch(session: Live): void {
    clearTimeout(this.timer);
    const everyMs = session.timeoutMs / KEEP_ALIVE_SHARE;
    this.timer = setTimeout(async () => {
      const isAlive = await this.isAlive(session, everyMs);
      if (this.session !== session) return;
      if (isAlive) this.watch(session);
      else {
        session.channel.close();
        void this.broken("the asset does not answer");
      }
    }, everyMs).unref();
  }

  private async isAlive({ channel, token }: AssetSession, withinMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = setTimeout(() => resolve(false), withinMs).unref();
    readState(channel, token).then(
      () => resolve(true),
      () => resolve(false),
    );
    const isAlive = await promise;
    clearTimeout(late);
    return isAlive;
  }
}
