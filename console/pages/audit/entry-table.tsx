/** Entries of the log, newest first, each with the verdict of its proof; a row opens to show it. */
import { Table, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Fragment, useMemo } from "react";
import { Link } from "react-router";
import type { LogEntryView, LogHeadView, LogPageView } from "../../../broker/api/shapes/log.ts";
import { useMe, useRight } from "../../components/me.ts";
import { plantQuery } from "../../components/queries.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { LocalSecond } from "../../components/time.tsx";
import { mayOpen } from "../../shell/pages-by-right.ts";
import { auditText as words } from "../../text/audit.ts";
import type { EntryCheck, HeadCheck } from "./check-log.ts";
import { EntryProof } from "./entry-proof.tsx";
import { type KnownNames, type LeafView, leafView } from "./leaf-view.ts";
import type { CheckedPage } from "./use-log-checks.ts";

interface EntryTableProps {
  readonly pages: readonly LogPageView[];
  readonly checks: CheckedPage | undefined;
  /** Id of the row that is open. */
  readonly open: string | null;
  readonly onOpen: (id: string | null) => void;
}

export function EntryTable({ pages, checks, open, onOpen }: EntryTableProps) {
  const assets = useAssetNames();
  return (
    <Table.ScrollContainer minWidth={0} type="native" className="sp-table au-table">
      <Table aria-label={words.table.label} verticalSpacing={5}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.table.at}</Table.Th>
            <Table.Th>{words.table.text}</Table.Th>
            <Table.Th className="au-wide">{words.table.person}</Table.Th>
            <Table.Th className="au-wide">{words.table.what}</Table.Th>
            <Table.Th>{words.table.proof}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {pages.flatMap((page) =>
            page.entries.map((entry) => {
              const head = page.heads.find(({ number }) => number === entry.log);
              return (
                <Entry
                  key={entry.id}
                  entry={entry}
                  head={head}
                  headCheck={head && checks?.heads.get(head.note)}
                  check={checks?.entries.get(entry.id)}
                  known={{ people: page.people, sessions: page.sessions, assets }}
                  opened={open === entry.id}
                  onToggle={() => onOpen(open === entry.id ? null : entry.id)}
                />
              );
            }),
          )}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** By id; empty for who may not see the plant. */
function useAssetNames(): Readonly<Record<string, string>> {
  const mayView = useRight("plant:view");
  const { data } = useQuery({ ...plantQuery, enabled: mayView });
  return useMemo(
    () => Object.fromEntries(data?.assets.map(({ id, name }) => [id, name]) ?? []),
    [data],
  );
}

interface EntryProps {
  readonly entry: LogEntryView;
  readonly head: LogHeadView | undefined;
  readonly headCheck: HeadCheck | undefined;
  readonly check: EntryCheck | undefined;
  readonly known: KnownNames;
  readonly opened: boolean;
  readonly onToggle: () => void;
}

const COLUMNS = 5;

function Entry({ entry, head, headCheck, check, known, opened, onToggle }: EntryProps) {
  const leaf = leafView(entry, known);
  const bad = check?.kind === "bad";
  const Arrow = opened ? IconChevronDown : IconChevronRight;
  return (
    <Fragment>
      <Table.Tr data-tone={bad ? "alarm" : undefined} id={`entry-${entry.id}`}>
        <Table.Td>
          <UnstyledButton
            className="au-toggle"
            aria-expanded={opened}
            aria-label={words.table.expand(entry.id)}
            onClick={onToggle}
          >
            <Arrow size={14} aria-hidden />
            <span className="sp-sub sp-mono">{entry.id}</span>
          </UnstyledButton>
          <div>{leaf.atMs !== null && <LocalSecond atMs={leaf.atMs} />}</div>
        </Table.Td>
        <Table.Td className="au-text">
          {leaf.text}
          <Links leaf={leaf} />
        </Table.Td>
        <Table.Td className="au-wide">
          {leaf.person && (
            <Link to={`/audit?person=${encodeURIComponent(leaf.person.id)}`}>
              {leaf.person.name}
            </Link>
          )}
        </Table.Td>
        <Table.Td className="au-wide">
          <span className="sp-mono sp-dim">{leaf.what}</span>
        </Table.Td>
        <Table.Td>
          <ProofBadge check={check} />
        </Table.Td>
      </Table.Tr>
      {opened && (
        <Table.Tr>
          <Table.Td colSpan={COLUMNS} className="au-opened">
            <EntryProof entry={entry} head={head} headCheck={headCheck} check={check} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}

export function ProofBadge({ check }: { readonly check: EntryCheck | undefined }) {
  if (!check) return <span className="sp-dim">{words.proof.checking}</span>;
  return check.kind === "proved" ? (
    <StateBadge tone="normal" word={words.proof.proved} />
  ) : (
    <StateBadge tone="alarm" word={words.proof.faults[check.reason]} />
  );
}

/** Where the entry leads: the recording at its moment, the asset, everything of the same session. */
function Links({ leaf }: { readonly leaf: LeafView }) {
  const { rights } = useMe();
  const { session, asset, occurredMs, atMs } = leaf;
  if (session === null && asset === null) return null;
  const part = encodeURIComponent;
  const at = occurredMs ?? atMs;
  return (
    <div className="au-links">
      {session !== null && mayOpen("/recordings", rights) && (
        <Link to={`/recordings/${part(session)}${at === null ? "" : `?t=${at}`}`}>
          {words.toRecording}
        </Link>
      )}
      {session !== null && <Link to={`/audit?session=${part(session)}`}>{words.toSession}</Link>}
      {asset !== null && <Link to={`/?asset=${part(asset.id)}`}>{asset.name}</Link>}
    </div>
  );
}
