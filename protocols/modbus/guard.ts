/**
 * The Modbus TCP guard.
 *
 *     client bytes -> frame -> operations -> decide -> permit -> encoded anew -> asset
 *                                                   -> deny   -> exception    -> client
 *                                                   -> hold   -> parked
 *     asset bytes  -> frame -> matched to its request, checked -> client's transaction -> client
 *
 * Replies leave in the order of the requests, except past a held one. Requests beyond the
 * in-flight limit stay in the inbox, unlooked at, so that a flood costs the sender and not us.
 */

import {
  type Answer,
  BACKLOG_MAX,
  type Effect,
  type Guard,
  type GuardEvent,
  type Input,
  type Outcome,
  type RefusalKind,
  type Side,
} from "../guard.ts";
import { Inbox } from "../inbox.ts";
import { Effects } from "./effects.ts";
import { encodeRequest } from "./encode.ts";
import { EXCEPTION, exceptionForRefusal } from "./exception.ts";
import { Exchange, Exchanges, numberOf } from "./exchange.ts";
import {
  exceptionFrame,
  frameFault,
  frameLength,
  frameTransaction,
  frameUnit,
  HEADER_LENGTH,
} from "./frame.ts";
import { Malformed } from "./malformed.ts";
import { laneOf } from "./operation-key.ts";
import { Parked } from "./parked.ts";
import { isException, replyFault, replyFrame } from "./reply.ts";
import { decodeRequest } from "./request.ts";
import { giveFrame } from "./spare-frames.ts";
import { byteAt } from "./words.ts";

export interface ModbusGuardOptions {
  /** Requests of this channel sent and not yet answered to the client; 1 to `LIMIT_MAX`. */
  readonly inFlightMax?: number;
  /** Requests held, and those kept back behind them; 1 to `LIMIT_MAX`. */
  readonly parkedMax?: number;
}

/** The Messaging Guide (4.4.1.2) suggests 1 to 16 transactions on a connection. */
export const IN_FLIGHT_DEFAULT = 16;
/** More writes than this waiting for one person's answer are a flood, not work. */
export const PARKED_DEFAULT = 32;
/** Keeps own numbers (16 bit) far from running out, and searches short. */
export const LIMIT_MAX = 1024;
/**
 * The loop stops reading above `BACKLOG_MAX`, and a leg yields at most as much at once; twice
 * that again is room for a loop that stops late. Beyond it something is wrong.
 */
const INBOX_MAX = 4 * BACKLOG_MAX;

/** One for all guards: a step ends before another begins. */
const gathered = new Effects();

export class ModbusGuard implements Guard {
  readonly sendsOnce = true as const;
  /** Nearly every frame comes whole and alone: there is none until one does not. */
  private client: Inbox | undefined;
  private asset: Inbox | undefined;
  private readonly exchanges = new Exchanges();
  /** None until something waits for a person. */
  private parked: Parked | undefined;
  private readonly inFlightMax: number;
  private readonly parkedMax: number;
  /** Waits for its answer; meanwhile nothing else moves. */
  private undecided: Exchange | undefined;
  private decisions = 0;
  private ended = false;

  constructor({ inFlightMax, parkedMax }: ModbusGuardOptions = {}) {
    this.inFlightMax = limit("inFlightMax", inFlightMax ?? IN_FLIGHT_DEFAULT);
    this.parkedMax = limit("parkedMax", parkedMax ?? PARKED_DEFAULT);
  }

  step(input: Input): readonly Effect[] {
    const effects = gathered.begin();
    if (this.ended) return effects.take();
    if (input.kind === "bytes") this.receive(input.from, input.bytes, effects);
    else if (input.kind === "answers") this.settle(input.id, input.answers, effects);
    else this.happened(input.event, effects);
    return effects.take();
  }

  spent(bytes: Uint8Array): void {
    giveFrame(bytes);
  }

  backlog(from: Side): number {
    const inbox = from === "client" ? this.client : this.asset;
    return inbox === undefined ? 0 : inbox.length;
  }

  /** The first frame is cut straight from what arrived: almost always it is the only one. */
  private receive(from: Side, bytes: Uint8Array, effects: Effects): void {
    const taken = this.backlog(from) > 0 ? 0 : this.take(from, bytes, 0, bytes.length, effects);
    const left = bytes.length - taken;
    if (!this.ended && left > 0 && !this.inbox(from).push(bytes.subarray(taken))) {
      this.violate(from, "more bytes than may wait here", effects);
    }
    this.advance(effects);
  }

  private inbox(from: Side): Inbox {
    if (from === "client") {
      this.client ??= new Inbox(INBOX_MAX);
      return this.client;
    }
    this.asset ??= new Inbox(INBOX_MAX);
    return this.asset;
  }

  /**
   * Goes on until a decision is needed or bytes run out. What the client asked for comes before
   * what the asset sent next: so the order of effects does not depend on how bytes were cut.
   */
  private advance(effects: Effects): void {
    while (!this.ended && this.undecided === undefined) {
      if (this.askParked(effects)) continue;
      if (this.takeFrom("client", this.client, effects)) continue;
      if (!this.takeFrom("asset", this.asset, effects)) return;
    }
  }

  private takeFrom(from: Side, inbox: Inbox | undefined, effects: Effects): boolean {
    if (inbox === undefined || inbox.length === 0) return false;
    const { bytes, start, end } = inbox.view;
    const taken = this.take(from, bytes, start, end, effects);
    inbox.skip(taken);
    return taken > 0;
  }

  /** Takes one frame if there is a whole one and it is its turn. Answers the bytes consumed. */
  private take(
    from: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    effects: Effects,
  ): number {
    if (this.undecided !== undefined || (from === "client" && !this.hasRoom)) return 0;
    const length = frameLength(bytes, start, end);
    if (length > 0) {
      if (from === "client") this.request(bytes, start, length, effects);
      else this.reply(bytes, start, length, effects);
    } else if (length < 0) {
      this.violate(from, frameFault(length), effects);
    }
    return Math.max(0, length);
  }

  private get hasRoom(): boolean {
    return this.exchanges.length < this.inFlightMax;
  }

  private request(bytes: Uint8Array, start: number, length: number, effects: Effects): void {
    const transaction = frameTransaction(bytes, start);
    const unit = frameUnit(bytes, start);
    const pdu = start + HEADER_LENGTH;
    const items = decodeRequest(unit, bytes, pdu, start + length);
    if (items instanceof Malformed) {
      effects.push({ kind: "refused", request: transaction, reason: items.reason });
      const exchange = Exchange.of(transaction, unit, []);
      this.answer(exchange, byteAt(bytes, pdu), items.exception, effects);
      return;
    }
    const exchange = Exchange.of(transaction, unit, items);
    const { parked } = this;
    if (parked?.isFull && exchange.changes) this.crowdedOut(exchange, effects);
    else if (parked?.keepsBack(exchange)) parked.push(exchange);
    else this.ask(exchange, effects);
  }

  private ask(exchange: Exchange, effects: Effects): void {
    exchange.decision = this.nextDecision();
    this.undecided = exchange;
    effects.push({
      kind: "decide",
      id: exchange.decision,
      request: exchange.transaction,
      lane: laneOf(exchange.unit),
      items: exchange.items,
    });
  }

  /** One that a hold kept back is asked for once the hold is settled: by then rights may have changed. */
  private askParked(effects: Effects): boolean {
    const exchange = this.parked && this.hasRoom ? this.parked.takeFree() : undefined;
    if (exchange) this.ask(exchange, effects);
    return exchange !== undefined;
  }

  /** Skips ids whose number towards the asset is in use (a hold can outlive 65,536 reads). */
  private nextDecision(): number {
    do this.decisions++;
    while (this.isUsed(numberOf(this.decisions)));
    return this.decisions;
  }

  private isUsed(number: number): boolean {
    return this.exchanges.uses(number) || this.parked?.uses(number) === true;
  }

  private settle(id: number, answers: readonly Answer[], effects: Effects): void {
    if (this.undecided?.decision === id) {
      const exchange = this.undecided;
      this.undecided = undefined;
      this.carryOut(exchange, answers, effects);
    } else {
      if (id < 1 || id > this.decisions) throw new Error(`decision ${id} was never asked for`);
      const exchange = this.parked?.settle(id);
      if (exchange) this.carryOut(exchange, answers, effects);
    }
    this.advance(effects);
  }

  /** All items or none: a device carries a request out as one. A settled hold does not wait for room. */
  private carryOut(exchange: Exchange, answers: readonly Answer[], effects: Effects): void {
    if (answers.length !== exchange.items.length) {
      throw new Error(`decision ${exchange.decision} needs ${exchange.items.length} answers`);
    }
    const verdict = strictest(answers);
    if (verdict.kind === "deny") this.refuse(exchange, verdict.refusal, effects);
    else if (verdict.kind === "hold") this.park(exchange, effects);
    else this.forward(exchange, effects);
  }

  private park(exchange: Exchange, effects: Effects): void {
    this.parked ??= new Parked(this.parkedMax);
    if (!this.parked.push(exchange)) this.crowdedOut(exchange, effects);
  }

  /** While the parking is full a change is not even asked for: it might be held, and where then? */
  private crowdedOut(exchange: Exchange, effects: Effects): void {
    const reason = "too many requests wait for a person already";
    effects.push({ kind: "refused", request: exchange.transaction, reason });
    this.refuse(exchange, "busy", effects);
  }

  private forward(exchange: Exchange, effects: Effects): void {
    this.exchanges.push(exchange);
    const bytes = encodeRequest(exchange.items, exchange.number);
    effects.push({ kind: "send", to: "asset", bytes, decision: exchange.decision });
  }

  private refuse(exchange: Exchange, refusal: RefusalKind, effects: Effects): void {
    const [first] = exchange.items;
    this.answer(exchange, first?.function ?? 0, exceptionForRefusal(refusal), effects);
  }

  private answer(exchange: Exchange, code: number, exception: number, effects: Effects): void {
    exchange.reply = exceptionFrame(exchange.transaction, exchange.unit, code, exception);
    this.exchanges.push(exchange);
    this.exchanges.flush(effects);
  }

  private reply(bytes: Uint8Array, start: number, length: number, effects: Effects): void {
    const exchange = this.exchanges.unanswered(frameTransaction(bytes, start));
    const pdu = start + HEADER_LENGTH;
    if (exchange === undefined || exchange.unit !== frameUnit(bytes, start)) {
      this.violate("asset", "a reply that no request waits for", effects);
      return;
    }
    const fault = replyFault(exchange.items, bytes, pdu, start + length);
    if (fault !== undefined) {
      this.violate("asset", fault, effects);
      return;
    }
    const declined = isException(bytes, pdu);
    if (exchange.changes || declined) {
      const outcome: Outcome = declined
        ? { kind: "refused", code: byteAt(bytes, pdu + 1) }
        : { kind: "done" };
      effects.push({ kind: "outcome", decision: exchange.decision, outcome });
    }
    exchange.reply = replyFrame(exchange.items, exchange.transaction, bytes, start, length);
    this.exchanges.flush(effects);
  }

  private happened(event: GuardEvent, effects: Effects): void {
    if (event.kind === "end") this.end(effects);
    if (event.kind === "timeout") this.lost(event.request, effects);
    if (event.kind === "withheld") this.withheld(event.decision, effects);
    this.advance(effects);
  }

  private lost(number: number, effects: Effects): void {
    const exchange = this.exchanges.unanswered(number);
    if (exchange === undefined) return;
    this.outcomeUnknown(exchange, effects);
    this.giveUp(exchange, EXCEPTION.gatewayTarget, effects);
  }

  /** The asset never saw it. Busy, not illegal: asked again it is decided anew, and refused by name. */
  private withheld(decision: number, effects: Effects): void {
    const exchange = this.exchanges.unanswered(numberOf(decision));
    if (exchange?.decision === decision) this.giveUp(exchange, EXCEPTION.busy, effects);
  }

  private giveUp(exchange: Exchange, exception: number, effects: Effects): void {
    const code = exchange.items[0]?.function ?? 0;
    exchange.reply = exceptionFrame(exchange.transaction, exchange.unit, code, exception);
    this.exchanges.flush(effects);
  }

  private outcomeUnknown(exchange: Exchange, effects: Effects): void {
    if (!exchange.changes) return;
    effects.push({
      kind: "outcome",
      decision: exchange.decision,
      outcome: { kind: "unknown" },
    });
  }

  private violate(from: Side, reason: string, effects: Effects): void {
    this.end(effects);
    effects.push({ kind: "violation", from, reason });
  }

  private end(effects: Effects): void {
    this.ended = true;
    for (const exchange of this.exchanges.abandon()) this.outcomeUnknown(exchange, effects);
    this.parked?.clear();
    this.undecided = undefined;
    this.client?.clear();
    this.asset?.clear();
  }
}

const PERMIT: Answer = { kind: "permit" };

/** A denial outweighs a hold, a hold a permit. */
function strictest(answers: readonly Answer[]): Answer {
  let strictest: Answer = PERMIT;
  for (const answer of answers) {
    if (answer.kind === "deny") return answer;
    if (answer.kind === "hold") strictest = answer;
  }
  return strictest;
}

function limit(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= LIMIT_MAX) return value;
  throw new RangeError(`${name} must be 1 to ${LIMIT_MAX}, not ${value}`);
}
