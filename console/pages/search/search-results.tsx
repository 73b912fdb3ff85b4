/** What a search found, by recording; each hit leads into the player at its moment. */
import { Button, Group, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { FoundRecordingView, FoundView, HitView } from "../../../broker/api/shapes/search.ts";
import { printQuery } from "../../../protocols/search/print-query.ts";
import type { Term } from "../../../protocols/search/terms.ts";
import { searchQuery } from "../../components/queries.ts";
import { moveBetweenRows } from "../../components/row-keys.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty, Loading, ProblemNotice } from "../../components/states.tsx";
import { LocalTime } from "../../components/time.tsx";
import { clockTime, exactUtc, localTime } from "../../components/time-words.ts";
import { useNarrow } from "../../components/use-narrow.ts";
import { searchText as words } from "../../text/search.ts";
import { visitText } from "../../text/visit.ts";
import { hitAct, hitOutcome, hitVerdict, hitWhat } from "./hit-words.ts";
import { searchAddress, utcMoment } from "./query-address.ts";

interface SearchResultsProps {
  readonly terms: readonly Term[];
  /** The engineering unit of a tag; empty where none is known. */
  readonly unitOf: (tag: string) => string;
}

export function SearchResults({ terms, unitOf }: SearchResultsProps) {
  const query = useInfiniteQuery(searchQuery(terms));
  const pages = query.data?.pages ?? [];
  const failed = query.error && (
    <ProblemNotice
      thrown={query.error}
      title={words.failed}
      onRetry={() => void (pages.length > 0 ? query.fetchNextPage() : query.refetch())}
    />
  );
  if (query.data === undefined) return failed ?? <Loading />;
  const groups = groupsOf(pages);
  const hits = pages.reduce((sum, page) => sum + page.hits.length, 0);
  return (
    <section aria-label={words.results} aria-busy={query.isFetching}>
      {failed}
      <Summary {...{ pages, hits, terms }} groups={groups.length} more={query.hasNextPage} />
      {groups.map((group) => (
        <RecordingHits key={group.recording.id} group={group} unitOf={unitOf} />
      ))}
      {hits === 0 && <NothingFound pages={pages} more={query.hasNextPage} />}
      {query.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {hits === 0 ? words.goOn : words.more}
        </Button>
      )}
    </section>
  );
}

interface FoundGroup {
  readonly recording: FoundRecordingView;
  readonly hits: readonly HitView[];
}

/** In the order in which they came: the newest recording first. */
function groupsOf(pages: readonly FoundView[]): readonly FoundGroup[] {
  const recordings = new Map(
    pages.flatMap((page) => page.recordings).map((recording) => [recording.id, recording]),
  );
  const hits = Map.groupBy(
    pages.flatMap((page) => page.hits),
    (hit) => hit.recording,
  );
  return [...hits].flatMap(([id, found]) => {
    const recording = recordings.get(id);
    return recording === undefined ? [] : [{ recording, hits: found }];
  });
}

interface SummaryProps {
  readonly pages: readonly FoundView[];
  readonly hits: number;
  readonly groups: number;
  readonly more: boolean;
  readonly terms: readonly Term[];
}

function Summary({ pages, hits, groups, more, terms }: SummaryProps) {
  const behind = pages.reduce((most, page) => Math.max(most, page.behind), 0);
  const csv = `/api/search/csv?q=${encodeURIComponent(printQuery(terms, utcMoment))}`;
  return (
    <>
      <Group justify="space-between" mb="xs" mt="sm">
        <span role="status">{hits > 0 && words.found(hits, groups, more)}</span>
        {hits > 0 && (
          <Button component="a" href={csv} download variant="default" size="compact-sm">
            {words.export}
          </Button>
        )}
      </Group>
      {behind > 0 && (
        <p className="sp-search-behind">
          <StateBadge tone="attention" word={words.behind(behind)} />
        </p>
      )}
    </>
  );
}

function NothingFound({ pages, more }: { pages: readonly FoundView[]; more: boolean }) {
  const asked = pages[0]?.asked ?? 0;
  return <Empty title={words.emptyTitle}>{more ? words.stillLooking : words.empty(asked)}</Empty>;
}

interface GroupProps {
  readonly group: FoundGroup;
  readonly unitOf: (tag: string) => string;
}

function RecordingHits({ group: { recording, hits }, unitOf }: GroupProps) {
  const { id, asset, subject, profile, startedMs, endpoint, visit } = recording;
  const narrow = useNarrow();
  return (
    <article className="sp-search-group">
      <h2>
        <Link to={`/recordings/${id}`}>{asset.name}</Link>
        <span className="sp-sub">
          <Link to={searchAddress("by", subject.id)}>{subject.name}</Link> · {profile} ·{" "}
          <LocalTime atMs={startedMs} /> · <span className="sp-mono">{endpoint}</span>
          {visit !== undefined && (
            <>
              {" · "}
              <Link to={`/recordings/${visit}`}>{visitText.part}</Link>
            </>
          )}
        </span>
      </h2>
      {narrow ? (
        <ul className="sp-cards">
          {hits.map((hit) => (
            <li key={`${hit.sequence}/${hit.item}`}>
              <HitLink hit={hit} /> <HitWords hit={hit} unitOf={unitOf} />
              <HitDecision hit={hit} />
              <div className="sp-sub">{hit.rule}</div>
            </li>
          ))}
        </ul>
      ) : (
        <HitTable {...{ hits, unitOf }} label={`${asset.name}, ${localTime(startedMs)}`} />
      )}
    </article>
  );
}

interface HitTableProps {
  readonly hits: readonly HitView[];
  readonly unitOf: (tag: string) => string;
  readonly label: string;
}

function HitTable({ hits, unitOf, label }: HitTableProps) {
  return (
    <Table aria-label={label} className="sp-search-hits">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{words.table.time}</Table.Th>
          <Table.Th>{words.table.what}</Table.Th>
          <Table.Th>{words.table.verdict}</Table.Th>
          <Table.Th>{words.table.rule}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody onKeyDown={moveBetweenRows}>
        {hits.map((hit) => (
          <Table.Tr key={`${hit.sequence}/${hit.item}`}>
            <Table.Td className="sp-nowrap">
              <HitLink hit={hit} />
            </Table.Td>
            <Table.Td>
              <HitWords hit={hit} unitOf={unitOf} />
            </Table.Td>
            <Table.Td>
              <HitDecision hit={hit} />
            </Table.Td>
            <Table.Td className="sp-sub">{hit.rule}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** To the very record; of a run of reads, to the one that had the value. */
function HitLink({ hit: { recording, at, atMs, untilMs, count } }: { hit: HitView }) {
  const until = count > 1 ? `–${clockTime(untilMs)}` : "";
  return (
    <Link
      className="sp-row-link sp-time"
      to={`/recordings/${recording}?at=${at}`}
      title={`${localTime(atMs)} · ${exactUtc(atMs)}`}
    >
      {clockTime(atMs)}
      {until}
    </Link>
  );
}

function HitWords({ hit, unitOf }: { hit: HitView; unitOf: (tag: string) => string }) {
  return (
    <>
      <span className="sp-strong">{hitAct(hit)}</span> {hitWhat(hit, unitOf)}
      {hit.reason !== "" && <div className="sp-sub">{hit.reason}</div>}
    </>
  );
}

function HitDecision({ hit }: { hit: HitView }) {
  const verdict = hitVerdict(hit);
  const outcome = hitOutcome(hit);
  return (
    <>
      {verdict && <StateBadge tone={verdict.tone} word={verdict.word} />}
      {outcome !== "" && <div className="sp-sub">{outcome}</div>}
    </>
  );
}
