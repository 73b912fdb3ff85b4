import { expect, test } from "vitest";
import { FROM_DEVICE } from "../../broker/api/from-device.ts";
import { isDeviceSigned } from "./device-signed.ts";

test("the console signs what the broker wants signed, and nothing that lies beside it", () => {
  for (const name of FROM_DEVICE) {
    const [method = "", path = ""] = name.split(" ");
    const asked = path.replaceAll(/:[a-z]+/g, "x1");
    expect([name, isDeviceSigned(method, asked)]).toEqual([name, true]);
    for (const other of [`${asked}/more`, `${asked}x/y/z`]) {
      const known = [...FROM_DEVICE].some((each) => isNamed(each, method, other));
      expect([method, other, isDeviceSigned(method, other)]).toEqual([method, other, known]);
    }
    expect(isDeviceSigned("GET", asked)).toBe(false);
  }
});

function isNamed(name: string, method: string, path: string): boolean {
  const [named = "", pattern = ""] = name.split(" ");
  const parts = pattern.split("/");
  const asked = path.split("/");
  const alike = parts.every((part, at) => part.startsWith(":") || part === asked[at]);
  return named === method && parts.length === asked.length && alike;
}

test("a query changes nothing", () => {
  expect(isDeviceSigned("POST", "/api/sessions?x=1")).toBe(true);
});
