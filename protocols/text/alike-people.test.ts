import { expect, test } from "vitest";
import { alikePeople } from "./alike-people.ts";

const people = [
  { name: "Anna Bauer", email: "anna.bauer@plant.example" },
  { name: "Zoë Král", email: "zoe@plant.example" },
];
const found = (name: string, email: string) =>
  alikePeople(people, { name, email }).map((each) => each.name);

test("an alias of a mailbox and another spelling of a name are noticed", () => {
  expect(found("A. B.", "annabauer+second@plant.example")).toEqual(["Anna Bauer"]);
  expect(found("A. B.", " Anna.Bauer@PLANT.example ")).toEqual(["Anna Bauer"]);
  expect(found("BAUER, Anna", "ab@private.example")).toEqual(["Anna Bauer"]);
  expect(found("Zoe Kral", "z@private.example")).toEqual(["Zoë Král"]);
});

test("others, and what is not written yet, are nobody's alias", () => {
  expect(found("Anna Berger", "anna@plant.example")).toEqual([]);
  expect(found("Berta Klein", "anna.bauer@other.example")).toEqual([]);
  expect(found("", "")).toEqual([]);
  expect(found(" ", "@plant.example")).toEqual([]);
});
