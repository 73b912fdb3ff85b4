/** People from outside: whom one invited, how they stand, and a new time for those who sleep. */
import { Button, Group } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { VendorView } from "../../../broker/api/shapes/vendors.ts";
import { api } from "../../components/api.ts";
import { ConfirmDialog } from "../../components/confirm-dialog.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { queryClient, vendorsQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { RelativeTime } from "../../components/time.tsx";
import { vendorsText as words } from "../../text/vendors.ts";
import { RequestForm } from "../access/request-form.tsx";
import { LinkDialog } from "../people/link-dialog.tsx";
import type { NewLink } from "../people/new-link.ts";
import { VendorForm } from "./vendor-form.tsx";

type Act = { readonly kind: "ask" | "adopt" | "link"; readonly vendor: VendorView };

export function VendorsPage() {
  const query = useQuery(vendorsQuery);
  const [inviting, setInviting] = useState(false);
  const [act, setAct] = useState<Act | null>(null);
  const [link, setLink] = useState<NewLink | null>(null);
  const close = () => setAct(null);
  return (
    <Page
      title={words.title}
      summary={query.data?.length ? words.summary(query.data.length) : ""}
      actions={
        <Button leftSection={<IconPlus size={16} />} onClick={() => setInviting(true)}>
          {words.invite}
        </Button>
      }
    >
      <QueryView query={query} failed={words.failed}>
        {(vendors) =>
          vendors.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <Vendors vendors={vendors} onAct={setAct} />
          )
        }
      </QueryView>
      {inviting && <VendorForm onClose={() => setInviting(false)} onLink={setLink} />}
      {act?.kind === "ask" && (
        <RequestForm
          title={words.askTitle(act.vendor.name)}
          endpoint=""
          forOther
          send={(wanted) => api.askForVendor(act.vendor.id, wanted)}
          onClose={close}
        />
      )}
      {act?.kind === "link" && <Renew vendor={act.vendor} onClose={close} onLink={setLink} />}
      {act?.kind === "adopt" && <Adopt vendor={act.vendor} onClose={close} />}
      {link && <LinkDialog newLink={link} onClose={() => setLink(null)} />}
    </Page>
  );
}

interface VendorsProps {
  readonly vendors: readonly VendorView[];
  readonly onAct: (act: Act) => void;
}

function Vendors({ vendors, onAct }: VendorsProps) {
  const [filter, setFilter] = useState("");
  const mayAdopt = useRight("people:manage");
  const columns = useMemo(() => [...COLUMNS, actions({ mayAdopt, onAct })], [mayAdopt, onAct]);
  const rows = vendors.filter(({ name, employer, email }) =>
    matchesFilter(filter, [name, employer, email].join(" ")),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
      </div>
      <DataTable
        label={words.table.label}
        rows={rows}
        columns={columns}
        rowKey={(vendor) => vendor.id}
        initialSort={{ column: "name", descending: false }}
        filtered
        onClearFilter={() => setFilter("")}
      />
    </>
  );
}

const COLUMNS: Column<VendorView>[] = [
  {
    key: "name",
    title: words.table.name,
    sortBy: ({ name }) => name,
    cell: ({ name, email }) => (
      <>
        <strong className="sp-strong">{name}</strong>
        <div className="sp-sub">{email}</div>
      </>
    ),
  },
  {
    key: "employer",
    title: words.table.employer,
    sortBy: ({ employer }) => employer,
    cell: ({ employer }) => employer,
  },
  {
    key: "state",
    title: words.table.state,
    sortBy: ({ state }) => state,
    cell: ({ state }) => (
      <StateBadge
        tone={state === "suspended" ? "attention" : state === "active" ? "active" : "normal"}
        word={words.state[state]}
        title={words.stateMeaning[state]}
      />
    ),
  },
  {
    key: "sponsor",
    title: words.table.sponsor,
    sortBy: ({ sponsor }) => sponsor?.name ?? "",
    cell: ({ sponsor, mine }) => (mine ? words.you : (sponsor?.name ?? words.nobody)),
  },
  {
    key: "until",
    title: words.table.until,
    sortBy: ({ untilMs }) => untilMs,
    hidden: ({ untilMs }) => untilMs === null,
    cell: ({ untilMs }) => (untilMs === null ? "" : <RelativeTime atMs={untilMs} />),
  },
  {
    key: "last",
    title: words.table.lastSignIn,
    sortBy: ({ lastSignInMs }) => lastSignInMs,
    cell: ({ lastSignInMs }) =>
      lastSignInMs === null ? (
        <span className="sp-dim">{words.never}</span>
      ) : (
        <RelativeTime atMs={lastSignInMs} />
      ),
  },
];

interface ActionsOf extends Pick<VendorsProps, "onAct"> {
  readonly mayAdopt: boolean;
}

function actions({ mayAdopt, onAct }: ActionsOf): Column<VendorView> {
  return {
    key: "actions",
    title: "",
    cell: (vendor) => (
      <Group gap={6} className="sp-row-actions">
        {vendor.mine && vendor.state !== "disabled" && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.askNamed(vendor.name)}
            onClick={() => onAct({ kind: "ask", vendor })}
          >
            {words.ask}
          </Button>
        )}
        {vendor.mine && vendor.state === "invited" && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.linkNamed(vendor.name)}
            onClick={() => onAct({ kind: "link", vendor })}
          >
            {words.link}
          </Button>
        )}
        {mayAdopt && !vendor.mine && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={words.adoptNamed(vendor.name)}
            onClick={() => onAct({ kind: "adopt", vendor })}
          >
            {words.adopt}
          </Button>
        )}
      </Group>
    ),
  };
}

interface AdoptProps {
  readonly vendor: VendorView;
  readonly onClose: () => void;
}

interface RenewProps extends AdoptProps {
  readonly onLink: (link: NewLink) => void;
}

function Renew({ vendor, onClose, onLink }: RenewProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.linkTitle(vendor.name)}
      action={words.link}
      onConfirm={async () => onLink({ name: vendor.name, link: await api.vendorLink(vendor.id) })}
    >
      {words.linkExplain}
    </ConfirmDialog>
  );
}

function Adopt({ vendor, onClose }: AdoptProps) {
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={words.adoptTitle(vendor.name)}
      action={words.adopt}
      reasonLabel={words.adoptReason}
      onConfirm={async (reason) => {
        await api.adoptVendor(vendor.id, reason);
        await queryClient.invalidateQueries({ queryKey: vendorsQuery.queryKey });
      }}
    >
      {words.adoptExplain}
    </ConfirmDialog>
  );
}
