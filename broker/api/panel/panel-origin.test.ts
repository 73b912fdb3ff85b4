import { expect, test } from "vitest";
import { originOf, panelOrigin, refusedPanelHost, sessionOf } from "./panel-origin.ts";

test("a session's origin is its id below the panel host, and nothing else names it", () => {
  const local = panelOrigin("localhost", 7481);
  expect(originOf(local, "abc")).toBe("http://abc.localhost:7481");
  expect(sessionOf(local, "ABC.localhost:7481")).toBe("abc");
  for (const host of [
    "localhost:7481",
    "abc.localhost",
    "a.b.localhost:7481",
    "abc.localhost:74810",
    undefined,
  ]) {
    expect(sessionOf(local, host)).toBeUndefined();
  }
  expect(originOf(panelOrigin("panels.example", 7481), "abc")).toBe("https://abc.panels.example");
  expect(originOf(panelOrigin("panels.example:8443", 7481), "abc")).toBe(
    "https://abc.panels.example:8443",
  );
});

test.each([
  ["panels.plant.example", "https://sallyport.plant.example"],
  ["plant.example", "https://plant.example"],
  ["panels.sallyport.plant.co.uk", "https://plant.co.uk"],
  ["localhost", "https://sallyport.plant.example"],
])("panels at %s are refused beside a console at %s", (host, origin) => {
  expect(refusedPanelHost(host, [origin])).toBeDefined();
});

test.each([
  ["plant-panels.example", "https://sallyport.plant.example"],
  ["panels.co.uk", "https://plant.co.uk"],
  ["localhost", "http://localhost:7480"],
])("panels at %s are fine beside a console at %s", (host, origin) => {
  expect(refusedPanelHost(host, [origin])).toBeUndefined();
});
