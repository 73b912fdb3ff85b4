/**
 * The workbench's way to the asset: one request after another through the session's channel, each
 * with its answer and with the decision that the broker took about it.
 */
import { ModbusClient } from "../../../protocols/modbus/client.ts";
import type { ModbusOperation } from "../../../protocols/modbus/operation.ts";
import type { Clock } from "../clock.ts";
import type { Decision } from "./operation-log.ts";

export type Answer =
  /** Reads: one number for each register or bit. Writes: none. */
  | {
      readonly kind: "done";
      readonly values: readonly number[];
      readonly decision: Decision | undefined;
    }
  /** The broker refused it; the asset heard nothing. */
  | { readonly kind: "denied"; readonly decision: Decision; readonly exception: number }
  /** The asset itself answered with an exception. */
  | {
      readonly kind: "exception";
      readonly exception: number;
      readonly decision: Decision | undefined;
    }
  /** No answer: a write may or may not have been carried out. */
  | { readonly kind: "lost"; readonly reason: "away" | "timeout" | "broken" };

export interface Ask {
  readonly operation: ModbusOperation;
  /** Goes before what waits: a person stands before the screen. */
  readonly urgent?: boolean;
  /** Told each decision: a probe of the broker holds a write for a moment before the last one. */
  readonly onDecision?: (decision: Decision) => void;
}

export interface LineDeps {
  readonly clock: Clock;
  send(bytes: Uint8Array): void;
  /** The channel is out of step and nothing on it can be trusted: a new one is needed. */
  onBroken(reason: string): void;
}

/** On their way at once; the endpoint's own limits are the broker's business. */
const ON_THE_WAY_MAX = 8;
/** The broker answers in the asset's place after its own, shorter time; this is for a lost broker. */
export const ANSWER_TIMEOUT_MS = 30_000;
/** A refusal's reason comes just before its exception; after this long it is shown without. */
export const DECISION_WAIT_MS = 500;

interface Pending extends Ask {
  readonly settle: (answer: Answer) => void;
  decision: Decision | undefined;
  /** Called when a decision arrives after the exception. */
  explain: (() => void) | undefined;
  cancel: () => void;
}

export class Line {
  private client = new ModbusClient();
  private readonly pending = new Map<number, Pending>();
  private readonly waiting: Pending[] = [];
  private open = false;
  private readonly deps: LineDeps;

  constructor(deps: LineDeps) {
    this.deps = deps;
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Without a channel it is lost at once: nobody should wait for what may come in an hour. */
  ask(ask: Ask): Promise<Answer> {
    if (!this.open) return Promise.resolve({ kind: "lost", reason: "away" });
    return new Promise((settle) => {
      const pending: Pending = {
        ...ask,
        settle,
        decision: undefined,
        explain: undefined,
        cancel: () => {},
      };
      if (ask.urgent) this.waiting.unshift(pending);
      else this.waiting.push(pending);
      this.pump();
    });
  }

  /** A new channel is there. */
  attached(): void {
    this.lose("away");
    this.client = new ModbusClient();
    this.open = true;
    this.pump();
  }

  /** The channel is gone, and with it every answer. */
  away(): void {
    this.open = false;
    this.lose("away");
    for (const pending of this.waiting.splice(0)) pending.settle({ kind: "lost", reason: "away" });
  }

  received(bytes: Uint8Array): void {
    const received = this.client.receive(bytes);
    if (received.kind === "broken") {
      this.open = false;
      this.lose("broken");
      this.deps.onBroken(received.reason);
      return;
    }
    for (const { request, reply } of received.answers) {
      const pending = this.pending.get(request);
      if (pending === undefined || reply.kind === "mismatch") continue;
      if (reply.kind === "exception") this.explained(request, pending, reply.code);
      else this.finish(request, pending, doneWith(reply.values, pending));
    }
  }

  decided(decision: Decision): void {
    const pending = this.pending.get(decision.request);
    if (pending === undefined) return;
    pending.decision = decision;
    if (decision.answerByMs !== undefined) this.waitLonger(decision.request, pending, decision);
    pending.onDecision?.(decision);
    pending.explain?.();
  }

  /** A person is asked first: the asset's time begins when they have answered. */
  private waitLonger(request: number, pending: Pending, { answerByMs = 0 }: Decision): void {
    const leftMs = Math.max(0, answerByMs - this.deps.clock.wallMs());
    pending.cancel();
    pending.cancel = this.deps.clock.after(leftMs + ANSWER_TIMEOUT_MS, () =>
      this.giveUp(request, pending),
    );
  }

  private giveUp(request: number, pending: Pending): void {
    this.client.forget(request);
    this.finish(request, pending, { kind: "lost", reason: "timeout" });
  }

  /** An exception of a write without its decision waits a moment for it. */
  private explained(request: number, pending: Pending, exception: number): void {
    const finish = () => this.finish(request, pending, refusedWith(exception, pending));
    const isClear = pending.decision !== undefined && pending.decision.verdict !== "hold";
    if (isClear || pending.operation.class === "observe") {
      finish();
      return;
    }
    pending.cancel();
    pending.explain = finish;
    pending.cancel = this.deps.clock.after(DECISION_WAIT_MS, finish);
  }

  private pump(): void {
    while (this.open && this.pending.size < ON_THE_WAY_MAX) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      const { request, bytes } = this.client.request(next.operation);
      next.cancel = this.deps.clock.after(ANSWER_TIMEOUT_MS, () => this.giveUp(request, next));
      this.pending.set(request, next);
      this.deps.send(bytes);
    }
  }

  private finish(request: number, pending: Pending, answer: Answer): void {
    if (!this.pending.delete(request)) return;
    pending.cancel();
    pending.settle(answer);
    this.pump();
  }

  private lose(reason: "away" | "broken"): void {
    for (const [request, pending] of this.pending) {
      this.pending.delete(request);
      pending.cancel();
      pending.settle({ kind: "lost", reason });
    }
  }
}

function doneWith(values: readonly (readonly number[])[], { decision }: Pending): Answer {
  return { kind: "done", values: values[0] ?? [], decision };
}

function refusedWith(exception: number, { decision }: Pending): Answer {
  return decision !== undefined && decision.verdict !== "permit"
    ? { kind: "denied", decision, exception }
    : { kind: "exception", exception, decision };
}
