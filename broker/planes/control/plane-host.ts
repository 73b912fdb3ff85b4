/**
 * All live sessions of the site: those of this process, and those on gateways. An endpoint that
 * names gateways is reached by them alone: by the one that has sessions on it, so that its limits
 * count for all, else by the first of them that is there.
 */
import type { KeyObject } from "node:crypto";
import type { Header } from "../../../protocols/tape/record.ts";
import type { Permit } from "../../access/permit.ts";
import { type VerifiedClaims, verifyPermit } from "../../access/permits.ts";
import type { Clock } from "../../clock.ts";
import type { HandedTape } from "../../evidence/handed-tape.ts";
import type { HandedTapes } from "../../evidence/handed-tapes.ts";
import { RecorderUnavailable } from "../../evidence/recorder.ts";
import type { Knock } from "../../legs/knock.ts";
import type { CredentialSource } from "../../plant/credential.ts";
import { pinsOf, type ShownIdentity, type TrustedIdentities } from "../../plant/shown-identity.ts";
import { type LiveSession, type SessionHost, SessionRefused } from "../../sessions/session.ts";
import type { SessionHooks } from "../../sessions/session-hooks.ts";
import { tapeHeader } from "../../sessions/tape-header.ts";
import { SHOWN } from "../messages.ts";
import type { GatewayLink } from "./gateway-link.ts";
import { RemoteSession } from "./remote-session.ts";

export interface PlaneHostParts {
  /** Sessions of this process. */
  readonly local: SessionHost;
  /** The connection of the gateway of this name; undefined while it is away. */
  linkOf(name: string): GatewayLink | undefined;
  readonly tapes: Pick<HandedTapes, "open">;
  readonly permitKey: KeyObject;
  readonly credentials: CredentialSource;
  readonly trusted: TrustedIdentities;
  readonly clock: Clock;
  readonly build: string;
  readonly hooks: SessionHooks;
  readonly beforeOpen: (header: Header) => Promise<void>;
  /** The recording of a session that the gateway did not begin is closed. */
  refusedClosed(session: string): void;
}

/** Recordings that gateways have not handed over by then come in the next run. */
const HAND_OVER_WAIT_MS = 5_000;

export class PlaneHost implements SessionHost {
  private readonly parts: PlaneHostParts;
  private readonly sessions = new Map<string, RemoteSession>();
  /** Being opened, so that a permit is used once. */
  private readonly used = new Map<string, number>();
  private stopping = false;

  constructor(parts: PlaneHostParts) {
    this.parts = parts;
  }

  async open(permit: Permit): Promise<LiveSession> {
    const claims = this.verified(permit);
    if (!claims?.endpoint.gateways?.length) return this.parts.local.open(permit);
    this.spend(claims);
    const link = this.linkTo(claims);
    const tape = await this.openTape(claims, link);
    const number = link.newNumber(tape);
    const { clock, hooks } = this.parts;
    const session = new RemoteSession({
      ...{ claims, tape, link, number, clock, hooks },
      over: () => this.sessions.delete(claims.session),
    });
    link.enter(number, session);
    try {
      const secrets = await this.secretsOf(claims, tape);
      await link.ask({ kind: "open", session: number, permit, ...secrets });
    } catch (error) {
      this.refuse(session, tape, error);
      throw error;
    }
    return this.begin(session);
  }

  async identify(permit: Permit): Promise<ShownIdentity> {
    const claims = this.verified(permit);
    if (!claims?.endpoint.gateways?.length) return this.parts.local.identify(permit);
    this.spend(claims);
    const shown = await this.linkTo(claims).ask({ kind: "identify", permit });
    return SHOWN.parse(shown) as ShownIdentity;
  }

  /** What only gateways reach is not knocked at from here. */
  async knock(permit: Permit): Promise<Knock> {
    const claims = this.verified(permit);
    if (!claims?.endpoint.gateways?.length) return this.parts.local.knock(permit);
    throw new SessionRefused("by-gateway", "Only its gateways reach it.");
  }

  get(session: string): LiveSession | undefined {
    return this.sessions.get(session) ?? this.parts.local.get(session);
  }

  list(): readonly LiveSession[] {
    const remote = [...this.sessions.values()].filter(
      ({ claims }) => claims.subject.id !== "broker",
    );
    return [...this.parts.local.list(), ...remote];
  }

  async shutdown(): Promise<void> {
    this.stopping = true;
    const all = [...this.sessions.values()];
    for (const session of all) session.end(STOPPED);
    const handed = Promise.allSettled(all.map((session) => session.closed));
    const late = new Promise<void>((done) => this.parts.clock.after(HAND_OVER_WAIT_MS, done));
    await Promise.all([
      this.parts.local.shutdown(),
      all.length > 0 && Promise.race([handed, late]),
    ]);
  }

  private begin(session: RemoteSession): LiveSession {
    if (session.isOver) throw new SessionRefused("session-ended", "The session has ended.");
    const { hooks } = this.parts;
    this.sessions.set(session.claims.session, session);
    hooks.onOpen?.(session);
    hooks.onChange?.();
    if (this.stopping) session.end(STOPPED);
    return session;
  }

  /** Its beginning is in the log, so its end must be. */
  private refuse(session: RemoteSession, tape: HandedTape, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const cause = { rule: "gateway-refused", reason };
    session.abandon(cause);
    tape.end(cause);
    const closed = () => this.parts.refusedClosed(tape.session);
    tape.closed.then(closed, closed);
  }

  /** Undefined where a gateway has no part in it: whoever opens it then looks for himself. */
  private verified(permit: Permit): VerifiedClaims | undefined {
    if (!permit.claims.includes(NAMES_GATEWAYS)) return undefined;
    const result = verifyPermit(permit, this.parts.permitKey, this.parts.clock.wallMs());
    return result.kind === "valid" ? result.claims : undefined;
  }

  private spend({ session, expiresMs }: VerifiedClaims): void {
    if (this.stopping) throw new SessionRefused("shutdown", "The broker is stopping.");
    const nowMs = this.parts.clock.wallMs();
    for (const [other, untilMs] of this.used) if (untilMs <= nowMs) this.used.delete(other);
    if (this.used.has(session)) {
      throw new SessionRefused("permit-invalid", "This permit has been used already.");
    }
    this.used.set(session, expiresMs);
  }

  private linkTo({ asset, endpoint }: VerifiedClaims): GatewayLink {
    const { gateways = [] } = endpoint;
    const name = `${asset.id}/${endpoint.id}`;
    const ready = gateways.flatMap((gateway) => {
      const link = this.parts.linkOf(gateway);
      return link?.isReady ? [link] : [];
    });
    const link = ready.find((each) => this.isUsed(each, asset.id, endpoint.id)) ?? ready[0];
    if (link) return link;
    const which = gateways.length === 1 ? "The gateway" : "Each of the gateways";
    const said = `${which} that reaches ${name} is away: ${gateways.join(", ")}.`;
    throw new SessionRefused("gateway-away", said);
  }

  /** Some session on this endpoint goes through it. */
  private isUsed(link: GatewayLink, asset: string, endpoint: string): boolean {
    for (const { claims, gateway } of this.sessions.values()) {
      if (gateway !== link.gateway.id) continue;
      if (claims.asset.id === asset && claims.endpoint.id === endpoint) return true;
    }
    return false;
  }

  private async openTape(claims: VerifiedClaims, link: GatewayLink): Promise<HandedTape> {
    const { tapes, build, clock, beforeOpen } = this.parts;
    try {
      const header = tapeHeader(claims, build, clock.wallMs());
      const tape = await tapes.open(header, link.gateway.id);
      await beforeOpen(header).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        tape.end({ rule: "site-log", reason });
        throw new RecorderUnavailable(`the site log cannot be written: ${reason}`);
      });
      return tape;
    } catch (error) {
      if (!(error instanceof RecorderUnavailable)) throw error;
      const message = `Nothing can be recorded now, so no session can begin: ${error.message}`;
      throw new SessionRefused("recorder-unavailable", message);
    }
  }

  /** Of this endpoint alone, and kept by the gateway in memory only. */
  private async secretsOf({ asset, endpoint }: VerifiedClaims, { header }: HandedTape) {
    const name = `${asset.id}/${endpoint.id}`;
    const credential = (await this.parts.credentials.of(name)) ?? null;
    return { header, credential, pins: pinsOf(name, endpoint, this.parts.trusted) };
  }
}

/** As the claims' canonical JSON has it: others are not verified twice. */
const NAMES_GATEWAYS = '"gateways":[';
const STOPPED = { rule: "shutdown", reason: "the broker was stopped" };
