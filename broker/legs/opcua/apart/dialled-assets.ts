/** In the OPC UA process: the sessions at assets that the broker asks for. */
import type { Credential } from "../../../plant/credential.ts";
import { OpcuaSessions } from "../asset-session.ts";
import type { OpcuaIdentity } from "../identity.ts";
import type { AssetSession } from "../opcua-connection.ts";
import type { PlainTarget } from "./distant-session.ts";
import { KIND, sharedMs, type Wire } from "./wire.ts";

/**
 * What was asked longer ago than this and only now comes out of the pipe does not leave any more:
 * this process stood still, and the session may have been cut since.
 */
const STALE_MS = 2_000;
const STALE = "it waited too long before it could leave";

export class DialledAssets {
  private readonly wire: Wire;
  private readonly identity: OpcuaIdentity;
  private readonly targets = new Map<number, OpcuaSessions>();
  private readonly sessions = new Map<number, AssetSession>();

  constructor(wire: Wire, identity: OpcuaIdentity) {
    this.wire = wire;
    this.identity = identity;
  }

  async open({ id, session, target }: Opening & { readonly target: PlainTarget }) {
    const sessions = this.sessionsAt(id, target);
    this.targets.set(id, sessions);
    return this.opened(session, await sessions.open());
  }

  async resume({ id, session }: Opening) {
    const resumed = await this.targets.get(id)?.resume();
    return resumed && this.opened(session, resumed);
  }

  identify({ target }: { readonly target: PlainTarget }) {
    return this.sessionsAt(0, target).identify();
  }

  namespaces({ session }: { readonly session: number }) {
    return this.session(session).readNamespaces();
  }

  state({ session }: { readonly session: number }) {
    return this.session(session).readState();
  }

  async closeSession({ session }: { readonly session: number }): Promise<void> {
    const found = this.sessions.get(session);
    this.sessions.delete(session);
    await found?.close();
  }

  forget(id: number): void {
    this.targets.delete(id);
  }

  /** `pause`, `resume` or `abandon`. */
  told(id: number, word: string): void {
    const session = this.sessions.get(id);
    if (word === "pause") session?.pause();
    else if (word === "resume") session?.resume();
    else if (word === "abandon") {
      this.sessions.delete(id);
      session?.abandon();
    }
  }

  ask(id: number, asked: Buffer): void {
    const call = asked.readUInt32LE(0);
    const body = asked.subarray(ASK_HEAD);
    const session = this.sessions.get(id);
    if (!session) return void this.unanswered(id, call, "the session is closed");
    if (sharedMs() - asked.readDoubleLE(4) > STALE_MS) return void this.unanswered(id, call, STALE);
    session.ask(asked.readUInt32LE(12), body, asked.readUInt32LE(16)).then(
      (answer) => {
        const head = Buffer.allocUnsafe(8);
        head.writeUInt32LE(call, 0);
        head.writeUInt32LE(answer.typeId, 4);
        this.wire.send(KIND.answer, id, head, answer.body);
      },
      (error: unknown) =>
        this.unanswered(id, call, error instanceof Error ? error.message : String(error)),
    );
  }

  /** With their subscriptions; resolves when it was said. */
  async close(): Promise<void> {
    const all = [...this.sessions.values()];
    this.sessions.clear();
    await Promise.allSettled(all.map((session) => session.close()));
  }

  private unanswered(id: number, call: number, why: string): void {
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32LE(call, 0);
    this.wire.send(KIND.unanswered, id, head, Buffer.from(why));
  }

  private sessionsAt(id: number, target: PlainTarget): OpcuaSessions {
    return new OpcuaSessions({
      ...target,
      identity: this.identity,
      credential: async () => {
        const given = await this.wire.call("credential", { id });
        return given === null ? undefined : (given as Credential);
      },
      unknownCertificate: (shown) => this.wire.word(id, { unknown: shown }),
    });
  }

  /** @returns its timeout in milliseconds */
  private opened(id: number, session: AssetSession): number {
    this.sessions.set(id, session);
    session.onBroken((why) => {
      this.sessions.delete(id);
      this.wire.word(id, { broken: why });
    });
    if (session.isOver) this.wire.word(id, { broken: "the asset closed the connection" });
    return session.timeoutMs;
  }

  private session(id: number): AssetSession {
    const session = this.sessions.get(id);
    if (!session) throw new Error("the session is closed");
    return session;
  }
}

interface Opening {
  readonly id: number;
  /** The number that the broker has for it. */
  readonly session: number;
}

const ASK_HEAD = 20;
