/** Of systems that these tests do not run on: their rules, not the systems themselves. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/kit/temporary.ts";
import { addressesOf, defaultFolder, Home, originOf } from "./home.ts";
import { renameOver, writePrivate } from "./private-file.ts";

test.each<[NodeJS.Platform, Record<string, string>, string, string]>([
  ["linux", {}, "/home/ada", "/home/ada/.config/sallyport"],
  ["linux", { XDG_CONFIG_HOME: "/cfg", APPDATA: "x" }, "/home/ada", "/cfg/sallyport"],
  ["darwin", {}, "/Users/ada", "/Users/ada/.config/sallyport"],
  ["win32", { APPDATA: "D:\\Roaming" }, "C:\\Users\\ada", "D:\\Roaming\\sallyport"],
  ["win32", {}, "C:\\Users\\ada", "C:\\Users\\ada\\AppData\\Roaming\\sallyport"],
])(
  "on %s with %j its files are in the account's own folder",
  (platform, environment, own, folder) => {
    expect(defaultFolder(environment, platform, own)).toBe(folder);
  },
);

test("a broker's file has a name that every system takes", () => {
  const folder = temporaryFolder();
  const home = new Home({ SALLYPORT_HOME: folder });
  for (const broker of ["https://[2001:db8::1]:7480", "http://localhost:7480"]) {
    home.keep({ broker: originOf(broker), token: "t", person: { name: "Ada", email: "a@b.c" } });
  }
  for (const name of readdirSync(path.join(folder, "sign-ins"))) {
    expect(name).toMatch(/^[\w.-]+\.json$/);
  }
  expect(home.account("http://localhost:7480").token).toBe("t");
});

test("a site with a standby is known by each of its addresses, none of which is less protected", () => {
  const folder = temporaryFolder();
  const home = new Home({ SALLYPORT_HOME: folder });
  const told = ["https://b.example", "https://a.example", "http://c.example"];
  const { origin, others } = addressesOf(["a.example", "https://b.example/"], told);
  expect([origin, others]).toEqual(["https://a.example", ["https://b.example"]]);
  const person = { name: "Ada", email: "a@b.c" };
  home.keep({ broker: "https://z.example", token: "z", person });
  // One that was damaged is no reason not to find the others.
  home.keep({ broker: "https://0.example", token: "", person });
  writeFileSync(path.join(folder, "sign-ins/0.example.json"), "{");
  home.keep({ broker: origin, others, token: "t", person });
  for (const broker of [undefined, "a.example", "b.example"]) {
    expect(home.account(broker).token).toBe("t");
  }
  expect(() => home.account("c.example")).toThrow(/nobody is signed in/);
  expect(() => addressesOf(["a.example", "http://b.example"])).toThrow(/http beside one of https/);
});

/** As Windows: refuses while somebody else reads it. */
function heldFor(times: number) {
  const seen = { tried: 0 };
  const rename = () => {
    seen.tried += 1;
    if (seen.tried <= times) throw Object.assign(new Error("in use"), { code: "EPERM" });
  };
  return { seen, rename };
}

test("on Windows a file that is being read is replaced as soon as it is not, elsewhere at once or never", () => {
  const short = heldFor(2);
  renameOver("a", "b", short.rename, "win32");
  expect(short.seen.tried).toBe(3);
  const long = heldFor(1_000);
  expect(() => renameOver("a", "b", long.rename, "win32")).toThrow("in use");
  const other = heldFor(1);
  expect(() => renameOver("a", "b", other.rename, "linux")).toThrow("in use");
  expect(other.seen.tried).toBe(1);
});

test("what could not take its name is not left lying about", () => {
  const folder = temporaryFolder();
  writePrivate(path.join(folder, "taken", "inside"), "x");
  expect(() => writePrivate(path.join(folder, "taken"), "secret")).toThrow();
  expect(readdirSync(folder)).toEqual(["taken"]);
  expect(readFileSync(path.join(folder, "taken", "inside"), "utf8")).toBe("x");
});
