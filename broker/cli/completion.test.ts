import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { expect, test } from "vitest";
import { testWith } from "../../test/kit/programs.ts";
import { completionFor } from "./completion.ts";

function program(): Command {
  const made = new Command("sallyport");
  made.command("connect").option("--port <number>");
  made.command("plant").command("check");
  return made;
}

/** What bash offers behind these words. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `${completionFor(program(), "bash")}
COMP_WORDS=(sallyport ${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_sallyport
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

testWith(["bash"])("bash completes commands, what is below them, and options", () => {
  expect(offered("")).toEqual(expect.arrayContaining(["connect", "plant"]));
  expect(offered("con")).toEqual(["connect"]);
  expect(offered("plant", "")).toContain("check");
  expect(offered("connect", "plc", "--p")).toEqual(["--port"]);
});

test.each(["zsh", "fish", "powershell"] as const)("%s is told every command", (shell) => {
  const text = completionFor(program(), shell);
  for (const word of ["connect", "plant", "check", "port"]) expect(text).toContain(word);
});
