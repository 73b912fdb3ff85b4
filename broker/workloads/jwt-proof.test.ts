import { createHmac, createPublicKey } from "node:crypto";
import { exportSPKI, type JWTPayload } from "jose";
import { beforeAll, expect, test } from "vitest";
import { TokenSigner } from "../../test/kit/spiffe.ts";
import { TestClock } from "../../test/kit/test-clock.ts";
import { readToken } from "./jwt-proof.ts";
import type { TokenIssuer, WorkloadConfig } from "./model.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { parseBundle, parseKeySet } from "./trust-bundle.ts";
import { UsedTokens } from "./used-tokens.ts";

const AUDIENCE = "https://sallyport.example";
const SUBJECT = "repo:plant/checks:ref:refs/heads/main";

let signer: TokenSigner;
let stranger: TokenSigner;

beforeAll(async () => {
  signer = await TokenSigner.make();
  stranger = await TokenSigner.make("https://ci.example", "key-1");
});

function site(more: Partial<TokenIssuer> = {}) {
  const clock = new TestClock();
  const issuer: TokenIssuer = {
    ...{ issuer: signer.issuer, audience: undefined, algorithms: ["RS256"] as const },
    keys: { from: "file", keys: parseKeySet(signer.keySet) },
    ...{ ageMaxMs: 600_000, once: false, ...more },
  };
  const jwtSvid = { ...signer.publicKey, use: "jwt-svid" };
  const bundle = parseBundle(JSON.stringify({ keys: [jwtSvid] }));
  const domains = [{ domain: "plant.example", bundle, bundleFile: "" }];
  const config: WorkloadConfig = { domains, issuers: [issuer], workloads: [], files: [] };
  const used = new UsedTokens(clock);
  const keysOf = async ({ keys }: TokenIssuer) => (keys.from === "file" ? keys.keys : []);
  const read = async (token: string) => {
    const answer = await readToken(token, config, { clock, audience: AUDIENCE, used, keysOf });
    return answer.kind === "token" ? answer.proof.identity : answer.why;
  };
  const sign = (claims: JWTPayload = {}, header: object = {}, by = signer) =>
    by.sign({ aud: AUDIENCE, sub: SUBJECT, ...claims }, { header, nowMs: clock.wallMs() });
  return { clock, read, sign };
}

const IDENTITY = `https://ci.example subject ${SUBJECT}`;
const nowS = (clock: TestClock) => Math.floor(clock.wallMs() / 1_000);

test("a token of a configured issuer, meant for this broker, names its subject", async () => {
  const { read, sign } = site();
  expect(await read(await sign())).toBe(IDENTITY);
  expect(await read(await sign({ aud: ["https://else.example", AUDIENCE] }))).toBe(IDENTITY);
});

test("a JWT-SVID is verified by the bundle of its trust domain", async () => {
  const { read, sign } = site();
  const sub = "spiffe://plant.example/historian";
  expect(await read(await sign({ sub, iss: "https://spire.example" }))).toBe(sub);
  const forged = await sign({ sub, iss: "https://spire.example" }, {}, stranger);
  expect(await read(forged)).toBe("the token is forged");
  const elsewhere = await sign({ sub: "spiffe://else.example/historian", iss: "x" });
  expect(await read(elsewhere)).toBe("its issuer is not known here");
});

test("another audience, issuer, time or age is refused", async () => {
  const { clock, read, sign } = site();
  const now = nowS(clock);
  expect(await read(await sign({ aud: "https://else.example" }))).toContain("aud is not");
  expect(await read(await sign({ aud: `${AUDIENCE}/` }))).toContain("aud is not");
  expect(await read(await sign({ iss: "https://CI.example" }))).toContain("issuer is not known");
  expect(await read(await sign({ exp: now - 60 }))).toBe("the token has expired");
  expect(await read(await sign({ nbf: now + 60 }))).toContain("nbf is not");
  expect(await read(await sign({ iat: now + 60 }))).toContain("iat is not");
  // It says that it lives for a day; the site takes none that is older than ten minutes.
  expect(await read(await sign({ iat: now - 700, exp: now + 86_400 }))).toContain("expired");
});

test("what is left out is not taken for granted", async () => {
  const { read, sign } = site();
  for (const claim of ["exp", "iat", "sub", "aud"]) {
    expect(await read(await sign({ [claim]: undefined }))).toContain(`${claim} is not`);
  }
});

test("algorithms are not confused: none, and the public key as a secret", async () => {
  const { clock, read } = site({ algorithms: ["RS256", "ES256"] });
  const now = nowS(clock);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: signer.issuer, aud: AUDIENCE, sub: SUBJECT, iat: now, exp: now + 600 };
  expect(await read(`${part({ alg: "none" })}.${part(claims)}.`)).toContain("algorithm");
  const publicKey = createPublicKey({ key: signer.publicKey, format: "jwk" });
  for (const secret of [await exportSPKI(publicKey), JSON.stringify(signer.publicKey)]) {
    const text = `${part({ alg: "HS256", kid: signer.kid })}.${part(claims)}`;
    const mac = createHmac("sha256", secret).update(text).digest("base64url");
    expect(await read(`${text}.${mac}`)).toBe("the token's algorithm is not taken");
  }
});

test("an algorithm that the issuer does not use is refused, though the key would fit", async () => {
  const { read, sign } = site({ algorithms: ["ES256"] });
  expect(await read(await sign())).toBe("the token's algorithm is not taken");
});

test("what a token says of keys counts for nothing", async () => {
  const { read, sign } = site();
  const headers = [
    { jwk: stranger.publicKey },
    { jku: "https://attacker.example/keys" },
    { x5u: "https://attacker.example/certificate" },
    { x5c: ["MIIB"] },
  ];
  for (const header of headers) {
    expect(await read(await sign({}, header, stranger))).toBe("the token is forged");
    expect(await read(await sign({}, header))).toBe(IDENTITY);
  }
});

test.each(["../../etc/passwd", "key-2", "' OR 1=1 --", "x".repeat(500), ""])(
  "a key id that is made up (%j) leads to no key",
  async (kid) => {
    const { read, sign } = site();
    expect(await read(await sign({}, { kid }, stranger))).not.toBe(IDENTITY);
  },
);

test("a token of another kind is refused", async () => {
  const { read, sign } = site();
  expect(await read(await sign({}, { typ: "dpop+jwt" }))).toBe("it is another kind of token");
  expect(await read("rubbish")).toBe("it is not a token");
  expect(await read("x".repeat(10_000))).toBe("it is not a token");
});

test("where a token counts once, its copy does not", async () => {
  const { read, sign } = site({ once: true });
  const token = await sign({ jti: "run-1" });
  expect(await read(token)).toBe(IDENTITY);
  expect(await read(token)).toContain("used a second time");
  expect(await read(await sign({ jti: "run-2" }))).toBe(IDENTITY);
  expect(await read(await sign())).toContain("jti is not");
});

test("a set of keys with a secret in it is refused", () => {
  const oct = JSON.stringify({ keys: [{ kty: "oct", k: "c2VjcmV0" }] });
  expect(() => parseKeySet(oct)).toThrow("secret key");
  const { d } = signer.privateKey.export({ format: "jwk" });
  const both = JSON.stringify({ keys: [{ ...signer.publicKey, d }] });
  expect(() => parseKeySet(both)).toThrow("secret key");
});

test("keys at an address: a new one is noticed, a flood of made-up ones asks once", async () => {
  const clock = new TestClock();
  let asked = 0;
  let served = signer.keySet;
  const load = async () => {
    asked += 1;
    if (served === "") throw new Error("away");
    return served;
  };
  const keys = new RemoteKeys("https://ci.example/keys", { clock, load });
  expect((await keys.forToken("key-1")).map(({ kid }) => kid)).toEqual(["key-1"]);
  for (let n = 0; n < 50; n += 1) await keys.forToken(`made-up-${n}`);
  expect(asked).toBe(1);
  const next = await TokenSigner.make(signer.issuer, "key-2");
  served = next.keySet;
  await clock.advance(31_000);
  expect((await keys.forToken("key-2")).map(({ kid }) => kid)).toEqual(["key-2"]);
  served = "";
  await clock.advance(5 * 3_600_000);
  expect(await keys.forToken("key-2")).toHaveLength(1);
  await clock.advance(2 * 3_600_000);
  expect(await keys.forToken("key-2")).toEqual([]);
});
