import { expect, test } from "vitest";
import { ENCODING } from "./encodings.ts";
import { PageWatch } from "./page-watch.ts";
import { Picture } from "./picture.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import { referenceOf } from "./screen-page.ts";

const SIDE = 16;
const AREA = { x: 0, y: 0, width: SIDE, height: SIDE };
const BLACK = { ...AREA, picture: referenceOf(new Picture(SIDE, SIDE), AREA) };

test("a screen is looked at once however often hands move over it, and again once it is drawn on", () => {
  let looks = 0;
  const page = {
    ...{ name: "black", width: SIDE, height: SIDE, regions: [] },
    get mark() {
      looks += 1;
      return BLACK;
    },
  };
  const watch = new PageWatch([page]);
  watch.begin(SIDE, SIDE);
  for (let moves = 0; moves < 1_000; moves += 1) expect(watch.page).toBe("black");
  expect(looks).toBe(1);

  const draw = (colour: number) => {
    watch.rectangleBegins({ ...AREA, encoding: ENCODING.raw });
    watch.add(new Uint8Array(4 * SIDE * SIDE).fill(colour));
    watch.rectangleEnds(PLAIN_FORMAT);
  };
  draw(0xff);
  for (let moves = 0; moves < 1_000; moves += 1) expect(watch.page).toBe("");
  expect(looks).toBe(2);
  draw(0);
  expect(watch.page).toBe("black");
});
