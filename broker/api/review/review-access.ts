import { z } from "zod";
import type { Access, ControlledSession } from "../../access/access.ts";
import { endpoint } from "../endpoint.ts";
import { standingRightSchema } from "../shapes/vendors.ts";

export function reviewAccess(access: Pick<Access<ControlledSession>, "review">) {
  return endpoint({
    summary: "Every right that stands, its last use, and whether nobody needed it for a quarter",
    answer: z.array(standingRightSchema),
    handle: async () => [...(await access.review())],
  });
}
