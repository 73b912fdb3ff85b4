/** Several sites in one plant file: what it may say of them, and where it says what is wrong. */
import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";
import { indexOf } from "./plant-index.ts";
import { rolesAtSite } from "./site-roles.ts";

const PLANT = `site: { id: works, name: Works, time-zone: UTC }
sites:
  - { id: wien, name: Wien, time-zone: Europe/Vienna, supervisors: [Sue@works.example] }
  - { id: houston, name: Houston, time-zone: America/Chicago }
zones:
  - { id: wien-dmz, name: DMZ, level: 3.5, sl-t: 2, site: wien }
  - { id: wien-cell, name: Cell, level: 1, sl-t: 2, parent: wien-dmz }
  - { id: houston-cell, name: Cell, level: 1, sl-t: 2, site: houston }
  - { id: lab, name: Laboratory, level: 2, sl-t: 1 }
conduits: []
assets: []
`;

function plantOf(text = PLANT) {
  const parsed = parsePlant(text, "p");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return { plant: parsed.plant, warnings: parsed.warnings };
}

function problems(...[from, to]: readonly [string, string]) {
  const parsed = parsePlant(PLANT.replace(from, to), "p");
  return parsed.kind === "plant" ? [] : parsed.problems;
}

test("a zone is at the site that the outermost zone around it names", () => {
  const { siteOfZone, siteOfAsset, siteOf } = indexOf(plantOf().plant);
  expect(siteOfZone("wien-cell").timeZone).toBe("Europe/Vienna");
  expect(siteOfZone("houston-cell").id).toBe("houston");
  expect(siteOfZone("lab").id).toBe("works");
  expect(siteOfAsset("gone").id).toBe("works");
  expect(siteOf("wien")?.supervisors).toEqual(["sue@works.example"]);
  expect(siteOf("paris")).toBeUndefined();
});

test("whoever a site does not name is no supervisor there, and keeps every other role", () => {
  const { plant } = plantOf();
  const sue = { email: "sue@works.example", roles: ["supervisor", "engineer"] } as const;
  const max = { email: "max@works.example", roles: ["supervisor", "engineer"] } as const;
  expect(rolesAtSite(plant, "wien", sue)).toEqual(["supervisor", "engineer"]);
  expect(rolesAtSite(plant, "wien", max)).toEqual(["engineer"]);
  expect(rolesAtSite(plant, "houston", max)).toEqual(["supervisor", "engineer"]);
  expect(rolesAtSite(plant, "works", max)).toEqual(["supervisor", "engineer"]);
});

test.each([
  ["site: houston }", "site: huston }", 8, 'there is no site "huston"; did you mean "houston"?'],
  ["parent: wien-dmz }", "parent: wien-dmz, site: wien }", 7, "only the outermost zone names one"],
  ["America/Chicago", "America/Houston", 4, '"America/Houston" is not a time zone'],
  ["id: houston,", "id: wien,", 4, 'site "wien" exists already'],
  ["id: houston,", "id: works,", 4, 'site "works" exists already'],
  ["[Sue@works.example]", "[Sue]", 3, '"Sue" is not an e-mail address'],
])("%s written as %s is refused on its line", (from, to, line, message) => {
  const found = problems(from, to);
  expect(found.map((each) => each.line)).toContain(line);
  expect(found.map((each) => each.message).join("\n")).toContain(message);
});

test("a site where no zone is, is probably not meant", () => {
  const { warnings } = plantOf(PLANT.replace(", site: houston }", " }"));
  expect(warnings.map(({ line, message }) => ({ line, message }))).toContainEqual({
    line: 4,
    message: 'no zone is at the site "houston"; write site: houston at its zones',
  });
});

test("a file without sites means what it always meant", () => {
  const text = PLANT.replace(/sites:\n(?: {2}- .*\n){2}/, "").replaceAll(/, site: \w+/g, "");
  const { plant, warnings } = plantOf(text);
  expect(plant.sites).toEqual([]);
  expect(warnings).toEqual([]);
  expect(indexOf(plant).siteOfZone("wien-cell")).toEqual(plant.site);
});
