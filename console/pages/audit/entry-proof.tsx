/** One entry opened: what stands in the log, and each step of its proof. */
import { Button, Group } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { LogEntryView, LogHeadView } from "../../../broker/api/shapes/log.ts";
import { fromBase64 } from "../../../protocols/log/base64.ts";
import { hexOf } from "../../../protocols/log/hex.ts";
import { formatProof } from "../../../protocols/log/proof.ts";
import { Copyable } from "../../components/copyable.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { auditText } from "../../text/audit.ts";
import { checkAct, type EntryCheck, type HeadCheck } from "./check-log.ts";
import { saveFile } from "./save-file.ts";

const words = auditText.proof;

interface EntryProofProps {
  readonly entry: LogEntryView;
  readonly head: LogHeadView | undefined;
  readonly headCheck: HeadCheck | undefined;
  readonly check: EntryCheck | undefined;
}

export function EntryProof(props: EntryProofProps) {
  const { entry, head } = props;
  return (
    <div className="au-detail">
      <section className="au-entry" aria-label={words.entry}>
        <h3>{words.entry}</h3>
        <pre className="au-wrap">{readable(entry.entry)}</pre>
        <details>
          <summary>{words.canonical}</summary>
          <pre className="au-wrap">{entry.entry ?? entry.problem}</pre>
        </details>
        {entry.entry !== null && <Act entry={entry.entry} />}
      </section>
      <section aria-label={words.title}>
        <h3>{words.title}</h3>
        <Verdict {...props} />
        <Steps {...props} />
        <Group gap="xs" mt="xs">
          {entry.entry !== null && (
            <Save name={`leaf-${entry.id}.json`} label={words.saveEntry} content={entry.entry} />
          )}
          {head && entry.problem === null && (
            <Save
              name={`leaf-${entry.id}.tlog-proof`}
              label={words.saveProof}
              content={proofFile(entry, head)}
            />
          )}
          <span className="sp-sub">
            {words.link}{" "}
            <Copyable
              value={`${location.origin}/audit?entry=${entry.id}`}
              what={words.linkWhat}
              shown={0}
            />
          </span>
        </Group>
        <p className="sp-sub">{words.offline}</p>
      </section>
    </div>
  );
}

function Verdict({ entry, check, headCheck }: EntryProofProps) {
  if (!check) return <p>{words.checking}</p>;
  if (check.kind === "bad") {
    return (
      <p role="alert" className="au-bad">
        <StateBadge tone="alarm" word={words.faults[check.reason]} /> {words.bad[check.reason]}{" "}
        {entry.problem}
        {headCheck?.kind === "bad" && headCheck.reason}
      </p>
    );
  }
  const size = headCheck?.kind === "good" ? headCheck.checked.checkpoint.size : 0;
  return (
    <p>
      <StateBadge tone="normal" word={words.proved} /> {words.good(entry.index, size)}
    </p>
  );
}

function Steps({ entry, head, check, headCheck }: EntryProofProps) {
  const checked = headCheck?.kind === "good" ? headCheck.checked : undefined;
  return (
    <dl className="au-steps">
      {check && "leaf" in check && check.leaf && (
        <Step name={words.leaf}>
          <code>{hexOf(check.leaf)}</code>
        </Step>
      )}
      <Step name={words.path}>
        <details>
          <summary>{words.pathOf(entry.proof.length)}</summary>
          <ol>
            {entry.proof.map((hash) => (
              <li key={hash}>
                <code>{hexOf(fromBase64(hash) ?? new Uint8Array(0))}</code>
              </li>
            ))}
          </ol>
        </details>
      </Step>
      {checked && (
        <Step name={words.root}>
          <code>{hexOf(checked.checkpoint.root)}</code>
        </Step>
      )}
      {head && (
        <Step name={words.checkpoint}>
          <pre className="au-wrap">{head.note}</pre>
        </Step>
      )}
      {checked && (
        <Step name={words.cosigned}>
          {checked.cosigned.length === 0
            ? words.nobody
            : checked.cosigned
                .map(({ witness, time }) => `${witness} (${new Date(time * 1_000).toISOString()})`)
                .join(", ")}
        </Step>
      )}
    </dl>
  );
}

function Step({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Where the entry is something that a person signed. */
function Act({ entry }: { readonly entry: string }) {
  const { data } = useQuery({
    queryKey: ["log-act", entry],
    queryFn: async () => (await checkAct(entry)) ?? null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data === undefined || data === null) return null;
  return (
    <p className={data === true ? "" : "au-bad"}>
      <StateBadge tone={data === true ? "normal" : "alarm"} word={words.act} />{" "}
      {data === true ? words.actGood : words.actBad(data)}
    </p>
  );
}

interface SaveProps {
  readonly name: string;
  readonly label: string;
  readonly content: string;
}

function Save({ name, label, content }: SaveProps) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<IconDownload size={14} aria-hidden />}
      onClick={() => saveFile(name, content)}
    >
      {label}
    </Button>
  );
}

function proofFile({ index, proof }: LogEntryView, { note }: LogHeadView): string {
  const hashes = proof.flatMap((text) => fromBase64(text) ?? []);
  return formatProof({ index, hashes, checkpoint: note });
}

/** For reading only; what is hashed is the canonical text. */
function readable(entry: string | null): string {
  try {
    return JSON.stringify(JSON.parse(entry ?? ""), null, 2);
  } catch {
    return entry ?? "";
  }
}
