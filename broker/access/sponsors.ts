/**
 * Vendors answer to a sponsor inside. While the sponsor is disabled, or may not invite vendors any
 * more, the vendor is suspended: nothing opens and live sessions end. In memory, so that the turn
 * in which a sponsor goes is the turn in which their vendors stop.
 */
import type { Person } from "../store/model.ts";
import { listPeople } from "../store/people.ts";
import { listSponsors } from "../store/sponsors.ts";
import type { Store } from "../store/store.ts";
import type { LeaseCause } from "./access.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";

type Decisions = Pick<DecisionPoint, "may">;

export class Sponsors {
  private readonly decisions: Decisions;
  private readonly sponsorOf = new Map<string, Person>();

  private constructor(decisions: Decisions) {
    this.decisions = decisions;
  }

  static async open(store: Store, decisions: Decisions): Promise<Sponsors> {
    const sponsors = new Sponsors(decisions);
    const people = new Map((await listPeople(store.queries)).map((one) => [one.id, one]));
    for (const { vendorId, sponsorId } of await listSponsors(store.queries)) {
      const sponsor = people.get(sponsorId);
      if (sponsor) sponsors.sponsorOf.set(vendorId, sponsor);
    }
    return sponsors;
  }

  /** In the turn in which the store has it. */
  keep(vendorId: string, sponsor: Person): void {
    this.sponsorOf.set(vendorId, sponsor);
  }

  of(vendorId: string): Person | undefined {
    return this.sponsorOf.get(vendorId);
  }

  personChanged(person: Person): void {
    for (const [vendorId, sponsor] of this.sponsorOf) {
      if (sponsor.id === person.id) this.sponsorOf.set(vendorId, person);
    }
  }

  /** Why somebody is suspended; undefined for all who are not. */
  causeOver(personId: string): LeaseCause | undefined {
    const sponsor = this.sponsorOf.get(personId);
    if (!sponsor || this.decisions.may(onceAsserted(sponsor), "vendor:invite")) return undefined;
    const reason = `${sponsor.name}, who answers for this account, does so no more.`;
    return { rule: "sponsor-left", reason };
  }
}
