import type { Access, ControlledSession } from "../../access/access.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter } from "../parameters.ts";

export function revokeGrant(access: Pick<Access<ControlledSession>, "revokeGrant">) {
  return endpoint({
    summary: "Take a grant back; sessions that rest on it end at once",
    params: idParameter,
    handle: async ({ me, params }) => {
      await access.revokeGrant(me.person, params.id);
      return undefined;
    },
  });
}
