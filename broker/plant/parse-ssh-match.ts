/** The keys of a rule that only SSH has. */
import type { SshMatch } from "./model.ts";
import { COMMAND_LENGTH_MAX, PATH_LENGTH_MAX, RULE_LIST_MAX } from "./plant-limits.ts";
import { distinct, integer, oneOf, text } from "./yaml-readings.ts";
import type { Mapping } from "./yaml-value.ts";

/** What a rule can name; `protocols/ssh` says what each is. */
export const SSH_ACTIONS = [
  "ssh:shell",
  "ssh:exec",
  "ssh:subsystem",
  "ssh:env",
  "ssh:forward",
  "ssh:other",
  "sftp:read",
  "sftp:list",
  "sftp:write",
  "sftp:remove",
  "sftp:rename",
  "sftp:other",
] as const;

export function sshMatchOf(from: Mapping): SshMatch | undefined {
  const size = { min: 1, max: RULE_LIST_MAX };
  const actions = from.take("actions", distinct(oneOf(SSH_ACTIONS), size));
  const commands = from.take("commands", distinct(text(COMMAND_LENGTH_MAX), size));
  const paths = from.take("paths", distinct(text(PATH_LENGTH_MAX), size));
  const sizeMax = from.take("size-max", integer(0, Number.MAX_SAFE_INTEGER));
  if (!actions && !commands && !paths && sizeMax === undefined) return undefined;
  return {
    protocol: "ssh",
    ...(actions && { actions }),
    ...(commands && { commands }),
    ...(paths && { paths }),
    ...(sizeMax !== undefined && { sizeMax }),
  };
}
