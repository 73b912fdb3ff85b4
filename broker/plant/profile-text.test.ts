import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";
import { profileText, withProfile } from "./profile-text.ts";

const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);
const plant = readFileSync(EXAMPLE, "utf8");
const RULES = [
  { name: "reads", permit: "observe", functions: [3], table: "coils", addresses: ["0-9", 12] },
  { name: "pages", permit: "observe", web: { methods: ["GET"], paths: ["/a b", "/c"] } },
];

function profilesOf(text: string) {
  const parsed = parsePlant(text, "plant.yaml");
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed.problems));
  return parsed.plant.profiles;
}

test("a profile joins the others, and nothing else of the file changes", () => {
  const profile = { id: "one-more", description: "Made: by test", rules: RULES };
  const text = withProfile(plant, profile);
  expect(text.replace(profileText(profile), "")).toBe(plant);
  expect(profilesOf(text).map(({ id }) => id)).toEqual([
    ...profilesOf(plant).map(({ id }) => id),
    "one-more",
  ]);
});

test("a profile of the same name takes the place, and remarks beside it stay", () => {
  const text = withProfile(plant, { id: "read-only", description: "Narrow", rules: RULES });
  const [first] = profilesOf(text);
  expect(first?.rules.map(({ name }) => name)).toEqual(["read-only/reads", "read-only/pages"]);
  expect(profilesOf(text).map(({ id }) => id)).toEqual(profilesOf(plant).map(({ id }) => id));
  for (const remark of plant.match(/^\s*#.*$/gm) ?? []) expect(text).toContain(remark);
});

test("the last one of a file without a line's end is replaced too", () => {
  const short = "profiles:\n- id: a\n  rules:\n  - permit: observe";
  expect(withProfile(short, { id: "a", description: "", rules: [] })).toBe(
    'profiles:\n- id: a\n  description: ""\n  rules: []\n',
  );
});

test("without a list of profiles there is nowhere to put it", () => {
  expect(() => withProfile("site: x", { id: "a", description: "", rules: [] })).toThrow("no list");
});
