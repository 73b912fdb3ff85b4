/** Devices as a table: what each is, when it was used, how the computer is, and what to do about it. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { DeviceView } from "../../broker/api/shapes/devices.ts";
import { devicesText as words } from "../text/devices.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { type Column, DataTable } from "./data-table.tsx";
import { ChangeDevice } from "./device-form.tsx";
import { revokeDevice } from "./devices.ts";
import { StateBadge } from "./state-badge.tsx";
import { LocalTime, RelativeTime } from "./time.tsx";

interface DeviceTableProps<Row extends DeviceView> {
  readonly devices: readonly Row[];
  /** Shown before the others. */
  readonly first?: Column<Row>;
  readonly own: boolean;
  readonly filtered?: boolean;
  readonly onClearFilter?: () => void;
}

export function DeviceTable<Row extends DeviceView>(props: DeviceTableProps<Row>) {
  const { devices, first, own, filtered, onClearFilter } = props;
  const [changing, setChanging] = useState<DeviceView | null>(null);
  const [revoking, setRevoking] = useState<DeviceView | null>(null);
  const columns: Column<Row>[] = [
    ...(first ? [first] : []),
    ...(COLUMNS as readonly Column<DeviceView>[] as readonly Column<Row>[]),
    actions(setChanging, setRevoking),
  ];
  return (
    <>
      <DataTable
        label={words.label}
        rows={devices}
        columns={columns}
        rowKey={(device) => device.id}
        initialSort={{ column: "used", descending: true }}
        {...(filtered && { filtered })}
        {...(onClearFilter && { onClearFilter })}
      />
      {changing && <ChangeDevice device={changing} own={own} onClose={() => setChanging(null)} />}
      {revoking && (
        <ConfirmDialog
          opened
          onClose={() => setRevoking(null)}
          title={words.revokeTitle(revoking.name)}
          action={words.revokeAction}
          harmful
          onConfirm={() => revokeDevice(revoking.id, own)}
        >
          {words.revokeExplain}
        </ConfirmDialog>
      )}
    </>
  );
}

const COLUMNS: readonly Column<DeviceView>[] = [
  {
    key: "name",
    title: words.name,
    sortBy: (d) => d.name,
    cell: (d) => (
      <>
        <strong className="sp-strong">{d.name}</strong>
        {d.current && ` (${words.current})`}
        <div className="sp-sub">
          {words.kind[d.kind]}
          {d.machine !== null && ` ${words.on(d.machine)}`}
          {d.inventory !== "" && ` · ${d.inventory}`}
        </div>
      </>
    ),
  },
  {
    key: "posture",
    title: words.posture,
    sortBy: (d) => stateOf(d).word,
    cell: (d) => <Posture device={d} />,
  },
  {
    key: "enrolled",
    title: words.enrolled,
    sortBy: (d) => d.enrolledMs,
    cell: (d) => (
      <>
        <LocalTime atMs={d.enrolledMs} />
        <div className="sp-sub sp-mono">{words.from(d.address)}</div>
      </>
    ),
  },
  {
    key: "used",
    title: words.used,
    sortBy: (d) => d.usedMs,
    cell: (d) => (
      <>
        <RelativeTime atMs={d.usedMs} />
        <div className="sp-sub">{useOf(d)}</div>
      </>
    ),
  },
];

function useOf({ revokedMs, inUse }: DeviceView): string {
  if (revokedMs !== null) return words.revoked;
  return inUse ? words.inUse : words.unused;
}

function Posture({ device }: { readonly device: DeviceView }) {
  const { report } = device;
  const { word, tone } = stateOf(device);
  if (!report) return <StateBadge tone={tone} word={word} />;
  const { os, diskEncryption, screenLock, endpointProtection } = report.facts;
  const system = `${os.name} ${os.version}`.trim();
  return (
    <>
      <StateBadge
        tone={tone}
        word={word}
        title={words.facts(system, diskEncryption, screenLock, endpointProtection)}
      />
      <div className="sp-sub">
        {words.bySource(report.source)}, <RelativeTime atMs={report.observedMs} />
      </div>
    </>
  );
}

function stateOf({ compliant, failing, report }: DeviceView) {
  if (compliant) return { word: words.compliant, tone: "normal" } as const;
  if (!report) return { word: words.noReport, tone: "normal" } as const;
  if (failing.length === 0) return { word: words.tooOld, tone: "attention" } as const;
  const lacking = failing.map((need) => words.need[need]).join(", ");
  return { word: words.failing(lacking), tone: "attention" } as const;
}

function actions<Row extends DeviceView>(
  onChange: (device: DeviceView) => void,
  onRevoke: (device: DeviceView) => void,
): Column<Row> {
  return {
    key: "actions",
    title: "",
    cell: (d) =>
      d.revokedMs === null && (
        <div className="sp-row-actions">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.changeNamed(d.name)}
            onClick={() => onChange(d)}
          >
            {words.change}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.revokeNamed(d.name)}
            onClick={() => onRevoke(d)}
          >
            {words.revoke}
          </Button>
        </div>
      ),
  };
}
