/**
 * People whom an identity provider vouches for besides their passkey. What it says alone opens
 * nothing: it makes an expected person, and the passkey of that person makes the sign-in, which is
 * bound to what the provider said and ends with it.
 *
 * An account is an issuer and a subject. The same subject at another issuer is somebody else, and
 * nobody is found by an e-mail address.
 */
import type { Clock } from "../clock.ts";
import type { Person, ProviderProof, SignIn } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import {
  type AccountName,
  accountsOf,
  deleteAccount,
  findAccount,
  insertAccount,
  type ProviderAccount,
} from "../store/provider-accounts.ts";
import { listProvisioned } from "../store/provisioning.ts";
import type { Queries } from "../store/schema.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import { ExpectedPeople, type ExpectedPerson } from "./expected-people.ts";
import { type Browser, IdentityRefused, type SignedIn } from "./identity.ts";
import { covers, type ProviderLogout, ProviderLogouts } from "./provider-logouts.ts";
import type { SignInBook } from "./sign-in-book.ts";

/** What the site's own file says of them. */
export interface ProviderRules {
  readonly issuers: ReadonlyMap<string, IssuerRule>;
  /** Sign-ins of employees count only with a provider's word. */
  readonly required: boolean;
  /** E-mail addresses, in small letters, of those who get in without it, with an alarm. */
  readonly except: ReadonlySet<string>;
}

export interface IssuerRule {
  /** As people call it. */
  readonly name: string;
  /** The `externalId` that SCIM brought is its subject. */
  readonly scim: boolean;
}

export const NO_PROVIDERS: ProviderRules = {
  issuers: new Map(),
  required: false,
  except: new Set(),
};

/** For an administrator to see whom to link. */
export const SUBJECT_SHOWN_MAX = 120;
/** Of one person: a provider each, and an account that is being replaced. */
const ACCOUNTS_MAX = 5;
/** OpenID Connect Core 1.0, section 2: at most 255 ASCII characters. */
const SUBJECT = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/;

export interface ThroughParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly rules: ProviderRules;
  readonly book: Pick<SignInBook, "ofProvider" | "end">;
}

export class ThroughProvider {
  private readonly parts: ThroughParts;
  private readonly waiting: ExpectedPeople;
  private readonly logouts: ProviderLogouts;

  constructor(parts: ThroughParts) {
    this.parts = parts;
    this.waiting = new ExpectedPeople(parts.clock);
    this.logouts = new ProviderLogouts(parts.clock);
  }

  /** Whether the passkey alone is not enough for this person. */
  requires(person: Person): boolean {
    return isRequired(this.parts.rules, person) && !this.isExcepted(person);
  }

  /** Who gets in where others would not. */
  isEmergency(person: Person): boolean {
    return isRequired(this.parts.rules, person) && this.isExcepted(person);
  }

  /**
   * Whether the passkey alone may begin its time anew: not where a provider's word is part of it,
   * nor in an emergency, whose every sign-in is an alarm.
   */
  mayRenew({ person, signIn }: Pick<SignedIn, "person" | "signIn">): boolean {
    return isByPasskeyAlone(signIn) && !isRequired(this.parts.rules, person);
  }

  nameOf(issuer: string): string {
    return this.parts.rules.issuers.get(issuer)?.name ?? issuer;
  }

  /**
   * After the provider's word was verified.
   * @returns the person, and the token for the browser's cookie
   * @throws IdentityRefused account-unknown, person-disabled, not-enrolled, provider-expired
   */
  async expect(
    proof: ProviderProof,
    browserId: string,
  ): Promise<{ readonly person: Person; readonly token: string }> {
    const person = await this.personOf(this.parts.store.queries, proof);
    if (!person) {
      const subject = plainText(proof.subject, SUBJECT_SHOWN_MAX);
      throw new IdentityRefused("account-unknown", `${subject}, whose account is nobody's here`);
    }
    if (person.state === "invited") throw new IdentityRefused("not-enrolled", "without a passkey");
    if (person.state === "disabled") throw new IdentityRefused("person-disabled", "not active");
    if (this.logouts.isOver(proof)) throw over();
    return { person, token: this.waiting.expect({ personId: person.id, proof }, browserId) };
  }

  /** @throws IdentityRefused provider-expired */
  expected({ id, expected }: Pick<Browser, "id" | "expected">): ExpectedPerson {
    const found = expected === undefined ? undefined : this.waiting.find(expected, id);
    if (!found) throw over();
    return found;
  }

  forget({ expected }: Pick<Browser, "expected">): void {
    if (expected !== undefined) this.waiting.forget(expected);
  }

  /**
   * Within the transaction that makes a sign-in.
   * @throws IdentityRefused provider-required, provider-expired
   */
  async check(queries: Queries, person: Person, proof: ProviderProof | undefined): Promise<void> {
    if (proof) {
      const owner = await this.personOf(queries, proof);
      if (owner?.id !== person.id || this.logouts.isOver(proof)) throw over();
      return;
    }
    if (this.requires(person)) {
      throw new IdentityRefused("provider-required", `${person.name} came by the passkey alone`);
    }
  }

  /**
   * In the turn in which the sign-in began to count: a logout that came a moment before did not
   * find it.
   * @throws IdentityRefused provider-expired
   */
  async stillHolds({ id, provider }: SignIn): Promise<void> {
    if (!provider || !this.logouts.isOver(provider)) return;
    await this.parts.book.end(id, loggedOutAt(this.nameOf(provider.issuer)));
    throw over();
  }

  /**
   * What it covers ends in this turn; resolves once that is durable.
   * @returns how many sign-ins ended; undefined where the same was heard before
   */
  async loggedOut(logout: ProviderLogout): Promise<number | undefined> {
    if (!this.logouts.hear(logout)) return undefined;
    try {
      return await this.endBound((proof) => covers(logout, proof), loggedOutAt);
    } catch (error) {
      this.logouts.forget(logout);
      throw error;
    }
  }

  accountsOf(personId: string): Promise<readonly ProviderAccount[]> {
    return accountsOf(this.parts.store.queries, personId);
  }

  /** Whose account it is, if anybody's. */
  owner(account: AccountName): Promise<Person | undefined> {
    return this.personOf(this.parts.store.queries, account);
  }

  /** Whoever calls has seen that `by` may. @throws IdentityRefused account-taken, too-many, not-found, input-invalid */
  async link(by: SignedIn, personId: string, account: AccountName): Promise<void> {
    const { store, clock, rules } = this.parts;
    if (!rules.issuers.has(account.issuer) || !SUBJECT.test(account.subject)) {
      throw new IdentityRefused("input-invalid", "no such provider, or no subject");
    }
    await store
      .act(async (queries, record) => {
        const person = await findPerson(queries, personId);
        if (!person) throw new IdentityRefused("not-found", "nobody of this id");
        const owner = await this.personOf(queries, account);
        if (owner) throw new IdentityRefused("account-taken", "it is somebody's");
        if ((await accountsOf(queries, personId)).length >= ACCOUNTS_MAX) {
          throw new IdentityRefused("too-many", "accounts of this person");
        }
        const linkedMs = clock.wallMs();
        await insertAccount(queries, { ...account, personId, linkedBy: by.person.id, linkedMs });
        await this.tell(record, by, person, account, "linked");
      })
      .catch((error: unknown) => {
        if (!(error instanceof UniqueViolation)) throw error;
        throw new IdentityRefused("account-taken", "it is somebody's");
      });
  }

  /** Ends what was begun through it. @throws IdentityRefused not-found */
  async unlink(by: SignedIn, personId: string, account: AccountName): Promise<void> {
    const { issuer, subject } = account;
    await this.parts.store.act(async (queries, record) => {
      const person = await findPerson(queries, personId);
      const found = person && (await deleteAccount(queries, { issuer, subject, personId }));
      if (!found) throw new IdentityRefused("not-found", "no such account of this person");
      await this.tell(record, by, person, account, "unlinked");
    });
    await this.endBound(
      (proof) => proof.issuer === issuer && proof.subject === subject,
      (name) => ({ rule: "account-unlinked", reason: `The account at ${name} was unlinked.` }),
    );
  }

  private async endBound(
    matches: (proof: ProviderProof) => boolean,
    endOf: (name: string) => { readonly rule: string; readonly reason: string },
  ): Promise<number> {
    const bound = this.parts.book.ofProvider(matches);
    await Promise.all(
      bound.map(({ id, provider }) =>
        this.parts.book.end(id, endOf(this.nameOf(provider?.issuer ?? ""))),
      ),
    );
    return bound.length;
  }

  private async personOf(queries: Queries, account: AccountName): Promise<Person | undefined> {
    const rule = this.parts.rules.issuers.get(account.issuer);
    if (!rule) return undefined;
    const linked = await findAccount(queries, account);
    if (linked) return findPerson(queries, linked.personId);
    if (!rule.scim) return undefined;
    const all = await listProvisioned(queries);
    const [only, ...more] = all.filter(({ externalId }) => externalId === account.subject);
    // Of two with one id neither is believed.
    return only && more.length === 0 ? findPerson(queries, only.personId) : undefined;
  }

  private tell(
    record: RecordEvent,
    by: SignedIn,
    person: Person,
    { issuer, subject }: AccountName,
    what: "linked" | "unlinked",
  ): Promise<unknown> {
    const whose = by.person.id === person.id ? "their own" : `${person.name}'s`;
    return record({
      kind: `account:${what}`,
      priority: "event",
      text: `${by.person.name} ${what} ${whose} account at ${this.nameOf(issuer)} (${subject})`,
      subject: person.id,
    });
  }

  private isExcepted({ email }: Person): boolean {
    return this.parts.rules.except.has(email.toLowerCase());
  }
}

/** Whether a sign-in that was kept goes on to count after a restart. */
export function outlivesRestart(
  rules: ProviderRules,
  { provider }: SignIn,
  person: Person,
): boolean {
  // A logout that came while the broker was down was not heard.
  if (provider) return false;
  return !isRequired(rules, person) || rules.except.has(person.email.toLowerCase());
}

/** In a browser, without the word of a provider. */
function isByPasskeyAlone({ provider, machine, workload }: SignIn): boolean {
  return provider === undefined && machine === undefined && workload === undefined;
}

function isRequired({ required }: ProviderRules, { roles }: Person): boolean {
  return required && !roles.includes("vendor");
}

function loggedOutAt(name: string) {
  return { rule: "provider-logout", reason: `${name} says that you signed out there.` };
}

function over(): IdentityRefused {
  return new IdentityRefused("provider-expired", "the provider's word does not count any more");
}
