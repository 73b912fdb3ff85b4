/** Every use of break-glass: what is open now, what waits for a review, and what was found. */
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { BreakGlassView } from "../../../broker/api/shapes/break-glass.ts";
import { breakGlassQuery, isOpen, isUnreviewed } from "../../components/break-glass.ts";
import { FilterField } from "../../components/filter-field.tsx";
import { useRight } from "../../components/me.ts";
import { useNow } from "../../components/now.ts";
import { Page } from "../../components/page.tsx";
import { QueryView } from "../../components/query-view.tsx";
import { Empty } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { breakGlassText as words } from "../../text/break-glass.ts";
import { OpenDialog } from "./open-dialog.tsx";
import { UseCard } from "./use-card.tsx";
import "./break-glass.css";

/** `?new=ASSET/ENDPOINT` opens the dialog for that endpoint. */
export function BreakGlassPage() {
  const query = useQuery(breakGlassQuery);
  const mayOpen = useRight("break-glass:open");
  const [search, setSearch] = useSearchParams();
  const nowMs = useNow();
  const opening = mayOpen ? search.get("new") : null;
  const count = (of: typeof isOpen) => query.data?.filter((use) => of(use, nowMs)).length ?? 0;
  return (
    <Page
      title={words.title}
      summary={query.data ? words.summary(count(isOpen), count(isUnreviewed)) : ""}
      actions={
        mayOpen && (
          <Button variant="default" onClick={() => setSearch({ new: "" })}>
            {words.open.short}
          </Button>
        )
      }
    >
      <QueryView query={query} failed={words.failed}>
        {(uses) =>
          uses.length === 0 ? (
            <Empty title={words.emptyTitle}>{words.empty}</Empty>
          ) : (
            <Uses uses={uses} />
          )
        }
      </QueryView>
      {opening !== null && (
        <OpenDialog endpoint={opening} onClose={() => setSearch({}, { replace: true })} />
      )}
    </Page>
  );
}

function Uses({ uses }: { readonly uses: readonly BreakGlassView[] }) {
  const [filter, setFilter] = useState("");
  const [all, setAll] = useState(() => uses.every(({ review }) => review !== null));
  const rows = uses.filter(
    (use) => (all || use.review === null) && matchesFilter(filter, textOf(use)),
  );
  return (
    <>
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={words.filter} />
        <SegmentedControl
          size="xs"
          aria-label={words.only.label}
          value={all ? "all" : "waiting"}
          onChange={(chosen) => setAll(chosen === "all")}
          data={[
            { value: "waiting", label: words.only.waiting },
            { value: "all", label: words.only.all },
          ]}
        />
      </div>
      {rows.length === 0 ? (
        <Empty title={words.noneWaiting}>{words.noneWaitingBody}</Empty>
      ) : (
        <ul className="bg-uses">
          {rows.map((use) => (
            <li key={use.id} className="sp-panel" data-waiting={use.review === null || undefined}>
              <UseCard use={use} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function textOf({ openedBy, holder, endpoint, assetName, reason }: BreakGlassView): string {
  return [openedBy.name, holder.name, endpoint, assetName, reason].join(" ");
}
