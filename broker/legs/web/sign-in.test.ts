import { expect, test } from "vitest";
import { CookieJar } from "./cookie-jar.ts";
import { challengeOf, digestField } from "./digest.ts";
import { OwnLinks } from "./own-links.ts";

test("a digest is what RFC 2617 works out for its example", () => {
  const challenge = challengeOf([
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"',
  ]);
  if (!challenge) throw new Error("no challenge");
  const request = {
    ...{ method: "GET", target: "/dir/index.html", user: "Mufasa", password: "Circle Of Life" },
    count: 1,
  };
  // Without qop, as RFC 2069 has it.
  expect(digestField(challenge, request)).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
});

test("a challenge of another kind is none", () => {
  expect(challengeOf(['Basic realm="x"'])).toBeUndefined();
  expect(challengeOf(['Digest realm="x", nonce="y", algorithm=SHA-512-256'])).toBeUndefined();
  expect(challengeOf(['Digest realm="x", nonce="y", qop="auth-int"'])).toBeUndefined();
});

test("cookies are kept by path, replaced, deleted, and go before those of the page's script", () => {
  const jar = new CookieJar();
  jar.take(["a=1; Path=/", "b=2; Path=/admin; HttpOnly", "bad cookie", "c=3"]);
  expect(jar.field("/", "a=9; lang=de")).toBe("a=1; c=3; lang=de");
  expect(jar.field("/admin/x", undefined)).toBe("b=2; a=1; c=3");
  jar.take(["a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "c=4; Max-Age=0"]);
  expect(jar.field("/administrator", undefined)).toBeUndefined();
});

test("parts of a panel have cookies of the same name, each its own", () => {
  const jar = new CookieJar();
  jar.take(["JSESSIONID=1; Path=/config", "JSESSIONID=2; Path=/trend"]);
  expect(jar.field("/config/x", undefined)).toBe("JSESSIONID=1");
  expect(jar.field("/trend", undefined)).toBe("JSESSIONID=2");
  jar.take(["JSESSIONID=0"]);
  expect(jar.field("/trend/1", undefined)).toBe("JSESSIONID=2; JSESSIONID=0");
  jar.take(["JSESSIONID=; Max-Age=0; Path=/trend"]);
  expect(jar.field("/trend", undefined)).toBe("JSESSIONID=0");
  expect(jar.field("/config", undefined)).toBe("JSESSIONID=1; JSESSIONID=0");
});

test("links of a panel to itself lead to the session, others stay as they are", () => {
  const links = new OwnLinks(["10.0.0.5", "hmi.plant"], 8080);
  const text =
    '<a href="http://10.0.0.5:8080/a"> <a href="HTTPS://hmi.plant/b"> ws://10.0.0.5:8080/live ' +
    "http://10.0.0.50/ http://10.0.0.5.evil.example/ http://10.0.0.5:80801/";
  expect(links.inText(text, "abc.localhost:7481")).toBe(
    '<a href="//abc.localhost:7481/a"> <a href="//abc.localhost:7481/b"> ws://abc.localhost:7481/live ' +
      "http://10.0.0.50/ http://10.0.0.5.evil.example/ http://10.0.0.5:80801/",
  );
  expect(links.inLocation("http://10.0.0.5:8080/x?y=1")).toBe("/x?y=1");
  expect(links.inLocation("http://hmi.plant")).toBe("/");
  expect(links.inLocation("http://other/?u=http://10.0.0.5:8080/x")).toBe(
    "http://other/?u=http://10.0.0.5:8080/x",
  );
});
