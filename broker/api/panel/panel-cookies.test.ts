import { expect, test } from "vitest";
import { cookieOf, ownCookies } from "./panel-cookies.ts";

/** So many that whatever looks at each from each of them comes to no end. */
const SPACES = " ".repeat(2_000_000);

test("a cookie is read by its name alone, once, without the spaces around it", () => {
  expect(cookieOf("a=1;  pass=x ; b=2", "pass")).toBe("x");
  expect(cookieOf("pass=x; pass=y", "pass")).toBeUndefined();
  expect(cookieOf("pass\t=x", "pass")).toBeUndefined();
  expect(cookieOf(undefined, "pass")).toBeUndefined();
});

test("a stranger's cookie of nearly nothing but spaces is read at once", () => {
  expect(cookieOf(`a${SPACES}b;${SPACES}pass=x${SPACES}`, "pass")).toBe("x");
  expect(ownCookies(`a${SPACES}b`)).toBeUndefined();
});
