/**
 * Whether the site's ticket system still says that work under a ticket may go on. A grant that
 * names a ticket is asked about when somebody agrees to it and whenever a session is to be opened
 * with it; what was heard is good for seconds.
 */

import type { Clock } from "../clock.ts";
import { IntegrationDialer } from "../legs/integration-dialer.ts";
import type { IntegrationReply } from "../legs/integration-exchange.ts";
import type { PlantRanges } from "../legs/pinned-address.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { TicketSystem } from "./model.ts";
import { trustRead } from "./web-post.ts";

export interface TicketParts {
  readonly clock: Clock;
  readonly ranges: PlantRanges;
  /** An integrations file is named: until it was read nobody knows whether tickets are asked about. */
  readonly configured: boolean;
  note(event: NewSiteEvent): void;
  /** For the health page, and an alarm while it is away; undefined where no ticket system is named. */
  report(state: "ok" | "attention", text: string | undefined): void;
}

/** A double click asks once; a ticket that is closed counts within seconds. */
const HEARD_MS = 5_000;
const HEARD_MAX = 500;
/** At a time: more is a storm that the ticket system need not feel. */
const ASKED_MAX = 8;
const STATE_LENGTH_MAX = 80;
/** What may stand in an address: neither dots nor anything that a query means something by. */
const TICKET = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

type Heard =
  | { readonly kind: "state"; readonly state: string }
  /** It said that there is none, or nothing that is a state. */
  | { readonly kind: "none" }
  | { readonly kind: "away"; readonly why: string };

interface Asking {
  readonly heard: Promise<Heard>;
  readonly untilMs: number;
}

export class Tickets {
  private readonly parts: TicketParts;
  private system: TicketSystem | "unread" | undefined;
  private dialer: IntegrationDialer | undefined;
  private readonly asked = new Map<string, Asking>();
  private asking = 0;
  /** Undefined until it was asked. */
  private isAway: boolean | undefined;

  constructor(parts: TicketParts) {
    this.parts = parts;
    this.system = parts.configured ? "unread" : undefined;
  }

  /** Whether a grant's ticket can be in the way at all. */
  get areAsked(): boolean {
    return this.system !== undefined;
  }

  configure(system: TicketSystem | undefined): void {
    this.system = system;
    this.asked.clear();
    this.isAway = undefined;
    this.dialer =
      system && new IntegrationDialer({ destinations: [system.url.read()], ...this.parts.ranges });
    this.parts.report(
      "ok",
      system && `Grants that name a ticket count while it is ${system.states.join(" or ")}.`,
    );
  }

  /** @returns why work under it may not begin, in words for the person; undefined where it may */
  async refusal(ticket: string): Promise<string | undefined> {
    const { system } = this;
    if (ticket === "" || system === undefined) return undefined;
    if (system === "unread") {
      return `the ticket ${ticket} cannot be looked up: the integrations file is not in force. Ask an administrator to look at Health`;
    }
    if (!TICKET.test(ticket))
      return `"${ticket}" does not look like a ticket, so nobody can look it up`;
    const heard = await this.hear(system, ticket);
    // Of a file that was changed meanwhile nothing is known yet.
    if (system !== this.system) return this.refusal(ticket);
    if (heard.kind === "none") return `the ticket system knows no state of ${ticket}`;
    if (heard.kind === "state") {
      if (system.states.includes(heard.state)) return undefined;
      return `the ticket ${ticket} is "${heard.state}"; it has to be ${system.states.join(" or ")}`;
    }
    if (system.whenAway === "permit") return undefined;
    return `the ticket ${ticket} cannot be looked up now, so nothing begins under it: the ticket system is away`;
  }

  private hear(system: TicketSystem, ticket: string): Promise<Heard> {
    const nowMs = this.parts.clock.monotonicMs();
    const known = this.asked.get(ticket);
    if (known && known.untilMs > nowMs) return known.heard;
    for (const [each, { untilMs }] of this.asked) if (untilMs <= nowMs) this.asked.delete(each);
    if (this.asking >= ASKED_MAX || this.asked.size >= HEARD_MAX) {
      return Promise.resolve({ kind: "away", why: "too many tickets are looked up at once" });
    }
    this.asking += 1;
    const heard = this.look(system, ticket).finally(() => {
      this.asking -= 1;
    });
    this.asked.set(ticket, { heard, untilMs: nowMs + HEARD_MS });
    return heard;
  }

  private async look(system: TicketSystem, ticket: string): Promise<Heard> {
    const heard = await this.fetched(system, ticket).catch(
      (error: unknown): Heard => ({
        kind: "away",
        why: error instanceof Error ? error.message : String(error),
      }),
    );
    if (system === this.system) this.tell(system, heard);
    return heard;
  }

  private async fetched(system: TicketSystem, ticket: string): Promise<Heard> {
    if (!this.dialer) throw new Error("no ticket system is named");
    const { authorization } = system;
    const reply = await this.dialer.get(system.url.read().replace("{ticket}", ticket), {
      headers: {
        accept: "application/json",
        ...(authorization && { authorization: authorization.read() }),
      },
      ...trustRead(system),
    });
    if (reply.status === 404) return { kind: "none" };
    if (reply.status !== 200) return { kind: "away", why: `it answered ${reply.status}` };
    return stateIn(reply, system.state);
  }

  /** That it is away, and that it is back, is said once. */
  private tell({ whenAway }: TicketSystem, heard: Heard): void {
    const { note, report } = this.parts;
    if (heard.kind === "away") {
      const then =
        whenAway === "permit" ? "begins without it, as the site chose" : "does not begin";
      const text = `The ticket system cannot be asked (${heard.why}): work under a ticket ${then}`;
      report("attention", `${text}.`);
      if (!this.isAway) note({ kind: "tickets:away", priority: "alarm", text });
    } else if (this.isAway !== false) {
      report("ok", "The ticket system answers.");
      if (this.isAway) {
        note({ kind: "tickets:back", priority: "event", text: "The ticket system answers again" });
      }
    }
    this.isAway = heard.kind === "away";
  }
}

/** What stands at `fields.status.name` or `result.0.state`. */
function stateIn({ body }: IntegrationReply, path: readonly string[]): Heard {
  let found: unknown;
  try {
    found = JSON.parse(body);
  } catch {
    return { kind: "away", why: "its answer is not JSON" };
  }
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) {
      return { kind: "none" };
    }
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  if (typeof found !== "string" && typeof found !== "number") return { kind: "none" };
  const state = String(found).trim();
  return state === "" || state.length > STATE_LENGTH_MAX
    ? { kind: "none" }
    : { kind: "state", state };
}
