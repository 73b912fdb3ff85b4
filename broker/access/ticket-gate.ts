/** What access asks of the site's ticket system; `integrations/tickets.ts` satisfies it. */
export interface TicketGate {
  /** Whether a grant's ticket can be in the way at all. */
  readonly areAsked: boolean;
  /** @returns why work under it may not begin, in words; undefined where it may, or names none */
  refusal(ticket: string): Promise<string | undefined>;
}
