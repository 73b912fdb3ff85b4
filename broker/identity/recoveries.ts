/**
 * For people who lost all their passkeys: one administrator asks with a reason, another one
 * agrees with a fresh assertion, and gets a link of one hour to hand over in person. The old
 * passkeys go when the link is used, not before: a false alarm locks nobody out.
 */
import { newId } from "../store/ids.ts";
import { isWorkload, type Person, type Recovery } from "../store/model.ts";
import { findPersonByEmail, listPeople } from "../store/people.ts";
import { approveRecovery, insertRecovery, listOpenRecoveries } from "../store/recoveries.ts";
import type { EnrolmentLink, Recoveries, SignedIn } from "./identity.ts";
import { IdentityRefused } from "./identity.ts";
import { makeLink } from "./links.ts";
import { requireFresh } from "./own-passkeys.ts";
import { administrator, canAdminister, type PeopleParts, present } from "./people.ts";
import { reasonFrom } from "./person-input.ts";

/** Long enough to find the second administrator, short enough to be about today. */
const REQUEST_MS = 3_600_000;

export function createRecoveries(parts: PeopleParts): Recoveries {
  const { store, clock } = parts;
  return {
    list: () => listOpenRecoveries(store.queries, clock.wallMs()),
    request: (by, personId, reason) => request(parts, by, personId, reason),
    mayApprove: (by, recovery) =>
      by.person.roles.includes("administrator") && isAnother(by.person, recovery),
    approve: (by, recoveryId) => approve(parts, by, recoveryId),
    onHost: (email, operator) => onHost(parts, email, operator),
  };
}

/** Neither who asked nor whom it is for. */
function isAnother(person: Person, recovery: Recovery): boolean {
  return person.id !== recovery.requestedBy && person.id !== recovery.personId;
}

async function request(
  parts: PeopleParts,
  by: SignedIn,
  personId: string,
  reasonText: string,
): Promise<Recovery> {
  const reason = reasonFrom(reasonText);
  const nowMs = parts.clock.wallMs();
  return parts.store.act(async (queries, record) => {
    const admin = await administrator(queries, by);
    const person = recoverable(await present(queries, personId));
    if (person.id === admin.id) {
      throw new IdentityRefused("not-allowed", "nobody recovers themselves");
    }
    const open = await listOpenRecoveries(queries, nowMs);
    if (open.some((recovery) => recovery.personId === personId)) {
      throw new IdentityRefused("recovery-open", "a recovery of this person is waiting already");
    }
    const recovery: Recovery = {
      id: newId(),
      personId,
      requestedBy: admin.id,
      requestedMs: nowMs,
      expiresMs: nowMs + REQUEST_MS,
      reason,
    };
    await insertRecovery(queries, recovery);
    await record({
      kind: "recovery:requested",
      priority: "alarm",
      text: `${admin.name} asks to recover ${person.name}, who lost the passkeys: ${reason}`,
      subject: personId,
    });
    return recovery;
  });
}

async function approve(
  parts: PeopleParts,
  by: SignedIn,
  recoveryId: string,
): Promise<EnrolmentLink> {
  requireFresh(by);
  const nowMs = parts.clock.wallMs();
  return parts.store.act(async (queries, record) => {
    const admin = await administrator(queries, by);
    const open = await listOpenRecoveries(queries, nowMs);
    const recovery = open.find(({ id }) => id === recoveryId);
    if (!recovery) throw new IdentityRefused("not-found", "no such open recovery");
    if (!isAnother(admin, recovery)) {
      throw new IdentityRefused("not-allowed", "a second administrator must approve");
    }
    const requester = await present(queries, recovery.requestedBy);
    if (!canAdminister(requester)) {
      throw new IdentityRefused("not-allowed", "who asked is no administrator any more");
    }
    if (!(await approveRecovery(queries, recoveryId, { by: admin.id, atMs: nowMs }))) {
      throw new IdentityRefused("not-found", "the recovery was approved meanwhile");
    }
    const person = recoverable(await present(queries, recovery.personId));
    await record({
      kind: "recovery:approved",
      priority: "alarm",
      text: `${admin.name} approved the recovery of ${person.name} that ${requester.name} asked for: ${recovery.reason}`,
      subject: person.id,
    });
    return makeLink(parts, queries, person.id, "recovery");
  });
}

async function onHost(parts: PeopleParts, email: string, operator: string): Promise<EnrolmentLink> {
  return parts.store.act(async (queries, record) => {
    const person = await findPersonByEmail(queries, email.trim().toLowerCase());
    if (!person) throw new IdentityRefused("not-found", "no person has this e-mail address");
    recoverable(person);
    const administrators = (await listPeople(queries)).filter(canAdminister);
    const others = administrators.filter(({ id }) => id !== person.id);
    await record({
      kind: "recovery:on-host",
      priority: "alarm",
      text: `${operator} made a recovery link for ${person.name} on the host, without two administrators (${others.length} others exist)`,
      subject: person.id,
    });
    return makeLink(parts, queries, person.id, "recovery");
  });
}

function recoverable(person: Person): Person {
  if (isWorkload(person)) {
    throw new IdentityRefused("not-allowed", "a workload has no passkey, and never gets one");
  }
  if (person.state === "active") return person;
  throw new IdentityRefused(
    "not-allowed",
    `a person who is ${person.state} has nothing to recover`,
  );
}
