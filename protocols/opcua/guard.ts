/**
 * The guard of one OPC UA session. What the legs say to it and hear from it is in `frame.ts`.
 *
 *     request -> decoded to its last byte -> each item decided -> permitted items go on by their
 *     own bytes, under a header of ours -> results put back in the order of the request
 *
 * Several items of one request are decided at once; one that needs a person is asked for again by
 * itself, so that the others do not wait. While a change waits, later changes of the session wait
 * behind it; readings and Publish go on.
 */
import { copyBytes } from "../copy-bytes.ts";
import {
  type Answer,
  BACKLOG_MAX,
  type Effect,
  type Guard,
  type GuardEvent,
  type Input,
  type Outcome,
  type Side,
} from "../guard.ts";
import { Inbox } from "../inbox.ts";
import { Agenda, type Asked, asked } from "./agenda.ts";
import { cancelled, Exchange, faultFrame } from "./exchange.ts";
import { cutFrame, FRAME_MAX, frameLength, LEG, type OpcUaFrame } from "./frame.ts";
import { type RequestHeader, readRequestHeader } from "./header.ts";
import { type Locating, Locator } from "./locator.ts";
import { emptyMemory } from "./memory.ts";
import { Pending } from "./pending.ts";
import { Places } from "./places.ts";
import { Plans } from "./plans.ts";
import type { Alone, Question } from "./question.ts";
import { Reader } from "./reader.ts";
import { Recheck } from "./recheck.ts";
import { passPublished, readAnswer } from "./responses.ts";
import { isOwn, SentParts } from "./sent-parts.ts";
import type { Memory } from "./service.ts";
import { CANCEL, serviceOf } from "./services.ts";
import { STATUS, statusText } from "./status.ts";

/** One largest message and what a loop that stops late may add to it. */
const INBOX_MAX = FRAME_MAX + 4 * BACKLOG_MAX;
/** Requests not yet answered; tools keep some dozens open. */
const OPEN_MAX = 256;
/** Of them, Publish requests: the rest is always left for work. */
const PUBLISH_MAX = 64;

const UNNAMED = "it was asked for short names of nodes, and nobody knows which it gave";

const CROWDED = "too many requests wait for a person already";
const DENY: Answer = { kind: "deny", refusal: "unavailable" };

export class OpcUaGuard implements Guard {
  readonly mixes = true as const;
  private readonly inboxes = { client: new Inbox(INBOX_MAX), asset: new Inbox(INBOX_MAX) };
  private effects: Effect[] = [];
  private readonly memory: Memory;
  /** By the client's number. */
  private readonly open = new Map<number, Exchange>();
  /** The number towards the asset is the decision's. */
  private readonly sent = new SentParts();
  private readonly pending = new Pending();
  private readonly plans: Plans;
  private readonly locator: Locator;
  private readonly recheck: Recheck;
  private publishing = 0;
  private rights = 0;
  private question: (Question & { readonly id: number }) | undefined;
  private readonly agenda: Agenda;
  private decisions = 0;
  private ended = false;

  /** @param places below which nodes lie of whose contents rules speak; none asks for no place */
  constructor(places?: readonly string[]) {
    this.memory = emptyMemory(this.pending, places && new Places(places));
    this.locator = new Locator(this.memory);
    this.plans = new Plans(this.memory);
    this.recheck = new Recheck(this.memory.subscriptions);
    this.agenda = new Agenda(this.recheck, this.pending, this.locator);
  }

  step(input: Input): readonly Effect[] {
    this.effects = [];
    if (this.ended) return this.effects;
    if (input.kind === "bytes") this.receive(input.from, input.bytes);
    else if (input.kind === "answers") this.answered(input.id, input.answers);
    else this.happened(input.event);
    this.advance();
    if (input.kind === "bytes") this.inboxes[input.from].keep();
    return this.effects;
  }

  /** A message that is not whole waits for its own rest, however large it is. */
  backlog(from: Side): number {
    const { bytes, start, end } = this.inboxes[from].view;
    const length = end - start;
    return length >= frameLength(bytes, start, end) ? length : 0;
  }

  private receive(from: Side, bytes: Uint8Array) {
    if (!this.inboxes[from].lend(bytes)) this.violate(from, "more bytes than may wait here");
  }

  private happened(event: GuardEvent) {
    if (event.kind === "end") this.end();
    else if (event.kind === "capabilities") this.rightsChanged();
    else if (event.kind === "timeout") this.lost(event.request, STATUS.badTimeout, true);
    else if ("decision" in event) this.lost(event.decision, STATUS.badUserAccessDenied, false);
  }

  private rightsChanged() {
    this.rights += 1;
    this.recheck.begin();
  }

  private advance() {
    while (!this.ended && this.question === undefined) {
      if (this.memory.aliases.isDoubtful) return this.violate("asset", UNNAMED);
      if (this.askNext()) continue;
      if (this.mayTakeFromClient && this.takeFrom("client")) continue;
      if (!this.takeFrom("asset")) return;
    }
  }

  /** Without the asset's namespaces no node has a name; while names are given out, none is sure. */
  private get mayTakeFromClient(): boolean {
    if (!this.memory.wording.namespaces || this.sent.isNaming || this.locator.isBusy) return false;
    return this.open.size < OPEN_MAX && this.sent.size < OPEN_MAX;
  }

  private takeFrom(from: Side): boolean {
    const cut = this.inboxes[from].take(cutFrame);
    if (cut.kind === "malformed") this.violate(from, cut.reason);
    if (cut.kind !== "frame") return false;
    if (from === "client") this.fromClient(cut.frame);
    else this.fromAsset(cut.frame);
    return true;
  }

  private fromClient(frame: OpcUaFrame) {
    const { requestId, typeId } = frame;
    if (typeId === LEG.expired) return this.expired(requestId);
    if (this.open.has(requestId)) return this.violate("client", "a request's number used twice");
    const body = copyBytes(frame.body);
    const r = new Reader(body);
    const header = readRequestHeader(r);
    if (typeId === CANCEL.request) return this.cancel(requestId, header, r);
    const service = serviceOf(typeId);
    const plan = service ? this.plans.of(service, body, r) : STATUS.badServiceUnsupported;
    if (this.locator.keeps({ requestId, typeId, body })) return;
    if (typeof plan === "number") {
      const why = `${service?.name ?? `service ${typeId}`}: ${r.fault ?? statusText(plan)}`;
      return this.refuse(requestId, header, plan, why);
    }
    const exchange = new Exchange({ requestId, header, plan, body });
    if (plan.service.waits && this.publishing >= PUBLISH_MAX) {
      const status = STATUS.badTooManyPublishRequests;
      return this.refuse(requestId, header, status, statusText(status));
    }
    this.begin(exchange);
  }

  private begin(exchange: Exchange) {
    const { requestId, plan, unasked } = exchange;
    this.open.set(requestId, exchange);
    if (plan.service.waits) this.publishing += 1;
    if (unasked !== undefined) this.tell(requestId, unasked);
    if (exchange.operations.length === 0) return this.tryFinish(exchange);
    if (!exchange.changes || !this.pending.keepsBack) return this.ask(asked(exchange));
    if (!this.pending.push(exchange)) this.crowdedOut(exchange);
  }

  private refuse(
    requestId: number,
    { requestHandle }: RequestHeader,
    status: number,
    reason: string,
  ) {
    this.tell(requestId, reason);
    this.toClient(faultFrame(requestId, requestHandle, status));
  }

  /** While so much waits for a person, a change is not even asked for: where would it be held? */
  private crowdedOut(exchange: Exchange) {
    this.tell(exchange.requestId, CROWDED);
    this.finish(exchange, exchange.fault(STATUS.badTooManyOperations));
  }

  private ask({ question, request, items }: Asked) {
    const id = ++this.decisions;
    this.question = { ...question, id };
    this.effects.push({ kind: "decide", id, request, lane: "session", items });
  }

  private askNext(): boolean {
    const next = this.agenda.next();
    if (next === undefined) return false;
    if ("typeId" in next) this.fromClient(next);
    else this.ask(next);
    return true;
  }

  private located(locating: Locating, id: number, answer: Answer | undefined) {
    if (answer?.kind !== "permit") return locating.done(undefined);
    this.sent.add(id, locating);
    this.effects.push({ kind: "send", to: "asset", bytes: locating.frame(id), decision: id });
  }

  private answered(id: number, answers: readonly Answer[]) {
    const { question } = this;
    if (question?.id !== id) return this.settled(id, answers);
    this.question = undefined;
    switch (question.kind) {
      case "request":
        return this.requestAnswered(question.exchange, id, answers);
      case "alone":
        return this.aloneAnswered(question, id, answers[0]);
      case "locate":
        return this.located(question.locating, id, answers[0]);
      case "show":
        return question.then(answers);
      case "recheck":
        return this.rechecked(answers);
    }
  }

  private requestAnswered(exchange: Exchange, id: number, answers: readonly Answer[]) {
    const { operations } = exchange;
    if (answers.length !== operations.length) throw new Error(`decision ${id}: one answer each`);
    const held: Alone[] = [];
    operations.forEach((operation, at) => {
      const answer = answers[at] ?? DENY;
      exchange.decide(operation, answer);
      if (answer.kind === "hold") held.push({ kind: "alone", exchange, operation });
    });
    const [only] = held;
    if (only !== undefined && operations.length === 1) this.hold(only, id);
    else this.agenda.askAlone(held);
    this.carryOut(exchange, id);
  }

  private aloneAnswered(question: Alone, id: number, answer: Answer = DENY) {
    if (answer.kind === "hold") return this.hold(question, id);
    question.exchange.decide(question.operation, answer);
    this.carryOut(question.exchange, id);
  }

  private hold(question: Alone, id: number) {
    if (this.pending.hold(id, question)) return;
    this.tell(question.exchange.requestId, CROWDED);
    question.exchange.decide(question.operation, { kind: "deny", refusal: "busy" });
    this.carryOut(question.exchange, id);
  }

  /** Settling what was refused or ended meanwhile has no effect. */
  private settled(id: number, [answer]: readonly Answer[]) {
    if (id < 1 || id > this.decisions) throw new Error(`decision ${id} was never asked for`);
    const question = this.pending.settle(id);
    if (!question || question.exchange.over || !answer) return;
    question.exchange.decide(question.operation, answer);
    this.carryOut(question.exchange, id);
  }

  private carryOut(exchange: Exchange, decision: number) {
    const indexes = exchange.takePermitted();
    if (indexes.length === 0) return this.tryFinish(exchange);
    const { changes } = exchange;
    this.sent.add(decision, { exchange, indexes, changes, rights: this.rights });
    const bytes = exchange.request(indexes, decision);
    this.effects.push({ kind: "send", to: "asset", bytes, decision });
  }

  private tryFinish(exchange: Exchange) {
    if (!exchange.over && exchange.isAnswered) this.finish(exchange, exchange.response());
  }

  private finish(exchange: Exchange, bytes: Uint8Array) {
    exchange.over = true;
    this.open.delete(exchange.requestId);
    this.pending.forget(exchange);
    if (exchange.plan.service.waits) this.publishing -= 1;
    this.toClient(bytes);
  }

  /** The client has waited as long as it wanted to. */
  private expired(requestId: number) {
    const exchange = this.open.get(requestId);
    if (exchange) this.finish(exchange, exchange.fault(STATUS.badTimeout));
  }

  /** Part 4, 5.7.5: by the client's handle. What the asset has already is not taken back. */
  private cancel(requestId: number, header: RequestHeader, r: Reader) {
    const handle = r.uint32();
    r.finish();
    if (r.fault !== undefined) {
      const status = STATUS.badDecodingError;
      return this.refuse(requestId, header, status, `Cancel: ${r.fault}`);
    }
    const status = STATUS.badRequestCancelledByClient;
    const meant = [...this.open.values()].filter((each) => each.header.requestHandle === handle);
    for (const exchange of meant) this.finish(exchange, exchange.fault(status));
    this.toClient(cancelled(requestId, header.requestHandle, meant.length));
  }

  private fromAsset(frame: OpcUaFrame) {
    if (frame.typeId === LEG.namespaces || frame.typeId === LEG.aged) return this.told(frame);
    const part = this.sent.take(frame.requestId);
    if (part === undefined) return this.violate("asset", "a response that no request waits for");
    if (isOwn(part)) return part === "own" ? undefined : part.done(frame);
    const { exchange } = part;
    if (exchange.plan.service.names) this.plans.clear();
    const published = passPublished(frame, part, this.memory);
    if (published !== undefined && !exchange.over) return this.finish(exchange, published);
    const answer = readAnswer(frame, part, this.memory);
    if (answer.kind === "violation") return this.violate("asset", answer.reason);
    this.outcome(frame.requestId, part, answer.outcome);
    if (answer.kind === "refused") this.tell(exchange.requestId, answer.reason);
    // What was permitted before rights changed and begins to be read only now is decided anew.
    if (part.rights !== this.rights) this.recheck.begin();
    if (exchange.over) return;
    if (answer.kind === "whole") return this.finish(exchange, answer.bytes);
    if (answer.kind !== "shown") return this.tryFinish(exchange);
    const then = (answers: readonly Answer[]) => {
      answer.show(answers.map(({ kind }) => kind === "permit"));
      this.tryFinish(exchange);
    };
    if (answer.operations.length === 0) return then([]);
    const { requestId: request } = exchange;
    this.ask({ question: { kind: "show", then }, request, items: answer.operations });
  }

  /** Names or places mean something else from now on. */
  private told({ typeId, body }: OpcUaFrame) {
    this.plans.clear();
    if (typeId === LEG.aged) return this.memory.places?.clear();
    const wrong = this.memory.wording.take(body);
    if (wrong !== undefined) this.violate("asset", wrong);
  }

  /** The asset will not answer this one: `sent` says whether it may have seen it. */
  private lost(id: number, status: number, sent: boolean) {
    const part = this.sent.take(id);
    if (part === undefined || part === "own") return;
    if (isOwn(part)) return part.done(undefined);
    const { exchange, indexes } = part;
    if (sent) this.outcome(id, part, { kind: "unknown" });
    for (const index of sent ? indexes : []) exchange.plan.unheard(index);
    if (exchange.over) return;
    if (exchange.isWhole(indexes)) return this.finish(exchange, exchange.fault(status));
    exchange.failed(indexes, status);
    this.tryFinish(exchange);
  }

  private outcome(decision: number, { changes }: { changes: boolean }, outcome: Outcome) {
    if (changes) this.effects.push({ kind: "outcome", decision, outcome });
  }

  /** What may not be read any more is let go of at the asset. */
  private rechecked(answers: readonly Answer[]) {
    for (const deletion of this.recheck.answered(answers)) {
      const id = ++this.decisions;
      this.sent.add(id, "own");
      this.effects.push({ kind: "send", to: "asset", bytes: deletion.frame(id), release: true });
    }
  }

  private tell(request: number, reason: string) {
    this.effects.push({ kind: "refused", request, reason });
  }

  private toClient(bytes: Uint8Array) {
    this.effects.push({ kind: "send", to: "client", bytes });
  }

  private violate(from: Side, reason: string) {
    this.end();
    this.effects.push({ kind: "violation", from, reason });
  }

  private end() {
    this.ended = true;
    for (const [id, part] of this.sent.drain()) {
      if (!isOwn(part)) this.outcome(id, part, { kind: "unknown" });
    }
    const { wording, aliases, subscriptions, continuations } = this.memory;
    const kept = [wording, aliases, subscriptions, continuations, ...Object.values(this.inboxes)];
    for (const each of [
      this.plans,
      this.agenda,
      this.locator,
      this.open,
      this.pending,
      this.recheck,
      ...kept,
    ])
      each.clear();
    this.question = undefined;
  }
}
