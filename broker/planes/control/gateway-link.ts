/**
 * One connection of a gateway that proved who it is. The gateway may be hostile all the same:
 * each message is checked, belongs to a session that was opened on this very connection, and what
 * cannot be ends the connection and is told to people.
 */
import type { Clock } from "../../clock.ts";
import { HandedRefused, type HandedTape } from "../../evidence/handed-tape.ts";
import type { HandedTapes } from "../../evidence/handed-tapes.ts";
import { RecorderUnavailable } from "../../evidence/recorder.ts";
import type { StrangeKey } from "../../sessions/asset-way.ts";
import type { Hold } from "../../sessions/hold.ts";
import { type Cause, SessionRefused } from "../../sessions/session.ts";
import type { SessionHooks } from "../../sessions/session-hooks.ts";
import { plainText } from "../../store/plain-text.ts";
import type { Link, LinkListener, TapeChunk } from "../link.ts";
import { BEAT_MS, FROM_GATEWAY, type FromGateway, LEASE_MS, SILENCE_MAX_MS } from "../messages.ts";
import { GatewayAsks } from "./gateway-asks.ts";
import { NewsBudget } from "./news-budget.ts";
import type { RemoteSession } from "./remote-session.ts";

export interface KnownGateway {
  readonly id: string;
  /** As the plant file calls it. */
  readonly name: string;
}

export interface IssuedCertificate {
  /** PEM. */
  readonly certificate: string;
  readonly untilMs: number;
}

export interface GatewayLinkParts {
  readonly gateway: KnownGateway;
  readonly link: Link;
  readonly clock: Clock;
  readonly tapes: Pick<HandedTapes, "get" | "of">;
  readonly hooks: SessionHooks;
  /** PEM of the key that permits are signed with. */
  readonly permitKey: string;
  /** `age1…` of those who may open what a gateway keeps of files with malware. */
  recipients(): readonly string[];
  /** Of the certificate by which it was let in. */
  readonly certificateUntilMs: number;
  /** A new certificate for the gateway's next connections. */
  renew(publicKey: string): Promise<IssuedCertificate>;
  /** It said what cannot be. */
  distrusted(reason: string): void;
  changed(): void;
  /** Why its OPC UA process failed; undefined once that runs again. */
  opcua(failed: string | undefined): void;
  /** Called once. */
  closed(reason: string): void;
}

/** Bytes that wait for a gateway which does not read: its sessions end with the connection. */
const QUEUED_MAX = 64 * 1024 * 1024;

export class GatewayLink implements LinkListener {
  readonly gateway: KnownGateway;
  /** Version of the gateway's build; empty until it has said it. */
  build = "";
  /** Of the newest that it was given; its connection ends with it. */
  certificateUntilMs: number;
  readonly sinceMs: number;
  private readonly parts: GatewayLinkParts;
  private readonly link: Link;
  private readonly sessions = new Map<number, RemoteSession>();
  /** Tapes that get more over this very connection. */
  private readonly living = new Set<string>();
  private readonly asks: GatewayAsks;
  private readonly news: NewsBudget;
  private numberLast = 0;
  private ackWanted = 0;
  private heardMs: number;
  private beatMs: number;
  private stopWatch: (() => void) | undefined;
  private isCaughtUp = false;
  private over = false;

  constructor(parts: GatewayLinkParts) {
    const { gateway, link, clock, permitKey } = parts;
    this.parts = parts;
    this.gateway = gateway;
    this.link = link;
    this.sinceMs = clock.wallMs();
    this.certificateUntilMs = parts.certificateUntilMs;
    this.news = new NewsBudget(clock);
    this.asks = new GatewayAsks(gateway.name, clock, (message) => this.send(message));
    this.heardMs = clock.monotonicMs();
    this.beatMs = this.heardMs;
    this.send({ kind: "welcome", permitKey, recipients: parts.recipients() });
    this.watch();
  }

  /** It was heard within its lease, and has handed over what it had of before. */
  get isReady(): boolean {
    return !this.over && this.isCaughtUp && this.parts.clock.monotonicMs() - this.beatMs < LEASE_MS;
  }

  get liveSessions(): number {
    return this.sessions.size;
  }

  /** Live sessions on this endpoint (`ASSET/ENDPOINT`). */
  carries(endpoint: string): number {
    const all = [...this.sessions.values()].filter(({ claims, isOver }) => {
      return !isOver && `${claims.asset.id}/${claims.endpoint.id}` === endpoint;
    });
    return all.length;
  }

  /** Before the first message about it. */
  newNumber(tape: HandedTape): number {
    this.living.add(tape.session);
    tape.onCutWanted(() => this.send({ kind: "cut", session: tape.session }));
    return ++this.numberLast;
  }

  enter(number: number, session: RemoteSession): void {
    this.sessions.set(number, session);
  }

  /** Nothing more is heard of it but its records. */
  leave(number: number): void {
    this.sessions.delete(number);
    this.news.forget(number);
  }

  send(message: object): void {
    if (this.over) return;
    this.link.send(message);
    if (this.link.queued > QUEUED_MAX) this.end("it does not read what it is told");
  }

  sendBytes(session: number, channel: number, bytes: Uint8Array): void {
    if (!this.over) this.link.sendBytes(session, channel, bytes);
  }

  /** Rejects with `SessionRefused`. */
  ask(message: object): Promise<unknown> {
    if (this.over) return Promise.reject(this.away());
    return this.asks.ask(message);
  }

  /** For a revoked gateway, and when control stops. */
  end(reason: string): void {
    if (this.over) return;
    this.link.close();
    this.closed(reason);
  }

  message(received: unknown): void {
    const parsed = FROM_GATEWAY.safeParse(received);
    if (!parsed.success) throw this.distrust("it said something that is not understood");
    this.heardMs = this.parts.clock.monotonicMs();
    const message = parsed.data;
    if ("session" in message) this.aboutSession(message);
    else this.aboutItself(message);
  }

  bytes(session: number, channel: number, bytes: Uint8Array): void {
    this.heardMs = this.parts.clock.monotonicMs();
    try {
      this.sessions.get(session)?.received(channel, bytes);
    } catch (error) {
      throw this.distrust(error instanceof Error ? error.message : String(error));
    }
  }

  /** One of a recording that is whole is known already. */
  records(number: number, chunk: TapeChunk): void {
    this.heardMs = this.parts.clock.monotonicMs();
    const tape = this.parts.tapes.get(chunk.session);
    if (!tape) {
      this.ack(number);
      return;
    }
    if (tape.gateway !== this.gateway.id) {
      throw this.distrust("it handed over records of a session that was not opened on it");
    }
    this.take(tape, chunk);
    tape.whenDurable((error) => {
      if (error) this.end("what it hands over cannot be kept now");
      else this.ack(number);
    });
  }

  closed(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.stopWatch?.();
    this.asks.close(this.away());
    const lost = `the connection to the gateway ${this.name} was lost: ${reason}`;
    for (const session of [...this.sessions.values()]) {
      session.overAtGateway({ rule: "gateway-away", reason: lost }, 0);
    }
    this.sessions.clear();
    this.parts.closed(reason);
  }

  private get name(): string {
    return this.gateway.name;
  }

  private take(tape: HandedTape, chunk: TapeChunk): void {
    try {
      tape.take(chunk);
    } catch (error) {
      if (error instanceof RecorderUnavailable) throw error;
      if (!(error instanceof HandedRefused)) throw error;
      const why = `the gateway ${this.name} handed over what cannot be: ${error.message}`;
      tape.end({ rule: "gateway-distrusted", reason: why }, why);
      throw this.distrust(`it handed over what cannot be: ${error.message}`);
    }
  }

  private aboutItself(message: Exclude<FromGateway, { session: number }>): void {
    if (COSTLY.has(message.kind) && !this.news.take(ITSELF)) throw this.distrust(TOO_MUCH_ITSELF);
    switch (message.kind) {
      case "hello":
        this.build = message.build;
        this.parts.changed();
        break;
      case "beat":
        this.beatMs = this.parts.clock.monotonicMs();
        this.send({ kind: "lease", beat: message.beat });
        break;
      case "reply":
        this.asks.answered(message.ask)?.resolve(message.value);
        break;
      case "refused":
        this.asks.answered(message.ask)?.reject(new SessionRefused(message.code, message.message));
        break;
      case "operations":
        this.count(message.counts);
        break;
      case "renew-certificate":
        void this.renew(message.publicKey);
        break;
      case "caught-up":
        this.caughtUp();
        break;
      case "opcua":
        this.opcua(message.failed);
    }
  }

  private aboutSession(message: Extract<FromGateway, { session: number }>): void {
    const session = this.sessions.get(message.session);
    if (!session) return;
    if (FOR_PEOPLE.has(message.kind) && !this.news.take(message.session)) {
      session.end({ rule: "gateway-distrusted", reason: TOO_MUCH_NEWS });
      return;
    }
    const { hooks } = this.parts;
    switch (message.kind) {
      case "state":
        session.stateIs(message.state);
        break;
      case "event":
        session.happened(message.event);
        break;
      case "asked":
        session.asked(message.hold as unknown as Hold);
        break;
      case "over":
        session.overAtGateway(causeOf(message.cause), message.dropped);
        this.leave(message.session);
        break;
      case "closed":
        session.channelClosed(message.channel, causeOf(message.cause));
        break;
      case "credit":
        session.credited(message.channel, message.bytes);
        break;
      case "strange":
        this.strange(session, message);
        break;
      case "alarm":
        hooks.onAlarm?.(session, `${this.name}: ${message.text}`);
        break;
      case "malware":
        this.malware(session, message);
        break;
      case "scanner-away":
        hooks.onScannerAway?.(session, `on the gateway ${this.name}, ${message.reason}`);
        break;
      case "exchanged":
        hooks.onExchanged?.(session, message.reason);
    }
  }

  /** Only of the endpoint that the session is on. */
  private strange({ claims }: RemoteSession, { shown, pinned }: Strange): void {
    const { session, asset, endpoint } = claims;
    const name = `${asset.id}/${endpoint.id}`;
    this.parts.hooks.onStrangeKey?.(session, name, shown as Shown, pinned);
  }

  private malware(session: RemoteSession, { path, digest, name, kept }: Malware): void {
    const at = kept === null ? null : plainText(kept, MALWARE_WORDS_MAX);
    const where = at === null ? null : `${at} on the gateway ${this.name}`;
    const what = plainText(name, MALWARE_WORDS_MAX);
    this.parts.hooks.onMalware?.(session, { path, digest, name: what, kept: where });
  }

  private opcua(failed: string | null): void {
    this.parts.opcua(failed === null ? undefined : plainText(failed, WHY_MAX));
  }

  private count(counts: Extract<FromGateway, { kind: "operations" }>["counts"]): void {
    const { hooks } = this.parts;
    for (const [operationClass, verdict, times] of counts) {
      hooks.onOperation?.(operationClass, verdict, times);
    }
  }

  /** Whatever it had of before this connection is here: what is not over by now never will be. */
  private caughtUp(): void {
    this.isCaughtUp = true;
    for (const tape of this.parts.tapes.of(this.gateway.id)) {
      if (this.living.has(tape.session)) continue;
      const reason = `the gateway ${this.name} stopped before the session was over`;
      tape.end({ rule: "gateway-stopped", reason }, `${reason}; what it had taken is here`);
    }
    this.parts.changed();
  }

  private async renew(publicKey: string): Promise<void> {
    try {
      const { certificate, untilMs } = await this.parts.renew(publicKey);
      this.certificateUntilMs = untilMs;
      this.send({ kind: "certificate", certificate });
      this.parts.changed();
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  private ack(number: number): void {
    if (this.ackWanted === 0) setImmediate(() => this.sendAck());
    this.ackWanted = Math.max(this.ackWanted, number);
  }

  private sendAck(): void {
    this.send({ kind: "ack", through: this.ackWanted });
    this.ackWanted = 0;
  }

  private watch(): void {
    this.stopWatch = this.parts.clock.after(BEAT_MS, () => {
      const { clock } = this.parts;
      if (clock.monotonicMs() - this.heardMs > SILENCE_MAX_MS)
        this.end("it was not heard any more");
      else if (clock.wallMs() >= this.certificateUntilMs) this.end("its certificate has ended");
      else this.watch();
    });
  }

  private distrust(reason: string): Error {
    this.parts.distrusted(reason);
    return new Error(reason);
  }

  private away(): SessionRefused {
    return new SessionRefused("gateway-away", `The gateway ${this.name} is not connected.`);
  }
}

type Strange = Extract<FromGateway, { kind: "strange" }>;
type Malware = Extract<FromGateway, { kind: "malware" }>;
type Shown = Parameters<StrangeKey>[2];

/** Of a scanner's name for it, and of a path. */
const MALWARE_WORDS_MAX = 300;
/** What becomes events, alarms and mail. */
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  ...["asked", "strange", "alarm", "malware", "scanner-away", "exchanged"],
]);
/** Of itself: each is shown to people, looks through tapes or signs a certificate. */
const COSTLY: ReadonlySet<string> = new Set(["hello", "renew-certificate", "caught-up", "opcua"]);
/** No session has this number. */
const ITSELF = 0;
const WHY_MAX = 300;
const TOO_MUCH_ITSELF = "it told more of itself than anybody reads";
const TOO_MUCH_NEWS = "its gateway told people more of it than anybody reads";

function causeOf({ rule, reason }: { readonly rule: string; readonly reason: string }): Cause {
  return { rule, reason };
}
