import { expect, test } from "vitest";
import { type AssetCredential, Handshake, type ScreenSecurity } from "./handshake.ts";

const text = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));
const bytes = (...parts: readonly (Uint8Array | readonly number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => [...part]));
const VERSION = text("RFB 003.008\n");
const number = (value: number) => [
  value >>> 24,
  (value >> 16) & 255,
  (value >> 8) & 255,
  value & 255,
];
const utf8 = (words: string) => new TextEncoder().encode(words);

const CREDENTIAL: AssetCredential = {
  answer: (challenge) => challenge.map((byte) => byte ^ 1),
  plain: { user: utf8("op"), password: utf8("päss") },
};

/** What is said to an asset that says all this, and how it ends. */
function talk(
  says: readonly Uint8Array[],
  security: ScreenSecurity = "open",
  credential: AssetCredential = CREDENTIAL,
) {
  const handshake = Handshake.withAsset(credential, security);
  const sent: number[][] = [];
  const states: string[] = [];
  for (const each of says) {
    const { send, state } = handshake.push(each);
    sent.push(...send.map((one) => [...one]));
    states.push(state.kind === "failed" ? state.reason : state.kind);
  }
  return { sent, states };
}

const OFFERS = bytes(VERSION, [1, 19], [0, 2], [0], [3], number(257), number(261), number(262));

test("VeNCrypt: what is agreed on, then TLS, and the password within it alone", () => {
  const within = [new Uint8Array(0), number(0)].map((part) => Uint8Array.from(part));
  const { sent, states } = talk([bytes(OFFERS, [1]), ...within], "x509");
  expect(sent).toEqual([
    [...VERSION],
    [19],
    [0, 2],
    number(262),
    [...number(2), ...number(5)],
    [...utf8("op")],
    [...utf8("päss")],
  ]);
  expect(states).toEqual(["secure", "going", "done"]);
});

test("without a name the password of VNC is answered with", () => {
  const challenge = Uint8Array.from({ length: 16 }, (_, n) => n);
  const plain = { user: new Uint8Array(0), password: utf8("geheim") };
  const { sent, states } = talk(
    [bytes(OFFERS, [1]), new Uint8Array(0), challenge, Uint8Array.from(number(0))],
    "x509",
    { ...CREDENTIAL, plain },
  );
  expect(sent[3]).toEqual(number(261));
  expect(sent.at(-1)).toEqual([...challenge].map((byte) => byte ^ 1));
  expect(states.at(-1)).toBe("done");
});

test.each<[string, ScreenSecurity, Uint8Array, RegExp]>([
  ["offers no TLS", "x509", bytes(VERSION, [2, 1, 2]), /not carried/],
  ["speaks an old version", "x509", bytes(text("RFB 003.003\n"), number(1)), /knows no TLS/],
  [
    "offers only TLS that proves nothing",
    "x509",
    bytes(VERSION, [1, 19], [0, 2, 0, 1], number(258)),
    /not carried/,
  ],
  [
    "offers only certificates",
    "anonymous",
    bytes(VERSION, [1, 19], [0, 2, 0, 1], number(261)),
    /not carried/,
  ],
  ["offers nothing within it", "x509", bytes(VERSION, [1, 19], [0, 2, 0, 0]), /not carried/],
  ["speaks VeNCrypt 0.1", "x509", bytes(VERSION, [1, 19], [0, 1]), /too old/],
  ["refuses the version", "x509", bytes(VERSION, [1, 19], [0, 2, 1]), /does not speak VeNCrypt/],
  ["does not begin", "x509", bytes(OFFERS, [0]), /does not begin TLS/],
  ["speaks before TLS has begun", "x509", bytes(OFFERS, [1], number(0)), /before TLS/],
])(
  "where TLS is asked for, an asset that %s is left, with no password said",
  (_, security, says, why) => {
    const { sent, states } = talk([says], security);
    expect(states.at(-1)).toMatch(why);
    expect(sent.flat().join()).not.toContain([...utf8("päss")].join());
  },
);

test("where none is asked for, none is begun", () => {
  expect(talk([bytes(VERSION, [2, 19, 1])]).sent.at(-1)).toEqual([1]);
  expect(talk([bytes(VERSION, [1, 19])]).states.at(-1)).toMatch(/it knows TLS: say so/);
});
