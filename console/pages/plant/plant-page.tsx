/** The first page: the plant as a map or as a list, and beside it what one may do at an asset. */
import { Drawer, SegmentedControl } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconAlertTriangleFilled } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import type { AssetView, PlantView } from "../../../broker/api/shapes/plant.ts";
import { fetched } from "../../components/fetched.tsx";
import { FilterField } from "../../components/filter-field.tsx";
import { useMe, useRight } from "../../components/me.ts";
import { Page } from "../../components/page.tsx";
import { plantQuery } from "../../components/queries.ts";
import { QueryView } from "../../components/query-view.tsx";
import { useSite } from "../../components/site.ts";
import { Empty, Loading } from "../../components/states.tsx";
import { matchesFilter } from "../../components/table-order.ts";
import { useNarrow } from "../../components/use-narrow.ts";
import { assetText, plantText } from "../../text/plant.ts";
import { searchText } from "./access.ts";
import { AssetPanel } from "./asset-panel.tsx";
import { atSite } from "./by-site.ts";
import { HeldChange } from "./held-change.tsx";
import { KeySwitchStrip } from "./key-switches.tsx";
import { PlantList } from "./plant-list.tsx";
import { PlantLockMenu } from "./plant-lock-menu.tsx";
import { VendorGrants } from "./vendor-grants.tsx";
import "./plant.css";

const PlantMap = fetched(async () => (await import("./plant-map.tsx")).PlantMap);

type ViewName = "map" | "list";

/** Of more a map shows zones alone at first; a list says where to look. */
const MAP_FIRST_MAX = 500;

export function PlantPage() {
  const query = useQuery(plantQuery);
  const narrow = useNarrow();
  // Beside the plant, not behind it.
  useEffect(() => {
    if (!narrow) PlantMap.begin();
  }, [narrow]);
  return (
    <QueryView query={query} failed={plantText.failed} loading={<LoadingPage />}>
      {(plant) => <Plant plant={plant} />}
    </QueryView>
  );
}

function LoadingPage() {
  return (
    <Page title={plantText.title} summary="">
      <Loading />
    </Page>
  );
}

function Plant({ plant: whole }: { readonly plant: PlantView }) {
  const { chosen } = useSite();
  const plant = useMemo(() => (chosen ? atSite(whole, chosen.id) : whole), [whole, chosen]);
  const narrow = useNarrow();
  const [chosenView, setView] = useLocalStorage<ViewName | "">({
    key: "sallyport.plant-view",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const first = whole.assets.length > MAP_FIRST_MAX ? "list" : "map";
  const view = chosenView === "" ? first : chosenView;
  const [filter, setFilter] = useState("");
  const { selected, select } = useSelection(plant);
  const matching = useMatching(plant, filter);
  const isVendor = useMe().person.roles.includes("vendor");
  // Who comes for one job reads down a page; there is no plant to look around in.
  const shown = narrow || isVendor ? "list" : view;
  if (whole.assets.length === 0) return <NoAssets plant={whole} />;
  return (
    <Page
      fill={!narrow && !isVendor}
      title={plantText.title}
      summary={plantText.counts(plant.assets.length, plant.zones.length)}
      actions={<PlantLockMenu plant={plant} site={chosen} asset={selected} />}
    >
      <FileProblem plant={plant} />
      <HeldChange />
      {isVendor && <VendorGrants />}
      <div className="sp-toolbar">
        <FilterField value={filter} onChange={setFilter} label={plantText.filter} />
        {!narrow && !isVendor && <ViewSwitch view={view} onChange={setView} />}
        <KeySwitchStrip switches={plant.keySwitches} />
      </div>
      <div className="sp-plant">
        <div className="sp-plant-main">
          {shown === "map" ? (
            <PlantMap key={chosen?.id} {...{ plant, matching, selected }} onSelect={select} />
          ) : (
            <PlantList
              plant={plant}
              matching={matching}
              onClearFilter={() => setFilter("")}
              onSelect={select}
              roomy={!narrow && selected === undefined}
            />
          )}
        </div>
        <Panel plant={plant} asset={selected} onClose={() => select(null)} />
      </div>
    </Page>
  );
}

interface ViewSwitchProps {
  readonly view: ViewName;
  readonly onChange: (view: ViewName) => void;
}

function ViewSwitch({ view, onChange }: ViewSwitchProps) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={plantText.view.label}
      value={view}
      onChange={(chosen) => onChange(chosen === "list" ? "list" : "map")}
      data={[
        { value: "map", label: plantText.view.map },
        { value: "list", label: plantText.view.list },
      ]}
    />
  );
}

interface PanelProps {
  readonly plant: PlantView;
  readonly asset: AssetView | undefined;
  readonly onClose: () => void;
}

/** Beside the plant where there is room, over it on a phone. */
function Panel({ plant, asset, onClose }: PanelProps) {
  const narrow = useNarrow();
  if (!narrow)
    return asset && <AssetPanel key={asset.id} plant={plant} asset={asset} onClose={onClose} />;
  return (
    <Drawer
      opened={asset !== undefined}
      onClose={onClose}
      position="bottom"
      size="88%"
      title={asset?.name}
      closeButtonProps={{ "aria-label": assetText.close }}
    >
      {asset && <AssetPanel plant={plant} asset={asset} />}
    </Drawer>
  );
}

function FileProblem({ plant }: { readonly plant: PlantView }) {
  const mayMend = useRight("health:view");
  if (plant.problem === null || !mayMend) return null;
  return (
    <div className="sp-plant-problem" role="status">
      <IconAlertTriangleFilled size={15} aria-hidden />
      {plantText.fileProblem}
      <Link to="/health">{plantText.toHealth}</Link>
    </div>
  );
}

function NoAssets({ plant }: { readonly plant: PlantView }) {
  const owner = useRight("health:view");
  const isVendor = useMe().person.roles.includes("vendor");
  return (
    <Page title={plantText.title}>
      <FileProblem plant={plant} />
      <HeldChange />
      {isVendor ? (
        <VendorGrants />
      ) : (
        <Empty title={plantText.emptyTitle}>
          {owner ? plantText.emptyForOwners : plantText.emptyForGuests}
        </Empty>
      )}
    </Page>
  );
}

/** The chosen asset is part of the address, so that it can be sent to a colleague. */
function useSelection(plant: PlantView) {
  const [search, setSearch] = useSearchParams();
  const id = search.get("asset");
  function select(asset: string | null) {
    setSearch(asset === null ? {} : { asset }, { replace: true, preventScrollReset: true });
  }
  return { selected: plant.assets.find((asset) => asset.id === id), select };
}

/** Typing does not wait for it: with thousands of assets the picture follows when it can. */
function useMatching(plant: PlantView, typed: string): ReadonlySet<string> {
  const filter = useDeferredValue(typed);
  const texts = useMemo(() => {
    const zoneNames = new Map(plant.zones.map((zone) => [zone.id, zone.name]));
    return plant.assets.map((asset) => ({
      id: asset.id,
      text: textOf(asset, zoneNames.get(asset.zone) ?? ""),
    }));
  }, [plant]);
  return useMemo(() => {
    const matching = texts.filter(({ text }) => matchesFilter(filter, text));
    return new Set(matching.map(({ id }) => id));
  }, [texts, filter]);
}

/** Most assets are the very same when the plant is looked at again. */
const texts = new WeakMap<AssetView, { readonly zone: string; readonly text: string }>();

function textOf(asset: AssetView, zone: string): string {
  const known = texts.get(asset);
  if (known?.zone === zone) return known.text;
  const text = searchText(asset, zone).toLowerCase();
  texts.set(asset, { zone, text });
  return text;
}
