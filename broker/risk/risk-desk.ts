/**
 * Compares live sessions with the baseline that the site approved. A finding is one sentence and
 * the moment it is about. It can ask for more (the passkey, somebody who watches, only looking)
 * and never gives a right or ends a session. Nothing here is done for a reading that passes: their
 * number is looked at now and then.
 */
import type { Operation } from "../../protocols/guard.ts";
import type { Demands } from "../access/demands.ts";
import type { Clock } from "../clock.ts";
import type { Plant } from "../plant/model.ts";
import type { Baseline, Verdict } from "../policy/risk/baseline.ts";
import { type Deed, deedsOf } from "../policy/risk/deeds.ts";
import { ASKS, type Finding, SessionRisk } from "../policy/risk/session-risk.ts";
import type { LiveSession } from "../sessions/session.ts";
import { shortId } from "../signals/carry-out.ts";
import type { Demand } from "../store/demands.ts";
import { newId } from "../store/ids.ts";
import { insertSignal, pruneSignals } from "../store/signals.ts";
import type { Store } from "../store/store.ts";
import { type HourAt, networkIn, tagsOf } from "./count-past.ts";
import type { ResponseDesk } from "./response-desk.ts";
import { Rings } from "./rings.ts";

export interface RiskParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly demands: Demands;
  /** Undefined while nobody has approved one: nothing is compared then. */
  readonly baseline: Baseline | undefined;
  /** Otherwise findings are told and ask for nothing. */
  readonly enforced: boolean;
  readonly plant: { current(): Plant };
  readonly hourAt: HourAt;
  /** Rules of the plant file that answer findings. */
  readonly responses?: Pick<ResponseDesk, "opened" | "ended" | "found">;
  failed(error: unknown): void;
}

interface Watched {
  readonly session: LiveSession;
  readonly risk: SessionRisk;
  readonly deed: (operation: Operation) => Deed;
  /** How many readings had passed, and errors had come, at each of the last looks. */
  readonly looks: { readonly reads: number; readonly errors: number }[];
  stop: () => void;
}

/** A finding as it is kept. */
interface Told {
  readonly id: string;
  readonly demand: Demand;
  readonly sentence: string;
  readonly decision: string;
}

const NOTHING_YET = { reads: 0, errors: 0 };
const LOOK_MS = 10_000;
const LOOKS_A_MINUTE = 6;
/** Until somebody lifts it; a shift and some. */
const ASKED_MS = 12 * 3_600_000;
const SOURCE = "risk";
const SHOWN_MAX = 200;

export class RiskDesk {
  private readonly parts: RiskParts;
  private baseline: Baseline | undefined;
  private readonly live = new Map<string, Watched>();
  private readonly rings: Rings;

  constructor(parts: RiskParts) {
    this.parts = parts;
    this.baseline = parts.baseline;
    this.rings = new Rings(parts.clock);
    parts.demands.assess("risk", true);
  }

  /** For sessions that begin from now on. */
  use(baseline: Baseline): void {
    this.baseline = baseline;
  }

  opened(session: LiveSession): void {
    const { claims, startedMs } = session;
    this.parts.responses?.opened(session);
    const { subject: person, asset, endpoint } = claims;
    const { hourAt, plant } = this.parts;
    const { baseline } = this;
    if (!baseline) return;
    const hour = hourAt(startedMs, asset.id);
    const facts = { person, asset, hour, network: networkIn(claims.basis) };
    const watched: Watched = {
      ...{ session, risk: new SessionRisk(baseline, facts), looks: [NOTHING_YET], stop: () => {} },
      deed: deedsOf(tagsOf(plant.current(), asset.id, endpoint.id)),
    };
    this.live.set(claims.session, watched);
    this.lookLater(watched);
    this.later(watched, watched.risk.opened());
  }

  /** Something that changes or was refused; the item stands on the tape. */
  judged(session: string, operation: Operation, verdict: Verdict, sequence: number): void {
    const watched = this.live.get(session);
    if (!watched) return;
    const atMs = this.parts.clock.monotonicMs();
    this.later(watched, watched.risk.judged(watched.deed(operation), verdict, atMs, sequence));
  }

  ended(session: string): void {
    this.live.get(session)?.stop();
    this.live.delete(session);
    this.parts.responses?.ended(session);
  }

  close(): void {
    for (const { stop } of this.live.values()) stop();
    this.live.clear();
  }

  private lookLater(watched: Watched): void {
    watched.stop = this.parts.clock.after(LOOK_MS, () => {
      const { looks, session, risk } = watched;
      const { observed: reads, declined } = session.counts;
      // Of other protocols the past does not tell them.
      const errors = session.claims.endpoint.protocol === "modbus" ? declined : 0;
      looks.push({ reads, errors });
      if (looks.length > LOOKS_A_MINUTE + 1) looks.shift();
      const [first = NOTHING_YET] = looks;
      this.later(watched, [
        ...risk.reading(reads - first.reads),
        ...risk.declined(errors - first.errors),
      ]);
      this.lookLater(watched);
    });
  }

  /**
   * Once the session has ended what it was doing; before the disk has it, so that a change that
   * led to it is still kept back at the leg.
   */
  private later(watched: Watched, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    queueMicrotask(() => {
      for (const finding of findings) this.found(watched.session, finding);
    });
  }

  private found(session: LiveSession, finding: Finding): void {
    const { clock, demands, enforced, responses } = this.parts;
    const { claims } = session;
    const { subject, asset } = claims;
    const id = newId();
    const atMs = clock.wallMs();
    const sentence = `${subject.name} ${finding.why}`;
    const { asks, level } = ASKS[finding.kind];
    const demand: Demand = {
      ...{ personId: subject.id, asset: asset.id, source: SOURCE, atMs, story: id },
      kind: enforced ? asks : "note",
      // A smaller finding that asks for the same does not make a greater one smaller.
      level: Math.max(level, this.levelOf(subject.id, asset.id)),
      reason: `It is unusual: ${sentence} (finding ${shortId(id)}). ${TO_DO[asks]}`,
      untilMs: atMs + ASKED_MS,
    };
    if (enforced) demands.put(demand);
    const { kind, sequence } = finding;
    const asked = enforced ? DECIDED[asks] : "told, and nothing asked";
    const answered = responses?.found(session, { id, kind, sentence, sequence });
    const decision = answered === undefined ? asked : `${asked}; ${answered}`;
    this.keep(claims, finding, { id, demand, sentence, decision }).catch((error: unknown) =>
      this.parts.failed(error),
    );
  }

  /** What policies hear of the person there already, by findings. */
  private levelOf(personId: string, asset: string): number {
    const own = this.parts.demands
      .list()
      .filter((each) => each.source === SOURCE && each.personId === personId);
    return Math.max(0, ...own.filter((each) => each.asset === asset).map((each) => each.level));
  }

  private async keep(
    { subject, session, asset }: LiveSession["claims"],
    { kind, sequence }: Finding,
    { id, demand, sentence, decision }: Told,
  ): Promise<void> {
    const { store, demands, enforced } = this.parts;
    const rings = this.rings.take(kind, subject.id, asset.id);
    await store.act(async (queries, record) => {
      await insertSignal(queries, {
        ...{ id, transmitter: SOURCE, jtiHash: id, receivedMs: demand.atMs, type: kind },
        ...{ personId: subject.id, about: subject.name, decision, tookMs: 0 },
        effects: [{ session, text: sentence, ...(sequence !== undefined && { sequence }) }],
      });
      if (enforced) await demands.keep(queries, demand);
      await record({
        ...{
          kind: "risk:finding",
          priority: rings ? "alarm" : "event",
          subject: subject.id,
          session,
        },
        text: `${sentence} (finding ${shortId(id)}): ${decision}`,
        about: { signal: id, asset: asset.id, assetName: asset.name },
      });
    });
    const beforeMs = demand.atMs;
    await pruneSignals(store.queries, SOURCE, { beforeMs, keep: SHOWN_MAX });
  }
}

const TO_DO = {
  proof: "Prove with your passkey that it is you.",
  supervisor: "Changes pass while somebody who may supervise watches.",
  "view-only": "Only looking is left until an administrator lifts it.",
} as const;

const DECIDED = {
  proof: "the passkey is asked for",
  supervisor: "changes pass while somebody watches",
  "view-only": "only looking is left",
} as const;
