/** What an agreed request becomes, within the transaction in which it is agreed. */
import type { Clock } from "../clock.ts";
import { insertGrant, listGrantsOf, moveGrantEnd, revokeGrant } from "../store/grants.ts";
import { newId } from "../store/ids.ts";
import type { AccessRequest, ConsoleGrant, Person, SessionNeed } from "../store/model.ts";
import type { Queries } from "../store/schema.ts";
import { AccessRefused, type PlantInForce } from "./access.ts";
import type { GrantBook } from "./grant-book.ts";
import { findEndpoint, findProfile } from "./reach.ts";

interface Parts {
  readonly clock: Clock;
  readonly plant: PlantInForce;
  readonly book: GrantBook;
}

/** What the transaction did, to be followed in memory once it is done. */
export interface Agreed {
  readonly made: readonly ConsoleGrant[];
  readonly moved: readonly { readonly id: string; readonly untilMs: number }[];
}

/** @throws AccessRefused not-waiting (the grant that was to last longer has ended), changed */
export async function keepAgreed(
  queries: Queries,
  parts: Parts,
  request: AccessRequest,
  agreed: {
    readonly by: Person;
    readonly needs: readonly SessionNeed[];
    readonly approvers: readonly Person[];
  },
): Promise<Agreed> {
  if (request.grantId !== null)
    return { made: [], moved: [await lengthen(queries, parts, request)] };
  const plant = parts.plant.current();
  const there = request.endpoints.every((endpoint) => findEndpoint(plant, endpoint));
  if (!there || !findProfile(plant, request.profile)) {
    throw new AccessRefused("changed", "an endpoint or the profile was taken out of the plant");
  }
  const made = grantsOf(request, agreed, parts.clock.wallMs());
  for (const grant of made) await insertGrant(queries, grant);
  return { made, moved: [] };
}

/** The clock of a duration starts now, or at the beginning that was asked for. */
function grantsOf(
  request: AccessRequest,
  { by, needs, approvers }: Parameters<typeof keepAgreed>[3],
  nowMs: number,
): readonly ConsoleGrant[] {
  const fromMs = Math.max(nowMs, request.fromMs ?? nowMs);
  const untilMs = request.untilMs ?? fromMs + (request.durationMs ?? 0);
  return request.endpoints.map((endpoint) => ({
    ...{ id: newId(), personId: request.personId, endpoint, profile: request.profile },
    ...{ fromMs, untilMs, reason: request.reason, requestId: request.id },
    ...{ weekly: request.weekly, sessionsMax: request.sessionsMax },
    ...{ createdBy: by.id, createdMs: nowMs, revokedMs: null, revokedBy: null },
    agreement: { approvers: idsOf(approvers), ticket: request.ticket },
    ...(needs.length > 0 && { needs: [...new Set(needs)] }),
  }));
}

function idsOf(people: readonly Person[]): readonly string[] {
  return [...new Set(people.map(({ id }) => id))].toSorted();
}

async function lengthen(queries: Queries, { book }: Parts, request: AccessRequest) {
  const grant = book.openGrant(request.grantId ?? "");
  const untilMs = (grant?.untilMs ?? 0) + (request.durationMs ?? 0);
  if (!grant || !(await moveGrantEnd(queries, grant.id, untilMs))) {
    throw new AccessRefused("not-waiting", "the grant has ended meanwhile");
  }
  return { id: grant.id, untilMs };
}

/** Ends the grants of a request that was approved; returns their ids. */
export async function takeBack(
  queries: Queries,
  request: AccessRequest,
  by: Person,
  atMs: number,
): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const { id } of await listGrantsOf(queries, request.id)) {
    if (await revokeGrant(queries, id, { by: by.id, atMs })) ended.push(id);
  }
  return ended;
}
