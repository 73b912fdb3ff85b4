import type { Person } from "../../store/model.ts";
import type { PersonView } from "../shapes/people.ts";

export function personView(person: Person): PersonView {
  return { ...person, roles: [...person.roles] };
}
