/**
 * Where administrators say which key or certificate of an asset counts: by a passkey that signs
 * exactly this fingerprint of exactly this endpoint, and where the site asks for it by two of them.
 * Trust that is withdrawn, or replaced, ends the sessions that rest on it in the same turn.
 */
import type { KeyObject } from "node:crypto";
import { canonicalJson } from "../../protocols/log/canonical-json.ts";
import { AccessRefused, type LeaseCause } from "../access/access.ts";
import { type DecisionPoint, onceAsserted } from "../access/decision-point.ts";
import { identityClaims } from "../access/identity-claims.ts";
import type { Permit } from "../access/permit.ts";
import { mintPermit } from "../access/permits.ts";
import { findEndpoint } from "../access/reach.ts";
import type { Clock } from "../clock.ts";
import type { SignedIn } from "../identity/identity.ts";
import type { ActionContent, ActionToSign, SignedActions } from "../identity/signed-actions.ts";
import type { Asset, Endpoint, Plant } from "../plant/model.ts";
import {
  type IdentityKind,
  identityKindOf,
  pinnedInFile,
  type ShownIdentity,
} from "../plant/shown-identity.ts";
import type { TrustAct } from "../store/asset-identities.ts";
import type { Person } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import type { Store } from "../store/store.ts";
import { type AssetIdentity, type TrustedBook, WORDS } from "./trusted-book.ts";

/** What nobody agreed to in a week was not wanted by two. */
export const PROPOSAL_MS = 7 * 24 * 3_600_000;

export interface TrustDeskParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly book: TrustedBook;
  readonly signedActions: SignedActions;
  readonly decisions: Pick<DecisionPoint, "may">;
  readonly plant: { current(): Plant };
  readonly permitKey: KeyObject;
  /** `SessionHost.identify`. */
  identify(permit: Permit): Promise<ShownIdentity>;
  /** Why nothing of the asset may be dialled now. */
  lockOver(assetId: string): LeaseCause | undefined;
  /** Ends the sessions on the endpoint. */
  cut(endpoint: string, cause: LeaseCause): void;
  /** Whether another administrator must agree. */
  readonly secondNeeded: boolean;
}

/** The asset was asked and showed nothing; `message` is for the person. */
export class NothingShown extends Error {
  override readonly name = "NothingShown";
}

export type TrustWish =
  | {
      readonly act: "trust";
      readonly endpoint: string;
      readonly fingerprint: string;
      /** Beside what is trusted now, not instead of it: while an asset is exchanged. */
      readonly keep: boolean;
    }
  | { readonly act: "withdraw"; readonly endpoint: string; readonly fingerprint: string };

/** One endpoint that proves who it is, and what is known about that. */
export interface IdentityState {
  readonly endpoint: string;
  readonly kind: IdentityKind;
  /** The stronger statement: where there is one, nothing that was accepted counts. */
  readonly inFile: readonly string[];
  readonly known: readonly AssetIdentity[];
}

interface Place {
  readonly asset: Asset;
  readonly endpoint: Endpoint;
  readonly kind: IdentityKind;
}

export class TrustDesk {
  private readonly parts: TrustDeskParts;
  private readonly asking = new Set<string>();
  private doing: Promise<unknown> = Promise.resolve();

  constructor(parts: TrustDeskParts) {
    this.parts = parts;
  }

  get secondNeeded(): boolean {
    return this.parts.secondNeeded;
  }

  list(): readonly IdentityState[] {
    const { plant, book } = this.parts;
    return plant.current().assets.flatMap((asset) =>
      asset.endpoints.flatMap((endpoint) => {
        const kind = identityKindOf(endpoint);
        if (kind === undefined) return [];
        const name = `${asset.id}/${endpoint.id}`;
        const known = book.list(name).filter(({ shown }) => shown.kind === kind);
        return [{ endpoint: name, kind, inFile: pinnedInFile(endpoint), known }];
      }),
    );
  }

  /** A proposal that still waits for another administrator. */
  waiting({ proposed }: AssetIdentity): AssetIdentity["proposed"] {
    const { clock } = this.parts;
    return proposed && proposed.atMs + PROPOSAL_MS > clock.wallMs() ? proposed : null;
  }

  /**
   * Asks the asset itself, under a permit of the broker's own.
   * @throws AccessRefused not-found, locked, too-many; NothingShown; SessionRefused
   */
  async look(by: Person, endpoint: string): Promise<void> {
    const { store, book, plant, clock, permitKey, lockOver } = this.parts;
    this.mayChange(by);
    const place = this.place(endpoint);
    const lock = lockOver(place.asset.id);
    if (lock) throw new AccessRefused("locked", lock.reason);
    if (this.asking.has(endpoint)) throw new AccessRefused("too-many", "it is being asked already");
    this.asking.add(endpoint);
    try {
      await store.log.record({
        kind: "asset:identity-asked",
        priority: "event",
        text: `${by.name} asked ${endpoint} which ${WORDS[place.kind]} it shows`,
        subject: by.id,
        about: aboutOf(place),
      });
      const claims = identityClaims(plant.current(), place, clock.wallMs());
      const shown = await this.shownBy(mintPermit(claims, permitKey));
      book.looked(endpoint, shown);
    } finally {
      this.asking.delete(endpoint);
    }
  }

  /** @throws AccessRefused not-found, input-invalid, not-allowed, changed */
  async options(who: SignedIn, wish: TrustWish): Promise<ActionToSign> {
    const { signedActions } = this.parts;
    return signedActions.options(who, "trust", this.content(who.person, wish));
  }

  /**
   * One after the other: of two that decide at once, the second decides about what is then.
   * @returns whether another administrator has to agree still
   */
  act(
    who: SignedIn,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<{ readonly waits: boolean }> {
    const next = this.doing.then(() => this.actNow(who, answer));
    this.doing = next.catch(() => undefined);
    return next;
  }

  /** Takes back what waits for another one, or refuses it. */
  async discard(by: Person, endpoint: string, fingerprint: string): Promise<void> {
    this.mayChange(by);
    const place = this.place(endpoint);
    const row = this.row(place, endpoint, fingerprint);
    if (!this.waiting(row)) throw new AccessRefused("not-waiting", "nothing waits");
    await this.parts.book.put([{ ...row, proposed: null }], {
      ...{ kind: "asset:trust-discarded", priority: "event", subject: by.id },
      text: `${by.name} discarded the proposal to trust the ${WORDS[place.kind]} ${fingerprint} of ${endpoint}`,
      about: aboutOf(place),
    });
  }

  private async shownBy(permit: Permit): Promise<ShownIdentity> {
    try {
      return await this.parts.identify(permit);
    } catch (error) {
      throw new NothingShown(error instanceof Error ? error.message : String(error));
    }
  }

  private async actNow(
    who: SignedIn,
    answer: { readonly text: string; readonly response: unknown },
  ): Promise<{ readonly waits: boolean }> {
    const { signedActions, clock } = this.parts;
    const { action, content } = await signedActions.prove(who, "trust", answer);
    const wish = wishOf(content);
    if (canonicalJson(content) !== canonicalJson(this.content(who.person, wish))) throw changed();
    const { id: by, name } = who.person;
    const act: TrustAct = { by, name, atMs: clock.wallMs(), actionId: action.id };
    const place = this.place(wish.endpoint);
    const row = this.row(place, wish.endpoint, wish.fingerprint);
    if (wish.act === "withdraw") await this.withdraw(place, row, act);
    else if (this.parts.secondNeeded && !this.waiting(row)) {
      await this.propose(place, row, { ...act, keep: wish.keep });
      return { waits: true };
    } else await this.trust(place, row, act, wish.keep);
    return { waits: false };
  }

  private async propose(
    place: Place,
    row: AssetIdentity,
    proposed: NonNullable<AssetIdentity["proposed"]>,
  ): Promise<void> {
    const { fingerprint } = row.shown;
    await this.parts.book.put([{ ...row, proposed }], {
      ...{ kind: "asset:trust-proposed", priority: "event", subject: proposed.by },
      text: `${proposed.name} wants the ${WORDS[place.kind]} ${fingerprint} of ${row.endpoint} to be trusted; another administrator must agree`,
      about: aboutOf(place),
    });
  }

  private async trust(
    place: Place,
    row: AssetIdentity,
    act: TrustAct,
    keep: boolean,
  ): Promise<void> {
    const { book, store } = this.parts;
    const proposed = this.waiting(row);
    const proposer = proposed && (await findPerson(store.queries, proposed.by));
    // Who may not change what is trusted any more does not do it by an older proposal.
    if (proposed && !(proposer && this.isEntitled(proposer))) {
      throw new AccessRefused("not-waiting", "who proposed it may not any more");
    }
    const replaced = keep ? [] : this.others(place, row);
    const instead = replaced.map(({ shown }) => shown.fingerprint).join(", ");
    const after = proposed ? `, as ${proposed.name} proposed` : "";
    const event: NewSiteEvent = {
      ...{ kind: "asset:trusted", priority: "event", subject: act.by },
      text: `${act.name} trusts the ${WORDS[place.kind]} ${row.shown.fingerprint} of ${row.endpoint}${after}${instead && ` instead of ${instead}`}`,
      about: aboutOf(place),
    };
    const rows = replaced.map((each) => ({ ...each, trusted: null, proposed: null }));
    await book.put([{ ...row, trusted: act, proposed: null }, ...rows], event);
    if (replaced.length > 0) this.cut(row.endpoint, `${act.name} trusts another one now`, act.by);
  }

  private async withdraw(place: Place, row: AssetIdentity, act: TrustAct): Promise<void> {
    const { fingerprint } = row.shown;
    const kept = this.parts.book.distrust(row, {
      ...{ kind: "asset:trust-withdrawn", priority: "event", subject: act.by },
      text: `${act.name} withdrew the trust in the ${WORDS[place.kind]} ${fingerprint} of ${row.endpoint}`,
      about: aboutOf(place),
    });
    this.cut(row.endpoint, `${act.name} withdrew the trust in it`, act.by);
    await kept;
  }

  private cut(endpoint: string, why: string, by: string): void {
    const reason = `What ${endpoint} showed as its identity is not trusted any more: ${why}.`;
    this.parts.cut(endpoint, { rule: "trust-withdrawn", reason, by });
  }

  /** What is signed: as things stand now. */
  private content(person: Person, wish: TrustWish): ActionContent {
    this.mayChange(person);
    const { act, endpoint, fingerprint } = wish;
    const place = this.place(endpoint);
    const row = this.row(place, endpoint, fingerprint);
    const about = { act, endpoint, kind: place.kind, fingerprint };
    if (act === "withdraw") {
      if (!row.trusted) throw changed();
      return about;
    }
    if (row.trusted) throw changed();
    const waiting = this.waiting(row);
    if (waiting?.by === person.id) {
      throw new AccessRefused("not-allowed", "one's own proposal");
    }
    const keep = waiting?.keep ?? wish.keep;
    const others = keep ? [] : this.others(place, row);
    const replaces = others.map(({ shown }) => shown.fingerprint).sort();
    return { ...about, keep, replaces, ...(waiting && { proposedBy: waiting.by }) };
  }

  private others({ kind }: Place, row: AssetIdentity): readonly AssetIdentity[] {
    return this.parts.book
      .list(row.endpoint)
      .filter(({ shown, trusted }) => trusted && shown.kind === kind && shown !== row.shown);
  }

  private place(endpointId: string): Place {
    const found = findEndpoint(this.parts.plant.current(), endpointId);
    const kind = found && identityKindOf(found.endpoint);
    if (!found || kind === undefined) throw missing();
    return { ...found, kind };
  }

  /** Only what was shown can be accepted: a fingerprint that was typed is a pin of the plant file. */
  private row({ endpoint, kind }: Place, endpointId: string, fingerprint: string): AssetIdentity {
    if (pinnedInFile(endpoint).length > 0) {
      const where = "the plant file says which key or certificate counts here: change it there";
      throw new AccessRefused("input-invalid", where);
    }
    const row = this.parts.book.find(endpointId, kind, fingerprint);
    if (!row) throw missing();
    return row;
  }

  private mayChange(person: Person): void {
    if (!this.isEntitled(person)) throw missing();
  }

  private isEntitled(person: Person): boolean {
    return this.parts.decisions.may(onceAsserted(person), "plant:change");
  }
}

function wishOf(content: ActionContent): TrustWish {
  const { act, endpoint, fingerprint, keep } = content;
  if (typeof endpoint !== "string" || typeof fingerprint !== "string") throw changed();
  if (act === "withdraw") return { act, endpoint, fingerprint };
  return { act: "trust", endpoint, fingerprint, keep: keep === true };
}

function aboutOf({ asset, endpoint }: Pick<Place, "asset" | "endpoint">) {
  return { asset: asset.id, assetName: asset.name, endpoint: `${asset.id}/${endpoint.id}` };
}

function missing(): AccessRefused {
  return new AccessRefused("not-found", "no such endpoint or identity");
}

function changed(): AccessRefused {
  return new AccessRefused("changed", "not what was signed for any more");
}
