/** JSON of web panels. */
import { z } from "zod";

export const panelRequestsSchema = z.object({
  /** The latest last. */
  requests: z.array(
    z.object({
      atMs: z.number(),
      method: z.string(),
      target: z.string(),
      /** 0 where it broke off. */
      status: z.number(),
      /** With `request`, as in the events of decisions. */
      channel: z.number(),
      request: z.number(),
    }),
  ),
});
export type PanelRequestsView = z.infer<typeof panelRequestsSchema>;
