/** Vendors come by invitation of a sponsor, who asks for their time; others agree to it. */

import type { Clock } from "../clock.ts";
import type { EnrolmentLink, People, SignedIn } from "../identity/identity.ts";
import type { Person } from "../store/model.ts";
import { findPerson, listPeople } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import { keepSponsor } from "../store/sponsors.ts";
import type { Store } from "../store/store.ts";
import { AccessRefused, type Grant } from "./access.ts";
import { type DecisionPoint, onceAsserted } from "./decision-point.ts";
import type { RequestDesk } from "./request-desk.ts";
import type { NewRequest, RequestSeen } from "./requests.ts";
import type { Sponsors } from "./sponsors.ts";

export interface VendorInvitation {
  readonly name: string;
  readonly email: string;
  readonly employer: string;
  /** What the vendor is to be given; others agree to it. */
  readonly wanted: NewRequest;
}

/** `asleep`: no grant that counts now or will; a new one wakes the account. */
export type VendorState = "invited" | "active" | "asleep" | "suspended" | "disabled";

export interface VendorSeen {
  readonly person: Person;
  readonly sponsor: Person | undefined;
  readonly state: VendorState;
  readonly grants: readonly Grant[];
}

export interface VendorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly people: Pick<People, "inviteVendor" | "newVendorLink">;
  readonly decisions: Pick<DecisionPoint, "may">;
  readonly sponsors: Sponsors;
  readonly desk: RequestDesk;
  grantsOf(person: Person): readonly Grant[];
  /** A sponsor changed: grants count again, or no more. */
  changed(): void;
}

const REASON_MAX = 300;

export class Vendors {
  private readonly parts: VendorParts;

  constructor(parts: VendorParts) {
    this.parts = parts;
  }

  /** One's own; all of them for who manages people or reviews access. */
  async list(by: Person): Promise<readonly VendorSeen[]> {
    const { store, decisions, sponsors } = this.parts;
    const asker = onceAsserted(by);
    const all = decisions.may(asker, "people:manage") || decisions.may(asker, "access:review");
    const vendors = (await listPeople(store.queries)).filter(({ roles }) =>
      roles.includes("vendor"),
    );
    return vendors
      .filter(({ id }) => all || sponsors.of(id)?.id === by.id)
      .map((person) => this.seen(person));
  }

  /**
   * A link for the vendor, and the request for their time.
   * @throws AccessRefused as `Requests.ask`; IdentityRefused email-taken, input-invalid
   */
  async invite(
    by: SignedIn,
    invitation: VendorInvitation,
  ): Promise<{
    readonly vendor: VendorSeen;
    readonly link: EnrolmentLink;
    readonly request: RequestSeen;
  }> {
    const { wanted, ...who } = invitation;
    // Before anybody is invited: what cannot be asked for leaves no account behind.
    await this.parts.desk.checkFor(by.person, wanted);
    const { person, link } = await this.parts.people.inviteVendor(by, {
      ...who,
      reason: wanted.reason,
    });
    this.parts.sponsors.keep(person.id, by.person);
    const request = await this.parts.desk.askFor(by.person, person, wanted);
    return { vendor: this.seen(person), link, request };
  }

  /** For a vendor that one sponsors: an account that sleeps wakes with the grant. @throws as `Requests.ask` */
  async ask(by: Person, vendorId: string, wanted: NewRequest): Promise<RequestSeen> {
    return this.parts.desk.askFor(by, await this.own(by, vendorId), wanted);
  }

  /** Only while invited. @throws AccessRefused not-found; IdentityRefused not-invited */
  async newLink(by: SignedIn, vendorId: string): Promise<EnrolmentLink> {
    const vendor = await this.own(by.person, vendorId);
    return this.parts.people.newVendorLink(by, vendor.id);
  }

  /**
   * Answers for the vendor from now on; a suspended one may work again. By who manages people.
   * @throws AccessRefused not-found, input-invalid
   */
  async adopt(by: Person, vendorId: string, reason: string): Promise<VendorSeen> {
    const why = plainText(reason, REASON_MAX);
    if (why === "") throw new AccessRefused("input-invalid", "Say why you answer for them.");
    const vendor = await this.parts.store.act(async (queries, record) => {
      const person = await findPerson(queries, vendorId);
      if (!person?.roles.includes("vendor")) throw missing();
      const createdMs = this.parts.clock.wallMs();
      await keepSponsor(queries, { vendorId, sponsorId: by.id, reason: why, createdMs });
      await record({
        kind: "person:sponsored",
        priority: "event",
        text: `${by.name} answers for ${person.name} (${person.employer}) from now on: ${why}`,
        subject: vendorId,
      });
      return person;
    });
    this.parts.sponsors.keep(vendorId, by);
    this.parts.changed();
    return this.seen(vendor);
  }

  private async own(by: Person, vendorId: string): Promise<Person> {
    const sponsor = this.parts.sponsors.of(vendorId);
    const person = await findPerson(this.parts.store.queries, vendorId);
    if (!person || sponsor?.id !== by.id || !person.roles.includes("vendor")) throw missing();
    return person;
  }

  private seen(person: Person): VendorSeen {
    const { sponsors } = this.parts;
    const grants = this.parts.grantsOf(person);
    const sponsor = sponsors.of(person.id);
    return { person, sponsor, grants, state: this.stateOf(person, grants) };
  }

  private stateOf(person: Person, grants: readonly Grant[]): VendorState {
    if (person.state !== "active") return person.state;
    if (this.parts.sponsors.causeOver(person.id)) return "suspended";
    return grants.length === 0 ? "asleep" : "active";
  }
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such vendor of this sponsor");
}
