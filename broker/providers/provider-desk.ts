/**
 * Signing in through an identity provider, as the API asks for it: sending somebody there, taking
 * what they bring back, and hearing that they signed out there. Whoever comes back is only
 * expected; the passkey makes the sign-in.
 */
import type { Clock } from "../clock.ts";
import {
  type Browser,
  IdentityRefused,
  type SignedIn,
  type SignIns,
} from "../identity/identity.ts";
import { SUBJECT_SHOWN_MAX, type ThroughProvider } from "../identity/through-provider.ts";
import { newToken } from "../identity/token.ts";
import type { Person, ProviderProof } from "../store/model.ts";
import { plainText } from "../store/plain-text.ts";
import type { NewSiteEvent } from "../store/site-events.ts";
import { readLogoutToken } from "./logout-token.ts";
import type { Provider, Providers } from "./provider.ts";
import {
  AnswerRefused,
  ProviderAway,
  ProviderClient,
  type ProviderDialer,
} from "./provider-client.ts";
import { type Flow, ProviderFlows } from "./provider-flows.ts";

export interface ProviderDeskParts {
  readonly clock: Clock;
  readonly providers: Providers;
  readonly through: ThroughProvider;
  readonly signIns: Pick<SignIns, "authenticate">;
  dialer(provider: Provider): ProviderDialer;
  note(event: NewSiteEvent): void;
  /** undefined: it answers. */
  report(provider: Provider, problem: string | undefined): void;
}

/** The provider of this name does not answer, or not as one does. */
interface Away {
  readonly kind: "away";
  readonly name: string;
}

export type Begun =
  | Away
  | { readonly kind: "go"; readonly url: string }
  | { readonly kind: "unknown" | "too-many" };

export type Returned =
  | Away
  /** The passkey of this person is expected now, in the browser that holds the token. */
  | { readonly kind: "expected"; readonly person: Person; readonly token: string }
  | { readonly kind: "linked" }
  /** Begun in another browser, too long ago, or used already. */
  | { readonly kind: "stale" }
  | { readonly kind: "unknown" | "too-many" }
  /** The provider proved an account that is nobody's here. */
  | { readonly kind: "nobody"; readonly name: string; readonly subject: string }
  | { readonly kind: "refused"; readonly name: string };

export type Heard =
  | { readonly kind: "heard" | "unknown" | "later" }
  | { readonly kind: "refused"; readonly why: string };

/** Asked of a provider at once; a page waits for each of them. */
const ASKING_MAX = 32;
/** Logout tokens looked at at once: each is one signature. */
const READING_MAX = 64;
/** The same trouble is told once in this time. */
const TELL_EVERY_MS = 60_000;
const STATE_MAX = 200;

export class ProviderDesk {
  private readonly parts: ProviderDeskParts;
  private readonly clients: ReadonlyMap<string, ProviderClient>;
  private readonly flows: ProviderFlows;
  private readonly toldMs = new Map<string, number>();
  private asking = 0;
  private reading = 0;

  constructor(parts: ProviderDeskParts) {
    this.parts = parts;
    this.flows = new ProviderFlows(parts.clock);
    const { clock } = parts;
    this.clients = new Map(
      parts.providers.list.map((provider) => {
        const dialer = parts.dialer(provider);
        return [provider.id, new ProviderClient(provider, { dialer, clock })];
      }),
    );
  }

  list(): readonly Provider[] {
    return this.parts.providers.list;
  }

  get isRequired(): boolean {
    return this.parts.providers.rules.required;
  }

  /** Whether each answers, for Health. Never rejects. */
  async look(): Promise<void> {
    for (const client of this.clients.values()) {
      await client.meet().then(
        () => this.parts.report(client.provider, undefined),
        (error: unknown) => this.parts.report(client.provider, messageOf(error)),
      );
    }
  }

  /** @param linkFor who links an account of their own; undefined: to sign in */
  async begin(id: string, browser: Browser, origin: string, linkFor?: SignedIn): Promise<Begun> {
    const client = this.clients.get(id);
    if (!client) return { kind: "unknown" };
    const flow: Flow = {
      ...{ provider: id, browserId: browser.id, address: browser.address },
      redirectUri: `${origin}/sign-in/through/${id}`,
      ...{ nonce: newToken(), verifier: newToken(), linkFor: linkFor?.signIn.id },
    };
    try {
      // Only those who can be sent there take a place.
      await client.meet();
      const state = this.flows.begin(flow);
      if (state === undefined) return { kind: "too-many" };
      const url = await client.address(flow, state);
      this.parts.report(client.provider, undefined);
      return { kind: "go", url };
    } catch (error) {
      if (!(error instanceof ProviderAway)) throw error;
      return this.away(client, error);
    }
  }

  /**
   * @param query of the address that the browser came back to
   * @throws IdentityRefused what `expect` and `link` do
   */
  async finish(id: string, query: string, browser: Browser): Promise<Returned> {
    const client = this.clients.get(id);
    if (!client) return { kind: "unknown" };
    const search = new URLSearchParams(query);
    const [state = "", ...more] = search.getAll("state");
    const isOne = more.length === 0 && state.length <= STATE_MAX;
    const flow = isOne ? this.flows.take(state, id, browser.id) : undefined;
    const linking = flow && this.linking(flow, browser);
    if (!flow || linking === "gone") return { kind: "stale" };
    if (this.asking >= ASKING_MAX) return { kind: "too-many" };
    this.asking += 1;
    try {
      const proof = await client.redeem(search, state, flow);
      this.parts.report(client.provider, undefined);
      if (!linking) return await this.expect(client, proof, browser);
      // It may have ended while the provider was asked.
      const who = this.linking(flow, browser);
      if (!who || who === "gone") return { kind: "stale" };
      await this.parts.through.link(who, who.person.id, proof);
      return { kind: "linked" };
    } catch (error) {
      return this.failed(client, error, browser.address);
    } finally {
      this.asking -= 1;
    }
  }

  /** @param token as the provider sent it; it proves itself */
  async hear(id: string, token: string, address: string): Promise<Heard> {
    const client = this.clients.get(id);
    if (!client) return { kind: "unknown" };
    if (this.reading >= READING_MAX) return { kind: "later" };
    this.reading += 1;
    const { name } = client.provider;
    try {
      const logout = await readLogoutToken(token, client);
      const ended = await this.parts.through.loggedOut(logout);
      if (ended === undefined) throw new AnswerRefused("it was sent before");
      this.noteLogout(name, ended, logout.sid ?? logout.subject ?? "");
      return { kind: "heard" };
    } catch (error) {
      if (error instanceof ProviderAway) {
        this.parts.report(client.provider, error.message);
        return { kind: "later" };
      }
      if (!(error instanceof AnswerRefused)) throw error;
      const text = `A word of ${name} that somebody signed out was refused (${error.message}); it came from ${address}`;
      this.tell(`logout ${id}`, { kind: "provider:logout-refused", priority: "event", text });
      return { kind: "refused", why: error.message };
    } finally {
      this.reading -= 1;
    }
  }

  private async expect(
    { provider: { id, name } }: ProviderClient,
    proof: ProviderProof,
    browser: Browser,
  ): Promise<Returned> {
    try {
      return { kind: "expected", ...(await this.parts.through.expect(proof, browser.id)) };
    } catch (error) {
      if (!(error instanceof IdentityRefused) || error.code !== "account-unknown") throw error;
      const text = `Somebody at ${browser.address} came through ${name} as ${error.message}`;
      this.tell(`unknown ${id}`, { kind: "provider:unknown-account", priority: "event", text });
      return { kind: "nobody", name, subject: plainText(proof.subject, SUBJECT_SHOWN_MAX) };
    }
  }

  /** Who began to link, still signed in where they began; undefined: it is a sign-in. */
  private linking({ linkFor }: Flow, { token }: Browser): SignedIn | "gone" | undefined {
    if (linkFor === undefined) return undefined;
    const me = token === undefined ? undefined : this.parts.signIns.authenticate(token, true);
    return me?.signIn.id === linkFor ? me : "gone";
  }

  private failed(client: ProviderClient, error: unknown, address: string): Returned {
    const { id, name } = client.provider;
    if (error instanceof ProviderAway) return this.away(client, error);
    if (!(error instanceof AnswerRefused)) throw error;
    const text = `What a browser at ${address} brought back from ${name} was refused: ${error.message}`;
    this.tell(`answer ${id}`, { kind: "provider:answer-refused", priority: "event", text });
    return { kind: "refused", name };
  }

  private away({ provider }: ProviderClient, { message }: ProviderAway): Away {
    this.parts.report(provider, message);
    const text = `Nobody can sign in through ${provider.name} now: ${message}`;
    this.tell(`away ${provider.id}`, { kind: "provider:away", priority: "event", text });
    return { kind: "away", name: provider.name };
  }

  private noteLogout(name: string, ended: number, of: string): void {
    // Of people who were not signed in here nothing is told one by one.
    if (ended === 0) return;
    const text = `${name} says that somebody signed out there (${of}): ${ended} sign-ins ended`;
    this.parts.note({ kind: "provider:logout", priority: "event", text });
  }

  private tell(key: string, event: NewSiteEvent): void {
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs - (this.toldMs.get(key) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
    this.toldMs.set(key, nowMs);
    this.parts.note(event);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
