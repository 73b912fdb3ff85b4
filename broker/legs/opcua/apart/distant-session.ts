/** Sessions at an asset: opened and resumed by the OPC UA process, held by the broker. */
import type { Credential } from "../../../plant/credential.ts";
import type { ShownIdentity } from "../../../plant/shown-identity.ts";
import type { AssetSession, AssetSessions } from "../opcua-connection.ts";
import type { ChannelSecurity } from "../security.ts";
import type { CarriedConnection } from "./carried-connection.ts";
import { openedSessionOf } from "./opened-session.ts";
import { SecuredSession } from "./secured-session.ts";
import type { Wire } from "./wire.ts";

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
  /** Known under this id over there, and dialled for, until `forget`. */
  keep(target: DistantTarget): number;
  forget(id: number): void;
  /** Only one that was dialled for this target, and is nobody's yet. */
  connection(id: number, target: number): CarriedConnection | undefined;
  /** The process is not ended before it is over, or has taken too long. */
  closing(closing: Promise<void>): void;
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
    const given = await assets.wire.call("open", { id, target: plain(target) });
    return this.opened(assets, id, given);
  }

  /** A process that was started anew knows nothing of it. */
  async resume(): Promise<AssetSession | undefined> {
    if (!this.at || this.at.assets.wire.isOver) return undefined;
    const { assets, id } = this.at;
    const given = await assets.wire.call("resume", { id });
    return given === null ? undefined : this.opened(assets, id, given);
  }

  async identify(): Promise<ShownIdentity> {
    const assets = await this.reach();
    const id = assets.keep(this.target);
    try {
      const asked = { id, target: plain(this.target) };
      return (await assets.wire.call("identify", asked)) as ShownIdentity;
    } finally {
      assets.forget(id);
    }
  }

  done(): void {
    this.over = true;
    this.at?.assets.forget(this.at.id);
  }

  private opened(assets: AssetsWire, target: number, given: unknown): AssetSession {
    const opened = openedSessionOf(given);
    if (!opened) throw new Error("the OPC UA process handed over no session");
    const connection = assets.connection(opened.connection, target);
    if (!connection) throw new Error("the asset closed the connection");
    const { security } = this.target;
    const closing = (ended: Promise<void>) => assets.closing(ended);
    return new SecuredSession({ ...opened, connection, security, closing });
  }
}

function plain(target: DistantTarget): PlainTarget {
  const { name, address, port, path, security, certificates, connectTimeoutMs } = target;
  return { name, address, port, path, security, certificates, connectTimeoutMs };
}
