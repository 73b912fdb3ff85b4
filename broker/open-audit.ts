/** The site log for auditors: found, read and proved; and how it is, with all that keeps it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { headView } from "./api/log/log-views.ts";
import type { LogStateView } from "./api/shapes/log.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { AuditLog } from "./evidence/audit/audit-log.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { LogBook } from "./evidence/log/log-book.ts";
import { diskUse } from "./evidence/volume-watch.ts";
import type { Logger } from "./log.ts";
import type { SiteCopies } from "./open-copies.ts";
import type { Opened } from "./opened.ts";
import { siteLogFolder } from "./site-log-place.ts";

export interface AuditGround {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Pick<Logger, "error">;
  readonly opened: Opened;
}

export interface AuditParts {
  readonly audit: AuditLog;
  readonly logState: () => Promise<LogStateView>;
}

interface Kept {
  readonly book: LogBook;
  readonly evidence: Pick<Evidence, "recorder">;
  /** Why the witnesses are behind, now. */
  readonly witnessesBehind: () => string | undefined;
  readonly copies: Pick<SiteCopies, "said"> | undefined;
}

export function openAudit({ config, clock, log, opened }: AuditGround, kept: Kept): AuditParts {
  const { book } = kept;
  const audit = new AuditLog({
    directory: siteLogFolder(config),
    index: join(config.dataFolder, "log-index.db"),
    clock,
    trouble: (error) => log.error({ error }, "the index of the site log could not follow it"),
  });
  opened.push(() => audit.close());
  let checkpointMs: number | null = null;
  book.whenOpen((siteLog) => {
    opened.push(
      siteLog.onCheckpoint(() => {
        checkpointMs = clock.wallMs();
        audit.follow();
      }),
    );
    audit.follow();
  });
  const view = () => stateOf(config, clock, audit, kept);
  return { audit, logState: async () => ({ ...(await view()), checkpointMs }) };
}

async function stateOf(
  config: Config,
  clock: Clock,
  audit: AuditLog,
  { book, evidence, witnessesBehind, copies }: Kept,
): Promise<Omit<LogStateView, "checkpointMs">> {
  const { state, siteLog } = book;
  const { recorder } = evidence;
  const heads = await audit.reader.heads();
  const volume = await diskUse(config.evidenceFolder).catch(() => undefined);
  return {
    failed: state.kind === "failed" ? { cause: state.cause, sinceMs: state.sinceMs } : null,
    logs: await Promise.all(heads.map((head) => headView(audit, head))),
    waiting: siteLog ? siteLog.size - siteLog.checkpoint.size : 0,
    witnessPolicy: config.witnessPolicy === "" ? null : policyText(config.witnessPolicy),
    witnessesBehind: witnessesBehind() ?? null,
    index: audit.progress,
    volume: volume ? { ...volume, thresholds: [70, 85, 95] } : null,
    retentionMs: config.retentionMs > 0 ? config.retentionMs : null,
    recorder:
      recorder.state.kind === "ready"
        ? { ready: true, cause: "" }
        : { ready: false, cause: recorder.state.cause },
    copies: copies?.said() ?? null,
    nowMs: clock.wallMs(),
  };
}

/** The file was read at the start; one that is gone since is no reason to say nothing. */
function policyText(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
