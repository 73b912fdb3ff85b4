import { expect, test } from "vitest";
import type { Person, Role } from "../../store/model.ts";
import { shownApprovers } from "./shown-approvers.ts";

const BY = ["role:supervisor", "olga@plant.example", "ivo@plant.example"];

function person(role: Role): Person {
  return {
    ...{ id: "p", name: "P", email: "p@p.example", employer: "P", roles: [role], passkeys: 1 },
    ...{ state: "active", lastSignInMs: null, createdMs: 0 },
  };
}

test("people of the site see who is named, outsiders only that somebody is", () => {
  expect(shownApprovers(BY, person("engineer"))).toEqual(BY);
  expect(shownApprovers(BY, person("vendor"))).toEqual(["role:supervisor", "a named person"]);
});
