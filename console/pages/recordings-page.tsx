/** All recordings that this person may see, narrowed by person, asset, state and time. */
import { Button, Checkbox, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation, useSearchParams } from "react-router";
import type { RecordingChoicesView, RecordingView } from "../../broker/api/shapes/sessions.ts";
import { Copyable } from "../components/copyable.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { Page } from "../components/page.tsx";
import { recordingChoicesQuery, recordingsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { useSite } from "../components/site.ts";
import { byteSize } from "../components/sizes.ts";
import { StateBadge, type Tone } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { LocalTime } from "../components/time.tsx";
import { duration } from "../components/time-words.ts";
import { recordingsText as words } from "../text/recordings.ts";
import { sentence } from "../text/session.ts";
import { visitText } from "../text/visit.ts";
import {
  askedFor,
  type Choice,
  choicesOf,
  filterFrom,
  filterToSearch,
  isNarrowed,
  isSearch,
  NO_FILTER,
  type RecordingsFilter,
} from "./recordings-filter.ts";
import { searchAddress } from "./search/query-address.ts";
import { RecordingSearch } from "./search/recording-search.tsx";
import "./recordings.css";

/** After the last key: the broker looks through all there are. */
const ASK_AFTER_MS = 250;
/** Characters of an id that are shown; all of it is copied. */
const ID_SHOWN = 10;

const TONES: Record<RecordingView["state"], Tone> = {
  open: "active",
  sealed: "normal",
  gap: "attention",
  aborted: "attention",
};

/** Marks the changes of the address that this page makes itself. */
const OWN = { ownFilter: true };

/** Anew, with the filter of the address, whenever someone comes here by a link. */
export function RecordingsPage() {
  const { key, state } = useLocation();
  const [arrival, setArrival] = useState(key);
  if (state?.ownFilter !== true && arrival !== key) setArrival(key);
  return <Recordings key={arrival} />;
}

function Recordings() {
  const { filter, setFilter, search, setSearch } = useFilter();
  const [settled] = useDebouncedValue(filter, ASK_AFTER_MS);
  const { chosen } = useSite();
  const atSite = chosen ? { site: chosen.id } : {};
  const query = useInfiniteQuery(recordingsQuery({ ...askedFor(settled), ...atSite }));
  const choices = useQuery(recordingChoicesQuery).data;
  const shown = query.data?.pages.flat() ?? [];
  const own = settled.probes === "with" ? (choices?.probes ?? 0) : 0;
  const summary = choices && query.data ? words.summary(shown.length, choices.count + own) : "";
  return (
    <Page title={words.title} summary={summary}>
      <QueryView query={query} failed={words.failed}>
        {() =>
          shown.length === 0 && !isNarrowed(settled) && !choices?.people.length ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <>
              <RecordingSearch query={search} onQuery={setSearch} recordings={shown} />
              {search === "" && <Filters choices={choices} filter={filter} onChange={setFilter} />}
              {search === "" && (
                <SearchInstead
                  text={settled.text.trim()}
                  foundNothing={query.isSuccess && shown.length === 0}
                  onSearch={(text) => {
                    setFilter({ ...filter, text: "" });
                    setSearch(text);
                  }}
                />
              )}
              {search === "" && (
                <>
                  {shown.length === 0 && !isNarrowed(settled) ? (
                    <Empty title={words.emptyTitle}>{words.empty}</Empty>
                  ) : (
                    <RecordingTable recordings={shown} onClear={() => setFilter(NO_FILTER)} />
                  )}
                  {query.hasNextPage && (
                    <Older
                      loading={query.isFetchingNextPage}
                      onMore={() => void query.fetchNextPage()}
                    />
                  )}
                </>
              )}
            </>
          )
        }
      </QueryView>
    </Page>
  );
}

interface SearchInsteadProps {
  /** As the list is narrowed by it. */
  readonly text: string;
  readonly foundNothing: boolean;
  readonly onSearch: (text: string) => void;
}

/** Leads from the list's own box to the one above it, which looks into what was recorded. */
function SearchInstead({ text, foundNothing, onSearch }: SearchInsteadProps) {
  const meant = isSearch(text);
  if (text === "" || !(meant || foundNothing)) return null;
  return (
    <p className="sp-recordings-instead" role="status">
      {meant ? words.filterIsSearch : words.filterFoundNothing}{" "}
      <Button variant="default" size="compact-sm" onClick={() => onSearch(text)}>
        {words.searchFor(text)}
      </Button>
    </p>
  );
}

interface RecordingTableProps {
  readonly recordings: readonly RecordingView[];
  readonly onClear: () => void;
}

function RecordingTable({ recordings, onClear }: RecordingTableProps) {
  return (
    <DataTable
      label={words.table.label}
      rows={namedByVisit(recordings)}
      columns={COLUMNS}
      rowKey={(recording) => recording.id}
      initialSort={{ column: "started", descending: true }}
      filtered
      onClearFilter={onClear}
    />
  );
}

/** The session that began a visit does not know that others joined it. */
function namedByVisit(recordings: readonly RecordingView[]): readonly RecordingView[] {
  const visits = new Set(recordings.map(({ visit }) => visit));
  return recordings.map((each) => (visits.has(each.id) ? { ...each, visit: each.id } : each));
}

function Older({ loading, onMore }: { readonly loading: boolean; readonly onMore: () => void }) {
  return (
    <Group justify="center" py="xs">
      <Button variant="default" size="xs" loading={loading} onClick={onMore}>
        {words.older}
      </Button>
    </Group>
  );
}

/** Kept here, so that typing never waits for the address, which only follows. */
function useFilter() {
  const [address, setAddress] = useSearchParams();
  const [filter, keep] = useState(() => filterFrom(address));
  const search = address.get("q") ?? "";
  function setFilter(next: RecordingsFilter) {
    keep(next);
    setAddress(filterToSearch(next), { replace: true, preventScrollReset: true, state: OWN });
  }
  /** A search is a place to come back to. */
  function setSearch(q: string) {
    if (q === search) return;
    setAddress(q === "" ? filterToSearch(filter) : { q }, { state: OWN });
  }
  return { filter, setFilter, search, setSearch };
}

interface FiltersProps {
  readonly choices: RecordingChoicesView | undefined;
  readonly filter: RecordingsFilter;
  readonly onChange: (filter: RecordingsFilter) => void;
}

function Filters({ choices, filter, onChange }: FiltersProps) {
  const people = useMemo(() => choicesOf(choices?.people ?? []), [choices]);
  const assets = useMemo(() => choicesOf(choices?.assets ?? []), [choices]);
  const states = Object.entries(words.state).map(([value, label]) => ({ value, label }));
  const pick = (name: keyof RecordingsFilter) => (value: string) =>
    onChange({ ...filter, [name]: value });
  return (
    <div className="sp-toolbar sp-recordings-filters">
      <FilterField value={filter.text} onChange={pick("text")} label={words.filter} />
      <Pick
        label={words.person}
        everything={words.anyPerson}
        choices={people}
        value={filter.person}
        onChange={pick("person")}
      />
      <Pick
        label={words.asset}
        everything={words.anyAsset}
        choices={assets}
        value={filter.asset}
        onChange={pick("asset")}
      />
      <Pick
        label={words.stateLabel}
        everything={words.anyState}
        choices={states}
        value={filter.state}
        onChange={pick("state")}
      />
      <Moment label={words.from} value={filter.from} onChange={pick("from")} />
      <Moment label={words.until} value={filter.until} onChange={pick("until")} />
      <Checkbox
        size="xs"
        label={words.probes}
        checked={filter.probes === "with"}
        onChange={(event) => pick("probes")(event.currentTarget.checked ? "with" : "")}
      />
      {isNarrowed(filter) && (
        <Button variant="subtle" size="compact-sm" onClick={() => onChange(NO_FILTER)}>
          {words.clear}
        </Button>
      )}
    </div>
  );
}

interface PickProps {
  readonly label: string;
  readonly everything: string;
  readonly choices: readonly Choice[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Pick({ label, everything, choices, value, onChange }: PickProps) {
  return (
    <NativeSelect
      aria-label={label}
      data={[{ value: "", label: everything }, ...choices]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Moment({ label, value, onChange }: Omit<PickProps, "everything" | "choices">) {
  return (
    <TextInput
      type="datetime-local"
      aria-label={label}
      leftSection={label}
      leftSectionWidth={44}
      className="sp-recordings-moment"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

const COLUMNS: Column<RecordingView>[] = [
  {
    key: "what",
    title: words.table.what,
    sortBy: (r) => r.asset.name,
    cell: (r) => (
      <>
        <Link className="sp-row-link" to={`/recordings/${r.id}`}>
          {r.asset.name}
        </Link>
        <div className="sp-sub">
          {r.profile}
          {r.visit !== undefined && (
            <>
              {" · "}
              <Link to={`/recordings/${r.visit}`}>{visitText.part}</Link>
            </>
          )}
        </div>
      </>
    ),
  },
  {
    key: "who",
    title: words.table.who,
    roomy: true,
    sortBy: (r) => r.subject.name,
    cell: (r) => <Link to={searchAddress("by", r.subject.id)}>{r.subject.name}</Link>,
  },
  {
    key: "started",
    title: words.table.started,
    sortBy: (r) => r.startedMs,
    cell: (r) => <LocalTime atMs={r.startedMs} />,
  },
  {
    key: "length",
    title: words.table.length,
    align: "right",
    sortBy: (r) => r.endedMs - r.startedMs,
    cell: (r) => duration(r.endedMs - r.startedMs),
  },
  {
    key: "changed",
    title: words.table.changed,
    hint: words.table.changedHint,
    align: "right",
    sortBy: (r) => r.counts.changed,
    cell: (r) => r.counts.changed,
  },
  {
    key: "refused",
    title: words.table.refused,
    align: "right",
    sortBy: (r) => r.counts.refused,
    cell: (r) => r.counts.refused,
  },
  {
    key: "state",
    wide: true,
    title: words.table.state,
    sortBy: (r) => r.state,
    cell: (r) => (
      <>
        <StateBadge tone={TONES[r.state]} word={words.state[r.state]} />
        <div className="sp-sub sp-recordings-cause">{sentence(r.cause)}</div>
      </>
    ),
  },
  {
    key: "size",
    title: words.table.size,
    align: "right",
    sortBy: (r) => r.bytes,
    // Nothing is on disk as a sealed part yet; "0 B" would read as nothing recorded.
    cell: (r) => (r.state === "open" && r.bytes === 0 ? "–" : byteSize(r.bytes)),
  },
  {
    key: "id",
    title: words.table.id,
    cell: (r) => <Copyable value={r.id} what={words.id} shown={ID_SHOWN} />,
  },
];
