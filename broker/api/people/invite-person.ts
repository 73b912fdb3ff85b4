import { z } from "zod";
import type { People } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { nameText } from "../parameters.ts";
import { enrolmentLinkSchema, personSchema, roleSchema } from "../shapes/people.ts";
import { personView } from "./person-view.ts";

/** RFC 5321 allows an address this long. */
const EMAIL_LENGTH_MAX = 254;

export function invitePerson(people: Pick<People, "invite">) {
  return endpoint({
    summary: "Invite somebody; the link is shown once",
    body: z.strictObject({
      name: nameText,
      email: z.email().max(EMAIL_LENGTH_MAX),
      employer: nameText,
      roles: z.array(roleSchema).min(1).max(5),
    }),
    answer: z.object({ person: personSchema, link: enrolmentLinkSchema }),
    status: 201,
    handle: async ({ me, body }) => {
      const { person, link } = await people.invite(me, body);
      return { person: personView(person), link };
    },
  });
}
