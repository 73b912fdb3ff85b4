import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { AlarmView } from "../../../broker/api/shapes/alarms.ts";
import { isUnseen, toneOf, useAlarmSites } from "../../components/alarms.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { useMe, useRight } from "../../components/me.ts";
import { StateBadge } from "../../components/state-badge.tsx";
import { LocalTime, RelativeTime } from "../../components/time.tsx";
import { mayOpen } from "../../shell/pages-by-right.ts";
import { alarmsText as words } from "../../text/alarms.ts";
import { type AlarmAct, AlarmDialog } from "./alarm-dialogs.tsx";
import { placeOf } from "./alarm-place.ts";

interface AlarmTableProps {
  readonly alarms: readonly AlarmView[];
  readonly onClearFilter: () => void;
}

interface Asked {
  readonly alarm: AlarmView;
  readonly act: AlarmAct;
}

/** In the order of the broker: what nobody has seen first, the most urgent of it. */
const AS_GIVEN = { column: "", descending: false };

export function OpenAlarms({ alarms, onClearFilter }: AlarmTableProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const mayAnswer = useRight("alarm:acknowledge", "alarm:shelve");
  const actions: Column<AlarmView> = {
    key: "actions",
    title: "",
    cell: (alarm) => <Actions alarm={alarm} onAct={(act) => setAsked({ alarm, act })} />,
  };
  return (
    <>
      <DataTable
        label={words.table.label}
        rows={alarms}
        columns={[...COLUMNS, STATE, ...(mayAnswer ? [actions] : [])]}
        rowKey={(alarm) => alarm.id}
        initialSort={AS_GIVEN}
        filtered
        onClearFilter={onClearFilter}
        tone={rowTone}
      />
      {asked && <AlarmDialog {...asked} onClose={() => setAsked(null)} />}
    </>
  );
}

export function PastAlarms({ alarms, onClearFilter }: AlarmTableProps) {
  return (
    <DataTable
      label={words.table.label}
      rows={alarms}
      columns={[...COLUMNS, STATE, OVER]}
      rowKey={(alarm) => alarm.id}
      initialSort={AS_GIVEN}
      filtered
      onClearFilter={onClearFilter}
    />
  );
}

function rowTone(alarm: AlarmView): "alarm" | "attention" | undefined {
  const tone = toneOf(alarm);
  return tone === "alarm" || tone === "attention" ? tone : undefined;
}

function Actions({ alarm, onAct }: { alarm: AlarmView; onAct: (act: AlarmAct) => void }) {
  const acknowledges = useRight("alarm:acknowledge");
  const shelves = useRight("alarm:shelve");
  const { title, acknowledged, shelved } = alarm;
  return (
    <div className="sp-row-actions">
      {acknowledges && acknowledged === null && (
        <Button
          size="compact-sm"
          variant={isUnseen(alarm) ? "filled" : "default"}
          aria-label={words.acknowledgeNamed(title)}
          onClick={() => onAct("acknowledge")}
        >
          {words.acknowledge}
        </Button>
      )}
      {shelves && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={shelved ? words.unshelveNamed(title) : words.shelveNamed(title)}
          onClick={() => onAct(shelved ? "unshelve" : "shelve")}
        >
          {shelved ? words.unshelve : words.shelve}
        </Button>
      )}
    </div>
  );
}

function What({ alarm }: { readonly alarm: AlarmView }) {
  const { title, text, count, lastMs, fluttering, site } = alarm;
  const sites = useAlarmSites();
  const siteName = sites.find(({ id }) => id === site)?.name ?? words.siteUnknown;
  return (
    <div className="al-what">
      <span className="sp-strong">{title}</span>
      <div>{text}</div>
      {sites.length > 0 && <div className="sp-sub">{siteName}</div>}
      {(count > 1 || fluttering) && (
        <div className="sp-sub">
          {words.times(count)}
          {count > 1 && (
            <>
              , {words.last} <RelativeTime atMs={lastMs} />
            </>
          )}
          {fluttering && ` · ${words.fluttering}`}
        </div>
      )}
    </div>
  );
}

function ToDo({ alarm }: { readonly alarm: AlarmView }) {
  const { rights } = useMe();
  const place = placeOf(alarm);
  return (
    <div className="al-todo">
      <div>{alarm.consequence}</div>
      <div>{alarm.action}</div>
      <div className="al-links">
        {mayOpen(place.path, rights) && <Link to={place.path}>{place.name}</Link>}
        {alarm.session !== null && mayOpen("/recordings", rights) && (
          <Link to={`/recordings/${alarm.session}`}>{words.recording}</Link>
        )}
        <Link to={`/alarms?view=kinds#${alarm.kind}`}>{words.help}</Link>
      </div>
    </div>
  );
}

function State({ alarm }: { readonly alarm: AlarmView }) {
  const { state, acknowledged, shelved, returnedMs } = alarm;
  return (
    <div className="al-state">
      <div>{words.state[state]}</div>
      {returnedMs !== null && (
        <div className="sp-sub">
          <RelativeTime atMs={returnedMs} />
        </div>
      )}
      {acknowledged && (
        <div className="sp-sub">
          {words.by(acknowledged.name, acknowledged.reason)} ·{" "}
          <RelativeTime atMs={acknowledged.atMs} />
        </div>
      )}
      {shelved && (
        <div className="sp-sub">
          {words.by(shelved.name, shelved.reason)} · {words.until}{" "}
          <LocalTime atMs={shelved.untilMs} />
        </div>
      )}
    </div>
  );
}

const COLUMNS: Column<AlarmView>[] = [
  {
    key: "priority",
    title: words.table.priority,
    cell: (alarm) => <StateBadge tone={toneOf(alarm)} word={words.priority[alarm.priority]} />,
  },
  {
    key: "what",
    wide: true,
    title: words.table.what,
    cell: (alarm) => <What alarm={alarm} />,
  },
  {
    key: "todo",
    wide: true,
    title: words.table.todo,
    cell: (alarm) => <ToDo alarm={alarm} />,
  },
  {
    key: "since",
    title: words.table.since,
    cell: (alarm) => <RelativeTime atMs={alarm.sinceMs} />,
  },
];

const STATE: Column<AlarmView> = {
  key: "state",
  title: words.table.state,
  cell: (alarm) => <State alarm={alarm} />,
};

const OVER: Column<AlarmView> = {
  key: "over",
  title: words.table.over,
  cell: (alarm) => alarm.endedMs !== null && <LocalTime atMs={alarm.endedMs} />,
};
