import { z } from "zod";
import type { Access, ControlledSession } from "../../access/access.ts";
import { endpoint } from "../endpoint.ts";
import { grantSchema } from "../shapes/plant.ts";

export function listGrants(access: Pick<Access<ControlledSession>, "grants">) {
  return endpoint({
    summary: "Who may reach what, by which profile, from when until when",
    answer: z.array(grantSchema),
    handle: async () => [...(await access.grants())],
  });
}
