/**
 * Changes of a resource (RFC 7644, section 3.5.2), as providers send them: with and without paths,
 * in any case, and truth as words. Attributes that are not kept here are let be.
 */
import { z } from "zod";
import { SCIM, ScimRefused } from "./answers.ts";

const OPERATIONS_MAX = 200;
const PATH_MAX = 500;

const patchShape = z.looseObject({
  schemas: z.array(z.string()).min(1),
  Operations: z
    .array(
      z.looseObject({
        op: z.string().transform((text) => text.toLowerCase()),
        path: z.string().max(PATH_MAX).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(OPERATIONS_MAX),
});

export interface Change {
  readonly op: "add" | "replace" | "remove";
  /** Lower case, without the schema's name; `members[value eq "x"]` is `members` with its `of`. */
  readonly path: string;
  readonly of: string | undefined;
  readonly value: unknown;
}

const OPS = ["add", "replace", "remove"] as const;

/** @throws ScimRefused invalidSyntax, invalidPath, noTarget */
export function readPatch(body: unknown): readonly Change[] {
  const parsed = patchShape.safeParse(body);
  const isPatch = parsed.data?.schemas.includes(`${SCIM}:api:messages:2.0:PatchOp`);
  if (!parsed.success || !isPatch)
    throw new ScimRefused(400, "This is no change.", "invalidSyntax");
  return parsed.data.Operations.flatMap(({ op: word, path, value }): readonly Change[] => {
    const op = OPS.find((each) => each === word);
    if (!op) throw new ScimRefused(400, "A change adds, replaces or removes.", "invalidSyntax");
    if (path !== undefined) return [{ op, ...readPath(path), value }];
    if (op === "remove") throw new ScimRefused(400, "What is to be removed?", "noTarget");
    return withoutPath(op, value);
  });
}

function withoutPath(op: "add" | "replace", value: unknown): readonly Change[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ScimRefused(400, "Without a path the value names its attributes.", "invalidValue");
  }
  return Object.entries(value).flatMap(([key, each]): readonly Change[] => {
    const path = readPath(key);
    if (path.path !== "name" || typeof each !== "object" || each === null) {
      return [{ op, ...path, value: each }];
    }
    return Object.entries(each).map(([part, text]) => ({
      ...{ op, of: undefined, value: text, path: `name.${part.toLowerCase()}` },
    }));
  });
}

function readPath(text: string): Pick<Change, "path" | "of"> {
  const short = text.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i, "");
  const [, attribute = "", filter, rest = ""] =
    /^([A-Za-z$][\w$:.-]*)(?:\[([^\]]*)\])?(\.[A-Za-z]\w*)?$/.exec(short) ?? [];
  if (attribute === "") throw new ScimRefused(400, "This path is not understood.", "invalidPath");
  const of = filter && /^\s*value\s+eq\s+"([^"]*)"\s*$/i.exec(filter)?.[1];
  // A part of one of several (`emails[type eq "work"].value`) is nothing that is kept here.
  const kept = filter === undefined || of !== undefined;
  return {
    path: kept ? `${attribute}${rest}`.toLowerCase() : `${attribute}[]`.toLowerCase(),
    of: of || undefined,
  };
}

/** Providers say it as a word too. @throws ScimRefused invalidValue */
export function truthOf(value: unknown): boolean {
  const text = String(value).toLowerCase();
  if (text === "true" || text === "false") return text === "true";
  throw new ScimRefused(400, "active is true or false.", "invalidValue");
}
