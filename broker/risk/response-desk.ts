/**
 * What rules of the plant file do about findings: the person's sessions on the asset stand still
 * at once, somebody is asked, and a signed act lets them go on or ends them; without one, what the
 * rule says. It is kept in memory: sessions end with the broker, and the questions about them too.
 * The plant's own control knows nothing of it.
 */
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import type { Plant } from "../plant/model.ts";
import { indexOf } from "../plant/plant-index.ts";
import type { FindingKind, ResponseRule } from "../plant/response-model.ts";
import type { Cause, LiveSession } from "../sessions/session.ts";
import { shortId } from "../signals/carry-out.ts";
import { newId } from "../store/ids.ts";
import type { Person } from "../store/model.ts";
import { addSignalEffects } from "../store/signals.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { Store } from "../store/store.ts";
import {
  conditionOf,
  contentOf,
  decidedWords,
  plainAnswer,
  type Response,
  type ResponseAnswer,
  standsStill,
  UNANSWERED,
} from "./response.ts";
import { StoppedPeople } from "./stopped-people.ts";

export interface ResponseParts {
  readonly clock: Clock;
  readonly store: Store;
  readonly plant: { current(): Plant };
  readonly signedActions: Pick<SignedActions, "options" | "prove">;
  /** What waits is another list now. */
  changed(): void;
  note(event: NewSiteEvent): void;
  failed(error: unknown): void;
}

export interface FoundHere {
  /** Id of its story. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly sentence: string;
  readonly sequence: number | undefined;
}

/** Nothing of that name waits, or not for this person. */
export class ResponseRefused extends Error {
  override readonly name = "ResponseRefused";
  readonly code: "not-found" | "own" | "changed";
  constructor(code: ResponseRefused["code"], message: string) {
    super(message);
    this.code = code;
  }
}

interface Entry {
  response: Response;
  stop: () => void;
}

export class ResponseDesk {
  private readonly parts: ResponseParts;
  private readonly live = new Map<string, LiveSession>();
  private readonly entries = new Map<string, Entry>();
  private readonly stopped: StoppedPeople;

  constructor(parts: ResponseParts) {
    this.parts = parts;
    this.stopped = new StoppedPeople(parts.clock);
  }

  /** What waits, the oldest first. */
  list(): readonly Response[] {
    return [...this.entries.values()].map(({ response }) => this.withSessions(response));
  }

  rules(): readonly ResponseRule[] {
    return this.parts.plant.current().responses;
  }

  opened(session: LiveSession): void {
    const { session: id } = session.claims;
    this.live.set(id, session);
    // One that could not be recorded was over before it was opened.
    void session.closed.then(() => this.ended(id));
    for (const { response } of this.entries.values()) {
      if (isOf(session, response)) this.still(session, response);
    }
  }

  ended(id: string): void {
    const session = this.live.get(id);
    this.live.delete(id);
    if (!session) return;
    for (const entry of [...this.entries.values()]) {
      const { response } = entry;
      if (!isOf(session, response)) continue;
      // Before its time is over a new session would be under the same question.
      if (response.overdue && this.sessionsOf(response).length === 0) this.over(entry);
      else this.parts.changed();
    }
  }

  /** @returns what a rule did about it, in words; undefined where none is for it */
  found({ claims }: LiveSession, found: FoundHere): string | undefined {
    const { subject: person, asset } = claims;
    const rule = this.ruleFor(asset.zone, found.kind);
    if (!rule) return undefined;
    if (rule.trial) return `the rule ${rule.id} would have stopped it (trial)`;
    if (claims.grant.breakGlass) return `the rule ${rule.id} stops nobody who broke the glass`;
    const known = this.entryOf(person.id, asset.id);
    if (known) {
      known.response = { ...known.response, more: known.response.more + 1 };
      this.parts.changed();
      return `it stands still already (rule ${known.response.rule.id})`;
    }
    if (!this.stopped.take(rule.id, person.id, rule.peopleMax)) return this.noRoom(rule);
    const askedMs = this.parts.clock.wallMs();
    const response: Response = {
      ...{ id: newId(), rule, finding: found.id, sentence: found.sentence },
      ...{
        person: { id: person.id, name: person.name },
        asset: { id: asset.id, name: asset.name },
      },
      ...{ session: claims.session, sequence: found.sequence, more: 0, overdue: false },
      ...{ askedMs, untilMs: askedMs + rule.answerWithinMs, sessions: [] },
    };
    this.ask(response);
    return decidedWords(response);
  }

  /** What the passkey will sign. @throws ResponseRefused */
  async options(who: SignedIn, id: string, answer: ResponseAnswer): Promise<ActionToSign> {
    const { response } = this.open(who, id);
    const content = contentOf(this.withSessions(response), plainAnswer(answer));
    return this.parts.signedActions.options(who, "response", content);
  }

  /**
   * Let go on only once that is on disk; ended at once.
   * @throws ResponseRefused; IdentityRefused for the assertion
   */
  async answer(
    who: SignedIn,
    id: string,
    given: ResponseAnswer & { readonly text: string; readonly response: unknown },
  ): Promise<void> {
    const { action, content } = await this.parts.signedActions.prove(who, "response", given);
    const entry = this.open(who, id);
    const answer = plainAnswer(given);
    const response = this.withSessions(entry.response);
    if (canonicalJson(content) !== canonicalJson(contentOf(response, answer))) {
      throw new ResponseRefused("changed", "this is not what was signed");
    }
    this.entries.delete(id);
    try {
      await this.settle(response, answer, who.person, action.id);
      entry.stop();
    } catch (error) {
      this.entries.set(id, entry);
      throw error;
    } finally {
      this.parts.changed();
    }
  }

  close(): void {
    for (const { stop } of this.entries.values()) stop();
    this.entries.clear();
  }

  private ruleFor(zone: string, kind: FindingKind): ResponseRule | undefined {
    const plant = this.parts.plant.current();
    const around = indexOf(plant).zonesAround(zone);
    return plant.responses.find(
      (rule) =>
        rule.findings.includes(kind) &&
        (rule.zone === undefined || around.some(({ id }) => id === rule.zone)),
    );
  }

  private noRoom(rule: ResponseRule): string {
    const text = `The rule ${rule.id} stops nobody more for now: it stopped as many people within the last hour as it may. Findings are still told`;
    if (this.stopped.tell(rule.id)) {
      this.parts.note({ kind: "response:bounded", priority: "alarm", text });
    }
    return `the rule ${rule.id} stops nobody more within this hour`;
  }

  private ask(response: Response): void {
    const { clock } = this.parts;
    const { id, person, asset, rule, sentence } = response;
    const entry: Entry = { response, stop: () => {} };
    this.entries.set(id, entry);
    for (const session of this.sessionsOf(response)) this.still(session, response);
    entry.stop = clock.after(rule.answerWithinMs, () => void this.unanswered(entry));
    this.parts.note({
      kind: "response:asked",
      priority: "alarm",
      text: `${sentence}. The sessions of ${person.name} on ${asset.name} stand still and a supervisor is asked (rule ${rule.id}); ${UNANSWERED[rule.unanswered]} without an answer (finding ${shortId(response.finding)})`,
      ...aboutOf(response),
    });
    this.parts.changed();
  }

  private still(session: LiveSession, response: Response): void {
    session.lapse(conditionOf(response), standsStill(response));
  }

  private async settle(
    response: Response,
    { answer, reason }: ResponseAnswer,
    by: Person,
    actionId: string,
  ): Promise<void> {
    const { person, asset, rule } = response;
    const said = `${by.name}: ${reason}`;
    const ends = answer === "end";
    const cause: Cause = { rule: `response ${rule.id}`, reason: said, by: by.id };
    if (ends) for (const session of response.sessions) session.end(cause);
    await this.keep(response, {
      kind: ends ? "response:ended" : "response:resumed",
      priority: "event",
      text: `${by.name} ${ends ? "ended" : "let go on"} the sessions of ${person.name} on ${asset.name}: ${reason} (rule ${rule.id}, finding ${shortId(response.finding)}, signed act ${actionId})`,
      ...aboutOf(response),
      subject: by.id,
    });
    // One that was opened meanwhile stands under the same question.
    for (const session of this.sessionsOf(response)) {
      if (ends) session.end(cause);
      else session.meet(conditionOf(response), cause);
    }
  }

  /** What the rule says; going on waits for the disk as an answer does. */
  private async unanswered(entry: Entry): Promise<void> {
    const { id, rule, person, asset, finding } = entry.response;
    if (!this.entries.has(id)) return;
    const { unanswered } = rule;
    const isOver = unanswered !== "stay" || this.sessionsOf(entry.response).length === 0;
    if (isOver) this.entries.delete(id);
    entry.response = { ...entry.response, overdue: true };
    const cause = { rule: `response ${rule.id}`, reason: "nobody answered in time" };
    if (unanswered === "end") {
      for (const session of this.sessionsOf(entry.response)) session.end(cause);
    }
    try {
      await this.keep(entry.response, {
        kind: "response:unanswered",
        priority: "alarm",
        text: `Nobody answered about the sessions of ${person.name} on ${asset.name} in time: ${UNANSWERED[unanswered]} (rule ${rule.id}, finding ${shortId(finding)})`,
        ...aboutOf(entry.response),
      });
      if (unanswered === "release") {
        for (const session of this.sessionsOf(entry.response)) {
          session.meet(conditionOf(entry.response), cause);
        }
      }
    } catch (error) {
      // It stands still until somebody says.
      if (unanswered === "release") this.entries.set(id, entry);
      this.parts.failed(error);
    }
    this.parts.changed();
  }

  /** Nothing is left to say anything about. */
  private over(entry: Entry): void {
    const { response } = entry;
    entry.stop();
    this.entries.delete(response.id);
    const { person, asset, rule, finding } = response;
    this.parts.note({
      kind: "response:over",
      priority: "event",
      text: `The sessions of ${person.name} on ${asset.name} ended before anybody answered (rule ${rule.id}, finding ${shortId(finding)})`,
      ...aboutOf(response),
    });
    this.parts.changed();
  }

  private open(who: SignedIn, id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw new ResponseRefused("not-found", "it was answered or is over");
    if (entry.response.person.id === who.person.id) {
      throw new ResponseRefused("own", "one's own session");
    }
    return entry;
  }

  private entryOf(person: string, asset: string): Entry | undefined {
    return [...this.entries.values()].find(
      ({ response }) => response.person.id === person && response.asset.id === asset,
    );
  }

  private withSessions(response: Response): Response {
    return { ...response, sessions: this.sessionsOf(response) };
  }

  private sessionsOf(response: Response): readonly LiveSession[] {
    return [...this.live.values()].filter((session) => isOf(session, response));
  }

  /** With its word in the story of the finding. */
  private keep({ finding, session }: Response, event: NewSiteEvent): Promise<void> {
    return this.parts.store.act(async (queries, record) => {
      await addSignalEffects(queries, finding, [{ session, text: event.text }]);
      await record(event);
    });
  }
}

function isOf({ claims }: LiveSession, { person, asset }: Response): boolean {
  return (
    claims.subject.id === person.id && claims.asset.id === asset.id && !claims.grant.breakGlass
  );
}

function aboutOf({ person, session, finding, asset, rule }: Response) {
  return {
    ...{ subject: person.id, session },
    about: { signal: finding, asset: asset.id, assetName: asset.name, rule: rule.id },
  };
}
