/** All running sessions that this person may see: watch, freeze, end, lock; and what waits. */
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { LiveSessionView } from "../../broker/api/shapes/sessions.ts";
import { api } from "../components/api.ts";
import { ClassBadges } from "../components/class-badges.tsx";
import {
  ConditionBadge,
  needsSupervisor,
  unmetOf,
  waitsForSupervisor,
} from "../components/conditions.tsx";
import { ConfirmDialog } from "../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../components/data-table.tsx";
import { FilterField } from "../components/filter-field.tsx";
import { FreezeButton } from "../components/freeze-button.tsx";
import { useMe, useRight } from "../components/me.ts";
import { Page } from "../components/page.tsx";
import { queryClient, sessionsQuery } from "../components/queries.ts";
import { QueryView } from "../components/query-view.tsx";
import { useSite } from "../components/site.ts";
import { SiteNote } from "../components/site-note.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Empty } from "../components/states.tsx";
import { withFreshAssertion } from "../components/step-up.ts";
import { matchesFilter } from "../components/table-order.ts";
import { TimeLeft, TimeSince } from "../components/time.tsx";
import { VisitMark, VisitNote } from "../components/visit-note.tsx";
import { conditionText } from "../text/conditions.ts";
import { liveText as words } from "../text/live.ts";
import { supervisionText } from "../text/supervision.ts";
import { Consents } from "./live/consents.tsx";
import { Holds } from "./live/holds.tsx";
import { LockMenu } from "./live/lock-menu.tsx";
import { Responses } from "./live/responses.tsx";

/** That a session came or went is told at once; its counts of operations are looked up. */
const COUNTS_EVERY_MS = 3_000;

export function LivePage() {
  const query = useQuery({ ...sessionsQuery, refetchInterval: COUNTS_EVERY_MS });
  const count = query.data?.length;
  return (
    <Page title={words.title} summary={count ? words.summary(count) : ""}>
      <Consents />
      <Responses />
      <Holds />
      <QueryView query={query} failed={words.failed}>
        {(sessions) => {
          if (sessions.length > 0) return <Sessions sessions={sessions} />;
          // That nothing runs is a statement about now: the last answer is none while none comes.
          return query.error ? null : <NoSessions />;
        }}
      </QueryView>
    </Page>
  );
}

function NoSessions() {
  return (
    <Empty
      title={words.emptyTitle}
      action={
        <Button component={Link} to="/" variant="default" size="xs" mt="xs">
          {words.toPlant}
        </Button>
      }
    >
      {words.empty}
    </Empty>
  );
}

function Sessions({ sessions }: { readonly sessions: readonly LiveSessionView[] }) {
  const [search] = useSearchParams();
  const [filter, setFilter] = useState(search.get("asset") ?? "");
  const [ending, setEnding] = useState<LiveSessionView | null>(null);
  const columns = useColumns(setEnding);
  const { shows, choose } = useSite();
  const rows = sessions.filter(
    (session) => shows(session.site) && matchesFilter(filter, searchText(session)),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
        <SiteNote hidden={sessions.filter(({ site }) => !shows(site)).length} />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={columns}
        rowKey={(session) => session.id}
        initialSort={{ column: "since", descending: true }}
        filtered
        onClearFilter={() => (filter === "" ? choose("") : setFilter(""))}
        tone={toneOf}
      />
      {ending && <EndDialog session={ending} onClose={() => setEnding(null)} />}
    </>
  );
}

function toneOf({ recorder, conditions }: LiveSessionView) {
  if (recorder === "frozen") return "alarm" as const;
  return waitsForSupervisor(conditions) ? ("attention" as const) : undefined;
}

function searchText(session: LiveSessionView): string {
  const { subject, asset, endpoint, profile, id } = session;
  return [subject.name, asset.name, asset.id, asset.zone, endpoint, profile, id].join(" ");
}

function useColumns(onEnd: (session: LiveSessionView) => void): Column<LiveSessionView>[] {
  const mayWatch = useRight("session:watch");
  const mayEnd = useRight("session:end");
  return useMemo(
    () => [
      ...factColumns(),
      {
        key: "actions",
        title: "",
        cell: (session) => (
          <div className="sp-row-actions">
            {session.mine && (
              <Button
                component={Link}
                to={`/sessions/${session.id}`}
                size="compact-sm"
                variant="default"
              >
                {words.goBack}
              </Button>
            )}
            {mayWatch && !session.mine && (
              <Button
                component={Link}
                to={`/live/${session.id}`}
                size="compact-sm"
                variant="default"
              >
                {words.watch}
              </Button>
            )}
            <FreezeButton session={session} size="compact-sm" />
            {(mayEnd || session.mine) && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={words.endNamed(session.subject.name, session.asset.name)}
                onClick={() => onEnd(session)}
              >
                {words.end}
              </Button>
            )}
            <LockMenu session={session} />
          </div>
        ),
      },
    ],
    [mayWatch, mayEnd, onEnd],
  );
}

function factColumns(): Column<LiveSessionView>[] {
  return [...sessionColumns(), ...courseColumns()];
}

/** Who works where, and for how long. */
function sessionColumns(): Column<LiveSessionView>[] {
  const head = words.table;
  return [
    {
      key: "who",
      title: head.who,
      roomy: true,
      sortBy: (s) => s.subject.name,
      cell: (s) => <Who session={s} />,
    },
    {
      key: "what",
      title: head.what,
      roomy: true,
      sortBy: (s) => s.asset.name,
      cell: (s) => (
        <>
          {s.asset.name}
          <div className="sp-sub">
            {s.profile}
            <VisitMark session={s} />
          </div>
        </>
      ),
    },
    {
      key: "since",
      title: head.since,
      sortBy: (s) => -s.startedMs,
      cell: (s) => (
        <>
          <TimeSince atMs={s.startedMs} />
          <div className="sp-sub">
            <TimeLeft atMs={s.untilMs} /> {head.left}
          </div>
        </>
      ),
    },
  ];
}

/** How it goes: first whether it is recorded, which a narrow table must not hide. */
function courseColumns(): Column<LiveSessionView>[] {
  const head = words.table;
  return [
    {
      key: "recorder",
      title: head.state,
      sortBy: (s) => s.recorder,
      cell: (s) => <Recording session={s} />,
    },
    {
      key: "capabilities",
      title: head.capabilities,
      cell: (s) => <ClassBadges classes={s.capabilities} />,
    },
    {
      key: "changed",
      title: head.changed,
      hint: head.changedHint,
      align: "right",
      sortBy: (s) => s.counts.changed,
      cell: (s) => s.counts.changed,
    },
    {
      key: "refused",
      title: head.refused,
      align: "right",
      sortBy: (s) => s.counts.refused,
      cell: (s) =>
        s.counts.refused === 0 ? 0 : <StateBadge tone="attention" word={`${s.counts.refused}`} />,
    },
    {
      key: "watchers",
      title: head.watchers,
      sortBy: (s) => s.watchers.length,
      cell: (s) => (
        <>
          {s.watchers.join(", ") || words.nobody}
          {needsSupervisor(s.conditions) && (
            <div className="sp-sub">{conditionText.supervisor.needed}</div>
          )}
        </>
      ),
    },
  ];
}

/** What keeps changes back is said here too: nothing recorded, or a person. */
function Recording({ session }: { readonly session: LiveSessionView }) {
  const { recorder, frozen, conditions } = session;
  if (recorder === "frozen") {
    return <StateBadge tone="alarm" word={words.frozen} title={words.frozenMeaning} />;
  }
  const word = supervisionText.freeze.frozen;
  if (frozen) return <StateBadge tone="attention" word={word} title={frozen.reason} />;
  if (unmetOf(conditions)) return <ConditionBadge conditions={conditions} short />;
  return <StateBadge tone="active" word={words.recording} />;
}

function Who({ session }: { readonly session: LiveSessionView }) {
  return (
    <>
      {session.subject.name}
      {session.mine && ` (${words.you})`}
      <div className="sp-sub">{session.subject.roles.join(", ")}</div>
    </>
  );
}

interface EndDialogProps {
  readonly session: LiveSessionView;
  readonly onClose: () => void;
}

function EndDialog({ session, onClose }: EndDialogProps) {
  const { person } = useMe();
  const who = session.mine ? person.name : session.subject.name;
  async function end(reason: string) {
    const report = await withFreshAssertion(() => api.endSession(session.id, reason));
    notifications.show({
      title: words.endedTitle(who, session.asset.name),
      message: words.ended((report.cutMicroseconds / 1000).toFixed(1), report.droppedOperations),
      color: "slate",
    });
    await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.endTitle}
      action={words.endAction}
      harmful
      reasonLabel={words.endReason}
      onConfirm={end}
    >
      {words.endWarning(who, session.asset.name)}
      <VisitNote session={session} />
    </ConfirmDialog>
  );
}
