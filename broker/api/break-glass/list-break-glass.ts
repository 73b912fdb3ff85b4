import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { breakGlassDetailSchema, breakGlassSchema } from "../shapes/break-glass.ts";
import { type BreakGlassParts, breakGlassDetail, breakGlassView } from "./break-glass-view.ts";

export function listBreakGlass(parts: BreakGlassParts) {
  return endpoint({
    summary: "Uses of break-glass: those that wait for a review first, the newest first",
    answer: z.array(breakGlassSchema),
    handle: async (call) =>
      (await parts.access.breakGlass.list()).map((use) => breakGlassView(parts, use, call)),
  });
}

export function showBreakGlass(parts: BreakGlassParts) {
  return endpoint({
    summary: "One use of break-glass with the recordings of its sessions",
    params: idParameter,
    answer: breakGlassDetailSchema,
    handle: async (call) =>
      breakGlassDetail(parts, await parts.access.breakGlass.get(call.params.id), call),
  });
}
