/** The keys of a rule that only SSH has. */
import { FILE_ACTIONS, SSH_ACTIONS } from "../../protocols/ssh/operation.ts";
import type { SshMatch } from "./model.ts";
import {
  COMMAND_LENGTH_MAX,
  KEPT_FILE_MAX,
  PATH_LENGTH_MAX,
  RULE_LIST_MAX,
} from "./plant-limits.ts";
import { distinct, flag, integer, oneOf, text } from "./yaml-readings.ts";
import type { Mapping } from "./yaml-value.ts";

/** `ssh:forward` is not among them: no rule can permit what would be a route. */
const NAMEABLE = [...SSH_ACTIONS.filter((action) => action !== "ssh:forward"), ...FILE_ACTIONS];

export function sshMatchOf(from: Mapping): SshMatch | undefined {
  const size = { min: 1, max: RULE_LIST_MAX };
  const actions = from.take("actions", distinct(oneOf(NAMEABLE), size));
  const commands = from.take("commands", distinct(text(COMMAND_LENGTH_MAX), size));
  const paths = from.take("paths", distinct(text(PATH_LENGTH_MAX), size));
  const sizeMax = from.take("size-max", integer(0, Number.MAX_SAFE_INTEGER));
  const keepMax = from.take("keep-max", integer(0, KEPT_FILE_MAX));
  const scan = from.take("scan", flag) ?? false;
  const isAbout = actions || commands || paths || sizeMax !== undefined || scan;
  if (!isAbout && keepMax === undefined) return undefined;
  return {
    protocol: "ssh",
    ...(actions && { actions }),
    ...(commands && { commands }),
    ...(paths && { paths }),
    ...(sizeMax !== undefined && { sizeMax }),
    ...(scan && { scan }),
    ...(keepMax !== undefined && { keepMax }),
  };
}
