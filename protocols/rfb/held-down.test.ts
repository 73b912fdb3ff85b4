import { expect, test } from "vitest";
import { type ClientMessage, encodeClientMessage } from "./client-message.ts";
import { HeldDown } from "./held-down.ts";

const at = (mask: number) => encodeClientMessage({ kind: "pointer", mask, x: 1, y: 2 });
const key = (keysym: number, down: boolean) =>
  encodeClientMessage({ kind: "key", keysym, down } satisfies ClientMessage);

test("something is held down until the last of it is let go of, however its bytes are cut", () => {
  const held = new HeldDown();
  expect(held.push(Uint8Array.of(1))).toBe(false);
  expect(held.push(encodeClientMessage({ kind: "encodings", encodings: [7, 0] }))).toBe(false);
  expect(held.push(at(0))).toBe(false);
  expect(held.push(at(1))).toBe(true);
  expect(held.push(key(0x61, true))).toBe(true);
  expect(held.push(at(0))).toBe(true);
  const [first, ...rest] = key(0x61, false);
  expect(held.push(Uint8Array.of(first ?? 0))).toBe(true);
  expect(held.push(Uint8Array.from([...rest, ...at(4)]))).toBe(true);
  expect(held.push(at(0))).toBe(false);
});

test("what cannot be read holds nothing down that was not", () => {
  const held = new HeldDown();
  expect(held.push(Uint8Array.of(1, 250, 0, 0))).toBe(false);
  expect(held.push(at(1))).toBe(false);
});
