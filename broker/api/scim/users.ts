/** `/Users`: people as the identity provider tells of them. */
import { z } from "zod";
import type { PersonWanted, ProvisionedUser, Provisioning } from "../../identity/provisioning.ts";
import type { KeptNames } from "../../store/provisioning.ts";
import { publicEndpoint } from "../endpoint.ts";
import {
  answering,
  metaOf,
  nothing,
  page,
  resource,
  SCIM,
  type ScimGate,
  ScimRefused,
  versionIn,
} from "./answers.ts";
import { readFilter } from "./filter.ts";
import { type Change, readPatch, truthOf } from "./patch.ts";

export interface ScimGround {
  readonly gate: ScimGate;
  readonly people: Provisioning;
}

export const USER_SCHEMA = `${SCIM}:schemas:core:2.0:User`;
const ENTERPRISE = `${SCIM}:schemas:extension:enterprise:2.0:User`;

export const idParameter = z.object({ id: z.string().min(1).max(100) });
export const listQuery = z.looseObject({
  filter: z.string().optional(),
  startIndex: z.coerce.number().int().optional(),
  count: z.coerce.number().int().optional(),
});

const TEXT_MAX = 256;
const text = z.string().max(TEXT_MAX);

const userShape = z.looseObject({
  schemas: z.array(z.string()).refine((all) => all.includes(USER_SCHEMA)),
  userName: text.min(1),
  externalId: text.nullish(),
  displayName: text.nullish(),
  name: z
    .looseObject({
      formatted: text.nullish(),
      givenName: text.nullish(),
      familyName: text.nullish(),
    })
    .nullish(),
  emails: z
    .array(z.looseObject({ value: text, primary: z.unknown().optional() }))
    .max(20)
    .nullish(),
  active: z.unknown().optional(),
  [ENTERPRISE]: z.looseObject({ organization: text.nullish() }).nullish(),
});

export function listUsers({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: people that the identity provider brought",
    query: listQuery,
    handle: (call) =>
      answering(gate, call, async () => {
        const wanted = readFilter(call.query.filter);
        const all = (await people.users()).map((user) => ({
          user,
          body: userBody(user, call.origin),
        }));
        const found = all.filter(({ user }) => !wanted || isMeant(user, wanted));
        return page(
          found.map(({ body }) => body),
          call.query,
        );
      }),
  });
}

export function makeUser({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: bring a person",
    body: z.unknown(),
    handle: (call) =>
      answering(gate, call, async () => {
        const made = await people.create(readUser(call.body, true));
        return resource(201, userBody(made, call.origin));
      }),
  });
}

export function showUser({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: one person",
    params: idParameter,
    handle: (call) =>
      answering(gate, call, async () =>
        resource(200, userBody(await people.user(call.params.id), call.origin)),
      ),
  });
}

export function replaceUser({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: a person anew, as a whole",
    params: idParameter,
    body: z.unknown(),
    handle: (call) =>
      answering(gate, call, async () => {
        const now = await people.change(call.params.id, versionIn(call.ifMatch), ({ active }) =>
          readUser(call.body, active),
        );
        return resource(200, userBody(now, call.origin));
      }),
  });
}

export function patchUser({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: change a person; active false ends what they do at once",
    params: idParameter,
    body: z.unknown(),
    handle: (call) =>
      answering(gate, call, async () => {
        const changes = readPatch(call.body);
        const now = await people.change(call.params.id, versionIn(call.ifMatch), (user) =>
          changes.reduce(changed, asWanted(user)),
        );
        return resource(200, userBody(now, call.origin));
      }),
  });
}

export function removeUser({ gate, people }: ScimGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: take a person away; what they do ends at once",
    params: idParameter,
    handle: (call) =>
      answering(gate, call, async () => {
        await people.remove(call.params.id, versionIn(call.ifMatch));
        return nothing();
      }),
  });
}

/** @param active where nothing is said: who was shut out is not let in by silence. @throws ScimRefused */
function readUser(body: unknown, active: boolean): PersonWanted {
  const parsed = userShape.safeParse(body);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new ScimRefused(400, `This is no user: ${at || "its form"} is wrong.`, "invalidValue");
  }
  const { userName, externalId, name, displayName, emails, active: said } = parsed.data;
  const isPrimary = (of: { readonly primary?: unknown }) => String(of.primary) === "true";
  return {
    ...{ userName, externalId: externalId ?? null },
    active: said === undefined ? active : truthOf(said),
    email: (emails?.find(isPrimary) ?? emails?.[0])?.value,
    employer: parsed.data[ENTERPRISE]?.organization ?? undefined,
    names: namesOf({ ...name, displayName }),
  };
}

/** In one order, and only what is there, so that the same is the same. */
function namesOf(of: Readonly<Partial<Record<keyof KeptNames, string | null | undefined>>>) {
  const names: Partial<Record<keyof KeptNames, string>> = {};
  for (const key of ["displayName", "formatted", "givenName", "familyName"] as const) {
    if (of[key]) names[key] = of[key];
  }
  return names;
}

function asWanted({ userName, externalId, names, active }: ProvisionedUser): PersonWanted {
  return { userName, externalId, names, active, email: undefined, employer: undefined };
}

/** A map: an object has words of its own, and a path may be any word. */
const NAMES: ReadonlyMap<string, keyof KeptNames> = new Map([
  ["displayname", "displayName"],
  ["name.formatted", "formatted"],
  ["name.givenname", "givenName"],
  ["name.familyname", "familyName"],
]);

function changed(user: PersonWanted, { op, path, value }: Change): PersonWanted {
  const none = op === "remove";
  const name = NAMES.get(path);
  if (name)
    return { ...user, names: namesOf({ ...user.names, [name]: none ? null : words(value) }) };
  if (path === "active") return { ...user, active: truthOf(none ? undefined : value) };
  if (path === "externalid") return { ...user, externalId: none ? null : words(value) };
  if (path !== "username") return user;
  if (none) throw new ScimRefused(400, "A user has a user name.", "invalidValue");
  return { ...user, userName: words(value) };
}

function words(value: unknown): string {
  const read = text.min(1).safeParse(value);
  if (read.success) return read.data;
  throw new ScimRefused(400, "That is no text of this attribute.", "invalidValue");
}

function isMeant(
  user: ProvisionedUser,
  { attribute, value }: { readonly attribute: string; readonly value: string },
): boolean {
  const { personId, userName, externalId, person } = user;
  const same = (one: string) => one.toLowerCase() === value.toLowerCase();
  switch (attribute.replace(`${USER_SCHEMA.toLowerCase()}:`, "")) {
    case "id":
      return personId === value;
    case "username":
      return same(userName);
    case "externalid":
      return externalId === value;
    case "emails":
    case "emails.value":
      return same(person.email);
    case "active":
      return String(person.state !== "disabled") === value;
    default:
      throw new ScimRefused(400, `Nobody is looked for by ${attribute}.`, "invalidFilter");
  }
}

/** `active` is what is so here: an administrator may have disabled the person besides. */
function userBody(user: ProvisionedUser, base: string) {
  const { personId: id, userName, externalId, names, person, groups } = user;
  const { displayName, ...name } = names;
  return {
    schemas: [USER_SCHEMA],
    ...{ id, userName, ...(externalId !== null && { externalId }) },
    ...{ name, displayName: displayName ?? person.name, active: person.state !== "disabled" },
    emails: [{ value: person.email, primary: true }],
    groups: groups.map((group) => ({
      ...{ value: group.id, display: group.name, $ref: `${base}/api/scim/v2/Groups/${group.id}` },
    })),
    meta: metaOf("User", base, { ...user, id }),
  };
}
