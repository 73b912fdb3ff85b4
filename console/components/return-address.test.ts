import { expect, test } from "vitest";
import { returnAddress } from "./return-address.ts";

test("a page of the console is returned to with its search and fragment", () => {
  expect(returnAddress("/recordings/abc?at=12#x")).toBe("/recordings/abc?at=12#x");
});

test("a fragment that came along with a redirect belongs to the page before", () => {
  expect(returnAddress("/recordings/abc?at=12", "#x")).toBe("/recordings/abc?at=12#x");
  expect(returnAddress("/recordings/abc#y", "#x")).toBe("/recordings/abc#y");
  expect(returnAddress(null, "#//evil.example")).toBe("/");
});

test("an address that leads elsewhere becomes the plant page", () => {
  const elsewhere = ["//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:1"];
  for (const from of [...elsewhere, "", null, "/..//evil.example", "/\t/evil.example"])
    expect(returnAddress(from)).toBe("/");
});

test("the sign-in page never returns to itself", () => {
  expect(returnAddress("/sign-in?from=/x")).toBe("/");
  expect(returnAddress("/enrol#token=x")).toBe("/");
  expect(returnAddress("/sign-in/through/works?code=x")).toBe("/");
});
