import { expect, test } from "vitest";
import { mayOpen, pagesFor } from "./pages-by-right.ts";

test("a vendor sees the plant, the own access and live sessions, nothing of the administration", () => {
  const names = pagesFor(["plant:view", "session:open"]).map((page) => page.path);
  expect(names).toEqual(["/", "/access", "/live"]);
});

test("a page whose right is missing does not open by its address either", () => {
  expect(mayOpen("/people", ["plant:view"])).toBe(false);
  expect(mayOpen("/recordings/abc", ["plant:view"])).toBe(false);
  expect(mayOpen("/recordings/abc", ["recording:own"])).toBe(true);
});

test("pages outside the navigation are left to the broker to refuse", () => {
  expect(mayOpen("/sessions/abc", [])).toBe(true);
  expect(mayOpen("/account", [])).toBe(true);
  expect(mayOpen("/peoples", [])).toBe(true);
});
