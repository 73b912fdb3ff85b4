/** What the guard asks for next, before it takes anything more from the client. */
import type { Operation } from "../guard.ts";
import type { Exchange } from "./exchange.ts";
import type { OpcUaFrame } from "./frame.ts";
import type { Locator } from "./locator.ts";
import type { Pending } from "./pending.ts";
import type { Alone, Question } from "./question.ts";
import type { Recheck } from "./recheck.ts";

export interface Asked {
  readonly question: Question;
  /** The client's number for the request; 0 where it is none of the client's. */
  readonly request: number;
  readonly items: readonly Operation[];
}

export class Agenda {
  /** Still to be asked for by themselves. */
  private again: Alone[] = [];
  private readonly recheck: Recheck;
  private readonly pending: Pending;
  private readonly locator: Locator;

  constructor(recheck: Recheck, pending: Pending, locator: Locator) {
    this.recheck = recheck;
    this.pending = pending;
    this.locator = locator;
  }

  askAlone(items: readonly Alone[]): void {
    this.again.push(...items);
  }

  /** A question, or a request of the client that was kept back and can be decided now. */
  next(): Asked | OpcUaFrame | undefined {
    return this.rechecking() ?? this.alone() ?? this.keptBack() ?? this.locating();
  }

  clear(): void {
    this.again = [];
  }

  private rechecking(): Asked | undefined {
    const items = this.recheck.next();
    return items.length > 0 ? { question: { kind: "recheck" }, request: 0, items } : undefined;
  }

  private alone(): Asked | undefined {
    for (let next = this.again.shift(); next; next = this.again.shift()) {
      const { exchange, operation } = next;
      if (!exchange.over) {
        return { question: next, request: exchange.requestId, items: [operation] };
      }
    }
    return undefined;
  }

  /** What a hold kept back is asked for once it is settled: by then rights may have changed. */
  private keptBack(): Asked | undefined {
    for (let next = this.pending.next(); next; next = this.pending.next()) {
      if (!next.over) return asked(next);
    }
    return undefined;
  }

  private locating(): Asked | OpcUaFrame | undefined {
    const next = this.locator.next();
    if (next === undefined || "typeId" in next) return next;
    return { question: { kind: "locate", locating: next }, request: 0, items: [next.operation] };
  }
}

/** All that a request needs, at once. */
export function asked(exchange: Exchange): Asked {
  const { requestId, operations } = exchange;
  return { question: { kind: "request", exchange }, request: requestId, items: operations };
}
