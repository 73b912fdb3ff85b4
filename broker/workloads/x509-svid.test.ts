import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { type LeafTerms, SpiffeAuthority, USAGES } from "../../test/kit/spiffe.ts";
import type { TrustDomain } from "./model.ts";
import { parseSpiffeId } from "./spiffe-id.ts";
import { readSvid } from "./x509-svid.ts";

const ID = "spiffe://plant.example/historian";
const HOUR_MS = 3_600_000;

let own: SpiffeAuthority;
let other: SpiffeAuthority;
let domains: readonly TrustDomain[];

function domainOf(domain: string, ...authorities: readonly SpiffeAuthority[]): TrustDomain {
  const anchors = authorities.map(({ pem }) => new X509Certificate(pem));
  return { domain, bundle: { anchors, keys: [] }, bundleFile: "" };
}

beforeAll(async () => {
  own = await SpiffeAuthority.make();
  other = await SpiffeAuthority.make("CN=partner.example authority");
  domains = [domainOf("plant.example", own), domainOf("partner.example", other)];
});

async function read(terms: LeafTerms = {}, by = own, between: readonly SpiffeAuthority[] = []) {
  const { der } = await by.issue(terms);
  const chain = [der, ...between.map(({ certificate }) => new Uint8Array(certificate.rawData))];
  const answer = await readSvid(chain, domains, Date.now());
  return answer.kind === "svid" ? answer.id.text : answer.why;
}

test("a leaf that its own trust domain made names the workload", async () => {
  expect(await read()).toBe(ID);
  const between = await own.below("CN=node 7");
  expect(await read({}, between, [between])).toBe(ID);
});

test.each<[string, LeafTerms, string]>([
  ["two URIs", { uris: [ID, "spiffe://plant.example/other"] }, "it has 2 URIs, not one"],
  ["no URI", { uris: [] }, "it has 0 URIs, not one"],
  ["another kind of URI", { uris: ["https://plant.example/historian"] }, "not the SPIFFE ID"],
  ["the trust domain itself", { uris: ["spiffe://plant.example"] }, "not the SPIFFE ID"],
  ["an authority", { isAuthority: true }, "it is an authority"],
  ["a key that signs certificates", { usage: USAGES.signsEverything }, "may sign"],
  ["a key for something else", { usage: USAGES.keyEncipherment }, "not for signatures"],
  ["a key for nothing", { usage: undefined }, "does not say what its key is for"],
  ["one that has ended", { untilMs: Date.now() - 1_000 }, "it is not of now"],
  ["one that has not begun", { fromMs: Date.now() + HOUR_MS / 2 }, "it is not of now"],
  ["a domain nobody knows", { uris: ["spiffe://unknown.example/x"] }, "is not known here"],
])("%s is refused", async (_name, terms, why) => {
  expect(await read(terms)).toContain(why);
});

test("an authority of another trust domain makes nothing of this one", async () => {
  expect(await read({}, other)).toContain("no authority of its trust domain made it");
  // It takes the name of the authority here, and is vouched for by its own: still another key.
  const namesake = await other.below("CN=plant.example authority");
  expect(await read({}, namesake, [namesake, other])).toContain("no authority");
  const stranger = await SpiffeAuthority.make("CN=plant.example authority");
  expect(await read({}, stranger, [stranger])).toContain("no authority");
});

test("a leaf does not vouch for another leaf", async () => {
  const notAuthority = await own.issue();
  const forged = await SpiffeAuthority.make("CN=workload");
  const { der } = await forged.issue();
  const answer = await readSvid([der, notAuthority.der], domains, Date.now());
  expect(answer.kind).toBe("refused");
});

test("a bundle that was taken away trusts nobody", async () => {
  const { der } = await own.issue();
  const answer = await readSvid([der], [domainOf("plant.example")], Date.now());
  expect(answer).toMatchObject({ kind: "refused" });
});

test("rubbish is refused", async () => {
  expect(await readSvid([], domains, 0)).toMatchObject({ kind: "refused" });
  expect(await readSvid([new Uint8Array(40)], domains, 0)).toMatchObject({ kind: "refused" });
});

test.each([
  "spiffe://Plant.example/x",
  "SPIFFE://plant.example/x",
  "spiffe://plant.example/x/",
  "spiffe://plant.example//x",
  "spiffe://plant.example/../x",
  "spiffe://plant.example/%41",
  "spiffe://plant.example/x?y",
  "spiffe://plant.example/x#y",
  "spiffe://plant.example:80/x",
  "spiffe://user@plant.example/x",
  "spiffe:///x",
  "spiffe://plant.example/x\n",
])("%j is no SPIFFE ID", (text) => {
  expect(parseSpiffeId(text)).toBeUndefined();
});

test("a SPIFFE ID is not longer than the standard says", () => {
  expect(parseSpiffeId(`spiffe://plant.example/${"x".repeat(2_048)}`)).toBeUndefined();
});

test("a SPIFFE ID has a domain and a path", () => {
  expect(parseSpiffeId(ID)).toEqual({ text: ID, domain: "plant.example", path: "/historian" });
  expect(parseSpiffeId("spiffe://plant.example")?.path).toBe("");
});
