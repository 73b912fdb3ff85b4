/** How SCIM 2.0 answers (RFC 7644): its own errors, versions and lists. */
import { createHash, timingSafeEqual } from "node:crypto";
import { IdentityRefused } from "../../identity/identity.ts";
import type { Secret } from "../../integrations/model.ts";
import { Answered, type Head } from "../endpoint.ts";

export const SCIM = "urn:ietf:params:scim";
const TYPE = { "content-type": "application/scim+json; charset=utf-8" };

export type ScimBody = Readonly<Record<string, unknown>>;

export interface ScimGate {
  /** Undefined where no provider may tell anything: then there is nothing here. */
  readonly token: Secret | undefined;
  /** Somebody came with a wrong one. */
  refused(address: string): void;
}

/** What was wrong with a request, with the word that the standard has for it. */
export class ScimRefused extends Error {
  override readonly name = "ScimRefused";
  readonly status: number;
  readonly scimType: string | undefined;
  constructor(status: number, detail: string, scimType?: string) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

/** What somebody is answered who does not show the token; undefined for who does. */
export function toStranger(gate: ScimGate, { authorization, address }: Head): Answered | undefined {
  if (gate.token === undefined) return failed(404, "There is nothing here.");
  if (knows(gate.token, authorization)) return undefined;
  gate.refused(address);
  return failed(401, "The token is not the one of this site.", undefined, {
    "www-authenticate": "Bearer",
  });
}

/** Answers what `work` makes, once the token is right. */
export async function answering(
  gate: ScimGate,
  head: Head,
  work: () => Promise<Answered> | Answered,
): Promise<Answered> {
  const refused = toStranger(gate, head);
  if (refused) return refused;
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScimRefused) return failed(error.status, error.message, error.scimType);
    if (error instanceof IdentityRefused) return refusal(error);
    throw error;
  }
}

export function resource(status: 200 | 201, body: ScimBody & Located): Answered {
  const { location, version } = body.meta;
  return new Answered(status, body, { ...TYPE, etag: version, location });
}

interface Located {
  readonly meta: { readonly location: string; readonly version: string };
}

export function plain(body: ScimBody): Answered {
  return new Answered(200, body, TYPE);
}

export function nothing(): Answered {
  return new Answered(204);
}

/** @param asked as the query says; wrong numbers are taken as the nearest right one (section 3.4.2.4) */
export function page(
  all: readonly ScimBody[],
  asked: { readonly startIndex?: number | undefined; readonly count?: number | undefined },
): Answered {
  const startIndex = Math.max(1, asked.startIndex ?? 1);
  const count = Math.min(PAGE_MAX, Math.max(0, asked.count ?? PAGE_MAX));
  const Resources = all.slice(startIndex - 1, startIndex - 1 + count);
  return plain({
    schemas: [`${SCIM}:api:messages:2.0:ListResponse`],
    ...{ totalResults: all.length, startIndex, itemsPerPage: Resources.length, Resources },
  });
}

export const PAGE_MAX = 200;

/** Undefined: any version. @throws ScimRefused for what cannot be one */
export function versionIn(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === "*") return undefined;
  const text = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch.trim())?.[1];
  if (text !== undefined) return Number(text);
  throw new ScimRefused(412, "That is no version of it.");
}

export function metaOf(
  resourceType: "User" | "Group",
  base: string,
  { id, version, createdMs, changedMs }: Kept,
) {
  return {
    resourceType,
    created: new Date(createdMs).toISOString(),
    lastModified: new Date(changedMs).toISOString(),
    location: `${base}/api/scim/v2/${resourceType}s/${id}`,
    version: `W/"${version}"`,
  };
}

interface Kept {
  readonly id: string;
  readonly version: number;
  readonly createdMs: number;
  readonly changedMs: number;
}

function knows(token: Secret, authorization: string | undefined): boolean {
  const given = /^Bearer (\S{1,512})$/i.exec(authorization ?? "")?.[1];
  if (given === undefined) return false;
  return timingSafeEqual(sha256(given), sha256(token.read()));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const REFUSALS: Readonly<Record<string, readonly [number, string, string?]>> = {
  "not-found": [404, "There is nobody and nothing of that id that you brought."],
  changed: [412, "It is another version by now: ask for it again."],
  "email-taken": [
    409,
    "Somebody has this name or address already. Who was here before is let in again in the console.",
    "uniqueness",
  ],
  "input-invalid": [400, "A name, an address or a member is not acceptable.", "invalidValue"],
  "roles-conflict": [409, "The groups would give roles that exclude each other.", "mutability"],
  "last-administrator": [
    409,
    "The last administrator was signed out everywhere and stays: name another one first.",
    "mutability",
  ],
  "too-many": [413, "There are too many of these already.", "tooMany"],
};

function refusal({ code }: IdentityRefused): Answered {
  const [status, detail, scimType] = REFUSALS[code] ?? [400, "This cannot be done."];
  return failed(status, detail, scimType);
}

function failed(
  status: number,
  detail: string,
  scimType?: string,
  headers: Readonly<Record<string, string>> = {},
): Answered {
  const schemas = [`${SCIM}:api:messages:2.0:Error`];
  const body = { schemas, status: String(status), detail, ...(scimType && { scimType }) };
  return new Answered(status, body, { ...TYPE, ...headers });
}
