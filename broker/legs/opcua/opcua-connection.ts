/**
 * The connection of one channel to its OPC UA asset, and of the probes beside it: one secure
 * channel, one session. When the channel breaks it is opened again and the session resumed;
 * nothing is sent twice, and what was under way is lost.
 */

/** A session at the asset, over one secure channel. The library is behind it, loaded when needed. */
export interface AssetSession {
  /** The asset forgets it after so long a silence. */
  readonly timeoutMs: number;
  readonly queued: number;
  readonly isOver: boolean;
  /** Told once, if the channel breaks. */
  onBroken(listener: (why: string) => void): void;
  /**
   * @param body with the null NodeId in the token's place
   * @param withinMs after which nobody waits any more
   */
  ask(typeId: number, body: Uint8Array, withinMs: number): Promise<AssetAnswer>;
  readNamespaces(): Promise<readonly string[]>;
  /** Resolves if the asset answers at all. */
  readState(): Promise<void>;
  pause(): void;
  resume(): void;
  /** At once and without a word: the session stays at the asset. */
  abandon(): void;
  /** With its subscriptions; resolves when it was said, or could not be. */
  close(): Promise<void>;
}

export interface AssetAnswer {
  readonly typeId: number;
  readonly body: Uint8Array;
}

export interface AssetSessions {
  /** Rejects with words for the person. */
  open(): Promise<AssetSession>;
  /** The same session over a new channel; undefined where the asset does not know it any more. */
  resume(): Promise<AssetSession | undefined>;
  /** Nothing more is asked of it. */
  done?(): void;
}

/** A leg, as its connection sees it. */
export interface ConnectedLeg {
  /** It can ask now; the indexes of namespaces are those of this session at this time. */
  ready(namespaces: readonly string[]): void;
  /** What was learnt of the asset's nodes may have changed. */
  aged(): void;
  /** What was under way is lost; it may go on later. */
  broken(why: string): void;
  gone(reason: string): void;
}

interface Live {
  readonly session: AssetSession;
  readonly namespaces: readonly string[];
}

/** Two further tries, the second after a pause: an asset that restarts has lost the session anyway. */
const RESUME_AFTER_MS = [0, 2_000] as const;
/** Silence of a third of the session's time is broken by a question. */
const KEEP_ALIVE_SHARE = 3;
/** Address spaces are rebuilt seldom; asking anew costs some requests. */
const AGED_MS = 300_000;

export class OpcuaConnection {
  private readonly load: () => Promise<AssetSessions>;
  private sessions: AssetSessions | undefined;
  /** Made, and not over: as long as there is one, the session at the asset stays. */
  private readonly kept = new Set<ConnectedLeg>();
  /** Those that have started. */
  private readonly legs = new Set<ConnectedLeg>();
  private live: Live | undefined;
  private opening: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private freshMs = 0;
  private why: string | undefined;

  /** @param load asked when the first leg comes */
  constructor(load: () => Promise<AssetSessions>) {
    this.load = load;
  }

  get isOver(): boolean {
    return this.why !== undefined;
  }

  /** What requests can go over now. */
  get current(): AssetSession | undefined {
    return this.live?.session;
  }

  /** A leg of this connection was made; it enters when it starts, and leaves in any case. */
  keep(leg: ConnectedLeg): void {
    this.kept.add(leg);
  }

  enter(leg: ConnectedLeg): void {
    const { live, why } = this;
    this.legs.add(leg);
    // Not within `enter`: a leg is not told anything while it starts.
    if (why !== undefined) queueMicrotask(() => leg.gone(why));
    else if (live) queueMicrotask(() => this.live === live && leg.ready(live.namespaces));
    else this.opening ??= this.open();
  }

  leave(leg: ConnectedLeg): void {
    this.legs.delete(leg);
    this.kept.delete(leg);
    if (this.kept.size === 0) this.close("no channel is left");
  }

  close(reason: string): void {
    if (this.isOver) return;
    this.why = reason;
    clearTimeout(this.timer);
    for (const leg of [...this.legs]) leg.gone(reason);
    this.legs.clear();
    const { live } = this;
    this.live = undefined;
    void live?.session.close();
    this.sessions?.done?.();
  }

  private async open(): Promise<void> {
    try {
      this.sessions = await this.load();
      await this.use(await this.sessions.open());
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  private async use(session: AssetSession): Promise<void> {
    if (this.isOver) return session.close();
    // A break while the namespaces are read is told by that reading.
    const namespaces = await session.readNamespaces().catch(async (error: unknown) => {
      await session.close();
      throw error;
    });
    if (this.isOver) return session.close();
    const live = { session, namespaces };
    this.live = live;
    this.freshMs = performance.now();
    session.onBroken((why) => void this.broken(why));
    if (session.isOver) return this.broken("the asset closed the connection");
    this.watch(live);
    for (const leg of [...this.legs]) leg.ready(namespaces);
  }

  private async broken(why: string): Promise<void> {
    if (this.isOver) return;
    clearTimeout(this.timer);
    this.live = undefined;
    for (const leg of [...this.legs]) leg.broken(why);
    for (const afterMs of RESUME_AFTER_MS) {
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      if (this.isOver || (await this.resumed())) return;
    }
    this.close(why);
  }

  private async resumed(): Promise<boolean> {
    try {
      const session = await this.sessions?.resume();
      if (!session) return false;
      await this.use(session);
      return true;
    } catch {
      return false;
    }
  }

  private age(): void {
    if (performance.now() - this.freshMs < AGED_MS) return;
    this.freshMs = performance.now();
    for (const leg of [...this.legs]) leg.aged();
  }

  /** Asks the server for its state, whoever else asks for what. */
  private watch(live: Live): void {
    clearTimeout(this.timer);
    const everyMs = live.session.timeoutMs / KEEP_ALIVE_SHARE;
    this.timer = setTimeout(async () => {
      const isAlive = await within(everyMs, live.session.readState());
      if (this.live !== live) return;
      if (isAlive) {
        this.age();
        return this.watch(live);
      }
      live.session.abandon();
      await this.broken("the asset does not answer");
    }, everyMs).unref();
  }
}

async function within(ms: number, working: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const late = setTimeout(() => resolve(false), ms).unref();
  working.then(
    () => resolve(true),
    () => resolve(false),
  );
  const isDone = await promise;
  clearTimeout(late);
  return isDone;
}
