/**
 * Sign-ins of workloads. They are in memory alone: a broker that starts again asks each for its
 * proof. One that proves itself again with the same key keeps its sign-in, and with it its
 * sessions, so that a certificate that is replaced cuts nothing.
 */
import { newId } from "../store/ids.ts";
import { isWorkload, type Person, type SignIn, type WorkloadProof } from "../store/model.ts";
import { findPersonByEmail, insertPerson, listPeople, updatePerson } from "../store/people.ts";
import { plainText } from "../store/plain-text.ts";
import type { Queries } from "../store/schema.ts";
import type { RecordEvent } from "../store/store.ts";
import { IdentityRefused, type NewSignIn, type SignInEnd } from "./identity.ts";
import type { PeopleParts } from "./people.ts";
import { hashToken, newToken } from "./token.ts";

/** What an administrator wrote of one. */
export interface WorkloadNamed {
  /** `workload:ID`, as grants name it. */
  readonly handle: string;
  readonly name: string;
  /** E-mail address of who answers for it. */
  readonly owner: string;
}

export interface WorkloadArrived {
  readonly handle: string;
  readonly proof: WorkloadProof;
  /** Of the key that its token counts with. */
  readonly keyThumbprint: string;
  readonly address: string;
  readonly tool: string;
  readonly endsMs: number;
}

/** Copies of one service that work at once. */
const SIGN_INS_OF_ONE_MAX = 64;
const TOOL_MAX = 80;

export class WorkloadSignIns {
  private readonly parts: PeopleParts;

  constructor(parts: PeopleParts) {
    this.parts = parts;
  }

  /** Makes those that are new known, so that grants can name them. */
  async keep(all: readonly WorkloadNamed[]): Promise<void> {
    const { store, people } = this.parts;
    const changed: Person[] = [];
    await store.act(async (queries, record) => {
      for (const each of all) {
        const person = await this.keepOne(queries, record, each);
        if (person) changed.push(person);
      }
    });
    for (const person of changed) people.changed(person);
  }

  /** As they are kept, also those that no file names any more. */
  async list(): Promise<readonly Person[]> {
    return (await listPeople(this.parts.store.queries)).filter(isWorkload);
  }

  /** Once its proof was verified. @throws IdentityRefused person-disabled, too-many */
  async begin(arrived: WorkloadArrived): Promise<NewSignIn> {
    const { store, clock, book } = this.parts;
    const nowMs = clock.wallMs();
    const known = await store.act(async (queries, record) => {
      const person = await findPersonByEmail(queries, arrived.handle);
      if (person?.state !== "active") {
        throw new IdentityRefused("person-disabled", `${arrived.handle} is disabled`);
      }
      await updatePerson(queries, person.id, { lastSignInMs: nowMs });
      if (!this.sameBefore(person, arrived)) await tellBegun(record, person, arrived);
      return { ...person, lastSignInMs: nowMs };
    });
    const before = this.sameBefore(known, arrived);
    const token = newToken();
    const signIn = this.signInOf(known, arrived, before);
    const kept = { signIn, tokenHash: hashToken(token) };
    const renewed = before && book.rotate(kept);
    if (renewed) return { ...renewed, token };
    if (book.of(known.id).length >= SIGN_INS_OF_ONE_MAX) {
      throw new IdentityRefused("too-many", `too many copies of ${arrived.handle} work at once`);
    }
    return { ...book.add(kept, known), token };
  }

  /** Sign-ins that count now. */
  live(): readonly SignIn[] {
    return this.parts.book.ofWorkloads();
  }

  /** Each for which there is a cause, in this turn, with the sessions that rest on it. */
  endWhere(causeOf: (signIn: SignIn) => SignInEnd | undefined): void {
    for (const signIn of this.live()) {
      const cause = causeOf(signIn);
      if (cause) this.parts.book.endKept([signIn.id], cause);
    }
  }

  private sameBefore(person: Person, { proof, keyThumbprint }: WorkloadArrived) {
    return this.parts.book
      .of(person.id)
      .find(
        ({ machine, workload }) =>
          machine?.keyThumbprint === keyThumbprint && workload?.identity === proof.identity,
      );
  }

  private signInOf(person: Person, arrived: WorkloadArrived, before: SignIn | undefined): SignIn {
    const nowMs = this.parts.clock.wallMs();
    const { proof, keyThumbprint, address, tool, endsMs } = arrived;
    return {
      id: before?.id ?? newId(),
      personId: person.id,
      passkeyId: "",
      address,
      userAgent: plainText(tool, TOOL_MAX),
      createdMs: before?.createdMs ?? nowMs,
      lastSeenMs: nowMs,
      assertedMs: nowMs,
      synced: true,
      absoluteEndsMs: endsMs,
      machine: { name: proof.identity, keyThumbprint },
      workload: proof,
    };
  }

  private async keepOne(
    queries: Queries,
    record: RecordEvent,
    { handle, name, owner }: WorkloadNamed,
  ): Promise<Person | undefined> {
    const before = await findPersonByEmail(queries, handle);
    if (before?.name === name && before.employer === owner) return undefined;
    const nowMs = this.parts.clock.wallMs();
    if (before) await updatePerson(queries, before.id, { name, employer: owner });
    else {
      const id = newId();
      const roles = ["workload"] as const;
      const fresh = { id, name, email: handle, employer: owner, roles, createdMs: nowMs };
      await insertPerson(queries, { ...fresh, userHandle: newToken() });
      await updatePerson(queries, id, { enrolledMs: nowMs });
    }
    const after = await findPersonByEmail(queries, handle);
    const what = before ? "is described anew" : "may be granted access";
    await record({
      kind: before ? "workload:changed" : "workload:added",
      priority: "event",
      text: `The workload ${name} (${handle}), for which ${owner} answers, ${what}`,
      ...(after && { subject: after.id }),
    });
    return after;
  }
}

function tellBegun(
  record: RecordEvent,
  { id, name }: Person,
  { proof, address }: WorkloadArrived,
): Promise<unknown> {
  const by = proof.kind === "svid" ? "the certificate of" : "a token of";
  return record({
    kind: "sign-in:begun",
    priority: "event",
    text: `${name} signed in by ${by} ${proof.identity} from ${address}`,
    subject: id,
    about: { address },
  });
}
