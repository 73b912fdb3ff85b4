import { z } from "zod";
import type { ProviderDesk } from "../../providers/provider-desk.ts";
import { Answered, publicEndpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";
import { notFound } from "../problem.ts";

/** A provider that is told so tries again; most do not. */
const LATER_S = 5;

/** OpenID Connect Back-Channel Logout 1.0, sections 2.5 and 2.8. */
export function backChannelLogout(desk: ProviderDesk) {
  return publicEndpoint({
    summary: "An identity provider says that somebody signed out there: what hangs on it ends",
    params: idParameter,
    body: z.unknown(),
    handle: async ({ params, body, address }) => {
      const form = new URLSearchParams(typeof body === "string" ? body : "");
      const [token, ...more] = form.getAll("logout_token");
      const heard = await desk.hear(params.id, more.length === 0 ? (token ?? "") : "", address);
      if (heard.kind === "unknown") throw notFound();
      if (heard.kind === "heard") return new Answered(200);
      if (heard.kind === "refused") {
        return new Answered(400, { error: "invalid_request", error_description: heard.why });
      }
      return new Answered(503, undefined, { "retry-after": String(LATER_S) });
    },
  });
}
