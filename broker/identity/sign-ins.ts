/** Signing in, proving oneself again, and ending it. */
import type { Clock } from "../clock.ts";
import { newId } from "../store/ids.ts";
import type { Passkey, Person, ProviderProof, SignIn } from "../store/model.ts";
import { findPasskey, notePasskeyUse } from "../store/passkeys.ts";
import { findPerson, updatePerson, userHandleOf } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import type { Queries } from "../store/schema.ts";
import { deleteSignIn, insertSignIn, type KeptSignIn, rotateSignIn } from "../store/sign-ins.ts";
import type { RecordEvent, Store } from "../store/store.ts";
import { bindingTo, type ChallengeBook, type Purpose } from "./challenge-book.ts";
import type { Devices, KeyShown } from "./devices.ts";
import type { Browser, NewSignIn, SignedIn, SignIns } from "./identity.ts";
import { IdentityRefused } from "./identity.ts";
import type { CheckedIdentityConfig } from "./identity-config.ts";
import type { SignInBook } from "./sign-in-book.ts";
import type { SignInFailures } from "./sign-in-failures.ts";
import type { ThroughProvider } from "./through-provider.ts";
import { hashToken, newToken } from "./token.ts";
import { type Assertion, parseAssertion, requestOptions, verifyAssertion } from "./webauthn.ts";

const ADDRESS_TEXT_MAX = 64;
const USER_AGENT_MAX = 200;

export interface SignInParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly config: CheckedIdentityConfig;
  readonly book: SignInBook;
  readonly challenges: ChallengeBook;
  readonly failures: SignInFailures;
  readonly devices: Devices;
  readonly through: ThroughProvider;
}

/** An assertion that is genuine, of an active person, and whose counter advanced. */
export interface Proved {
  readonly passkey: Passkey;
  readonly counter: number;
  readonly backedUp: boolean;
  /** What the browser showed over the same challenge. */
  readonly shown: KeyShown | undefined;
}

export function createSignIns(parts: SignInParts): SignIns {
  const { store, book, challenges, config } = parts;
  return {
    async options(browser) {
      parts.failures.check(browser.address);
      const binding = bindingTo.browser(browser.id);
      return requestOptions(config, await challenges.issue("sign-in", binding, browser.address));
    },
    finish: (response, browser, through) =>
      signIn(parts, response, browser, through === "provider"),
    authenticate: (token, seen) => ofBrowser(book, token, seen),
    get: (signInId) => book.get(signInId),
    seen: (signInId) => book.seen(signInId),
    async stepUpOptions(who) {
      const binding = bindingTo.signIn(who.signIn.id);
      const address = who.signIn.address;
      return requestOptions(config, await challenges.issue("step-up", binding, address));
    },
    stepUp: (who, response, browser) => stepUp(parts, who, response, browser),
    listOwn: async (who) => book.of(who.person.id),
    async end(who, signInId) {
      const own = book.of(who.person.id).some(({ id }) => id === signInId);
      if (!own) throw new IdentityRefused("not-found", "no such sign-in of this person");
      await book.end(signInId, {
        rule: "ended",
        reason: "It was ended in another browser.",
        by: who.person.id,
      });
      await recordEnd(store, who, "ended one of their sign-ins");
    },
    async signOut(who) {
      await book.end(who.signIn.id, { rule: "signed-out", reason: "Signed out." });
      await recordEnd(store, who, "signed out");
    },
    async endAll(personId, end) {
      const all = book.of(personId);
      await Promise.all(all.map(({ id }) => book.end(id, end)));
      return all.length;
    },
    onEnded: (listener) => book.onEnded(listener),
    onAsserted: (listener) => book.onAsserted(listener),
  };
}

/** What a machine holds counts with its key alone, and never as a cookie. */
function ofBrowser(book: SignInBook, token: string, seen: boolean): SignedIn | undefined {
  const me = book.byTokenText(token, false);
  return me && !me.signIn.machine ? book.byTokenText(token, seen) : undefined;
}

async function signIn(
  parts: SignInParts,
  input: unknown,
  browser: Browser,
  isThrough: boolean,
): Promise<NewSignIn> {
  const { store, book, devices, through } = parts;
  parts.failures.check(browser.address);
  const expected = isThrough ? through.expected(browser) : undefined;
  const { passkey, counter, backedUp, shown } = await parts.failures.counting(
    browser.address,
    async () => {
      const binding = bindingTo.browser(browser.id);
      const proved = await prove(parts, input, browser, "sign-in", binding);
      if (expected && proved.passkey.personId !== expected.personId) {
        throw new IdentityRefused("other-person", "a passkey of somebody else than was expected");
      }
      return proved;
    },
  );
  const surplus = book.surplus(passkey.personId);
  const { person, fresh, recognised } = await store
    .act(async (queries, record) => {
      await advance(queries, passkey, { counter, backedUp, atMs: parts.clock.wallMs() });
      for (const { id } of surplus) await deleteSignIn(queries, id);
      const begun = await beginOnDevice(parts, { queries, record }, passkey, {
        ...{ browser, shown },
        ...(expected && { provider: expected.proof }),
      });
      await tellEmergency(parts, record, begun.person, expected !== undefined);
      await record({
        kind: "sign-in:begun",
        priority: "event",
        text: `${begun.person.name} signed in from ${browser.address} with the passkey ${passkey.label}${expected ? `, through ${through.nameOf(expected.proof.issuer)}` : ""}`,
        subject: begun.person.id,
        about: { address: browser.address },
      });
      return begun;
    })
    .catch((error: unknown) => parts.failures.alarm(error, passkey));
  devices.settle(recognised);
  book.endKept(
    surplus.map(({ id }) => id),
    { rule: "replaced", reason: "This person is signed in in too many browsers." },
  );
  const signedIn = await admit(parts, fresh, person, browser);
  if (expected) through.forget(browser);
  return signedIn;
}

async function tellEmergency(
  { through }: Pick<SignInParts, "through">,
  record: RecordEvent,
  person: Person,
  isThrough: boolean,
): Promise<void> {
  if (isThrough || !through.isEmergency(person)) return;
  await record({
    kind: "sign-in:emergency",
    priority: "alarm",
    text: `${person.name} signed in without the identity provider, which this site asks for, as one who may in an emergency`,
    subject: person.id,
  });
}

/** A sign-in in the store, to be admitted once the transaction has committed. */
export interface FreshSignIn {
  readonly kept: KeptSignIn;
  readonly token: string;
}

interface Transaction {
  readonly queries: Queries;
  readonly record: RecordEvent;
}

/** By whoever signs in, besides the passkey. */
interface Shown {
  readonly browser: Browser;
  readonly shown: KeyShown | undefined;
  readonly provider?: ProviderProof;
}

/** Within a transaction: the sign-in is bound to the key that the browser showed, if it counts. */
export async function beginOnDevice(
  parts: Pick<SignInParts, "clock" | "config" | "devices" | "through">,
  { queries, record }: Transaction,
  passkey: Pick<Passkey, "id" | "personId" | "backupEligible">,
  { browser, shown, provider }: Shown,
) {
  const owner = await findPerson(queries, passkey.personId);
  if (owner?.state !== "active") throw new IdentityRefused("person-disabled", "not active");
  const recognised = await parts.devices.recognise(queries, record, owner, shown);
  const { device } = recognised;
  const held = { ...(device && { deviceId: device.id }), ...(provider && { provider }) };
  return { ...(await beginSignIn(parts, queries, passkey, browser, held)), recognised };
}

/** Within a transaction. @param held by a command, and since when @throws IdentityRefused person-disabled */
export async function beginSignIn(
  parts: Pick<SignInParts, "clock" | "config" | "through">,
  queries: Queries,
  passkey: Pick<Passkey, "id" | "personId" | "backupEligible">,
  browser: Browser,
  held?: Partial<Pick<SignIn, "machine" | "assertedMs" | "deviceId" | "provider">>,
): Promise<{ readonly person: Person; readonly fresh: FreshSignIn }> {
  const nowMs = parts.clock.wallMs();
  await updatePerson(queries, passkey.personId, { lastSignInMs: nowMs });
  const person = await findPerson(queries, passkey.personId);
  if (person?.state !== "active") throw new IdentityRefused("person-disabled", "not active");
  await parts.through.check(queries, person, held?.provider);
  const token = newToken();
  const signIn: SignIn = {
    id: newId(),
    personId: person.id,
    passkeyId: passkey.id,
    address: plainText(browser.address, ADDRESS_TEXT_MAX),
    userAgent: plainText(browser.userAgent, USER_AGENT_MAX),
    createdMs: nowMs,
    lastSeenMs: nowMs,
    assertedMs: nowMs,
    synced: passkey.backupEligible,
    absoluteEndsMs: nowMs + parts.config.absoluteMs,
    ...held,
  };
  const kept = { signIn, tokenHash: hashToken(token) };
  await insertSignIn(queries, kept);
  return { person, fresh: { kept, token } };
}

/**
 * In the turn in which the transaction committed: whatever ends the person's sign-ins later then
 * finds this one too. A browser has one sign-in, so whoever used it before is out.
 */
export async function admit(
  parts: Pick<SignInParts, "book" | "through" | "devices">,
  fresh: FreshSignIn,
  person: Person,
  browser: Browser,
): Promise<NewSignIn> {
  const signedIn = { ...parts.book.add(fresh.kept, person), token: fresh.token };
  await parts.through.stillHolds(signedIn.signIn);
  await parts.devices.stillCounts(signedIn.signIn);
  const previous = browser.token && parts.book.byTokenText(browser.token, false);
  if (previous) {
    await parts.book.end(previous.signIn.id, {
      rule: "replaced",
      reason: "Someone signed in anew in this browser.",
    });
  }
  return signedIn;
}

async function stepUp(
  parts: SignInParts,
  who: SignedIn,
  input: unknown,
  browser: Browser,
): Promise<NewSignIn> {
  parts.failures.check(browser.address, who.person.id);
  const proved = await parts.failures.counting(
    browser.address,
    () => prove(parts, input, browser, "step-up", bindingTo.signIn(who.signIn.id), who.person),
    who.person.id,
  );
  const nowMs = parts.clock.wallMs();
  const token = newToken();
  const { shown } = proved;
  const { kept, recognised } = await parts.store
    .act(async (queries, record) => {
      await advance(queries, proved.passkey, { ...proved, atMs: nowMs });
      const recognised = await parts.devices.recognise(queries, record, who.person, shown);
      if (shown && !recognised.device) throw new IdentityRefused("device-revoked", "revoked");
      const deviceId = recognised.device?.id;
      const signIn: SignIn = {
        ...who.signIn,
        passkeyId: proved.passkey.id,
        synced: proved.passkey.backupEligible,
        ...{ assertedMs: nowMs, lastSeenMs: nowMs },
        // As much as a new sign-in proves: its time begins anew, and what runs goes on.
        ...(parts.through.mayRenew(who) && {
          absoluteEndsMs: nowMs + parts.config.absoluteMs,
        }),
        ...(deviceId !== undefined && { deviceId }),
      };
      const kept: KeptSignIn = { signIn, tokenHash: hashToken(token) };
      if (!(await rotateSignIn(queries, kept))) throw gone();
      await record({
        kind: "sign-in:stepped-up",
        priority: "event",
        text: `${who.person.name} proved themselves again with ${proved.passkey.label}`,
        subject: who.person.id,
      });
      return { kept, recognised };
    })
    .catch((error: unknown) => parts.failures.alarm(error, proved.passkey));
  parts.devices.settle(recognised);
  const rotated = parts.book.rotate(kept);
  if (!rotated) throw gone();
  await parts.devices.stillCounts(rotated.signIn);
  return { ...rotated, token };
}

/**
 * The order matters: the challenge is used up first, so that nobody tries twice on it; then
 * whose key it is; the signature last.
 */
export async function prove(
  parts: SignInParts,
  input: unknown,
  browser: Pick<Browser, "address" | "device">,
  purpose: Purpose,
  binding: string,
  expected?: Person,
): Promise<Proved> {
  const assertion = parseAssertion(input);
  await parts.challenges.take(assertion.challenge, purpose, binding);
  const passkey = await findPasskey(parts.store.queries, assertion.passkeyId);
  if (!passkey || passkey.rpId !== parts.config.rpId) {
    throw new IdentityRefused("passkey-unknown", "no such passkey here");
  }
  parts.failures.check(browser.address, passkey.personId);
  return parts.failures.ofAccount(passkey.personId, async () => {
    await checkOwner(parts.store, passkey, assertion, expected);
    const { counter, backedUp } = await verifyAssertion(parts.config, passkey, assertion);
    const shown = await parts.devices.shownBy(browser, assertion.challenge);
    return { passkey, counter, backedUp, shown };
  });
}

async function checkOwner(
  store: Store,
  passkey: Passkey,
  assertion: Assertion,
  expected: Person | undefined,
): Promise<void> {
  const handle = await userHandleOf(store.queries, passkey.personId);
  if (assertion.userHandle !== handle) {
    throw new IdentityRefused("response-invalid", "the key says it is another person's");
  }
  if (expected && passkey.personId !== expected.id) {
    throw new IdentityRefused("response-invalid", "the key of another person");
  }
}

/** @throws IdentityRefused passkey-counter */
export async function advance(
  queries: Queries,
  passkey: Passkey,
  use: { readonly counter: number; readonly backedUp: boolean; readonly atMs: number },
): Promise<void> {
  const { counter, backedUp, atMs } = use;
  if (await notePasskeyUse(queries, passkey.id, { counter, backedUp, atMs })) return;
  throw new IdentityRefused("passkey-counter", `the counter went back to ${counter}`);
}

function recordEnd(store: Store, who: SignedIn, what: string): Promise<unknown> {
  return store.log.record({
    kind: "sign-in:ended",
    priority: "event",
    text: `${who.person.name} ${what}`,
    subject: who.person.id,
  });
}

function gone(): IdentityRefused {
  return new IdentityRefused("not-found", "the sign-in has ended meanwhile");
}
