import { expect, test } from "vitest";
import { type Reader, Unread } from "./unread.ts";

interface Hanging extends Reader {
  bytes: number;
  torn: boolean;
}

function hanging(bytes: number): Hanging {
  const page: Hanging = {
    ...{ bytes, torn: false },
    unreadBytes: () => page.bytes,
    tear: () => {
      page.torn = true;
    },
  };
  return page;
}

test("pages that leave much unread together lose the one with most, and no other", () => {
  const unread = new Unread(100);
  const [small, large, more] = [hanging(10), hanging(60), hanging(30)];
  for (const page of [small, large, more]) unread.changed(page);
  expect([small.torn, large.torn, more.torn]).toEqual([false, false, false]);
  small.bytes = 11;
  unread.changed(small);
  expect([small.torn, large.torn, more.torn]).toEqual([false, true, false]);
  more.bytes = 90;
  unread.changed(more);
  expect([small.torn, more.torn]).toEqual([false, true]);
});

test("what a page has taken meanwhile, or left with its connection, is held against nobody", () => {
  const unread = new Unread(100);
  const [first, second, third] = [hanging(90), hanging(5), hanging(5)];
  for (const page of [first, second, third]) unread.changed(page);
  first.bytes = 0;
  second.bytes = 80;
  unread.changed(second);
  expect([first.torn, second.torn, third.torn]).toEqual([false, false, false]);
  unread.forget(second);
  first.bytes = 90;
  unread.changed(first);
  expect(first.torn).toBe(false);
});
