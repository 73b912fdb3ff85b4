/**
 * Tickets for OPC UA tools: they know user names and passwords, and no browser. The person opens
 * the session in the console with their passkey; the ticket lets one tool into that session, once,
 * within minutes. Whatever ends the session (its grant, a cut, a lock) ends the ticket with it.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { LiveSession } from "../sessions/session.ts";

export interface TicketFor {
  readonly session: LiveSession;
  /** In which the person asked for it. */
  readonly signInId: string;
  /** `ASSET/ENDPOINT` */
  readonly endpoint: string;
  /** The person's own name, which the tool may send instead of the asset's. */
  readonly handle: string;
}

export interface Ticket {
  /** Shown once and kept nowhere: here is its digest alone. */
  readonly ticket: string;
  readonly untilMs: number;
}

/** To change to the tool, paste two texts and connect. */
export const TICKET_MS = 300_000;
/** 120 bits, in letters that nobody confuses: it may be typed. */
const BYTES = 15;
const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUP = 6;

interface Issued extends TicketFor {
  readonly stop: () => void;
}

export class OpcuaTickets {
  private readonly clock: Clock;
  /** By digest. */
  private readonly issued = new Map<string, Issued>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  issue(to: TicketFor): Ticket {
    const ticket = newTicket();
    const key = digestOf(ticket);
    const untilMs = this.clock.wallMs() + TICKET_MS;
    const stop = this.clock.after(TICKET_MS, () => this.expire(key));
    this.issued.set(key, { ...to, stop });
    void to.session.closed.then(() => this.take(key));
    return { ticket, untilMs };
  }

  /**
   * Once. The user is the asset, `ASSET/ENDPOINT` or the person; a path, where the tool was given
   * one, names the asset too. Undefined for all that does not fit together, without a reason.
   */
  redeem(path: string, user: string, ticket: string): TicketFor | undefined {
    const key = digestOf(ticket);
    const issued = this.issued.get(key);
    if (!issued) return undefined;
    const [asset = ""] = issued.endpoint.split("/");
    const names = [asset, issued.endpoint];
    if (path !== "" && !names.includes(path)) return undefined;
    if (!names.includes(user) && user.toLowerCase() !== issued.handle.toLowerCase()) {
      return undefined;
    }
    return this.take(key);
  }

  close(): void {
    for (const key of [...this.issued.keys()]) this.take(key);
  }

  private take(key: string): Issued | undefined {
    const issued = this.issued.get(key);
    this.issued.delete(key);
    issued?.stop();
    return issued;
  }

  private expire(key: string): void {
    const reason = "no tool came with the ticket in time";
    this.take(key)?.session.end({ rule: "client-closed", reason });
  }
}

function newTicket(): string {
  const letters = Array.from(
    randomBytes((BYTES * 8) / 5),
    (byte) => LETTERS[byte % LETTERS.length],
  );
  return letters.join("").replace(new RegExp(`(.{${GROUP}})(?=.)`, "g"), "$1-");
}

function digestOf(ticket: string): string {
  return createHash("sha256").update(ticket.trim().toLowerCase()).digest("hex");
}
