import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNetworkAddress } from "./network-address.ts";
import { refusedAddress, refusedHost } from "./refused-address.ts";
import { parseRegister } from "./register-notation.ts";

test.each([
  ["40012", "holding-registers", 11],
  ["400012", "holding-registers", 11],
  ["465536", "holding-registers", 65_535],
  ["30001", "input-registers", 0],
  ["10007", "discrete-inputs", 6],
  ["00001", "coils", 0],
  ["065536", "coils", 65_535],
] as const)("register %s is %s at protocol address %i", (text, table, address) => {
  expect(parseRegister(text)).toEqual({ table, address });
});

test.each(["40000", "20001", "4001", "465537", "4000012", "-40001", "4e4", "0x1", "", "499999"])(
  "%s is no register",
  (text) => {
    expect(parseRegister(text)).toBeUndefined();
  },
);

test.each([
  ["10.0.0.5", "10.0.0.5", 502],
  ["10.0.0.5:1502", "10.0.0.5", 1_502],
  ["PLC-3.plant.example:502", "plc-3.plant.example", 502],
  ["[FD00::5]:503", "fd00::5", 503],
  ["[fd00::5]", "fd00::5", 502],
])("%s is host %s, port %i", (text, host, port) => {
  expect(parseNetworkAddress(text)).toEqual({ kind: "address", host, port });
});

test.each([
  "",
  ":502",
  "fd00::5",
  "10.0.0.5:0",
  "10.0.0.5:65536",
  "10.0.0.5:http",
  "10.0.0.256",
  "127.1",
  "2130706433",
  "0x7f.1",
  "0177.0.0.1",
  "plc_3",
  "-plc",
  "plc..example",
  "a".repeat(64),
  "[fe80::1%eth0]:502",
  "http://plc",
  "user@plc",
  "plc:502:502",
])("%s is no address", (text) => {
  expect(parseNetworkAddress(text).kind).toBe("malformed");
});

test.each([
  ["127.0.0.1", "loopback"],
  ["127.255.255.254", "loopback"],
  ["::1", "loopback"],
  ["0:0:0:0:0:0:0:1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["::FFFF:7f00:1", "loopback"],
  ["0:0:0:0:0:ffff:7f00:0001", "loopback"],
  ["::ffff:0:127.0.0.1", "loopback"],
  ["::127.0.0.1", "loopback"],
  ["64:ff9b::7f00:1", "loopback"],
  ["2002:7f00:1::", "loopback"],
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["::", "unspecified"],
  ["::ffff:0.0.0.0", "unspecified"],
  ["169.254.169.254", "link-local"],
  ["::ffff:169.254.169.254", "link-local"],
  ["fe80::1", "link-local"],
  ["fe80::1%eth0", "link-local"],
  ["febf::1", "link-local"],
  ["224.0.0.1", "multicast"],
  ["239.255.255.250", "multicast"],
  ["ff02::1", "multicast"],
  ["::ffff:224.0.0.1", "multicast"],
  ["255.255.255.255", "broadcast"],
  ["240.0.0.1", "reserved"],
  ["plc", "not an IP address"],
  ["127.1", "not an IP address"],
  ["", "not an IP address"],
])("%s is refused: %s", (ip, reason) => {
  expect(refusedAddress(ip)).toContain(reason);
});

test.each(["10.0.0.5", "192.168.1.1", "172.16.0.1", "8.8.8.8", "fd00::5", "2001:db8::1"])(
  "%s may be dialled",
  (ip) => {
    expect(refusedAddress(ip)).toBeUndefined();
    expect(refusedAddress(ip, ["10.9.9.9"])).toBeUndefined();
  },
);

test("the broker's own addresses are refused in every spelling", () => {
  const own = ["10.0.0.5", "fd00::5", "fe80::9%eth0"];
  for (const ip of ["10.0.0.5", "::ffff:10.0.0.5", "fd00:0::5"]) {
    expect(refusedAddress(ip, own)).toBe("an address of the broker itself");
  }
  expect(refusedAddress("10.0.0.6", own)).toBeUndefined();
});

test("names below localhost are loopback, others are left to the resolver", () => {
  expect(refusedHost("localhost")).toBe("a loopback name");
  expect(refusedHost("a.LOCALHOST.")).toBe("a loopback name");
  expect(refusedHost("mylocalhost")).toBeUndefined();
  expect(refusedHost("plc-3.plant.example")).toBeUndefined();
});

test("an IPv4 address is judged alike in its mapped form", () => {
  const local = new BlockList();
  local.addSubnet("127.0.0.0", 8);
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      expect(refusedAddress(`::ffff:${ip}`)).toBe(refusedAddress(ip));
      if (local.check(ip)) expect(refusedAddress(ip)).toBeDefined();
    }),
  );
});
