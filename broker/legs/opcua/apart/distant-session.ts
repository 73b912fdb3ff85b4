/** Sessions at an asset, which the OPC UA process holds: asked over the wire, settled here. */
import type { Credential } from "../../../plant/credential.ts";
import type { ShownIdentity } from "../../../plant/shown-identity.ts";
import type { AssetAnswer, AssetSession, AssetSessions } from "../opcua-connection.ts";
import type { ChannelSecurity } from "../security.ts";
import { KIND, sharedMs, type Wire } from "./wire.ts";

/** What the process is told of an asset; secrets it asks for when it signs in. */
export interface PlainTarget {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly path: string;
  readonly security: ChannelSecurity;
  readonly certificates: readonly string[];
  readonly connectTimeoutMs: number;
}

export interface DistantTarget extends PlainTarget {
  credential(): Promise<Credential | undefined>;
  unknownCertificate?(shown: ShownIdentity): void;
}

/** The wire to the process, started where it does not run. Rejects with words for the person. */
export type Reach = () => Promise<AssetsWire>;

export interface AssetsWire {
  readonly wire: Wire;
  /** Known under this id over there, until `forget`. */
  keep(target: DistantTarget): number;
  forget(id: number): void;
  /** A number that nothing else has. */
  next(): number;
  readonly sessions: Map<number, DistantSession>;
}

export class DistantSessions implements AssetSessions {
  private readonly target: DistantTarget;
  private readonly reach: Reach;
  private at: { readonly assets: AssetsWire; readonly id: number } | undefined;
  private over = false;

  constructor(target: DistantTarget, reach: Reach) {
    this.target = target;
    this.reach = reach;
  }

  async open(): Promise<AssetSession> {
    const assets = await this.reach();
    if (this.over) throw new Error("nobody waits for it any more");
    const { target } = this;
    const id = assets.keep(target);
    this.at = { assets, id };
    const session = this.begun(assets);
    return session.opened(
      assets.wire.call("open", { id, session: session.id, target: plain(target) }),
    );
  }

  /** A process that was started anew knows nothing of it. */
  async resume(): Promise<AssetSession | undefined> {
    if (!this.at || this.at.assets.wire.isOver) return undefined;
    const { assets, id } = this.at;
    const session = this.begun(assets);
    return session.opened(assets.wire.call("resume", { id, session: session.id }));
  }

  async identify(): Promise<ShownIdentity> {
    const { wire } = await this.reach();
    return (await wire.call("identify", { target: plain(this.target) })) as ShownIdentity;
  }

  done(): void {
    this.over = true;
    this.at?.assets.forget(this.at.id);
  }

  /** Known here before it is there: it may break at once. */
  private begun(assets: AssetsWire): DistantSession {
    const id = assets.next();
    const session = new DistantSession(assets.wire, id, () => void assets.sessions.delete(id));
    assets.sessions.set(id, session);
    return session;
  }
}

function plain(target: DistantTarget): PlainTarget {
  const { name, address, port, path, security, certificates, connectTimeoutMs } = target;
  return { name, address, port, path, security, certificates, connectTimeoutMs };
}

const ASK_HEAD = 20;

interface Asked extends PromiseWithResolvers<AssetAnswer> {
  readonly bytes: number;
}

export class DistantSession implements AssetSession {
  timeoutMs = 0;
  readonly id: number;
  private readonly wire: Wire;
  private readonly closed: () => void;
  private readonly asked = new Map<number, Asked>();
  private last = 0;
  private waiting = 0;
  private why: string | undefined;
  private tell: ((why: string) => void) | undefined;

  constructor(wire: Wire, id: number, closed: () => void) {
    this.wire = wire;
    this.id = id;
    this.closed = closed;
  }

  /** @param opening resolves with its timeout; rejects where it does not come about */
  async opened(opening: Promise<unknown>): Promise<AssetSession> {
    try {
      const given = await opening;
      if (typeof given !== "number")
        throw new Error("the asset does not know the session any more");
      this.timeoutMs = given;
      return this;
    } catch (error) {
      this.end("it never began");
      throw error;
    }
  }

  /** Until they are answered: that they have left would cost a message for each. */
  get queued(): number {
    return this.waiting;
  }

  get isOver(): boolean {
    return this.why !== undefined;
  }

  onBroken(listener: (why: string) => void): void {
    this.tell = listener;
  }

  ask(typeId: number, body: Uint8Array, withinMs: number): Promise<AssetAnswer> {
    const settling = Promise.withResolvers<AssetAnswer>();
    if (this.why !== undefined) {
      settling.reject(new Error(this.why));
      return settling.promise;
    }
    this.last = (this.last + 1) >>> 0;
    this.asked.set(this.last, { ...settling, bytes: body.length });
    const head = Buffer.allocUnsafe(ASK_HEAD);
    head.writeUInt32LE(this.last, 0);
    head.writeDoubleLE(sharedMs(), 4);
    head.writeUInt32LE(typeId, 12);
    head.writeUInt32LE(withinMs, 16);
    this.waiting += body.length;
    this.wire.send(KIND.ask, this.id, head, body);
    return settling.promise;
  }

  async readNamespaces(): Promise<readonly string[]> {
    return (await this.wire.call("namespaces", { session: this.id })) as readonly string[];
  }

  async readState(): Promise<void> {
    await this.wire.call("state", { session: this.id });
  }

  pause(): void {
    this.wire.word(this.id, { session: "pause" });
  }

  resume(): void {
    this.wire.word(this.id, { session: "resume" });
  }

  abandon(): void {
    this.end("the connection is closed");
    this.wire.word(this.id, { session: "abandon" });
  }

  async close(): Promise<void> {
    this.end("the connection is closed");
    await this.wire.call("close", { session: this.id }).catch(() => undefined);
  }

  answered(body: Buffer): void {
    this.take(body)?.resolve({ typeId: body.readUInt32LE(4), body: body.subarray(8) });
  }

  unanswered(body: Buffer): void {
    this.take(body)?.reject(new Error(body.toString("utf8", 4)));
  }

  private take(body: Buffer): Asked | undefined {
    const call = body.readUInt32LE(0);
    const asked = this.asked.get(call);
    this.asked.delete(call);
    this.waiting -= asked?.bytes ?? 0;
    return asked;
  }

  /** The channel broke over there, or the process did. */
  broken(why: string): void {
    if (this.why !== undefined) return;
    this.end(why);
    this.tell?.(why);
  }

  private end(why: string): void {
    this.why ??= why;
    this.closed();
    for (const { reject } of this.asked.values()) reject(new Error(why));
    this.asked.clear();
    this.waiting = 0;
  }
}
