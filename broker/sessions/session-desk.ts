/**
 * Where a session's operations are judged: first what freezes it, then capabilities and profile,
 * then what must be known or agreed to first. It tells the owner what became of each.
 */
import type { Capabilities } from "../../protocols/guard.ts";
import { AWAITS_SCAN, type Judged, TO_BE_SCANNED } from "../../protocols/tape/record.ts";
import { BROKER_SUBJECT, type PermitClaims } from "../access/permit.ts";
import type { Clock } from "../clock.ts";
import type { Scanner } from "../legs/clamd.ts";
import type { Matcher, NeedsValues } from "../policy/decision.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import type { Refused } from "./channel-owner.ts";
import { changesPlant, classMask, itemsMask } from "./class-mask.ts";
import { denied, HOLD, judgeEach, judgeItems, judgeOne, judgeProbe } from "./desk.ts";
import type { Obstacle } from "./freeze.ts";
import { type Decide, HeldWrites, type ReadAny, type ReadPoints } from "./held-writes.ts";
import type { Hold } from "./hold.ts";
import { type HeldRequest, Holds } from "./holds.ts";
import type { PointLocks } from "./point-locks.ts";
import { type MalwareFound, Scans } from "./scans.ts";
import type { SessionEvent } from "./session.ts";
import type { SessionHooks } from "./session-hooks.ts";

/** What the desk asks of its session. */
export interface DeskOwner {
  /** Classes that may pass at this instant, as bits; 0 once the session is cut. */
  readonly held: number;
  /** Classes leased to it. */
  readonly leased: Capabilities;
  /** What keeps changes back now, whatever is leased. */
  readonly obstacle: Obstacle | undefined;
  /** A person changed something: keeps idle away. */
  changing(): void;
  tell(event: SessionEvent): void;
  /** A person is asked. */
  holding(hold: Hold): void;
  /** What waits for a person is another list now. */
  holdsChanged(): void;
  malware(found: MalwareFound): void;
  scannerAway(reason: string): void;
  exchanged(reason: string): void;
}

/** Of one session: whoever looks then sees the rest in its recording. */
const EXCHANGES_TOLD_MAX = 10;

export interface SessionDeskParts {
  readonly claims: Pick<PermitClaims, "session" | "subject" | "profile" | "endpoint">;
  readonly clock: Clock;
  readonly matcher: Matcher;
  readonly locks: PointLocks;
  readonly read: ReadPoints;
  readonly readAny: ReadAny;
  readonly hooks: SessionHooks;
  /** Absent: nothing that must be scanned passes. */
  readonly scanner?: Scanner | undefined;
  readonly owner: DeskOwner;
}

export class SessionDesk {
  readonly counts = { observed: 0, changed: 0, refused: 0 };
  private exchanges = 0;
  readonly holds: Holds;
  private readonly heldWrites: HeldWrites;
  private readonly scans: Scans;
  private readonly parts: SessionDeskParts;
  private readonly matcher: Matcher;
  private readonly hooks: SessionHooks;
  private readonly owner: DeskOwner;
  /** The session is the broker's own: what it reads for itself is judged as anybody's. */
  private readonly isBrokers: boolean;
  /** What the request just judged as `hold` waits for. */
  private waitsFor: readonly (NeedsValues | undefined)[] | undefined;

  constructor(parts: SessionDeskParts) {
    const { clock, locks, read, owner } = parts;
    this.parts = parts;
    this.matcher = parts.matcher;
    this.hooks = parts.hooks;
    this.owner = owner;
    this.isBrokers = parts.claims.subject.id === BROKER_SUBJECT.id;
    this.heldWrites = new HeldWrites({
      ...{ clock, locks, read },
      settle: (channel, decide, items) => this.settle({ channel, decide, items }),
    });
    this.holds = this.openHolds();
    this.scans = new Scans({
      scanner: parts.scanner,
      settle: (channel, decide, items) => void this.settle({ channel, decide, items }),
      found: (malware) => owner.malware(malware),
      away: (reason) => owner.scannerAway(reason),
    });
  }

  /** Operations that wait for something. */
  get waiting(): number {
    return this.heldWrites.size + this.holds.size + this.scans.size;
  }

  /** Refuses what waits and may not pass any more. */
  recheck(): void {
    const { obstacle } = this.owner;
    if (obstacle) this.heldWrites.refuse(obstacle.reason);
    this.holds.recheck();
  }

  /** Gives up what this channel (or, without one, the whole session) waits for. */
  drop(channel?: ChannelLoop): void {
    this.heldWrites.drop(channel);
    this.holds.drop(channel);
    this.scans.drop(channel);
  }

  /** Nothing more will be heard of this change. */
  settled(channel: ChannelLoop, decision: number): void {
    this.heldWrites.settled(channel, decision);
  }

  /** The value it rests on has grown old while it waited for the disk. */
  isStale(channel: ChannelLoop, decision: number): boolean {
    return this.heldWrites.isStale(channel, decision);
  }

  /** @param leased classes, at this instant */
  judge(
    channel: ChannelLoop,
    decide: Decide,
    nowMs: number,
    leased: Capabilities,
  ): readonly Judged[] {
    const { matcher } = this;
    const items = matcher.classed
      ? decide.items.map((item) => matcher.classed?.(item) ?? item)
      : decide.items;
    // A probe within a person's session is none of the person's profile.
    if (channel.by === "broker" && !this.isBrokers) return items.map(judgeProbe);
    const changes = changesPlant(itemsMask(items));
    if (changes && !decide.unasked) this.owner.changing();
    const obstacle = changes ? this.owner.obstacle : undefined;
    if (obstacle) return items.map((item) => refusedBy(item, obstacle));
    if (isApart(channel, items)) return judgeEach(items, matcher, leased, nowMs);
    const judgement = judgeItems(items, matcher, leased, nowMs);
    this.waitsFor = judgement.needs;
    if (judgement.items.some(isToBeScanned)) {
      if (decide.content) return judgement.items.map(awaitsScan);
      if (!this.scans.mayKeep(channel)) return judgement.items.map(keepsTooMuch);
    }
    if (!changes || this.waitsFor || !allPermitted(judgement.items)) return judgement.items;
    if (this.heldWrites.take(channel, decide)) return judgement.items;
    this.waitsFor = [];
    const reason = "another write of the same points is under way";
    return judgement.items.map((item) => ({ ...item, answer: HOLD, reason }));
  }

  /** They stand on the tape, and the guard knows them. */
  judged(channel: ChannelLoop, decide: Decide, items: readonly Judged[], sequence: number): void {
    const { waitsFor } = this;
    this.waitsFor = undefined;
    if (isApart(channel, items)) {
      const settled = items.filter((item) => !isHeld(item));
      this.tellDecisions(channel, decide, settled, sequence);
      return;
    }
    this.tellDecisions(channel, decide, items, sequence);
    if (items.some(({ reason }) => reason === AWAITS_SCAN)) {
      this.scans.start(channel, decide, items);
    } else if (waitsFor) this.heldWrites.start(channel, decide, items, waitsFor);
    else if (items.some(isHeld)) this.holds.open({ channel, decide, items });
  }

  refused(channel: ChannelLoop, { request, reason, exchanged }: Refused): void {
    this.counts.refused += 1;
    if (exchanged && ++this.exchanges <= EXCHANGES_TOLD_MAX) this.owner.exchanged(reason);
    this.parts.hooks.onOperation?.("observe", "deny");
    this.owner.tell({
      ...{ kind: "decision", channel: channel.number, request },
      action: `${this.parts.claims.endpoint.protocol}:malformed`,
      ...{ verdict: "deny", refusal: "value", rule: "protocol", reason, sequence: -1 },
    });
  }

  private openHolds(): Holds {
    const { clock, claims, read, readAny, matcher } = this.parts;
    return new Holds({
      ...{ clock, read, readAny, session: claims.session },
      ...{ profile: claims.profile, tags: claims.endpoint.tags },
      judge: ({ operation }) =>
        judgeOne(operation, matcher, this.owner.leased, clock.monotonicMs()),
      obstacle: (mask) => this.obstacleTo(mask),
      release: ({ channel, decide, items }, needs) =>
        this.heldWrites.start(channel, decide, items, needs),
      settle: (held, items) => {
        this.settle({ ...held, items });
      },
      asked: (hold) => this.owner.holding(hold),
      answered: (event) => this.owner.tell(event),
      waits: (held, hold) => this.tellWaiting(held, hold),
      changed: () => this.owner.holdsChanged(),
    });
  }

  private settle(request: HeldRequest): boolean {
    if (this.owner.held === 0) return false;
    const { channel, decide, items } = request;
    if (items.every(({ answer }) => answer.kind !== "deny") && items.some(isHeld)) {
      // Its limits are kept; now a person must agree.
      this.holds.open(request);
      return false;
    }
    const now = items.map((item) => this.stillHeld(item));
    const judged = this.holds.settled(request, withTheRest(now));
    const sequence = channel.settle(decide.id, judged);
    if (sequence === undefined) return false;
    this.tellDecisions(channel, decide, judged, sequence);
    return channel.isOpen(decide.id);
  }

  private obstacleTo(mask: number): Obstacle | undefined {
    const { obstacle, held } = this.owner;
    if (obstacle && changesPlant(mask)) return obstacle;
    if ((mask & ~held) === 0) return undefined;
    return { rule: "capabilities", refusal: "operation", reason: "the right to it was lost" };
  }

  private tellWaiting({ channel, decide, items }: HeldRequest, hold: Hold): void {
    for (const { operation, rule, reason } of items.filter(isHeld)) {
      this.owner.tell({
        ...{ kind: "decision", channel: channel.number, request: decide.request },
        ...{ action: operation.action, verdict: "hold", rule, reason, sequence: -1 },
        answerByMs: hold.untilMs,
      });
    }
    this.owner.holding(hold);
  }

  /** Rights may have changed while it waited. */
  private stillHeld(item: Judged): Judged {
    const { operation, answer } = item;
    if (answer.kind !== "permit") return item;
    const obstacle = this.obstacleTo(classMask([operation.class]));
    return obstacle ? refusedBy(operation, obstacle) : item;
  }

  private tellDecisions(
    channel: ChannelLoop,
    { request, unasked }: Decide,
    items: readonly Judged[],
    sequence: number,
  ): void {
    const { hooks } = this;
    for (const { operation, answer, rule, reason } of items) {
      hooks.onOperation?.(operation.class, answer.kind);
      // What the broker reads for itself is not the subject's work.
      if (channel.by === "broker") continue;
      if (answer.kind === "deny") this.counts.refused += 1;
      else if (answer.kind === "permit" && operation.class === "observe") {
        this.counts.observed += 1;
        continue;
      } else if (answer.kind === "permit") this.counts.changed += 1;
      // What is refused to the asset says nothing about the person.
      if (!unasked || answer.kind !== "deny") {
        hooks.onJudged?.(this.parts.claims.session, operation, answer.kind, sequence);
      }
      this.owner.tell({
        ...{ kind: "decision", channel: channel.number, request, action: operation.action },
        ...{ verdict: answer.kind, rule, reason, sequence },
        ...(answer.kind === "deny" ? { refusal: answer.refusal } : {}),
      });
    }
  }
}

function isToBeScanned({ reason }: Judged): boolean {
  return reason === TO_BE_SCANNED;
}

function keepsTooMuch({ operation, rule }: Judged): Judged {
  return denied(
    operation,
    rule,
    "busy",
    "files for the scanner come over too many channels at once",
  );
}

function awaitsScan(item: Judged): Judged {
  return { ...item, answer: HOLD, reason: AWAITS_SCAN };
}

/** Items that pass or not each by itself; one that is held here is asked for again, alone. */
function isApart({ mixes }: ChannelLoop, items: readonly unknown[]): boolean {
  return mixes && items.length > 1;
}

function refusedBy(operation: Judged["operation"], { rule, refusal, reason }: Obstacle): Judged {
  return denied(operation, rule, refusal, reason);
}

function isHeld({ answer }: Judged): boolean {
  return answer.kind === "hold";
}

/** What still waits when another part of the request was refused is refused with it. */
function withTheRest(items: readonly Judged[]): readonly Judged[] {
  const reason = "another part of the same request was refused";
  return items.map((item) =>
    isHeld(item) ? denied(item.operation, item.rule, "unavailable", reason) : item,
  );
}

function allPermitted(items: readonly Judged[]): boolean {
  return items.every(({ answer }) => answer.kind === "permit");
}
