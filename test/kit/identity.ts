/** A real identity on a real store in a temporary folder, with people who hold software passkeys. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { newBrowserId } from "../../broker/identity/browser-id.ts";
import type {
  Browser,
  EnrolmentLink,
  Identity,
  NewSignIn,
  SignedIn,
} from "../../broker/identity/identity.ts";
import type { IdentityConfig } from "../../broker/identity/identity-config.ts";
import { openIdentity } from "../../broker/identity/open-identity.ts";
import type { ProviderRules } from "../../broker/identity/through-provider.ts";
import type { Role } from "../../broker/store/model.ts";
import { openStore, type Store } from "../../broker/store/store.ts";
import { type KeyKind, type Lies, SoftwareAuthenticator } from "./authenticator.ts";
import { TestClock } from "./test-clock.ts";

export const ORIGIN = "http://localhost:7480";
const CONFIG: IdentityConfig = { rpId: "localhost", rpName: "Sallyport", origins: [ORIGIN] };

/** The one identity provider that this site knows. */
export const PROVIDER = "https://login.example";
export const PROVIDERS: ProviderRules = {
  issuers: new Map([[PROVIDER, { name: "Works account", scim: false }]]),
  ...{ required: false, except: new Set() },
};

/** A person with a browser and an authenticator, signed in. */
export interface Somebody {
  readonly browser: Browser;
  readonly authenticator: SoftwareAuthenticator;
  readonly me: NewSignIn;
}

export class TestIdentity {
  readonly path: string;
  readonly clock: TestClock;
  store: Store;
  identity: Identity;

  private constructor(path: string, clock: TestClock, store: Store, identity: Identity) {
    this.path = path;
    this.clock = clock;
    this.store = store;
    this.identity = identity;
  }

  static async open(config: Partial<IdentityConfig> = {}): Promise<TestIdentity> {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-identity-"));
    const path = join(folder, "store.db");
    const clock = new TestClock();
    const store = await openStore({ path, clock });
    const identity = await openIdentity({
      ...{ store, clock, config: { ...CONFIG, ...config }, providers: PROVIDERS },
    });
    const opened = new TestIdentity(path, clock, store, identity);
    onTestFinished(async () => {
      await opened.store.close();
      rmSync(folder, { recursive: true });
    });
    return opened;
  }

  /** As a restart of the broker would. */
  async restart(config: Partial<IdentityConfig> = {}, providers = PROVIDERS): Promise<void> {
    await this.identity.close();
    await this.store.close();
    this.store = await openStore({ path: this.path, clock: this.clock });
    this.identity = await openIdentity({
      store: this.store,
      clock: this.clock,
      config: { ...CONFIG, ...config },
      providers,
    });
  }

  browser(address = "192.0.2.1"): Browser {
    return { id: newBrowserId(), address, userAgent: "Test browser" };
  }

  authenticator(kind: KeyKind = "P-256", counts = true): SoftwareAuthenticator {
    return new SoftwareAuthenticator({ origin: ORIGIN, kind, counts });
  }

  async firstPerson(kind: KeyKind = "P-256"): Promise<Somebody> {
    const link = await this.identity.enrolment.firstStart({
      name: "Ada",
      email: "ada@plant.example",
    });
    if (!link) throw new Error("somebody has a passkey already");
    return this.enrol(link, this.authenticator(kind));
  }

  async invited(by: SignedIn, name: string, roles: readonly Role[]): Promise<Somebody> {
    const { link } = await this.identity.people.invite(by, {
      name,
      email: `${name.toLowerCase()}@plant.example`,
      employer: "Nord",
      roles,
    });
    return this.enrol(link, this.authenticator());
  }

  async enrol(
    link: EnrolmentLink,
    authenticator: SoftwareAuthenticator,
    lies: Lies = {},
  ): Promise<Somebody> {
    const browser = this.browser();
    const token = tokenOf(link);
    const { options } = await this.identity.enrolment.options(token, browser);
    const response = authenticator.register(options, lies);
    const me = await this.identity.enrolment.finish({ token, label: "Key", response }, browser);
    return { browser, authenticator, me };
  }

  async signIn(
    authenticator: SoftwareAuthenticator,
    lies: Lies = {},
    browser = this.browser(),
  ): Promise<NewSignIn> {
    const options = await this.identity.signIns.options(browser);
    return this.identity.signIns.finish(authenticator.assert(options, lies), browser);
  }

  /** Signed in again, in another browser, as whom the provider named. */
  async throughProvider(by: SignedIn, person: Somebody, subject: string): Promise<Somebody> {
    const account = { issuer: PROVIDER, subject };
    await this.identity.through.link(by, person.me.person.id, account);
    const browser = this.browser();
    const proof = { ...account, issuedS: Math.floor(this.clock.wallMs() / 1_000) };
    const { token: expected } = await this.identity.through.expect(proof, browser.id);
    const options = await this.identity.signIns.options(browser);
    const response = person.authenticator.assert(options);
    const me = await this.identity.signIns.finish(response, { ...browser, expected }, "provider");
    return { ...person, browser, me };
  }

  async stepUp({ authenticator, browser, me }: Somebody, lies: Lies = {}): Promise<NewSignIn> {
    const options = await this.identity.signIns.stepUpOptions(me);
    return this.identity.signIns.stepUp(me, authenticator.assert(options, lies), browser);
  }

  async addPasskey(who: SignedIn, authenticator: SoftwareAuthenticator) {
    const options = await this.identity.passkeys.addOptions(who);
    const response = authenticator.register(options);
    return this.identity.passkeys.add(who, { label: "Second", response });
  }

  /** `kind` and `priority` of all events, oldest first. */
  async events(): Promise<readonly string[]> {
    const events = await this.store.log.list();
    return events.map((event) => `${event.priority} ${event.kind}`).reverse();
  }
}

export function tokenOf(link: EnrolmentLink): string {
  return new URL(link.url).hash.slice("#token=".length);
}
