import { expect, test } from "vitest";
import { parsePlant } from "../../broker/plant/parse-plant.ts";
import { pageOf } from "../../protocols/rfb/screen-page.ts";
import { areaBetween, isTooLarge, pageText } from "./page-text.ts";

const picture = {
  ...{ width: 100, height: 60 },
  pixels: Uint32Array.from({ length: 6_000 }, (_, n) => (0xff000000 | (n * 37)) >>> 0),
};

test("what is copied into the plant file is read there, and recognises the picture it was made of", () => {
  const areas = [
    { name: "", ...areaBetween({ x: 2.4, y: 3.9 }, { x: 40.2, y: 12 }, picture) },
    { name: 'Start "1"', ...areaBetween({ x: 70, y: 50 }, { x: 60, y: 40 }, picture) },
  ];
  const text = pageText("Raw water: P101", picture, areas);
  const indented = text.replace(/^/gm, "          ");
  const parsed = parsePlant(
    `site: { id: s, name: S, time-zone: UTC }
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
${indented}`,
    "plant.yaml",
  );
  if (parsed.kind !== "plant") throw new Error(JSON.stringify(parsed));
  const [endpoint] = parsed.plant.assets[0]?.endpoints ?? [];
  if (endpoint?.protocol !== "vnc") throw new Error("no screen");
  expect(pageOf(picture, endpoint.pages)?.name).toBe("Raw water: P101");
  expect(endpoint.pages[0]?.regions).toEqual([
    { name: 'Start "1"', x: 60, y: 40, width: 11, height: 11 },
  ]);
});

test("an area lies on the screen, however far the hand goes", () => {
  const all = areaBetween({ x: 500, y: 500 }, { x: -20, y: -1 }, picture);
  expect(all).toEqual({ x: 0, y: 0, width: 100, height: 60 });
  expect(isTooLarge(all)).toBe(false);
  expect(isTooLarge({ x: 0, y: 0, width: 800, height: 480 })).toBe(true);
});
