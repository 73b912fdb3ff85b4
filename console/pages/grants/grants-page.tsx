/** Who may reach which endpoint under which profile, from when until when. */
import { Button, SegmentedControl } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import type { GrantView } from "../../../broker/api/shapes/plant.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { Page } from "../../components/page.tsx";
import { grantsQuery, queryClient } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { useSite } from "../../components/site.ts";
import { StateBadge, type Tone } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { withFreshAssertion } from "../../components/step-up.ts";
import { matchesFilter } from "../../components/table-order.ts";
import { LocalTime } from "../../components/time.tsx";
import { grantsText as words } from "../../text/grants.ts";
import { narrowerText } from "../../text/narrower.ts";
import { GrantForm } from "./grant-form.tsx";
import { NarrowerDialog } from "./narrower-dialog.tsx";

const TONES: Record<GrantView["state"], Tone> = {
  coming: "normal",
  live: "active",
  ended: "normal",
  revoked: "normal",
};

/** `?new=ASSET/ENDPOINT` opens the form for that endpoint: the way from the plant page. */
export function GrantsPage() {
  const query = useQuery(grantsQuery);
  const [search, setSearch] = useSearchParams();
  const forEndpoint = search.get("new");
  const live = query.data?.filter((grant) => grant.state === "live").length ?? 0;
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(live, query.data.length) : ""}
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={() => setSearch({ new: "" })}>
          {words.make}
        </Button>
      }
    >
      <QueryView query={query} failed={words.failed}>
        {(grants) =>
          grants.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <Grants grants={grants} />
          )
        }
      </QueryView>
      {forEndpoint !== null && (
        <GrantForm endpoint={forEndpoint} onClose={() => setSearch({}, { replace: true })} />
      )}
    </Page>
  );
}

function Grants({ grants }: { readonly grants: readonly GrantView[] }) {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(false);
  const [revoking, setRevoking] = useState<GrantView | null>(null);
  const [narrowing, setNarrowing] = useState<GrantView | null>(null);
  const columns = useMemo(() => columnsOf(setRevoking, setNarrowing), []);
  const { shows } = useSite();
  const rows = grants.filter(
    (grant) =>
      (all || isCurrent(grant)) && shows(grant.site) && matchesFilter(filter, searchText(grant)),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
        <SegmentedControl
          size="xs"
          aria-label={words.only.label}
          value={all ? "all" : "current"}
          onChange={(chosen) => setAll(chosen === "all")}
          data={[
            { value: "current", label: words.only.current },
            { value: "all", label: words.only.all },
          ]}
        />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={columns}
        rowKey={(grant) => grant.id}
        initialSort={{ column: "subject", descending: false }}
        filtered
        onClearFilter={() => {
          setFilter("");
          setAll(true);
        }}
      />
      {narrowing && <NarrowerDialog grant={narrowing} onClose={() => setNarrowing(null)} />}
      {revoking && <Revoke grant={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function isCurrent({ state }: GrantView): boolean {
  return state === "live" || state === "coming";
}

const ROLE = "role:";

/** A person's name, or "All engineers" for a grant of a whole role. */
function nameOf({ subject }: GrantView): string {
  return subject.startsWith(ROLE) ? words.wholeRole(subject.slice(ROLE.length)) : subject;
}

function searchText(grant: GrantView): string {
  const { subject, endpoint, profile, reason, id } = grant;
  return [subject, nameOf(grant), endpoint, profile, reason, id].join(" ");
}

type Act = (grant: GrantView) => void;

function columnsOf(onRevoke: Act, onNarrow: Act): Column<GrantView>[] {
  const head = words.table;
  return [
    {
      key: "subject",
      title: head.subject,
      sortBy: nameOf,
      cell: (g) => <strong className="sp-strong">{nameOf(g)}</strong>,
    },
    {
      key: "endpoint",
      title: head.endpoint,
      sortBy: (g) => g.endpoint,
      cell: (g) => <span className="sp-mono">{g.endpoint}</span>,
    },
    { key: "profile", title: head.profile, sortBy: (g) => g.profile, cell: (g) => g.profile },
    {
      key: "from",
      title: head.from,
      sortBy: (g) => g.fromMs,
      cell: (g) => <Bound atMs={g.fromMs} open={words.always} />,
    },
    {
      key: "until",
      title: head.until,
      sortBy: (g) => g.untilMs,
      cell: (g) => <Bound atMs={g.untilMs} open={words.open} />,
    },
    {
      key: "state",
      title: head.state,
      sortBy: (g) => g.state,
      cell: (g) => <StateBadge tone={TONES[g.state]} word={words.state[g.state]} />,
    },
    {
      key: "reason",
      wide: true,
      title: head.reason,
      sortBy: (g) => g.reason,
      hidden: (g) => g.reason === "",
      cell: (g) => g.reason,
    },
    {
      key: "source",
      title: head.source,
      sortBy: (g) => g.source,
      cell: (g) => <Source grant={g} />,
    },
    {
      key: "actions",
      title: "",
      cell: (g) => (
        <div className="sp-row-actions">
          <NarrowButton grant={g} onNarrow={onNarrow} />
          <RevokeButton grant={g} onRevoke={onRevoke} />
        </div>
      ),
    },
  ];
}

function Source({ grant }: { readonly grant: GrantView }) {
  return (
    <>
      {words.source[grant.source]}
      {grant.source !== "plant-file" && (
        <div className="sp-sub">
          {words.by} {grant.createdBy}
        </div>
      )}
    </>
  );
}

interface RevokeButtonProps {
  readonly grant: GrantView;
  readonly onRevoke: (grant: GrantView) => void;
}

/** Only what was made here and still counts; the plant file is changed in the file. */
function RevokeButton({ grant, onRevoke }: RevokeButtonProps) {
  if (grant.source === "plant-file" || !isCurrent(grant)) return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={words.revokeNamed(nameOf(grant), grant.endpoint)}
      onClick={() => onRevoke(grant)}
    >
      {words.revoke}
    </Button>
  );
}

interface NarrowButtonProps {
  readonly grant: GrantView;
  readonly onNarrow: (grant: GrantView) => void;
}

/** What has not begun was not used. */
function NarrowButton({ grant, onNarrow }: NarrowButtonProps) {
  if (grant.state === "coming") return null;
  return (
    <Button
      size="compact-sm"
      variant="default"
      aria-label={narrowerText.open(nameOf(grant), grant.endpoint)}
      onClick={() => onNarrow(grant)}
    >
      {narrowerText.action}
    </Button>
  );
}

interface BoundProps {
  readonly atMs: number | null;
  readonly open: string;
}

function Bound({ atMs, open }: BoundProps) {
  return atMs === null ? <span className="sp-dim">{open}</span> : <LocalTime atMs={atMs} />;
}

interface RevokeProps {
  readonly grant: GrantView;
  readonly onClose: () => void;
}

function Revoke({ grant, onClose }: RevokeProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.revokeTitle}
      action={words.revokeAction}
      harmful
      onConfirm={async () => {
        await withFreshAssertion(() => api.revokeGrant(grant.id));
        await queryClient.invalidateQueries({ queryKey: grantsQuery.queryKey });
      }}
    >
      {words.revokeExplain(nameOf(grant), grant.endpoint)}
    </ConfirmDialog>
  );
}
