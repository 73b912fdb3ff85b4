import { z } from "zod";
import type { People } from "../../identity/identity.ts";
import { endpoint } from "../endpoint.ts";
import { personSchema } from "../shapes/people.ts";
import { personView } from "./person-view.ts";

export function listPeople(people: Pick<People, "list">) {
  return endpoint({
    summary: "Everybody known here",
    answer: z.array(personSchema),
    handle: async () => (await people.list()).map(personView),
  });
}
