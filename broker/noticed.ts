/**
 * What the parts notice becomes events, log lines, metrics, health and word to the pages, here
 * and nowhere else. Nothing in here may hold up a session: events are written behind it.
 */
import type { HealthBoard } from "./api/health/health-board.ts";
import type { Metrics } from "./api/health/metrics.ts";
import type { TopicBell } from "./api/live/topic-bell.ts";
import { topicOf } from "./api/live/topics.ts";
import type { Clock } from "./clock.ts";
import { watchClockSteps } from "./clock-steps.ts";
import type { LogState } from "./evidence/log/growing-log.ts";
import type { LogBook } from "./evidence/log/log-book.ts";
import type { Recorder, RecorderState } from "./evidence/recorder.ts";
import { aboutSession } from "./integrations/about-session.ts";
import { LateEvents } from "./late-events.ts";
import type { Logger } from "./log.ts";
import type { ConfirmedPlant } from "./plant/confirmed-plant.ts";
import type { HeldPlant, PlantSource } from "./plant/plant-source.ts";
import type { Hold } from "./sessions/hold.ts";
import type { Cause, EndReport, LiveSession, SessionEvent } from "./sessions/session.ts";
import type { SessionHooks } from "./sessions/session-hooks.ts";
import { plainText } from "./store/plain-text.ts";
import type { NewSiteEvent } from "./store/site-events.ts";
import type { Store } from "./store/store.ts";
import type { StoreAway } from "./store/store-failed.ts";
import type { TrustedBook } from "./trust/trusted-book.ts";

export interface NoticingParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly board: HealthBoard;
  readonly bell: TopicBell;
}

/** With a path of the asset's in it. */
const REASON_MAX = 300;
const STORE_WORKS = "People, grants and events are kept.";

export class Noticed {
  private readonly parts: NoticingParts;
  private readonly late: LateEvents;
  private awaySinceMs: number | undefined;

  constructor(parts: NoticingParts) {
    this.parts = parts;
    const { store, board, log, metrics, bell } = parts;
    board.report("store", "ok", STORE_WORKS);
    store.onFailure((error) => {
      log.error({ error }, "the store has failed");
      board.report("store", "failed", "The database cannot be used: see the log, then restart.");
    });
    this.late = new LateEvents(store, (error) => log.error({ error }, "an event was not kept"));
    store.onAway((away) => this.storeAway(away));
    store.log.onEvent((event) => {
      metrics.event(event);
      bell.ring("events");
      const topic = topicOf(event);
      if (topic) bell.ring(topic);
    });
  }

  /** An event for people, and the same line in the log. Never waits and never throws. */
  note(event: NewSiteEvent): void {
    const { clock, log } = this.parts;
    const { kind, session, subject } = event;
    log[event.priority === "alarm" ? "warn" : "info"]({ kind, session, subject }, event.text);
    this.late.record(event, clock.wallMs());
  }

  private storeAway(away: StoreAway | undefined): void {
    const { board, clock, log } = this.parts;
    const nowMs = clock.wallMs();
    if (away) {
      this.awaySinceMs ??= nowMs;
      log.error({ reason: away.message }, "the database is out of reach");
      const text = `No session can begin and no right is given: ${away.message}. It is tried again.`;
      board.report("store", "failed", text);
      return;
    }
    const sinceMs = this.awaySinceMs ?? nowMs;
    this.awaySinceMs = undefined;
    board.report("store", "ok", STORE_WORKS);
    const seconds = Math.ceil((nowMs - sinceMs) / 1_000);
    const events = this.late.write(nowMs);
    this.note({
      kind: "store:back",
      priority: "alarm",
      text: `The database was out of reach for ${seconds} s; ${events} events of that time are kept now`,
    });
  }

  recorder(recorder: Recorder): () => void {
    const show = (state: RecorderState) => {
      const { board } = this.parts;
      if (state.kind === "ready") board.report("recorder", "ok", "Every session is recorded.");
      else board.report("recorder", "failed", `Nothing can be recorded: ${state.cause}.`);
    };
    show(recorder.state);
    return recorder.onState((state) => {
      show(state);
      const failed = state.kind === "failed";
      this.note({
        kind: failed ? "recorder:failed" : "recorder:ready",
        priority: failed ? "alarm" : "event",
        text: failed ? `Nothing can be recorded: ${state.cause}` : "Recording works again",
      });
      this.parts.bell.ring("sessions");
    });
  }

  siteLog(book: LogBook): () => void {
    const show = (state: LogState) => {
      const { board } = this.parts;
      if (state.kind === "ready") board.report("site log", "ok", "Every event is in the log.");
      else board.report("site log", "failed", `No session can begin: ${state.cause}.`);
    };
    show(book.state);
    const note = (state: LogState) => {
      show(state);
      const failed = state.kind === "failed";
      this.note({
        kind: failed ? "site-log:failed" : "site-log:ready",
        priority: failed ? "alarm" : "event",
        text: failed
          ? `The site log cannot be written, so no session can begin: ${state.cause}`
          : "The site log is written again",
      });
    };
    if (book.state.kind === "failed") note(book.state);
    return book.onState(note);
  }

  /** Who signs the site log's checkpoints: leaves are kept without, and are not signed for. */
  logSigner(book: LogBook): () => void {
    return book.onSigner((away) => {
      const { board } = this.parts;
      const text = away
        ? `The site log is not signed: ${away.cause}`
        : "The site log is signed again";
      board.report("log signer", away ? "attention" : "ok", `${text}.`);
      this.note({
        kind: away ? "log-signer:away" : "log-signer:back",
        priority: away ? "alarm" : "event",
        text,
      });
    });
  }

  /** Why the witnesses of the site log are behind, while they are. */
  witnessTrouble: string | undefined;

  /** @param cause why the witnesses of the site log are behind; undefined: they have caught up */
  witnesses(cause: string | undefined): void {
    this.witnessTrouble = cause;
    const behind = cause !== undefined;
    const text = behind
      ? `The witnesses of the site log are behind: ${cause}`
      : "The witnesses of the site log have caught up";
    const advice = behind ? `${text}. Sessions go on.` : `${text}.`;
    this.parts.board.report("witnesses", behind ? "attention" : "ok", advice);
    this.note({
      kind: behind ? "witness:behind" : "witness:caught-up",
      priority: behind ? "alarm" : "event",
      text,
    });
  }

  plant(source: PlantSource): () => void {
    const { board, bell } = this.parts;
    const show = (problem: string | undefined) =>
      problem === undefined
        ? board.report("plant file", "ok", "The file on disk is in force.")
        : board.report("plant file", "attention", `An older plant is in force: ${problem}.`);
    show(source.problem());
    this.plantHeld(source.held());
    const stops = [
      source.onChanged((plant) => {
        const text = `A changed plant file is in force (${plant.digest.slice(0, 12)})`;
        this.note({ kind: "plant:changed", priority: "event", text });
      }),
      source.onHeld((held) => this.plantHeld(held)),
      source.onProblem((problem) => {
        show(problem);
        bell.ring("plant");
        if (problem === undefined) return;
        const text = `The plant file is not valid, the older one stays in force: ${problem}`;
        this.note({ kind: "plant:invalid", priority: "alarm", text });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  private plantHeld(held: HeldPlant | undefined): void {
    this.parts.bell.ring("plant");
    if (held === undefined) return;
    const text = `The plant file was changed and waits for an administrator to confirm it (${held.plant.digest.slice(0, 12)}); the plant confirmed last stays in force`;
    this.note({ kind: "plant:held", priority: "event", text });
  }

  /** The site asked for confirmations before this start and does not any more. */
  async unconfirmed(confirmed: ConfirmedPlant, source: PlantSource): Promise<void> {
    const same = (await confirmed.text()) === source.currentText();
    const text = same
      ? "Changes of the plant file need no confirmation any more: this start was told so"
      : `A plant file that nobody confirmed is in force (${source.current().digest.slice(0, 12)}): this start was told to ask for no confirmation`;
    this.note({ kind: "plant:unconfirmed", priority: "alarm", text });
    await confirmed.forget();
  }

  clockSteps(): () => void {
    return watchClockSteps(this.parts.clock, (byMs) => {
      const text = `The clock of this machine was set ${byMs > 0 ? "forward" : "back"} by ${Math.abs(byMs)} ms`;
      this.note({ kind: "clock:stepped", priority: "alarm", text });
    });
  }

  sessionHooks(trusted: Pick<TrustedBook, "strange">): SessionHooks {
    const { metrics, bell } = this.parts;
    return {
      onOperation: metrics.operation,
      onCut: metrics.cut,
      onOpen: (session) => this.opened(session),
      onEnd: (session, cause, report) => this.ended(session, cause, report),
      onFreeze: (session, cause, report) => this.frozen(session, cause, report),
      onCondition: (session, cause, report) => this.conditions(session, cause, report),
      onHold: (session, hold) => this.held(session, hold),
      onHoldsChange: () => bell.ring("holds"),
      onChange: () => {
        bell.ring("sessions");
        bell.ring("recordings");
      },
      onStrangeKey: (...shown) => trusted.strange(...shown),
      onExchanged: (session, reason) => this.exchanged(session, reason),
      onAlarm: ({ claims }, text) => {
        const about = aboutSession(claims);
        this.note({
          kind: "session:fault",
          priority: "alarm",
          text,
          session: claims.session,
          about,
        });
      },
    };
  }

  private opened(session: LiveSession): void {
    const { subject, asset, endpoint, grant, profile } = session.claims;
    this.note({
      kind: "session:opened",
      priority: "event",
      text: `${subject.name} opened a session on ${asset.name}/${endpoint.id} (profile ${profile.id}, grant ${grant.id})`,
      subject: subject.id,
      session: session.claims.session,
      about: { ...aboutSession(session.claims), holder: subject.id },
    });
    session.listen(this.refusedWrites(session));
  }

  private exchanged({ claims }: LiveSession, reason: string): void {
    const { session, subject, asset } = claims;
    this.note({
      kind: "file:exchanged",
      priority: "alarm",
      text: `On ${asset.name}, in the session of ${subject.name}: ${plainText(reason, REASON_MAX)}`,
      ...{ subject: subject.id, session, about: aboutSession(claims) },
    });
  }

  private ended(session: LiveSession, cause: Cause, report: EndReport): void {
    const { subject, asset } = session.claims;
    this.note({
      kind: "session:ended",
      priority: cause.rule === "violation" || cause.rule === "recorder" ? "alarm" : "event",
      text: `The session of ${subject.name} on ${asset.name} ended (${cause.rule}): ${cause.reason}${reported(report)}`,
      subject: cause.by ?? subject.id,
      session: session.claims.session,
      about: {
        ...{ ...aboutSession(session.claims), holder: subject.id },
        ...{ rule: cause.rule, cutMs: (report.cutMicroseconds / 1_000).toFixed(3) },
      },
    });
    this.parts.bell.ring("holds");
  }

  private frozen(session: LiveSession, cause: Cause, report: EndReport | undefined): void {
    const { subject, asset } = session.claims;
    const what = report ? "frozen" : "resumed";
    const measured = report ? reported(report) : "";
    this.note({
      kind: `session:${what}`,
      priority: "event",
      text: `The session of ${subject.name} on ${asset.name} was ${what} by ${cause.reason}${measured}`,
      subject: cause.by ?? subject.id,
      session: session.claims.session,
      about: aboutSession(session.claims),
    });
  }

  /** A supervisor came or left, a key switch was turned. */
  private conditions(session: LiveSession, cause: Cause, report: EndReport | undefined): void {
    const { subject, asset } = session.claims;
    const what = report ? "stands still" : "goes on";
    const measured = report ? reported(report) : "";
    this.note({
      kind: report ? "session:waiting" : "session:goes-on",
      priority: "event",
      text: `The session of ${subject.name} on ${asset.name} ${what} (${cause.rule}): ${cause.reason}${measured}`,
      subject: subject.id,
      session: session.claims.session,
      about: aboutSession(session.claims),
    });
  }

  private held(session: LiveSession, { changes, rule, operations, state }: Hold): void {
    const { subject, asset } = session.claims;
    const verb = state === "asked" ? "asks beforehand" : "waits for";
    const asked = changes.map(({ point, now, asked }) => `${point} from ${now} to ${asked}`);
    const what = asked.join(", ") || operations.map(({ action }) => action).join(", ");
    this.note({
      kind: "hold:waiting",
      priority: "alarm",
      text: `${subject.name} on ${asset.name} ${verb} a second person (${rule}): ${what}`,
      subject: subject.id,
      session: session.claims.session,
      about: aboutSession(session.claims),
    });
  }

  /** A refused write needs a person's eye; a thousand of them one line now and then. */
  private refusedWrites(session: LiveSession): (event: SessionEvent) => void {
    let since = 0;
    let quietUntilMs = Number.NEGATIVE_INFINITY;
    return (event) => {
      if (event.kind !== "decision" || event.verdict !== "deny") return;
      if (isClientsHabit(event)) return;
      since += 1;
      const nowMs = this.parts.clock.monotonicMs();
      if (nowMs < quietUntilMs) return;
      quietUntilMs = nowMs + REFUSALS_QUIET_MS;
      const { subject, asset } = session.claims;
      const count = since === 1 ? "An operation" : `${since} operations`;
      since = 0;
      this.note({
        kind: "operation:refused",
        priority: "alarm",
        text: `${count} of ${subject.name} on ${asset.name} refused, last ${event.action} by ${event.rule}${event.reason && `: ${event.reason}`}`,
        subject: subject.id,
        session: session.claims.session,
        about: aboutSession(session.claims),
      });
    };
  }
}

/**
 * OpenSSH of most systems sends the person's language to every host, unasked: an alarm at each
 * sign-in would teach everybody to look away. A rule that speaks of variables and refuses one
 * means it.
 */
function isClientsHabit({ action, rule }: { readonly action: string; readonly rule: string }) {
  return action === "ssh:env" && rule === "default-deny";
}

/** Between two events about refusals of one session. */
const REFUSALS_QUIET_MS = 15_000;

/** ` (nothing passed after 0.3 ms; 2 queued operations dropped)` */
function reported({ cutMicroseconds, droppedOperations }: EndReport): string {
  const after = `nothing passed after ${(cutMicroseconds / 1_000).toFixed(1)} ms`;
  const dropped = droppedOperations === 0 ? "" : `; ${droppedOperations} queued operations dropped`;
  return ` (${after}${dropped})`;
}
