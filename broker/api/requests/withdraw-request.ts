import type { Requests } from "../../access/requests.ts";
import { endpoint } from "../endpoint.ts";
import { emptyBody, idParameter } from "../parameters.ts";

export function withdrawRequest(requests: Pick<Requests, "withdraw">) {
  return endpoint({
    summary: "Take a request back; what came of it ends at once",
    params: idParameter,
    body: emptyBody,
    handle: async ({ me, params }) => {
      await requests.withdraw(me.person, params.id);
      return undefined;
    },
  });
}
