import { z } from "zod";
import { publicEndpoint } from "../endpoint.ts";
import { ApiRefused } from "../problem.ts";

/** Whether people can sign in and work; which part fails is told to those with the right only. */
export function readyz(isReady: () => boolean, summary = "The broker can be used") {
  return publicEndpoint({
    summary,
    answer: z.object({ state: z.literal("ready") }),
    handle: () => {
      if (isReady()) return { state: "ready" as const };
      throw new ApiRefused(503, "not-ready", "The broker cannot be used now. See its health page.");
    },
  });
}
