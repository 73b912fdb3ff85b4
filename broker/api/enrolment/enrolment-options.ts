import { z } from "zod";
import type { Enrolment } from "../../identity/identity.ts";
import { publicEndpoint } from "../endpoint.ts";
import { linkToken } from "./link-token.ts";

export function enrolmentOptions(enrolment: Pick<Enrolment, "options">) {
  return publicEndpoint({
    summary: "Begin to enrol a passkey with a one-time link",
    body: z.strictObject({ token: linkToken }),
    answer: z.object({
      person: z.object({ name: z.string(), email: z.string() }),
      options: z.looseObject({}),
    }),
    handle: async ({ body, browser }) => {
      const { person, options } = await enrolment.options(body.token, browser);
      return { person, options: { ...options } };
    },
  });
}
