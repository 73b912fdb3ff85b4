import { expect, test } from "vitest";
import { parsePlant } from "./parse-plant.ts";

const PICTURE = "0a".repeat(3 * 2);

const FILE = `site: { id: s, name: S, time-zone: UTC }
zones: [{ id: z, name: Z, level: 1, sl-t: 1 }]
assets:
  - id: hmi
    name: HMI
    zone: z
    endpoints:
      - id: screen
        protocol: vnc
        address: 10.0.0.7
        pages:
          - name: Raw water
            screen: 800x480
            recognised-by: { area: "0,0 16x8", picture: ${PICTURE} }
            regions:
              - { name: Start, area: "210,220 90x60" }
              - { name: Stop, area: "310,220 90x60" }
profiles:
  - id: p
    rules:
      - { permit: operate, regions: [Raw water/Start] }
      - { hold: operate, regions: ["Raw water/*"], buttons: [left] }
`;

const read = (changes: Readonly<Record<string, string>> = {}) => {
  let text = FILE;
  for (const [from, to] of Object.entries(changes)) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return parsePlant(text, "plant.yaml");
};

test("pages of a screen and rules about their regions are read", () => {
  const parsed = read();
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed));
  const [endpoint] = parsed.plant.assets[0]?.endpoints ?? [];
  expect(endpoint).toMatchObject({
    pages: [
      {
        ...{ name: "Raw water", width: 800, height: 480 },
        mark: { x: 0, y: 0, width: 16, height: 8, picture: PICTURE },
        regions: [
          { name: "Start", x: 210, y: 220, width: 90, height: 60 },
          { name: "Stop", x: 310, y: 220, width: 90, height: 60 },
        ],
      },
    ],
  });
  expect(parsed.plant.profiles[0]?.rules.map(({ match }) => match.own)).toEqual([
    { protocol: "vnc", regions: ["Raw water/Start"] },
    { protocol: "vnc", buttons: ["left"], regions: ["Raw water/*"] },
  ]);
});

test.each<[string, Readonly<Record<string, string>>, RegExp]>([
  [
    "a region that no page has",
    { "[Raw water/Start]": "[Raw water/Go]" },
    /no region "Raw water\/Go"/,
  ],
  [
    "an area beyond the screen",
    { '"210,220 90x60"': '"750,220 90x60"' },
    /not on a screen of 800x480/,
  ],
  ["an area that is none", { '"210,220 90x60"': '"there"' }, /write it like "210,220 90x60"/],
  ["a picture of another size", { "0,0 16x8": "0,0 16x16" }, /24 hexadecimal digits/],
  ["a picture that is none", { [PICTURE]: "zz".repeat(6) }, /no reference picture/],
  ["a mark of the whole screen", { "0,0 16x8": "0,0 800x480" }, /too large to be a mark/],
  ["a size that is none", { "800x480": "800" }, /write it like 800x480/],
  ["a name that rules could not write", { "name: Raw water": "name: Raw/water" }, /no "\/"/],
  ["two regions of one name", { "name: Stop": "name: Start" }, /given twice/],
])("%s is said with its place", (_, changes, said) => {
  const parsed = read(changes);
  if (parsed.kind === "plant") throw new Error("it was taken");
  expect(parsed.problems.map(({ message }) => message).join("\n")).toMatch(said);
});
