/** `/Groups`: of people that the identity provider brought. */
import { z } from "zod";
import type { GroupWanted, ProvisionedGroups } from "../../identity/provisioned-groups.ts";
import type { ProvisionedGroup } from "../../store/provisioning.ts";
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
  toStranger,
  versionIn,
} from "./answers.ts";
import { readFilter } from "./filter.ts";
import { type Change, readPatch } from "./patch.ts";
import { idParameter, listQuery } from "./users.ts";

export interface ScimGroupGround {
  readonly gate: ScimGate;
  readonly groups: ProvisionedGroups;
}

export const GROUP_SCHEMA = `${SCIM}:schemas:core:2.0:Group`;
const TEXT_MAX = 200;
const MEMBERS_MAX = 5_000;
/** That many members with their names. */
const BODY_BYTES_MAX = 1024 * 1024;

const membersShape = z
  .array(z.looseObject({ value: z.string().min(1).max(TEXT_MAX) }))
  .max(MEMBERS_MAX)
  .transform((all) => all.map(({ value }) => value));

const groupShape = z.looseObject({
  schemas: z.array(z.string()).refine((all) => all.includes(GROUP_SCHEMA)),
  displayName: z.string().min(1).max(TEXT_MAX),
  externalId: z.string().max(TEXT_MAX).nullish(),
  members: membersShape.nullish(),
});

export function listOfGroups({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: groups that the identity provider made",
    query: listQuery,
    handle: (call) =>
      answering(gate, call, async () => {
        const wanted = readFilter(call.query.filter);
        const found = (await groups.list()).filter((group) => !wanted || isMeant(group, wanted));
        return page(
          found.map((group) => groupBody(group, call.origin)),
          call.query,
        );
      }),
  });
}

export function makeGroup({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: make a group",
    body: z.unknown(),
    bodyBytesMax: BODY_BYTES_MAX,
    before: (head) => toStranger(gate, head),
    handle: (call) =>
      answering(gate, call, async () =>
        resource(201, groupBody(await groups.create(readGroup(call.body)), call.origin)),
      ),
  });
}

export function showGroup({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: one group",
    params: idParameter,
    handle: (call) =>
      answering(gate, call, async () =>
        resource(200, groupBody(await groups.get(call.params.id), call.origin)),
      ),
  });
}

export function replaceGroup({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: a group anew, as a whole",
    params: idParameter,
    body: z.unknown(),
    bodyBytesMax: BODY_BYTES_MAX,
    before: (head) => toStranger(gate, head),
    handle: (call) =>
      answering(gate, call, async () => {
        const wanted = readGroup(call.body);
        const now = await groups.change(call.params.id, versionIn(call.ifMatch), () => wanted);
        return resource(200, groupBody(now, call.origin));
      }),
  });
}

export function patchGroup({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: change a group or who is in it",
    params: idParameter,
    body: z.unknown(),
    bodyBytesMax: BODY_BYTES_MAX,
    before: (head) => toStranger(gate, head),
    handle: (call) =>
      answering(gate, call, async () => {
        const changes = readPatch(call.body);
        const now = await groups.change(call.params.id, versionIn(call.ifMatch), (group) =>
          changes.reduce(changed, group),
        );
        return resource(200, groupBody(now, call.origin));
      }),
  });
}

export function removeGroup({ gate, groups }: ScimGroupGround) {
  return publicEndpoint({
    summary: "SCIM 2.0: take a group away, and the roles that it gave",
    params: idParameter,
    handle: (call) =>
      answering(gate, call, async () => {
        await groups.remove(call.params.id, versionIn(call.ifMatch));
        return nothing();
      }),
  });
}

/** @throws ScimRefused */
function readGroup(body: unknown): GroupWanted {
  const parsed = groupShape.safeParse(body);
  if (!parsed.success) throw new ScimRefused(400, "This is no group.", "invalidValue");
  const { displayName: name, externalId, members } = parsed.data;
  return { name, externalId: externalId ?? null, members: members ?? [] };
}

function changed(group: GroupWanted, { op, path, of, value }: Change): GroupWanted {
  if (path === "members") return { ...group, members: membersAfter(group.members, op, of, value) };
  if (path === "externalid") return { ...group, externalId: op === "remove" ? null : words(value) };
  if (path !== "displayname") return group;
  if (op === "remove") throw new ScimRefused(400, "A group has a name.", "invalidValue");
  return { ...group, name: words(value) };
}

function membersAfter(
  now: readonly string[],
  op: Change["op"],
  of: string | undefined,
  value: unknown,
): readonly string[] {
  if (op === "remove" && of !== undefined) return now.filter((id) => id !== of);
  if (op === "remove" && value === undefined) return [];
  const read = membersShape.safeParse(Array.isArray(value) ? value : [value]);
  if (!read.success) throw new ScimRefused(400, "These are no members.", "invalidValue");
  if (op === "remove") return now.filter((id) => !read.data.includes(id));
  return op === "replace" ? read.data : [...now, ...read.data];
}

function words(value: unknown): string {
  const read = z.string().min(1).max(TEXT_MAX).safeParse(value);
  if (read.success) return read.data;
  throw new ScimRefused(400, "That is no text of this attribute.", "invalidValue");
}

function isMeant(
  { id, name, externalId, members }: ProvisionedGroup,
  { attribute, value }: { readonly attribute: string; readonly value: string },
): boolean {
  switch (attribute) {
    case "id":
      return id === value;
    case "displayname":
      return name.toLowerCase() === value.toLowerCase();
    case "externalid":
      return externalId === value;
    case "members":
    case "members.value":
      return members.includes(value);
    default:
      throw new ScimRefused(400, `No group is looked for by ${attribute}.`, "invalidFilter");
  }
}

function groupBody(group: ProvisionedGroup, base: string) {
  const { id, name, externalId, members } = group;
  return {
    schemas: [GROUP_SCHEMA],
    ...{ id, displayName: name, ...(externalId !== null && { externalId }) },
    members: members.map((value) => ({ value, $ref: `${base}/api/scim/v2/Users/${value}` })),
    meta: metaOf("Group", base, group),
  };
}
