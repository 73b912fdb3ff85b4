/**
 * A body nested deeper than any form is refused before anybody looks into it: what walks it step
 * by step would run out of stack, and take the sender's fault for the broker's.
 */
import type { FastifyInstance } from "fastify";
import { ApiRefused } from "./problem.ts";

/** A search, the deepest of all, has ten. */
const DEPTH_MAX = 64;

export function limitBodyDepth(app: FastifyInstance): void {
  app.addHook("preValidation", async ({ body }) => {
    if (isTooDeep(body)) {
      throw new ApiRefused(400, "invalid-request", "The request is nested too deep.");
    }
  });
}

/** Level by level. */
function isTooDeep(body: unknown): boolean {
  let level = [body].filter(isNested);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEPTH_MAX) return true;
    level = level.flatMap((each) => Object.values(each).filter(isNested));
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
