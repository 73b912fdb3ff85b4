/**
 * How a browser gets into the origin of a session: the console asks for a ticket, opens the origin
 * with it once, and the origin gives its own cookie for it. Both are kept as digests alone.
 */
import type { Clock } from "../../clock.ts";
import { hashToken, newToken } from "../../identity/token.ts";

export interface PanelPass {
  readonly session: string;
  /** In which its owner opened it. */
  readonly signInId: string;
}

/** Who comes with a ticket. */
export interface Comer {
  readonly session: string;
  readonly userAgent: string;
}

/** From the click to the page that it opens. */
const TICKET_MS = 30_000;
/** Clicks before the first page has come; more is no person. */
const TICKETS_MAX = 256;
/** A session is opened in some tabs, of one or two browsers. */
const PASSES_PER_SESSION_MAX = 16;

interface Ticket extends PanelPass {
  /** Of the browser that it was given to. */
  readonly userAgent: string;
  readonly untilMs: number;
}

export class PanelTickets {
  private readonly clock: Clock;
  private readonly tickets = new Map<string, Ticket>();
  private readonly passes = new Map<string, PanelPass>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  issue(pass: PanelPass, userAgent: string): string {
    const nowMs = this.clock.monotonicMs();
    for (const [key, { untilMs }] of this.tickets) {
      if (untilMs <= nowMs || this.tickets.size >= TICKETS_MAX) this.tickets.delete(key);
    }
    const token = newToken();
    this.tickets.set(hashToken(token), { ...pass, userAgent, untilMs: nowMs + TICKET_MS });
    return token;
  }

  /** Spends it, whatever becomes of it. @returns the cookie's value */
  exchange(token: string, { session, userAgent }: Comer): string | undefined {
    const key = hashToken(token);
    const ticket = this.tickets.get(key);
    this.tickets.delete(key);
    if (!ticket || ticket.untilMs <= this.clock.monotonicMs()) return undefined;
    if (ticket.session !== session || ticket.userAgent !== userAgent) return undefined;
    const own = [...this.passes].filter(([, pass]) => pass.session === session);
    if (own.length >= PASSES_PER_SESSION_MAX) this.passes.delete(own[0]?.[0] ?? "");
    const cookie = newToken();
    const { signInId } = ticket;
    this.passes.set(hashToken(cookie), { session, signInId });
    return cookie;
  }

  /** Whose cookie this is; of this session alone. */
  passOf(cookie: string, session: string): PanelPass | undefined {
    const pass = this.passes.get(hashToken(cookie));
    return pass?.session === session ? pass : undefined;
  }

  /** The session is over. */
  forget(session: string): void {
    for (const book of [this.tickets, this.passes]) {
      for (const [key, pass] of book) if (pass.session === session) book.delete(key);
    }
  }
}
