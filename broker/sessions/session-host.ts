/** All live sessions of this process: opens them from permits, finds them, ends them. */
import type { KeyObject } from "node:crypto";
import type { Header } from "../../protocols/tape/record.ts";
import { BROKER_SUBJECT, type Permit } from "../access/permit.ts";
import { type VerifiedClaims, verifyPermit } from "../access/permits.ts";
import type { Clock } from "../clock.ts";
import { type Recorder, RecorderUnavailable, type TapeWriter } from "../evidence/recorder.ts";
import type { Scanner } from "../legs/clamd.ts";
import { type Knock, knock } from "../legs/knock.ts";
import type { OpcuaProcess } from "../legs/opcua/apart/opcua-process.ts";
import type { CredentialSource } from "../plant/credential.ts";
import type { ShownIdentity, TrustedIdentities } from "../plant/shown-identity.ts";
import { compileProfile } from "../policy/compile-profile.ts";
import type { AssetWay } from "./asset-way.ts";
import { type PinnedAddress, pinAddress } from "./dial.ts";
import { type EndpointState, Endpoints } from "./endpoints.ts";
import { identify } from "./identify.ts";
import { Session } from "./live-session.ts";
import { type LiveSession, type SessionHost, SessionRefused } from "./session.ts";
import type { SessionHooks } from "./session-hooks.ts";
import { SharedClaims } from "./shared-claims.ts";
import { tapeHeader } from "./tape-header.ts";

export interface SessionHostParts {
  readonly recorder: Recorder;
  /** Public half of the key that permits are signed with. */
  readonly permitKey: KeyObject;
  readonly clock: Clock;
  /** Version of the broker, for the tape's header. */
  readonly build: string;
  readonly hooks?: SessionHooks;
  /** What legs sign in to assets with; without it no asset that wants a credential is reached. */
  readonly credentials?: CredentialSource;
  /** Where assets of OPC UA are reached from. */
  readonly opcua?: OpcuaProcess;
  /** Keys and certificates of assets that were accepted besides the plant file. */
  readonly trusted?: TrustedIdentities;
  /** What looks into files before an asset has them; without it none that must be scanned passes. */
  readonly scanner?: Scanner | undefined;
  /** The header that its tape begins with; made here where nobody else has written one already. */
  readonly headerOf?: (claims: VerifiedClaims) => Header;
  /** Awaited before anything of a session can be dialled; rejecting with a reason refuses it. */
  readonly beforeOpen?: (header: Header) => Promise<void>;
}

/** A disk that is gone must not keep the broker from stopping: the next start seals what it finds. */
const SEAL_WAIT_MAX_MS = 60_000;

export function createSessionHost(parts: SessionHostParts): SessionHost {
  return new Host(parts);
}

class Host implements SessionHost {
  private readonly parts: SessionHostParts;
  private readonly endpoints: Endpoints;
  private readonly shared = new SharedClaims();
  private readonly sessions = new Map<string, Session>();
  /** Permits already used, by when they expire: none opens a second session. */
  private readonly used = new Map<string, number>();
  private stopping = false;

  constructor(parts: SessionHostParts) {
    this.parts = parts;
    const { clock, credentials = NO_CREDENTIALS, opcua, trusted } = parts;
    this.endpoints = new Endpoints({
      ...{ clock, credentials, opcua, trusted },
      strangeKey: (...shown) => parts.hooks?.onStrangeKey?.(...shown),
    });
    parts.recorder.onState((state) => {
      for (const session of [...this.sessions.values()]) session.recorderIs(state);
    });
  }

  async open(permit: Permit): Promise<LiveSession> {
    const claims = this.verified(permit);
    this.spend(claims);
    const state = this.endpoints.of(claims);
    const leave = state.enter();
    try {
      const address = await pinAddress(claims);
      const tape = await this.openTape(claims);
      return this.begin(claims, tape, { state, address, leave });
    } catch (error) {
      leave();
      throw error;
    }
  }

  async identify(permit: Permit): Promise<ShownIdentity> {
    const claims = this.verified(permit);
    this.spend(claims);
    const leave = this.endpoints.of(claims).enter();
    try {
      return await identify(claims.endpoint, await pinAddress(claims), this.parts.opcua);
    } finally {
      leave();
    }
  }

  async knock(permit: Permit): Promise<Knock> {
    const claims = this.verified(permit);
    this.spend(claims);
    const leave = this.endpoints.of(claims).enter();
    try {
      const { address, port } = await pinAddress(claims);
      return await knock(address, port, claims.endpoint.limits.connectTimeoutMs);
    } finally {
      leave();
    }
  }

  get(session: string): LiveSession | undefined {
    return this.sessions.get(session);
  }

  list(): readonly LiveSession[] {
    return [...this.sessions.values()].filter(
      ({ claims }) => claims.subject.id !== BROKER_SUBJECT.id,
    );
  }

  async shutdown(): Promise<void> {
    this.stopping = true;
    const all = [...this.sessions.values()];
    for (const session of all) session.end({ rule: "shutdown", reason: "the broker was stopped" });
    this.endpoints.close();
    const sealed = Promise.all(all.map((session) => session.closed));
    await Promise.race([sealed, this.pause(SEAL_WAIT_MAX_MS)]);
  }

  private pause(forMs: number): Promise<void> {
    return new Promise((resolve) => this.parts.clock.after(forMs, resolve));
  }

  private verified(permit: Permit): VerifiedClaims {
    if (this.stopping) throw new SessionRefused("shutdown", "The broker is stopping.");
    const result = verifyPermit(permit, this.parts.permitKey, this.parts.clock.wallMs());
    if (result.kind === "valid") return this.shared.of(result.claims);
    throw result.kind === "expired"
      ? new SessionRefused("permit-expired", "The permit has expired. Open the session again.")
      : new SessionRefused("permit-invalid", "This is not a permit of this broker.");
  }

  private spend({ session, expiresMs }: VerifiedClaims): void {
    const nowMs = this.parts.clock.wallMs();
    for (const [other, untilMs] of this.used) if (untilMs <= nowMs) this.used.delete(other);
    if (this.used.has(session) || this.sessions.has(session)) {
      throw new SessionRefused("permit-invalid", "This permit has been used already.");
    }
    this.used.set(session, expiresMs);
  }

  private async openTape(claims: VerifiedClaims): Promise<TapeWriter> {
    const { recorder, clock, build, headerOf } = this.parts;
    try {
      const header = headerOf?.(claims) ?? tapeHeader(claims, build, clock.wallMs());
      const tape = await recorder.open(header);
      await this.announce(header, tape);
      return tape;
    } catch (error) {
      if (!(error instanceof RecorderUnavailable)) throw error;
      const message = `Nothing can be recorded now, so no session can begin: ${error.message}`;
      throw new SessionRefused("recorder-unavailable", message);
    }
  }

  /** A session that cannot be announced never was: its tape ends here. */
  private async announce(header: Header, tape: TapeWriter): Promise<void> {
    try {
      await this.parts.beforeOpen?.(header);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      tape.append({ kind: "end", rule: "site-log", reason });
      tape.close().catch(() => undefined);
      const message = `The site log cannot be written, so no session can begin: ${reason}`;
      throw new SessionRefused("recorder-unavailable", message);
    }
  }

  private begin(claims: VerifiedClaims, tape: TapeWriter, at: Place): LiveSession {
    const { clock, hooks = {}, recorder } = this.parts;
    const { state, address, leave } = at;
    const { profile, endpoint, subject } = claims;
    const { ledger } = state;
    const matcher = compileProfile({ profile, endpoint, subject: subject.id, ledger });
    let cool = () => {};
    const over = (session: Session) => {
      this.sessions.delete(claims.session);
      leave();
      cool();
      session.closed.then(() => hooks.onChange?.());
    };
    const { locks } = state;
    const connect = () => state.connection(endpoint, address);
    const { scanner } = this.parts;
    const own = { claims, tape, matcher, locks, connect };
    const session = new Session({ ...own, scanner, clock, hooks, over });
    this.sessions.set(claims.session, session);
    if (this.stopping) session.end({ rule: "shutdown", reason: "the broker was stopped" });
    session.recorderIs(recorder.state);
    if (endpoint.protocol === "ssh" && this.sessions.has(claims.session)) {
      cool = warmed(connect, claims.session);
    }
    hooks.onOpen?.(session);
    hooks.onChange?.();
    return session;
  }
}

/** An endpoint that has no room says so to the first channel. */
function warmed(connect: () => AssetWay, session: string): () => void {
  try {
    return connect().warm?.(session) ?? (() => {});
  } catch (error) {
    if (error instanceof SessionRefused) return () => {};
    throw error;
  }
}

const NO_CREDENTIALS: CredentialSource = { of: async () => undefined };

interface Place {
  readonly state: EndpointState;
  readonly address: PinnedAddress;
  readonly leave: () => void;
}
