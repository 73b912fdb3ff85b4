import { expect, test } from "vitest";
import { parseScp, scpCommand } from "./scp-command.ts";
import { startItems } from "./start.ts";

test.each([
  ["scp -t /srv/a", "scp -t /srv/a"],
  ["scp -r -p -d -t -- in/b", "scp -rpdt ~/in/b"],
  ["scp -pf '/srv/a b'", undefined],
  ["scp -pf '/srv/../etc/a'", "scp -pf /etc/a"],
  ['scp -t "/srv/a"', "scp -t /srv/a"],
  ["scp -t  '/srv/a'", "scp -t /srv/a"],
  ["scp  -r  -f  /srv/a ", "scp -rf /srv/a"],
  ["scp -t '~/a'", undefined],
  ["scp -t '/srv/a\"", undefined],
  ["scp -t '/srv/a';id", undefined],
  ["scp -t '/srv'/a", undefined],
  ["scp -t $(id)", undefined],
  ["scp -t '$(id)'", undefined],
  ["scp -t '../a'", undefined],
  ["scp -t 'a' b", undefined],
])("%s goes to the asset as %s", (written, carried) => {
  const scp = parseScp(written);
  expect(scp && scpCommand(scp)).toBe(carried);
});

test("a tape of before, when none in quotes was carried, refuses it again", () => {
  const start = { kind: "exec", text: "scp -t '/srv/a'", rest: new Uint8Array(0) } as const;
  expect(startItems(start, undefined)).toMatchObject([{ action: "file:write", path: "/srv/a" }]);
  expect(startItems(start, undefined, { openedUnlooked: true })).toBeUndefined();
});
