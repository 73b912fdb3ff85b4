import { expect, test, vi } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import { drawn, shown } from "../../test/kit/screen-tape.ts";
import type { Answer } from "../guard.ts";
import { type ClientMessage, cutClientMessage, encodeClientMessage } from "./client-message.ts";
import { ENCODING } from "./encodings.ts";
import { RfbGuard } from "./guard.ts";
import type { RfbOperation } from "./operation.ts";
import { Picture } from "./picture.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import { asPage, contains, pageOf, referenceOf, type ScreenPage } from "./screen-page.ts";
import { encodeHello, rectangleHead, updateHead } from "./to-client.ts";

const SIZE = { width: 80, height: 60 };
const PERMIT: Answer = { kind: "permit" };
const DENY: Answer = { kind: "deny", refusal: "operation" };

/** Stripes that differ from title to title, over black. */
function picture(title: number): Uint32Array {
  const pixels = new Uint32Array(SIZE.width * SIZE.height).fill(0xff000000);
  for (let at = 0; at < 10 * SIZE.width; at += 1) {
    if ((at >> 2) % (title + 2) === 0) pixels[at] = 0xff80c0f0;
  }
  return pixels;
}

const AREA = { x: 0, y: 0, width: 80, height: 12 };

function page(name: string, title: number): ScreenPage {
  const picture_ = referenceOf({ ...SIZE, pixels: picture(title) }, AREA);
  const regions = [{ name: "Start", x: 20, y: 30, width: 10, height: 10 }];
  return { name, ...SIZE, mark: { ...AREA, picture: picture_ }, regions };
}

const PAGES = [page("Pumps", 1), page("Filters", 2)];

test("a page is recognised by its mark, whatever is drawn beside it, and a little off in colour", () => {
  const pixels = picture(2);
  pixels.fill(0xff3311aa, 20 * SIZE.width);
  expect(pageOf({ ...SIZE, pixels }, PAGES)?.name).toBe("Filters");
  const coarse = pixels.map((pixel) => (pixel & 0xfff8f8f8) >>> 0);
  expect(pageOf({ ...SIZE, pixels: coarse }, PAGES)?.name).toBe("Filters");
  expect(pageOf({ ...SIZE, pixels: picture(5) }, PAGES)).toBeUndefined();
  const other = { width: 60, height: 80, pixels: picture(2) };
  expect(pageOf(other, PAGES)).toBeUndefined();
});

test("a reference that is cut, or no number, is of no page", () => {
  const [pumps] = PAGES;
  if (!pumps) throw new Error("no page");
  const shown = { ...SIZE, pixels: picture(1) };
  const withPicture = (text: string) => [{ ...pumps, mark: { ...pumps.mark, picture: text } }];
  expect(pageOf(shown, withPicture(pumps.mark.picture))?.name).toBe("Pumps");
  expect(pageOf(shown, withPicture(pumps.mark.picture.slice(0, -2)))).toBeUndefined();
  expect(pageOf(shown, withPicture(`${pumps.mark.picture}00`))).toBeUndefined();
  expect(pageOf(shown, withPicture(pumps.mark.picture.replace(/../, "zz")))).toBeUndefined();
});

test("a page as a tape has it is checked field by field", () => {
  expect(asPage(JSON.parse(JSON.stringify(PAGES[0])))).toEqual(PAGES[0]);
  for (const wrong of [null, {}, { ...PAGES[0], mark: 1 }, { ...PAGES[0], regions: [{}] }]) {
    expect(asPage(wrong)).toBeUndefined();
  }
});

const at = (mask: number, x: number, y: number): ClientMessage => ({ kind: "pointer", mask, x, y });

/** A guard that knows the pages, between a viewer and a panel; only what lies in the region passes. */
function screen(pages: readonly ScreenPage[] = PAGES) {
  const asked: RfbOperation[] = [];
  const region = { x: 20, y: 30, width: 10, height: 10 };
  const judge = (operation: RfbOperation): Answer => {
    asked.push(operation);
    if (operation.action !== "rfb:click" && operation.action !== "rfb:pointer") return PERMIT;
    const { x, y, page: on } = operation;
    if (x === undefined || y === undefined) return PERMIT;
    return on === "Pumps" && contains(region, x, y) ? PERMIT : DENY;
  };
  const driver = new GuardDriver(new RfbGuard(pages), ({ items }) =>
    items.map((item) => judge(item as RfbOperation)),
  );
  driver.bytes("client", Uint8Array.of(0));
  const name = new Uint8Array(0);
  driver.bytes("asset", encodeHello({ ...SIZE, format: PLAIN_FORMAT, name }));
  const says = (...messages: readonly ClientMessage[]) => {
    for (const message of messages) driver.bytes("client", encodeClientMessage(message));
  };
  const encodings = [ENCODING.raw, ENCODING.copyRect];
  says({ kind: "encodings", encodings });
  let heard = driver.sent("asset").length;
  const heardByPanel = () => {
    const news = driver.sent("asset").slice(heard);
    heard += news.length;
    return news.flatMap(({ bytes }) => {
      const cut = cutClientMessage(bytes);
      return cut.kind === "frame" ? [cut.frame] : [];
    });
  };
  const shows = (title: number) => {
    driver.bytes("asset", shown(SIZE.width, SIZE.height, picture(title)));
  };
  asked.length = 0;
  return { driver, asked, says, heardByPanel, shows };
}

test("a click says on which page it is, and outside of its rectangle it is not heard", () => {
  const { says, asked, heardByPanel, shows } = screen();
  says(at(1, 25, 35), at(0, 25, 35));
  expect(asked).toMatchObject([{ action: "rfb:click", page: "" }]);
  shows(1);
  says(at(1, 5, 35), at(0, 5, 35));
  expect(asked.at(-1)).toMatchObject({ x: 5, page: "Pumps" });
  expect(heardByPanel()).toEqual([]);
  says(at(1, 25, 35), at(0, 26, 35));
  expect(heardByPanel()).toEqual([at(1, 25, 35), at(0, 25, 35)]);
  shows(2);
  says(at(1, 25, 35), at(0, 25, 35));
  expect(asked.at(-1)).toMatchObject({ page: "Filters" });
  expect(heardByPanel()).toEqual([]);
});

test("what is dragged never leaves where it may be, and is let go of inside", () => {
  const { says, heardByPanel, shows } = screen();
  shows(1);
  says(at(1, 25, 35), at(1, 27, 35), at(1, 70, 5), at(0, 70, 5));
  expect(heardByPanel()).toEqual([at(1, 25, 35), at(1, 27, 35), at(0, 27, 35)]);
  // With a button that was not permitted, nothing follows the hand at all.
  says(at(1, 5, 5), at(1, 25, 35), at(0, 25, 35));
  expect(heardByPanel()).toEqual([]);
});

test("a click that a person agrees to after the page has changed is not carried out", () => {
  const held: number[] = [];
  const driver = new GuardDriver(new RfbGuard(PAGES), ({ id, items }) => {
    const isClick = items.some(({ action }) => action === "rfb:click");
    if (isClick) held.push(id);
    return items.map(() => (isClick ? { kind: "hold" } : PERMIT));
  });
  driver.bytes("client", Uint8Array.of(0));
  driver.bytes("asset", encodeHello({ ...SIZE, format: PLAIN_FORMAT, name: new Uint8Array(0) }));
  const before = driver.sent("asset").length;
  driver.bytes("client", encodeClientMessage(at(1, 25, 35)));
  expect(held.length).toBe(1);
  driver.bytes("asset", shown(SIZE.width, SIZE.height, picture(1)));
  driver.settle(held[0] ?? 0, PERMIT);
  expect(driver.sent("asset").length).toBe(before);
  expect(driver.effects.at(-1)).toMatchObject({ kind: "refused", reason: /another one now/ });
});

test("an asset that draws without end is not drawn any more, and shows no page", () => {
  const { says, asked, shows, driver } = screen();
  shows(1);
  const copy = rectangleHead({ x: 0, y: 0, ...SIZE, encoding: ENCODING.copyRect });
  for (let n = 0; n < 30; n += 1) {
    driver.bytes("asset", updateHead(1));
    driver.bytes("asset", copy);
    driver.bytes("asset", Uint8Array.of(0, 0, 0, 0));
  }
  says(at(1, 25, 35), at(0, 25, 35));
  expect(asked).toMatchObject([{ action: "rfb:click", page: "" }]);
});

test("a screen that is, or becomes, larger than every page is not drawn, and shows none", () => {
  const draw = vi.spyOn(Picture.prototype, "draw");
  const { says, asked, shows, driver } = screen();
  shows(1);
  expect(draw).toHaveBeenCalledTimes(1);
  const large = { x: 0, y: 0, width: 4_096, height: 4_096 };
  says({ kind: "encodings", encodings: [ENCODING.copyRect, ENCODING.desktopSize] });
  driver.bytes("asset", updateHead(1));
  driver.bytes("asset", rectangleHead({ ...large, encoding: ENCODING.desktopSize }));
  const copy = rectangleHead({ ...large, encoding: ENCODING.copyRect });
  for (let n = 0; n < 3; n += 1) {
    driver.bytes("asset", updateHead(1));
    driver.bytes("asset", copy);
    driver.bytes("asset", Uint8Array.of(0, 0, 0, 0));
  }
  says(at(1, 25, 35), at(0, 25, 35));
  expect(asked.at(-1)).toMatchObject({ action: "rfb:click", page: "" });
  expect(driver.violations).toEqual([]);
  expect(draw).toHaveBeenCalledTimes(1);
  const hello = new GuardDriver(new RfbGuard(PAGES), ({ items }) => items.map(() => PERMIT));
  hello.bytes("client", Uint8Array.of(0));
  hello.bytes("asset", encodeHello({ ...large, format: PLAIN_FORMAT, name: new Uint8Array(0) }));
  hello.bytes("asset", drawn(0, 0, 60, 1));
  expect(hello.sent("client").length).toBeGreaterThan(1);
  expect(draw).toHaveBeenCalledTimes(1);
  draw.mockRestore();
});
