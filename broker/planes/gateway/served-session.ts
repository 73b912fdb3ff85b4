/** One session of a gateway, and what control is told of it. */
import type { Clock } from "../../clock.ts";
import type { ShownIdentity } from "../../plant/shown-identity.ts";
import type { Hold } from "../../sessions/hold.ts";
import type { MalwareFound } from "../../sessions/scans.ts";
import type { Cause, ChannelHandle, LiveSession, SessionEvent } from "../../sessions/session.ts";
import type { Link } from "../link.ts";
import { type ToGateway, WORDS_MAX } from "../messages.ts";
import { LinkLeg } from "./link-leg.ts";

export interface ServedSessionParts {
  readonly live: LiveSession;
  /** Names it on the link. */
  readonly number: number;
  readonly clock: Clock;
  readonly link: Link;
}

/** Counts and holds are told together, this late at most. */
const TOLD_AFTER_MS = 100;
/** Of the standing condition that a gateway itself brings. */
const LEASE = "gateway lease";

type Told = Extract<ToGateway, { session: number }>;

interface Channel {
  readonly leg: LinkLeg;
  handle?: ChannelHandle;
}

export class ServedSession {
  readonly live: LiveSession;
  readonly number: number;
  private readonly parts: ServedSessionParts;
  private readonly channels = new Map<number, Channel>();
  private readonly watchers = new Map<number, () => void>();
  private stopTimer: (() => void) | undefined;
  private still = false;
  private isOver = false;

  constructor(parts: ServedSessionParts) {
    this.parts = parts;
    this.live = parts.live;
    this.number = parts.number;
    this.live.listen((event) => this.happened(event));
  }

  async attach(number: number, peer: string): Promise<{ readonly channel: number }> {
    const leg = new LinkLeg({
      send: (bytes) => this.parts.link.sendBytes(this.number, number, bytes),
      credit: (bytes) => this.say({ kind: "credit", channel: number, bytes }),
    });
    leg.hold(this.still);
    const channel: Channel = { leg };
    this.channels.set(number, channel);
    try {
      const handle = await this.live.attach(leg, peer);
      channel.handle = handle;
      void handle.ended.then((cause) => this.channelEnded(number, cause));
      return { channel: handle.channel };
    } catch (error) {
      this.channels.delete(number);
      throw error;
    }
  }

  bytes(channel: number, bytes: Uint8Array): void {
    this.channels.get(channel)?.leg.received(bytes);
  }

  hear(message: Told): void {
    const { live } = this;
    switch (message.kind) {
      case "detach":
        this.channels.get(message.channel)?.leg.gone("the client's connection was closed");
        break;
      case "credit":
        this.channels.get(message.channel)?.leg.credit(message.bytes);
        break;
      case "end":
        live.end(message.cause as Cause);
        break;
      case "freeze":
        live.freeze(message.cause as Cause);
        break;
      case "resume":
        live.resume(message.cause as Cause);
        break;
      case "rights":
        live.lease(message.classes, message.cause as Cause, message.basis);
        break;
      case "renew":
        live.renew();
        break;
      case "move-end":
        live.moveEnd(message.untilMs, message.cause as Cause);
        break;
      case "lapse":
        live.lapse(message.condition, message.cause as Cause);
        break;
      case "meet":
        live.meet(message.condition, message.cause as Cause);
        break;
      case "activity":
        live.activity();
        break;
      case "present":
        live.ownerPresent(message.present, message.by);
        break;
      case "watch":
        this.watch(message.watcher, message.subject);
        break;
      case "unwatch":
        this.watchers.get(message.watcher)?.();
        this.watchers.delete(message.watcher);
    }
  }

  /** Nothing is forwarded; what is held at the asset is let go of, what waited is dropped. */
  holdStill(cause: Cause | undefined): void {
    this.still = cause !== undefined;
    if (cause) this.live.lapse(LEASE, cause);
    for (const { leg } of this.channels.values()) leg.hold(this.still);
    // What the client asked for meanwhile was refused just now: nobody expects it any more.
    if (!cause) this.live.meet(LEASE, { rule: "gateway-lease", reason: "control is heard again" });
  }

  changed(): void {
    if (this.isOver) return;
    this.stopTimer ??= this.parts.clock.after(TOLD_AFTER_MS, () => this.tellState());
  }

  asked(hold: Hold): void {
    this.say({ kind: "asked", hold });
  }

  strange(endpoint: string, shown: ShownIdentity, pinned: boolean): void {
    this.say({ kind: "strange", endpoint, shown, pinned });
  }

  alarm(text: string): void {
    this.say({ kind: "alarm", text: short(text) });
  }

  /** Its content stays on this machine. */
  malware({ path, digest, name, kept }: Omit<MalwareFound, "content">): void {
    this.say({ kind: "malware", path, digest, name: short(name), kept: kept ?? null });
  }

  scannerAway(reason: string): void {
    this.say({ kind: "scanner-away", reason: short(reason) });
  }

  exchanged(reason: string): void {
    this.say({ kind: "exchanged", reason: short(reason) });
  }

  over({ rule, reason }: Cause, dropped: number): void {
    this.isOver = true;
    this.stopTimer?.();
    this.say({ kind: "over", cause: { rule, reason: short(reason) }, dropped });
    this.channels.clear();
  }

  private happened(event: SessionEvent): void {
    if (event.kind === "decision") this.changed();
    if (!FORWARDED.has(event.kind)) return;
    const reason = "reason" in event ? { reason: short(event.reason) } : {};
    this.say({ kind: "event", event: { ...event, ...reason } });
  }

  private channelEnded(channel: number, { rule, reason }: Cause): void {
    this.channels.delete(channel);
    this.say({ kind: "closed", channel, cause: { rule, reason: short(reason) } });
  }

  private watch(watcher: number, subject: string): void {
    // Who watches stands on the tape; they are told in control, of what was handed over.
    this.watchers.set(watcher, this.live.watch(subject, NOTHING));
  }

  private tellState(): void {
    this.stopTimer = undefined;
    if (this.isOver) return;
    const { counts, lastActivityMs, holds } = this.live;
    this.say({ kind: "state", state: { counts, lastActivityMs, holds } });
  }

  private say(message: object): void {
    this.parts.link.send({ ...message, session: this.number });
  }
}

function short(text: string): string {
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX - 1)}…` : text;
}

/** Control says the rest itself: it is what it decided. */
const FORWARDED: ReadonlySet<string> = new Set(["decision", "answered", "deadline", "recorder"]);

const NOTHING = (): void => {};
