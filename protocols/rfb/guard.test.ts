import { expect, test } from "vitest";
import { GuardDriver } from "../../test/kit/guard-driver.ts";
import type { Answer } from "../guard.ts";
import { type ClientMessage, cutClientMessage, encodeClientMessage } from "./client-message.ts";
import { ENCODING } from "./encodings.ts";
import { RfbGuard } from "./guard.ts";
import type { RfbOperation } from "./operation.ts";
import { PLAIN_FORMAT } from "./pixel-format.ts";
import { encodeHello, encodeText, rectangleHead, updateHead } from "./to-client.ts";

const PERMIT: Answer = { kind: "permit" };
const DENY: Answer = { kind: "deny", refusal: "operation" };
const HOLD: Answer = { kind: "hold" };

const hello = encodeHello({
  width: 800,
  height: 480,
  format: PLAIN_FORMAT,
  name: Uint8Array.from("panel\u001b[2J", (character) => character.charCodeAt(0)),
});

type Judge = (operation: RfbOperation) => Answer;

/** A guard between a viewer and a panel of 800 × 480 that have said hello. */
function screen(judge: Judge = () => PERMIT) {
  const asked: RfbOperation[] = [];
  const driver = new GuardDriver(new RfbGuard(), ({ items }) =>
    items.map((item) => {
      asked.push(item as RfbOperation);
      return judge(item as RfbOperation);
    }),
  );
  driver.bytes("client", Uint8Array.of(0));
  driver.bytes("asset", hello);
  let heard = driver.sent("asset").length;
  asked.length = 0;
  const says = (...messages: readonly ClientMessage[]) => {
    for (const message of messages) driver.bytes("client", encodeClientMessage(message));
  };
  /** What the panel heard since. */
  const heardByPanel = (): ClientMessage[] => {
    const news = driver.sent("asset").slice(heard);
    heard += news.length;
    return news.map(({ bytes }) => {
      const cut = cutClientMessage(bytes);
      if (cut.kind !== "frame") throw new Error(`sent ${cut.kind}`);
      return cut.frame;
    });
  };
  return { driver, asked, says, heardByPanel };
}

const key = (keysym: number, down: boolean): ClientMessage => ({ kind: "key", keysym, down });
const at = (mask: number, x = 10, y = 20): ClientMessage => ({ kind: "pointer", mask, x, y });
const [CTRL, ALT, DELETE, A] = [0xffe3, 0xffe9, 0xffff, 0x61];

test("a viewer joins shared whatever it asks, and sees the panel's name without its escapes", () => {
  const { driver } = screen();
  expect(driver.sent("asset")[0]?.bytes).toEqual(Uint8Array.of(1));
  const name = String.fromCharCode(...(driver.sent("client")[0]?.bytes.subarray(24) ?? []));
  expect(name).toBe("panel?[2J");
});

test("who may not see the screen is not let in, and the panel hears nothing", () => {
  const driver = new GuardDriver(new RfbGuard(), () => [DENY]);
  driver.bytes("client", Uint8Array.of(1));
  expect(driver.sent("asset")).toEqual([]);
  expect(driver.effects.at(-1)).toMatchObject({ kind: "violation", from: "client" });
});

test("encodings are narrowed to those that are carried", () => {
  const { says, heardByPanel } = screen();
  const wanted = [-260, 7, 16, 5, 0, -239, -308, -313, -312, 0xc0a1e5ce | 0, -26, -250];
  says({ kind: "encodings", encodings: wanted });
  const encodings = [7, 16, 5, 0, -239, -308, -250];
  expect(heardByPanel()).toEqual([{ kind: "encodings", encodings }]);
});

test("each press is an operation, its repeats and its release are part of it", () => {
  const { says, asked, heardByPanel } = screen();
  const all = [key(A, true), key(A, true), key(A, false)];
  says(...all);
  expect(asked).toEqual([{ action: "rfb:key", class: "operate", keysym: A, chord: "a" }]);
  expect(heardByPanel()).toEqual(all);
});

test("moves are decided once, each click with its place", () => {
  const { says, asked, heardByPanel } = screen();
  const all = [at(0), at(0, 11), at(1, 11), at(1, 12), at(0, 12)];
  says(...all);
  expect(asked).toEqual([
    { action: "rfb:pointer", class: "operate", key: 1 },
    { action: "rfb:click", class: "operate", button: "left", x: 11, y: 20 },
  ]);
  expect(heardByPanel()).toEqual(all);
});

test("a chord that is denied is not pressed in another order either", () => {
  const judge: Judge = (operation) =>
    operation.action === "rfb:key" && operation.chord === "Ctrl+Alt+Delete" ? DENY : PERMIT;
  const plain = screen(judge);
  plain.says(key(CTRL, true), key(ALT, true), key(DELETE, true), key(DELETE, false));
  expect(plain.heardByPanel()).toEqual([key(CTRL, true), key(ALT, true)]);
  const turned = screen(judge);
  turned.says(key(CTRL, true), key(DELETE, true), key(ALT, true), key(ALT, false));
  expect(turned.heardByPanel()).toEqual([key(CTRL, true), key(DELETE, true)]);
});

test("a view-only session sees and moves nothing", () => {
  const { says, heardByPanel } = screen(({ class: of }) => (of === "observe" ? PERMIT : DENY));
  const request: ClientMessage = {
    ...{ kind: "update-request", incremental: true },
    ...{ x: 0, y: 0, width: 800, height: 480 },
  };
  says(at(1), at(0), at(0, 15), key(A, true), key(A, false), request);
  expect(heardByPanel()).toEqual([request]);
});

test("whatever ends, what is down is let go of, and nothing else is", () => {
  for (const end of ["end", "violation", "rights"] as const) {
    const { says, driver, heardByPanel } = screen();
    says(key(CTRL, true), at(1, 40, 50), key(A, true), key(A, false));
    heardByPanel();
    if (end === "end") driver.feed({ kind: "event", event: { kind: "end" } });
    else if (end === "violation") driver.bytes("client", Uint8Array.of(99));
    else {
      const capabilities = new Set(["observe"] as const);
      driver.feed({ kind: "event", event: { kind: "capabilities", capabilities } });
    }
    expect(heardByPanel(), end).toEqual([at(0, 40, 50), key(CTRL, false)]);
    expect(
      driver
        .sent("asset")
        .slice(-2)
        .map(({ release }) => release),
    ).toEqual([true, true]);
  }
});

test("what never left is not let go of", () => {
  const { says, driver, heardByPanel } = screen();
  says(key(CTRL, true));
  const decision = driver.sent("asset").at(-1)?.decision ?? 0;
  driver.feed({ kind: "event", event: { kind: "withheld", decision } });
  heardByPanel();
  says(key(CTRL, false));
  driver.feed({ kind: "event", event: { kind: "end" } });
  expect(heardByPanel()).toEqual([]);
});

test("a click that waited for a person is carried out whole, and nothing is pressed meanwhile", () => {
  const { says, driver, heardByPanel } = screen(({ action }) =>
    action === "rfb:click" ? HOLD : PERMIT,
  );
  says(at(1, 5, 6), at(0, 5, 6), key(A, true), key(A, false));
  expect(heardByPanel()).toEqual([]);
  const [decision] = [...driver.held.keys()];
  driver.settle(decision ?? 0, PERMIT);
  expect(heardByPanel()).toEqual([at(1, 5, 6), at(0, 5, 6)]);
});

test("text is carried each way only where that is permitted", () => {
  const judge: Judge = (operation) =>
    operation.action === "rfb:clipboard" && operation.direction === "out" ? DENY : PERMIT;
  const { says, driver, asked, heardByPanel } = screen(judge);
  const before = driver.sent("client").length;
  driver.bytes("asset", encodeText(Uint8Array.of(0x70, 0x77)));
  says({ kind: "text", text: Uint8Array.of(0x31) });
  expect(asked).toMatchObject([
    { direction: "out", length: 2 },
    { direction: "in", length: 1 },
  ]);
  expect(driver.sent("client").length).toBe(before);
  expect(heardByPanel()).toEqual([{ kind: "text", text: Uint8Array.of(0x31) }]);
});

const violations: Readonly<Record<string, readonly number[]>> = {
  "file transfer": [7, 0, 0, 0],
  "the second keyboard of QEMU": [255, 0, 0, 1],
  "an extended clipboard": [6, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0],
  "a text beyond the limit": [6, 0, 0, 0, 0, 1, 0, 0],
  "a colour map": [0, 0, 0, 0, 8, 8, ...new Array(14).fill(0)],
};

for (const [what, bytes] of Object.entries(violations)) {
  test(`${what} ends the channel before the panel hears of it`, () => {
    const { driver, heardByPanel } = screen();
    driver.bytes("client", Uint8Array.from(bytes));
    expect(driver.effects.at(-1)).toMatchObject({ kind: "violation", from: "client" });
    expect(heardByPanel()).toEqual([]);
  });
}

function update(encoding: number, width: number, height: number, body: readonly number[] = []) {
  const head = rectangleHead({ x: 0, y: 0, width, height, encoding });
  return Uint8Array.from([...updateHead(1), ...head, ...body]);
}

const hostile: Readonly<Record<string, Uint8Array>> = {
  "a picture beyond the screen": update(ENCODING.raw, 801, 1),
  "a screen of 65535 × 65535": update(ENCODING.desktopSize, 65_535, 65_535),
  "a pointer of 4000 × 4000": update(ENCODING.cursor, 4_000, 4_000),
  "an encoding nobody asked for": update(21, 10, 10),
  "more compressed bytes than pixels": update(ENCODING.zrle, 2, 2, [0, 0x7f, 0, 0]),
  "more parts than pixels": update(ENCODING.rre, 4, 4, [0, 0, 1, 0]),
  "a copy from beyond the screen": update(ENCODING.copyRect, 8, 8, [3, 32, 0, 0]),
  JPEG: update(ENCODING.tight, 8, 8, [0x90]),
  "a message of no type": Uint8Array.of(77),
};

for (const [what, bytes] of Object.entries(hostile)) {
  test(`a panel that sends ${what} ends the channel`, () => {
    const { driver, says } = screen();
    says({ kind: "encodings", encodings: Object.values(ENCODING) });
    driver.bytes("asset", bytes);
    expect(driver.effects.at(-1)).toMatchObject({ kind: "violation", from: "asset" });
  });
}

test("a screen larger than what is carried is not opened", () => {
  const driver = new GuardDriver(new RfbGuard(), () => [PERMIT]);
  driver.bytes("client", Uint8Array.of(1));
  driver.bytes(
    "asset",
    encodeHello({ width: 65_535, height: 65_535, format: PLAIN_FORMAT, name: new Uint8Array(0) }),
  );
  expect(driver.effects.at(-1)).toMatchObject({ kind: "violation", from: "asset" });
});

test("a full picture passes unchanged, in bounded pieces", () => {
  const { driver, says } = screen();
  says({ kind: "encodings", encodings: [0] });
  const body = new Uint8Array(800 * 480 * 4).map((_, at) => at % 251);
  const before = driver.sent("client").length;
  const head = rectangleHead({ x: 0, y: 0, width: 800, height: 480, encoding: 0 });
  const whole = Uint8Array.from([...updateHead(1), ...head, ...body]);
  for (let start = 0; start < whole.length; start += 60_000) {
    driver.bytes("asset", whole.subarray(start, start + 60_000));
    expect(driver.guard.backlog("asset")).toBeLessThan(16_384);
  }
  const sent = driver.sent("client").slice(before);
  expect(Buffer.concat(sent.map(({ bytes }) => bytes)).equals(whole)).toBe(true);
  expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(16_384);
});
