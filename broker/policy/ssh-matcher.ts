/**
 * A profile compiled for an SSH endpoint and one subject: the first rule that covers an operation
 * decides. A shell cannot be filtered by the commands typed into it; a profile that must know
 * what is done permits named commands and no shell.
 */
import type { Capabilities, Operation } from "../../protocols/guard.ts";
import {
  type FileOperation,
  isSshOperation,
  KEPT_BY_DIGEST,
  KEPT_WITH_CONTENT,
  type PassedOperation,
  type SshOperation,
} from "../../protocols/ssh/operation.ts";
import type { Profile, Rule } from "../plant/model.ts";
import { type CommandPattern, commandPattern } from "./command-pattern.ts";
import type { Decision, Matcher, RateLedger } from "./decision.ts";
import { type PathGlob, pathGlob } from "./path-glob.ts";
import { DEFAULT_DENY, deny, withoutCapability } from "./plain-decisions.ts";
import { durationInWords } from "./point-words.ts";
import { speaksOf } from "./speaks-of.ts";
import { sshDeed } from "./ssh-words.ts";

export interface SshMatcherInput {
  readonly profile: Profile;
  readonly subject: string;
  readonly ledger: RateLedger;
}

interface Compiled {
  readonly rule: Rule;
  readonly actions: ReadonlySet<string> | undefined;
  readonly commands: readonly CommandPattern[] | undefined;
  readonly paths: readonly PathGlob[] | undefined;
  readonly sizeMax: number;
  readonly scan: boolean;
  readonly keepMax: number;
}

/** For the record, after the fact. */
const PASSED: Decision = { kind: "permit", rule: KEPT_BY_DIGEST };
const PASSED_WHOLE: Decision = { kind: "permit", rule: KEPT_WITH_CONTENT };
/** Of a rule that keeps no content. */
const NONE = -1;

/** What no rule permits that does not name it: a plain `permit: configure` is about terminals. */
const ONLY_NAMED: ReadonlySet<string> = new Set(["ssh:env", "ssh:other", "ssh:forward"]);

export class SshMatcher implements Matcher {
  private readonly profile: Profile;
  private readonly subject: string;
  private readonly ledger: RateLedger;
  private readonly rules: readonly Compiled[];

  constructor({ profile, subject, ledger }: SshMatcherInput) {
    this.profile = profile;
    this.subject = subject;
    this.ledger = ledger;
    this.rules = profile.rules.filter((rule) => speaksOf(rule, "ssh")).map(compiled);
  }

  judge(operation: Operation, capabilities: Capabilities, nowMs: number): Decision {
    if (operation.action === "file:passed") return this.passed(operation as PassedOperation);
    if (!capabilities.has(operation.class)) return withoutCapability(operation, capabilities);
    if (!isSshOperation(operation)) {
      return deny(DEFAULT_DENY, "operation", `${operation.action} is not an operation of SSH`);
    }
    const found = this.rules.find((each) => covers(each, operation)) ?? this.openerOf(operation);
    if (found === undefined) return this.unmatched(operation);
    return this.decide(found, operation, nowMs);
  }

  /** By the rule under which the file was opened. */
  private passed({ way, via, path, target, size, digest }: PassedOperation): Decision {
    if (digest === undefined) return PASSED;
    const opening: FileOperation = {
      action: way === "up" ? "file:write" : "file:read",
      ...{ class: "transfer", via, path },
      ...(target !== undefined && { target }),
    };
    const rule = this.rules.find((each) => covers(each, opening));
    return size <= (rule?.keepMax ?? NONE) ? PASSED_WHOLE : PASSED;
  }

  /** SFTP itself may start where some file of it may be touched: its requests are decided each. */
  private openerOf(operation: SshOperation): Compiled | undefined {
    if (operation.action !== "ssh:subsystem" || operation.class !== "transfer") return undefined;
    return this.rules.find(
      ({ rule, actions, commands }) =>
        rule.verdict !== "deny" &&
        commands === undefined &&
        (rule.match.classes?.includes("transfer") ?? true) &&
        (actions === undefined || [...actions].some((action) => action.startsWith("file:"))),
    );
  }

  private decide(
    { rule, sizeMax, scan }: Compiled,
    operation: SshOperation,
    nowMs: number,
  ): Decision {
    const what = sshDeed(operation);
    const starts = operation.action === "ssh:subsystem";
    if (rule.verdict === "deny") return deny(rule.name, "operation", `this rule denies ${what}`);
    if (isFile(operation) && (operation.size ?? 0) > sizeMax) {
      const reason = `${what} is more than the ${sizeMax} bytes that this rule permits`;
      return deny(rule.name, "value", reason);
    }
    const scanned = scan && bringsContent(operation);
    if (rule.verdict === "hold" && scanned) {
      return deny(rule.name, "operation", "a rule that holds cannot have files scanned as well");
    }
    if (rule.verdict === "hold" && !starts) {
      return { kind: "hold", rule: rule.name, reason: `a person must agree to ${what}` };
    }
    const late = this.inTime(rule, operation, nowMs);
    return late ?? { kind: "permit", rule: rule.name, ...(scanned && { scan: true }) };
  }

  /** The growth of a file is part of its writing, and typing part of a shell. */
  private inTime({ name, limits }: Rule, operation: SshOperation, nowMs: number) {
    const { intervalMs, intervalCount = 1 } = limits;
    if (intervalMs === undefined) return undefined;
    if (operation.action === "ssh:input" || (isFile(operation) && operation.size !== undefined)) {
      return undefined;
    }
    const point = `${this.subject} ${name} ${operation.action}`;
    if (this.ledger.take([point], intervalMs, intervalCount, nowMs)) return undefined;
    const often = `${intervalCount} per ${durationInWords(intervalMs)}`;
    return deny(name, "busy", `this rule permits it ${often}; try again later`);
  }

  private unmatched(operation: SshOperation): Decision {
    const named = ONLY_NAMED.has(operation.action) ? "; a rule must name it" : "";
    const reason = `no rule of the profile "${this.profile.id}" permits ${sshDeed(operation)}${named}`;
    return deny(DEFAULT_DENY, "operation", reason);
  }
}

function compiled(rule: Rule): Compiled {
  const own = rule.match.own?.protocol === "ssh" ? rule.match.own : undefined;
  return {
    rule,
    actions: own?.actions && new Set(own.actions),
    commands: own?.commands?.map(commandPattern),
    paths: own?.paths?.map(pathGlob),
    sizeMax: own?.sizeMax ?? Number.POSITIVE_INFINITY,
    scan: own?.scan === true,
    keepMax: own?.keepMax ?? NONE,
  };
}

function covers({ rule, actions, commands, paths }: Compiled, operation: SshOperation): boolean {
  if (rule.match.classes && !rule.match.classes.includes(operation.class)) return false;
  if (actions ? !actions.has(operation.action) : needsName(rule, operation)) return false;
  if (commands) {
    if (operation.action !== "ssh:exec") return false;
    if (!commands.some((pattern) => pattern(operation.command))) return false;
  }
  if (paths === undefined) return true;
  return isFile(operation) && touches(rule, paths, operation);
}

/** SFTP is opened by what it may do; see `openerOf`. */
function needsName({ verdict }: Rule, { action }: SshOperation): boolean {
  return (verdict !== "deny" && ONLY_NAMED.has(action)) || action === "ssh:subsystem";
}

/** A permit must cover both ends of a renaming; a denial needs only one of them. */
function touches({ verdict }: Rule, paths: readonly PathGlob[], operation: FileOperation): boolean {
  const ends = [operation.path, ...(operation.target === undefined ? [] : [operation.target])];
  const within = (end: string) => paths.some((glob) => glob.test(end));
  return verdict === "permit" ? ends.every(within) : ends.some(within);
}

/** A file that is opened to be written, or is whole by now; its growth in between is part of it. */
function bringsContent(operation: SshOperation): boolean {
  if (operation.action !== "file:write" || operation.name !== undefined) return false;
  return operation.via === "scp" || operation.size === undefined || operation.digest !== undefined;
}

function isFile(operation: SshOperation): operation is FileOperation {
  return operation.class === "transfer" && operation.action !== "ssh:subsystem";
}
