import { expect, test } from "vitest";
import {
  linuxName,
  machineFacts,
  type RunCommand,
  rootIsEncrypted,
  windowsEncryption,
  windowsLock,
} from "./machine-facts.ts";

/** Answers by the first word of each command. */
function answering(outputs: Readonly<Record<string, string>>): RunCommand {
  return async (file) => outputs[file];
}

const ROOT = { type: "lvm", mountpoints: ["/"] };

test.each([
  ["an encrypted layer under the root", [{ type: "crypt", children: [ROOT] }], "yes"],
  ["a plain partition", [{ type: "part", mountpoints: ["/"] }], "no"],
  ["only other disks encrypted", [{ type: "crypt", mountpoints: ["/data"] }, ROOT], "no"],
  ["no root at all, as in a container", [{ type: "part", mountpoints: [null] }], "unknown"],
])("disk encryption with %s", (_, blockdevices, answer) => {
  expect(rootIsEncrypted(JSON.stringify({ blockdevices }))).toBe(answer);
});

test("what no command tells is unknown, never yes", async () => {
  expect(rootIsEncrypted(undefined)).toBe("unknown");
  expect(rootIsEncrypted("not JSON")).toBe("unknown");
  for (const platform of ["linux", "darwin", "win32", "freebsd"] as const) {
    const { diskEncryption, screenLock, endpointProtection } = await machineFacts(
      platform,
      async () => undefined,
    );
    expect([diskEncryption, screenLock, endpointProtection]).toEqual(Array(3).fill("unknown"));
  }
});

test("a Linux desktop tells its name, its lock and what looks into it", async () => {
  const facts = await machineFacts(
    "linux",
    answering({
      gsettings: "true\n",
      systemctl: "cron.service loaded active running\nfalcon-sensor.service loaded active running",
    }),
    "ubuntu:GNOME",
  );
  expect(facts).toMatchObject({ screenLock: "yes", endpointProtection: "yes" });
  const release = 'PRETTY_NAME="Debian GNU/Linux 12"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n';
  expect(linuxName(release)).toEqual({ name: "Debian GNU/Linux", version: "12" });
});

test("a Mac tells FileVault and its lock", async () => {
  const facts = await machineFacts(
    "darwin",
    answering({
      sw_vers: "15.1\n",
      fdesetup: "FileVault is Off.\n",
      sysadminctl: "2026-11-22 screenLock delay is immediate\n",
    }),
  );
  expect(facts).toEqual({
    os: { name: "macOS", version: "15.1" },
    ...{ diskEncryption: "no", screenLock: "yes", endpointProtection: "unknown" },
  });
});

test("Windows tells BitLocker by number and its lock by registry", () => {
  expect(["1", "2", "5", "6", ""].map(windowsEncryption)).toEqual([
    ...["yes", "no", "no", "unknown", "unknown"],
  ]);
  expect(["1\r\n", "0\r\n", "0\r\n900\r\n", "\r\n"].map(windowsLock)).toEqual([
    ...["yes", "no", "yes", "unknown"],
  ]);
});
