import { expect, test } from "vitest";
import { TestClock } from "../../../test/kit/test-clock.ts";
import { NotedViews, VIEW_NOTED_AGAIN_MS } from "./noted-views.ts";

test("one looking is noted once, however often its page fetches", () => {
  const clock = new TestClock();
  const views = new NotedViews(clock);
  const first = views.isNew("sign-in", "session");
  clock.advance(VIEW_NOTED_AGAIN_MS - 1);
  expect([first, views.isNew("sign-in", "session")]).toEqual([true, false]);
  clock.advance(1);
  expect(views.isNew("sign-in", "session")).toBe(true);
});

test("another sign-in and another recording are noted on their own", () => {
  const views = new NotedViews(new TestClock());
  expect(views.isNew("a", "session")).toBe(true);
  expect(views.isNew("b", "session")).toBe(true);
  expect(views.isNew("a", "another")).toBe(true);
});

test("a view whose event was not kept is noted the next time", () => {
  const views = new NotedViews(new TestClock());
  views.isNew("a", "session");
  views.forget("a", "session");
  expect(views.isNew("a", "session")).toBe(true);
});
