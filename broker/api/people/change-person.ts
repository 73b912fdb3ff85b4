import { z } from "zod";
import type { People, PersonChange } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { idParameter, nameText } from "../parameters.ts";
import { personSchema, roleSchema } from "../shapes/people.ts";
import { personView } from "./person-view.ts";

const changeSchema = z.strictObject({
  name: nameText.exactOptional(),
  employer: nameText.exactOptional(),
  roles: z.array(roleSchema).min(1).max(5).exactOptional(),
  disabled: z.boolean().exactOptional(),
});

export function changePerson(people: Pick<People, "change">) {
  return endpoint({
    summary: "Change name, employer or roles; disable or enable",
    params: idParameter,
    body: changeSchema,
    answer: personSchema,
    handle: async ({ me, params, body }) => {
      const change: PersonChange = body;
      return personView(await people.change(me, params.id, change));
    },
  });
}
