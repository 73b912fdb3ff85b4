/** The place where a page of hits ends, as a text that nobody need understand. No right is in it. */
import { z } from "zod";
import type { PageCursor } from "../../evidence/search/search.ts";
import { ApiRefused } from "../problem.ts";

const cursorSchema = z.tuple([
  z.number(),
  z.string().max(100),
  z.number().nonnegative(),
  z.number().int().nonnegative(),
]);

export function cursorText({ startedMs, session, sequence, item }: PageCursor): string {
  return Buffer.from(JSON.stringify([startedMs, session, sequence, item])).toString("base64url");
}

/** @throws ApiRefused for what `cursorText` never wrote */
export function parseCursor(text: string): PageCursor {
  const read = cursorSchema.safeParse(parseJson(Buffer.from(text, "base64url").toString("utf8")));
  if (!read.success) {
    throw new ApiRefused(400, "cursor-invalid", "This page is none of this search. Search again.");
  }
  const [startedMs, session, sequence, item] = read.data;
  return { startedMs, session, sequence, item };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
