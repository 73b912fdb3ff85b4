/**
 * Tokens by which programs use the API for a person: of some rights, on some assets, for a time.
 * Each is asked for on a machine and agreed to with the passkey over exactly that. What it may do
 * is what the person may do at that moment, and what it was made for, whichever is less.
 */
import {
  type ApiToken,
  dropApiToken,
  dropExpiredApiTokens,
  findApiToken,
  insertApiToken,
  listApiTokens,
  noteApiTokenUse,
} from "../store/api-tokens.ts";
import { newId } from "../store/ids.ts";
import { isWorkload, type Person, type SignIn } from "../store/model.ts";
import { findPerson } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import { IdentityRefused, type SignedIn } from "./identity.ts";
import { type KeyedRequest, KeyProofs } from "./key-proof.ts";
import type { PeopleParts } from "./people.ts";
import { hashToken, newToken } from "./token.ts";
import { TOKEN_LIFE_MAX_MS, TOKEN_PREFIX, TOKEN_RIGHTS, type TokenScope } from "./token-scope.ts";

/** What is asked for, and agreed to. */
export interface TokenWish {
  readonly name: string;
  readonly rights: readonly string[];
  readonly assets: readonly string[] | undefined;
  readonly lifeMs: number;
  /** Whether it counts with the machine's key alone. */
  readonly bound: boolean;
}

export interface IssuedToken {
  readonly token: string;
  readonly kept: ApiToken;
  readonly person: Person;
}

/** More are not told apart in a list. */
export const TOKENS_OF_ONE_MAX = 20;
/** Last uses reach the store this often. */
const USED_EVERY_MS = 60_000;
/** Long past: a token never stands for a passkey. */
const NO_ASSERTION_MS = Number.POSITIVE_INFINITY;

export type TokenProved =
  | { readonly kind: "signed-in"; readonly me: SignedIn }
  | { readonly kind: "stale" | "refused" };

export class ApiTokens {
  private readonly parts: PeopleParts;
  private readonly proofs: KeyProofs;
  private readonly noted = new Map<string, number>();

  constructor(parts: PeopleParts) {
    this.parts = parts;
    this.proofs = new KeyProofs(parts.clock);
  }

  /** Once it was agreed to. @throws IdentityRefused too-many, person-disabled */
  async issue(wish: TokenWish, personId: string, keyThumbprint: string): Promise<IssuedToken> {
    const { store, clock } = this.parts;
    const nowMs = clock.wallMs();
    const token = `${TOKEN_PREFIX}${newToken()}`;
    const lifeMs = Math.min(wish.lifeMs, TOKEN_LIFE_MAX_MS);
    const kept: ApiToken = {
      ...{ id: newId(), personId, name: plainText(wish.name, 60), assets: wish.assets },
      rights: TOKEN_RIGHTS.filter((right) => wish.rights.includes(right)),
      keyThumbprint: wish.bound ? keyThumbprint : undefined,
      ...{ createdMs: nowMs, expiresMs: nowMs + lifeMs, usedMs: null },
    };
    const person = await store.act(async (queries, record) => {
      await dropExpiredApiTokens(queries, nowMs);
      const own = await listApiTokens(queries, personId);
      if (own.length >= TOKENS_OF_ONE_MAX) {
        throw new IdentityRefused("too-many", `a person has at most ${TOKENS_OF_ONE_MAX} tokens`);
      }
      const found = await findPerson(queries, personId);
      if (found?.state !== "active" || isWorkload(found)) {
        throw new IdentityRefused("person-disabled", "not active");
      }
      await insertApiToken(queries, kept, hashToken(token));
      await record({
        kind: "token:issued",
        priority: "event",
        text: `${found.name} made the API token ${kept.name} (${kept.rights.join(", ")} on ${placesOf(kept)}), until ${new Date(kept.expiresMs).toISOString()}`,
        subject: personId,
      });
      return found;
    });
    return { token, kept, person };
  }

  /** @param keyed where the request proves a key: then it must be the token's */
  async authenticate(
    token: string,
    address: string,
    keyed: (KeyedRequest & { readonly token: string }) | undefined,
  ): Promise<TokenProved> {
    const { store, clock } = this.parts;
    const kept = await findApiToken(store.queries, hashToken(token));
    if (!kept || kept.expiresMs <= clock.wallMs()) return { kind: "refused" };
    const proved = await this.holds(kept, address, keyed);
    if (proved !== "proved") return { kind: proved };
    const person = await findPerson(store.queries, kept.personId);
    if (person?.state !== "active") return { kind: "refused" };
    this.note(kept.id);
    return { kind: "signed-in", me: signedInBy(kept, person, address) };
  }

  /** What it stands for now, of one that was proved a moment ago; undefined where it has ended. */
  async asOfNow({ scope, person, signIn }: SignedIn): Promise<SignedIn | undefined> {
    const { queries } = this.parts.store;
    const own = await listApiTokens(queries, person.id);
    const kept = own.find(({ id }) => id === scope?.tokenId);
    if (!kept || kept.expiresMs <= this.parts.clock.wallMs()) return undefined;
    const now = await findPerson(queries, person.id);
    return now?.state === "active" ? signedInBy(kept, now, signIn.address) : undefined;
  }

  list(personId?: string): Promise<readonly ApiToken[]> {
    return listApiTokens(this.parts.store.queries, personId);
  }

  /** @param of whose it must be @throws IdentityRefused not-found */
  async revoke(id: string, by: Person, of?: string): Promise<void> {
    await this.parts.store.act(async (queries, record) => {
      const kept = await dropApiToken(queries, id);
      if (!kept || kept.personId !== (of ?? kept.personId)) {
        throw new IdentityRefused("not-found", "no such token");
      }
      await record({
        kind: "token:revoked",
        priority: "event",
        text: `${by.name} revoked the API token ${kept.name}`,
        subject: kept.personId,
      });
    });
    this.noted.delete(id);
  }

  /** One that is bound and comes without its key was copied: it ends. */
  private async holds(
    kept: ApiToken,
    address: string,
    keyed: KeyedRequest | undefined,
  ): Promise<"proved" | "stale" | "refused"> {
    if (kept.keyThumbprint === undefined) return keyed ? "refused" : "proved";
    const proof = keyed && (await this.proofs.check(keyed));
    if (proof?.kind === "stale") return "stale";
    if (proof?.kind === "proved" && proof.thumbprint === kept.keyThumbprint) return "proved";
    if (proof && proof.kind !== "proved") return "refused";
    await dropApiToken(this.parts.store.queries, kept.id);
    await this.parts.store.log.record({
      kind: "sign-in:stolen",
      priority: "alarm",
      text: `The API token ${kept.name} was used from ${address} without its machine's key: it was copied, and has been ended`,
      subject: kept.personId,
      about: { address },
    });
    return "refused";
  }

  private note(id: string): void {
    const nowMs = this.parts.clock.wallMs();
    if (nowMs - (this.noted.get(id) ?? 0) < USED_EVERY_MS) return;
    this.noted.set(id, nowMs);
    // Losing one costs an old time in a list; a broken store shows elsewhere.
    noteApiTokenUse(this.parts.store.queries, id, nowMs).catch(() => {});
  }
}

function placesOf({ assets }: ApiToken): string {
  return assets === undefined ? "all assets" : assets.join(", ");
}

function signedInBy(kept: ApiToken, person: Person, address: string): SignedIn {
  const { id, name, createdMs, expiresMs, keyThumbprint = "" } = kept;
  const rights = new Set(TOKEN_RIGHTS.filter((right) => kept.rights.includes(right)));
  const assets = kept.assets && new Set(kept.assets);
  const scope: TokenScope = { tokenId: id, rights, assets };
  const signIn: SignIn = {
    ...{ id: `token:${id}`, personId: person.id, passkeyId: "", address, userAgent: name },
    ...{ createdMs, lastSeenMs: createdMs, assertedMs: 0, synced: true },
    ...{ absoluteEndsMs: expiresMs, machine: { name, keyThumbprint } },
  };
  return { person, signIn, idleEndsMs: expiresMs, assertionAgeMs: NO_ASSERTION_MS, scope };
}
