/**
 * Where a session's operations are judged: first what freezes it, then capabilities and profile,
 * then what must be known or agreed to first. It tells the owner what became of each.
 */
import type { Capabilities, Effect } from "../../protocols/guard.ts";
import type { Judged } from "../../protocols/tape/record.ts";
import type { Clock } from "../clock.ts";
import type { Matcher, NeedsValues } from "../policy/decision.ts";
import type { ChannelLoop } from "./channel-loop.ts";
import { changesPlant, classMask, itemsMask } from "./class-mask.ts";
import { denied, HOLD, judgeItems, judgeProbe } from "./desk.ts";
import type { Obstacle } from "./freeze.ts";
import { HeldWrites, type ReadPoints } from "./held-writes.ts";
import type { PointLocks } from "./point-locks.ts";
import type { SessionEvent } from "./session.ts";
import type { SessionHooks } from "./session-hooks.ts";

type Decide = Extract<Effect, { kind: "decide" }>;

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
}

export interface SessionDeskParts {
  readonly clock: Clock;
  readonly matcher: Matcher;
  readonly locks: PointLocks;
  readonly read: ReadPoints;
  readonly hooks: SessionHooks;
  readonly owner: DeskOwner;
}

export class SessionDesk {
  readonly counts = { observed: 0, changed: 0, refused: 0 };
  readonly heldWrites: HeldWrites;
  private readonly parts: SessionDeskParts;
  private readonly owner: DeskOwner;
  /** What the request just judged as `hold` waits for. */
  private waitsFor: readonly (NeedsValues | undefined)[] | undefined;

  constructor(parts: SessionDeskParts) {
    const { clock, locks, read, owner } = parts;
    this.parts = parts;
    this.owner = owner;
    this.heldWrites = new HeldWrites({
      ...{ clock, locks, read },
      settle: (channel, decide, items) => this.settle(channel, decide, items),
    });
  }

  judge(channel: ChannelLoop, decide: Decide, nowMs: number): readonly Judged[] {
    const { items } = decide;
    if (channel.by === "broker") return items.map(judgeProbe);
    const changes = changesPlant(itemsMask(items));
    if (changes) this.owner.changing();
    const { obstacle } = this.owner;
    if (changes && obstacle) return items.map((item) => refusedBy(item, obstacle));
    const judgement = judgeItems(items, this.parts.matcher, this.owner.leased, nowMs);
    this.waitsFor = judgement.needs;
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
    this.tellDecisions(channel, decide.request, items, sequence);
    if (waitsFor) this.heldWrites.start(channel, decide, items, waitsFor);
  }

  refused(channel: ChannelLoop, request: number, reason: string): void {
    this.counts.refused += 1;
    this.parts.hooks.onOperation?.("observe", "deny");
    this.owner.tell({
      ...{ kind: "decision", channel: channel.number, request, action: "modbus:malformed" },
      ...{ verdict: "deny", refusal: "value", rule: "protocol", reason, sequence: -1 },
    });
  }

  private settle(channel: ChannelLoop, decide: Decide, items: readonly Judged[]): boolean {
    if (this.owner.held === 0) return false;
    const judged = items.map((item) => this.stillHeld(item));
    const sequence = channel.settle(decide.id, judged);
    if (sequence === undefined) return false;
    this.tellDecisions(channel, decide.request, judged, sequence);
    return channel.isOpen(decide.id);
  }

  /** Rights may have changed while it waited. */
  private stillHeld(item: Judged): Judged {
    const { operation, answer } = item;
    if (answer.kind !== "permit") return item;
    if ((classMask([operation.class]) & ~this.owner.held) === 0) return item;
    const { obstacle } = this.owner;
    if (obstacle) return refusedBy(operation, obstacle);
    return denied(operation, "capabilities", "operation", "the right to it was lost");
  }

  private tellDecisions(
    channel: ChannelLoop,
    request: number,
    items: readonly Judged[],
    sequence: number,
  ): void {
    const { hooks } = this.parts;
    for (const { operation, answer, rule, reason } of items) {
      hooks.onOperation?.(operation.class, answer.kind);
      if (answer.kind === "deny") this.counts.refused += 1;
      else if (answer.kind === "permit" && operation.class === "observe") {
        this.counts.observed += 1;
        continue;
      } else if (answer.kind === "permit") this.counts.changed += 1;
      if (channel.by === "broker") continue;
      this.owner.tell({
        ...{ kind: "decision", channel: channel.number, request, action: operation.action },
        ...{ verdict: answer.kind, rule, reason, sequence },
        ...(answer.kind === "deny" ? { refusal: answer.refusal } : {}),
      });
    }
  }
}

function refusedBy(operation: Judged["operation"], { rule, refusal, reason }: Obstacle): Judged {
  return denied(operation, rule, refusal, reason);
}

function allPermitted(items: readonly Judged[]): boolean {
  return items.every(({ answer }) => answer.kind === "permit");
}
