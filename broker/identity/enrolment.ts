/** From a one-time link to a passkey: the first person, invited people, and recovered ones. */
import { dropApiTokensOf } from "../store/api-tokens.ts";
import { findLink, type KeptLink, takeLink } from "../store/enrolment-links.ts";
import { newId } from "../store/ids.ts";
import type { Passkey, Person } from "../store/model.ts";
import { countPasskeys, deletePasskeysOf, insertPasskey, listPasskeys } from "../store/passkeys.ts";
import {
  findPerson,
  insertPerson,
  listPeople,
  updatePerson,
  userHandleOf,
} from "../store/people.ts";
import type { Queries } from "../store/schema.ts";
import { deleteSignInsOf } from "../store/sign-ins.ts";
import type { RecordEvent } from "../store/store.ts";
import { UniqueViolation } from "../store/store-failed.ts";
import { bindingTo } from "./challenge-book.ts";
import type { Browser, Enrolment, EnrolmentLink, NewSignIn } from "./identity.ts";
import { IdentityRefused } from "./identity.ts";
import { makeLink } from "./links.ts";
import type { PeopleBook } from "./people.ts";
import { emailFrom, labelFrom, nameFrom } from "./person-input.ts";
import { admit, beginOnDevice, type SignInParts } from "./sign-ins.ts";
import { hashToken, newToken } from "./token.ts";
import {
  type NewPasskey,
  parseRegistration,
  registrationOptions,
  verifyRegistration,
} from "./webauthn.ts";

export interface EnrolmentParts extends SignInParts {
  readonly people: Pick<PeopleBook, "changed">;
}

export function createEnrolment(parts: EnrolmentParts): Enrolment {
  return {
    firstStart: (first) => firstStart(parts, first),
    options: (token, browser) =>
      attempt(parts, browser, async () => {
        const { link, person } = await openLink(parts, token);
        const challenge = await parts.challenges.issue(
          "enrolment",
          bindingTo.link(link.tokenHash, browser.id),
          browser.address,
        );
        const options = await registrationOptions(parts.config, {
          person,
          userHandle: await userHandleOf(parts.store.queries, person.id),
          challenge,
          known: await listPasskeys(parts.store.queries, person.id),
        });
        return { person: { name: person.name, email: person.email }, options };
      }),
    finish: (answer, browser) => attempt(parts, browser, () => finish(parts, answer, browser)),
  };
}

async function attempt<T>(
  parts: EnrolmentParts,
  browser: Browser,
  work: () => Promise<T>,
): Promise<T> {
  parts.failures.check(browser.address);
  return parts.failures.counting(browser.address, work);
}

function firstStart(
  parts: EnrolmentParts,
  first: { readonly name: string; readonly email: string },
): Promise<EnrolmentLink | undefined> {
  return parts.store.act(async (queries, record) => {
    if ((await countPasskeys(queries)) > 0) return undefined;
    const known = (await listPeople(queries)).find(({ roles }) => roles.includes("administrator"));
    const personId = known?.id ?? newId();
    if (!known) {
      await insertPerson(queries, {
        id: personId,
        name: nameFrom(first.name, "a name"),
        email: emailFrom(first.email),
        employer: "",
        roles: ["administrator", "engineer"],
        userHandle: newToken(),
        createdMs: parts.clock.wallMs(),
      });
    }
    const link = await makeLink(parts, queries, personId, "first-start");
    await record({
      kind: "enrolment:first-start",
      priority: "event",
      text: "A one-time link for the first person was printed at the start of the broker",
      subject: personId,
    });
    return link;
  });
}

async function openLink(
  parts: EnrolmentParts,
  token: string,
): Promise<{ readonly link: KeptLink; readonly person: Person }> {
  const { queries } = parts.store;
  const link = await findLink(queries, hashToken(token), parts.clock.wallMs());
  if (!link) throw new IdentityRefused("link-invalid", "no such enrolment link");
  return { link, person: await entitled(queries, link) };
}

/** Whether the link still gives what it was made for. @throws IdentityRefused link-invalid */
async function entitled(queries: Queries, link: KeptLink): Promise<Person> {
  const person = await findPerson(queries, link.personId);
  const wanted = link.kind === "recovery" ? "active" : "invited";
  if (person?.state !== wanted) {
    throw new IdentityRefused("link-invalid", `the person of the link is not ${wanted}`);
  }
  if (link.kind === "first-start" && (await countPasskeys(queries)) > 0) {
    throw new IdentityRefused("link-invalid", "someone has a passkey already");
  }
  return person;
}

async function finish(
  parts: EnrolmentParts,
  answer: { readonly token: string; readonly label: string; readonly response: unknown },
  browser: Browser,
): Promise<NewSignIn> {
  const registration = parseRegistration(answer.response);
  const { link } = await openLink(parts, answer.token);
  const binding = bindingTo.link(link.tokenHash, browser.id);
  await parts.challenges.take(registration.challenge, "enrolment", binding);
  const made = await verifyRegistration(parts.config, registration);
  const shown = await parts.devices.shownBy(browser, registration.challenge);
  const passkey = passkeyOf(made, link.personId, answer.label, parts.clock.wallMs());
  const { person, fresh, recognised } = await parts.store.act(async (queries, record) => {
    // First of all: of two who open the link at once, the second finds it gone.
    if (!(await takeLink(queries, link.tokenHash, parts.clock.wallMs()))) {
      throw new IdentityRefused("link-invalid", "the link was used meanwhile");
    }
    const owner = await entitled(queries, link);
    if (link.kind === "recovery") await dropOld(queries, link.personId, record);
    await keepPasskey(queries, passkey);
    await updatePerson(queries, link.personId, { enrolledMs: parts.clock.wallMs() });
    // Where it is asked for, signing in takes the word of a provider as well; the passkey is kept.
    const begun = parts.through.requires(owner)
      ? { person: (await findPerson(queries, owner.id)) ?? owner, ...NOT_SIGNED_IN }
      : await beginOnDevice(parts, { queries, record }, passkey, { browser, shown });
    await record({
      kind: "passkey:enrolled",
      priority: link.kind === "recovery" ? "alarm" : "event",
      text: `${begun.person.name} enrolled the passkey ${passkey.label} by a link (${link.kind}) from ${browser.address}`,
      subject: begun.person.id,
    });
    return begun;
  });
  if (recognised) parts.devices.settle(recognised);
  if (link.kind === "recovery") {
    parts.book.endKept(
      parts.book.of(link.personId).map(({ id }) => id),
      { rule: "recovered", reason: "This person got new passkeys; the old ones count no more." },
    );
  }
  parts.people.changed(person);
  if (!fresh) throw new IdentityRefused("provider-required", "the passkey was kept");
  return admit(parts, fresh, person, browser);
}

const NOT_SIGNED_IN = { fresh: undefined, recognised: undefined };

async function dropOld(queries: Queries, personId: string, record: RecordEvent): Promise<void> {
  const removed = await deletePasskeysOf(queries, personId);
  await deleteSignInsOf(queries, personId);
  await dropApiTokensOf(queries, personId);
  await record({
    kind: "passkey:removed",
    priority: "alarm",
    text: `Recovery removed ${removed} old passkeys and ended all sign-ins of the person`,
    subject: personId,
  });
}

export function passkeyOf(
  made: NewPasskey,
  personId: string,
  label: string,
  createdMs: number,
): Passkey {
  return { ...made, personId, label: labelFrom(label), createdMs, lastUsedMs: null };
}

/** @throws IdentityRefused passkey-known */
export async function keepPasskey(queries: Queries, passkey: Passkey): Promise<void> {
  try {
    await insertPasskey(queries, passkey);
  } catch (error) {
    if (!(error instanceof UniqueViolation)) throw error;
    throw new IdentityRefused("passkey-known", "this passkey is enrolled already");
  }
}
