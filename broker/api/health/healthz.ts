import { z } from "zod";
import { publicEndpoint } from "../endpoint.ts";

/** The process lives; says nothing about its parts. */
export const healthz = publicEndpoint({
  summary: "The broker is alive",
  answer: z.object({ state: z.literal("alive") }),
  handle: () => ({ state: "alive" as const }),
});
