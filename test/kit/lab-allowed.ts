/** Whether this machine allows the segmentation lab; where it does not, its tests are named skips. */
import { execFileSync } from "node:child_process";
import { test } from "vitest";
import { testWith } from "./programs.ts";

/** Containers may forbid what an ordinary machine allows; undefined where nothing is in the way. */
export const whyNoLab = whyNot();

function whyNot(): string | undefined {
  try {
    const flags = ["-Urnpf", "--kill-child", "--mount-proc"];
    const link =
      "ip link add name a0 type veth peer name a1 && nft list ruleset && echo 1 > /proc/sys/net/ipv4/ip_forward";
    execFileSync("unshare", [...flags, "sh", "-c", link], { stdio: "pipe", timeout: 20_000 });
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll("\n", " ") : String(error);
    process.stderr.write(`segmentation lab skipped, no namespaces for this user: ${why}\n`);
    return why;
  }
}

const programs = testWith(["unshare", "nsenter", "ip", "nft", "nmap"]);

export const labTest = whyNoLab === undefined ? programs : test.skipIf(true);
