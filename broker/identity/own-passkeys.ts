/** A signed-in person's own passkeys: listed, added, removed, each change after a fresh assertion. */
import type { Passkey, Person } from "../store/model.ts";
import { deletePasskey, listPasskeys } from "../store/passkeys.ts";
import { findPerson, userHandleOf } from "../store/people.ts";
import { bindingTo } from "./challenge-book.ts";
import { type EnrolmentParts, keepPasskey, passkeyOf } from "./enrolment.ts";
import { FRESH_MS, IdentityRefused, type Passkeys, type SignedIn } from "./identity.ts";
import { parseRegistration, registrationOptions, verifyRegistration } from "./webauthn.ts";

/** More than anyone carries; bounds the exclude list. */
const PASSKEYS_MAX = 10;

export function createPasskeys(parts: EnrolmentParts): Passkeys {
  return {
    list: (who) => listPasskeys(parts.store.queries, who.person.id),
    async addOptions(who) {
      requireFresh(who);
      const known = await listPasskeys(parts.store.queries, who.person.id);
      const binding = bindingTo.signIn(who.signIn.id);
      return registrationOptions(parts.config, {
        person: who.person,
        userHandle: await userHandleOf(parts.store.queries, who.person.id),
        challenge: await parts.challenges.issue("add-passkey", binding, who.signIn.address),
        known,
      });
    },
    add: (who, answer) => add(parts, who, answer),
    remove: (who, passkeyId) => remove(parts, who, passkeyId),
  };
}

/** @throws IdentityRefused step-up-required */
export function requireFresh(who: SignedIn): void {
  if (who.assertionAgeMs <= FRESH_MS) return;
  throw new IdentityRefused("step-up-required", "the last assertion is too old for this");
}

async function add(
  parts: EnrolmentParts,
  who: SignedIn,
  answer: { readonly label: string; readonly response: unknown },
): Promise<Passkey> {
  requireFresh(who);
  const registration = parseRegistration(answer.response);
  const binding = bindingTo.signIn(who.signIn.id);
  await parts.challenges.take(registration.challenge, "add-passkey", binding);
  const made = await verifyRegistration(parts.config, registration);
  const passkey = passkeyOf(made, who.person.id, answer.label, parts.clock.wallMs());
  const person = await parts.store.act(async (queries, record) => {
    const known = await listPasskeys(queries, who.person.id);
    if (known.length >= PASSKEYS_MAX) {
      throw new IdentityRefused("too-many", `a person has at most ${PASSKEYS_MAX} passkeys`);
    }
    await keepPasskey(queries, passkey);
    await record({
      kind: "passkey:added",
      priority: "event",
      text: `${who.person.name} added the passkey ${passkey.label}`,
      subject: who.person.id,
    });
    return active(await findPerson(queries, who.person.id));
  });
  parts.people.changed(person);
  return passkey;
}

async function remove(parts: EnrolmentParts, who: SignedIn, passkeyId: string): Promise<void> {
  requireFresh(who);
  const person = await parts.store.act(async (queries, record) => {
    const own = await listPasskeys(queries, who.person.id);
    const passkey = own.find(({ id }) => id === passkeyId);
    if (!passkey) throw new IdentityRefused("not-found", "no such passkey of this person");
    const left = own.filter(({ id, rpId }) => id !== passkeyId && rpId === parts.config.rpId);
    if (left.length === 0) {
      throw new IdentityRefused("last-passkey", "without it the person could not sign in again");
    }
    await deletePasskey(queries, who.person.id, passkeyId);
    await record({
      kind: "passkey:removed",
      priority: "event",
      text: `${who.person.name} removed the passkey ${passkey.label}`,
      subject: who.person.id,
    });
    return active(await findPerson(queries, who.person.id));
  });
  parts.people.changed(person);
  const made = parts.book.of(who.person.id).filter((signIn) => signIn.passkeyId === passkeyId);
  for (const signIn of made) {
    if (signIn.id === who.signIn.id) continue;
    await parts.book.end(signIn.id, {
      rule: "passkey-removed",
      reason: "The passkey of this sign-in was removed.",
      by: who.person.id,
    });
  }
}

/** Disabled between the request and here: nothing is changed for them any more. */
function active(person: Person | undefined): Person {
  if (person?.state === "active") return person;
  throw new IdentityRefused("person-disabled", "not active any more");
}
