/** What a profile lets a person do over SSH at all, for what a workbench offers. */
import type { Capabilities } from "../../protocols/guard.ts";
import { FILE_ACTIONS, type SshOperation } from "../../protocols/ssh/operation.ts";
import type { Profile } from "../plant/model.ts";
import { speaksOf } from "./speaks-of.ts";
import { SshMatcher } from "./ssh-matcher.ts";

export interface SshReach {
  readonly shell: boolean;
  /** Typing; without it a shell is only looked at. */
  readonly input: boolean;
  /** Commands that a rule names by their exact text. */
  readonly commands: readonly string[];
  /** Something of it is permitted or held on some path. */
  readonly files: readonly (typeof FILE_ACTIONS)[number][];
}

/** Held counts as reached. The rights of the moment are not looked at. */
export function sshReach(profile: Profile): SshReach {
  const matcher = new SshMatcher({ profile, subject: "", ledger: { take: () => true } });
  const reaches = (operation: SshOperation) => matcher.judge(operation, ALL, 0).kind !== "deny";
  const named = profile.rules.flatMap(({ match }) =>
    match.own?.protocol === "ssh" ? (match.own.commands ?? []) : [],
  );
  const commands = [...new Set(named)].filter(
    (command) =>
      !command.split(" ").includes("*") &&
      reaches({ action: "ssh:exec", class: "configure", command }),
  );
  return {
    shell: reaches({ action: "ssh:shell", class: "configure", terminal: "xterm-256color" }),
    input: reaches({ action: "ssh:input", class: "configure" }),
    commands,
    files: FILE_ACTIONS.filter((action) => somewhere(profile, action)),
  };
}

function somewhere(profile: Profile, action: (typeof FILE_ACTIONS)[number]): boolean {
  return profile.rules.some((rule) => {
    const { match, verdict } = rule;
    if (verdict === "deny" || !speaksOf(rule, "ssh")) return false;
    if (match.classes && !match.classes.includes("transfer")) return false;
    const own = match.own?.protocol === "ssh" ? match.own : undefined;
    return own?.commands === undefined && (own?.actions?.includes(action) ?? true);
  });
}

const ALL: Capabilities = new Set(["observe", "operate", "configure", "program", "transfer"]);
